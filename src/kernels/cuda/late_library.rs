//! A shared library whose functions others link against, and that is opened when it is wanted.
//!
//! A program that is linked with a library does not start where that is missing. So [`late_library!`] defines the functions
//! itself, each as a jump through a table: the linker finds them here and asks for no library, and [`LateLibrary::open`]
//! fills the table with the real ones. Until then every one of them returns an error code.

#![expect(
    unsafe_code,
    reason = "opens libraries and stores addresses of their functions"
)]

use std::ffi::{CString, c_void};
use std::path::PathBuf;
use std::sync::atomic::{AtomicPtr, Ordering};

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

use crate::error_chain;

/// The functions of one library, as [`late_library!`] defines them.
pub(super) struct LateLibrary {
    /// Where each function jumps to, in the order of `names`.
    pub table: &'static [AtomicPtr<c_void>],
    /// Their names.
    pub names: &'static [&'static str],
}

/// Why a library is of no use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LateLibraryError {
    /// It is nowhere, or cannot be loaded.
    #[error("{why}")]
    Missing {
        /// What the system says, for each place.
        why: String,
    },
    /// It has not all that is called: an old version, mostly.
    #[error("{file} lacks {}", .names.join(", "))]
    Lacks {
        /// The library.
        file: String,
        /// The functions.
        names: Vec<&'static str>,
    },
}

impl LateLibrary {
    /// Opens the library for as long as the program runs, and fills the table with its functions.
    ///
    /// `file` is looked for where the system looks for libraries, then in `folders`.
    ///
    /// # Errors
    /// The library is missing, or functions of it; then the table stays as it was.
    pub(super) fn open(
        &self,
        file: &str,
        folders: &[PathBuf],
    ) -> Result<&'static Library, LateLibraryError> {
        let elsewhere = folders.iter().map(|folder| folder.join(file));
        let mut failures = Vec::new();
        let library = std::iter::once(PathBuf::from(file))
            .chain(elsewhere.filter(|path| path.exists()))
            .find_map(|path| {
                // SAFETY: what a library does when it is opened is its own affair; these are named by our own lists.
                let opened = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_GLOBAL) };
                opened
                    .map_err(|error| failures.push(error_chain::chain(&error)))
                    .ok()
            })
            .ok_or_else(|| LateLibraryError::Missing {
                why: failures.join("; "),
            })?;
        let mut found = Vec::with_capacity(self.names.len());
        let mut missing = Vec::new();
        for name in self.names {
            let symbol = CString::new(*name).expect("names of functions have no zero bytes");
            // SAFETY: the address is only stored; who jumps there has declared the function's type.
            match unsafe { library.get::<*mut c_void>(symbol.as_bytes_with_nul()) } {
                Ok(function) => found.push(function.into_raw()),
                Err(_) => missing.push(*name),
            }
        }
        if !missing.is_empty() {
            return Err(LateLibraryError::Lacks {
                file: file.to_owned(),
                names: missing,
            });
        }
        for (entry, function) in self.table.iter().zip(found) {
            entry.store(function, Ordering::Release);
        }
        // Whoever has jumped through the table may come back at any time.
        Ok(Box::leak(Box::new(library)))
    }
}

/// Defines functions of a library in assembly, and `$function`, which gives their [`LateLibrary`].
///
/// `$table` is the name of the table's symbol. Until the library is opened each function does what `$missing` does, an
/// `extern "C"` function without arguments. Nothing outside the program sees these symbols: the libraries themselves may
/// call functions of the same names.
macro_rules! late_library {
    ($(#[$doc:meta])* $function:ident, $table:literal, $missing:ident, [$($name:ident),+ $(,)?]) => {
        std::arch::global_asm!(
            concat!(
                ".pushsection .data.", $table, ",\"aw\",@progbits\n",
                ".balign 8\n.globl ", $table, "\n.hidden ", $table, "\n", $table, ":\n",
                ".popsection",
            ),
            $(
                concat!(
                    ".pushsection .data.", $table, ",\"aw\",@progbits\n",
                    "7: .quad {missing}\n",
                    ".popsection\n",
                    ".pushsection .text.", $table, ",\"ax\",@progbits\n",
                    ".balign 16\n.globl ", stringify!($name), "\n.hidden ", stringify!($name), "\n",
                    ".type ", stringify!($name), ",@function\n", stringify!($name), ":",
                ),
                #[cfg(target_arch = "x86_64")]
                "jmp qword ptr [rip + 7b]",
                #[cfg(target_arch = "aarch64")]
                "adrp x16, 7b\nldr x16, [x16, :lo12:7b]\nbr x16",
                ".popsection",
            )+
            missing = sym $missing,
        );

        $(#[$doc])*
        fn $function() -> $crate::kernels::cuda::late_library::LateLibrary {
            const NAMES: &[&str] = &[$(stringify!($name)),+];
            unsafe extern "C" {
                #[link_name = $table]
                static TABLE: [std::sync::atomic::AtomicPtr<std::ffi::c_void>; NAMES.len()];
            }
            $crate::kernels::cuda::late_library::LateLibrary {
                // SAFETY: the table has one address for each name, and nothing but this type writes to it.
                table: unsafe { &TABLE },
                names: NAMES,
            }
        }
    };
}
#[cfg(feature = "cuda")]
pub(super) use late_library;

#[cfg(test)]
mod tests {
    use std::ffi::c_int;
    use std::process::Command;

    use super::LateLibraryError;

    extern "C" fn not_there() -> c_int {
        -34
    }

    late_library!(
        numbers,
        "rkv_test_numbers",
        not_there,
        [rkv_test_sum, rkv_test_product]
    );

    unsafe extern "C" {
        fn rkv_test_sum(a: c_int, b: f64, c: c_int) -> c_int;
        fn rkv_test_product(a: c_int, b: c_int) -> c_int;
    }

    fn called() -> (c_int, c_int) {
        // SAFETY: both have these types in the library below, and return a number where there is none.
        unsafe { (rkv_test_sum(1, 2.0, 3), rkv_test_product(6, 7)) }
    }

    /// A library of this C code, if there is a compiler.
    fn library(folder: &std::path::Path, file: &str, code: &str) -> Option<()> {
        let source = folder.join("numbers.c");
        std::fs::write(&source, code).unwrap();
        let compiler = std::env::var("CC").unwrap_or_else(|_| "gcc".to_owned());
        let mut command = Command::new(compiler);
        command
            .args(["-shared", "-fPIC", "-o"])
            .arg(folder.join(file))
            .arg(&source);
        let status = command.status().ok()?;
        assert!(status.success());
        Some(())
    }

    /// One test: the table is the process's.
    #[test]
    fn functions_fail_until_their_library_is_opened() {
        assert_eq!(called(), (-34, -34));
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().to_path_buf()];
        let error = numbers()
            .open("librkv_test_numbers.so", &folders)
            .unwrap_err();
        assert!(matches!(error, LateLibraryError::Missing { .. }));
        assert!(error.to_string().contains("librkv_test_numbers.so"));

        let sum = "int rkv_test_sum(int a, double b, int c) { return a + (int)b * 10 + c * 100; }";
        if library(folder.path(), "librkv_test_half.so", sum).is_none() {
            println!("skipped: no C compiler");
            return;
        }
        let error = numbers().open("librkv_test_half.so", &folders).unwrap_err();
        assert_eq!(
            error.to_string(),
            "librkv_test_half.so lacks rkv_test_product"
        );
        assert_eq!(called(), (-34, -34), "half a library changes nothing");

        let both = format!("{sum} int rkv_test_product(int a, int b) {{ return a * b; }}");
        library(folder.path(), "librkv_test_numbers.so", &both).unwrap();
        numbers().open("librkv_test_numbers.so", &folders).unwrap();
        assert_eq!(called(), (321, 42));
    }
}

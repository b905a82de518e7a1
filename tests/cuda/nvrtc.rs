//! NVRTC, NVIDIA's run-time compiler, accepts every kernel for each generation of GPUs. Needs libnvrtc and no GPU.

#![expect(unsafe_code, reason = "libnvrtc is a C library")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};

use libloading::{Library, Symbol};

use super::{files, skip};

/// Turing, which multiplies without tensor cores here; Ampere; Hopper.
const ARCHITECTURES: [&str; 3] = ["sm_75", "sm_80", "sm_90"];

type Program = *mut c_void;
type Strings = *const *const c_char;
type Create = unsafe extern "C" fn(
    *mut Program,
    *const c_char,
    *const c_char,
    c_int,
    Strings,
    Strings,
) -> c_int;
type Compile = unsafe extern "C" fn(Program, c_int, Strings) -> c_int;
type Size = unsafe extern "C" fn(Program, *mut usize) -> c_int;
type Text = unsafe extern "C" fn(Program, *mut c_char) -> c_int;
type Destroy = unsafe extern "C" fn(*mut Program) -> c_int;

/// A source or header: its name in `#include`, and its text.
struct Source {
    name: CString,
    text: CString,
}

fn sources(extension: &str) -> Vec<Source> {
    files("kernels", extension)
        .iter()
        .map(|path| Source {
            name: CString::new(path.file_name().unwrap().to_str().unwrap()).unwrap(),
            text: CString::new(std::fs::read(path).unwrap()).unwrap(),
        })
        .collect()
}

/// libnvrtc, and the built-ins that it opens by their bare name: outside the loader's path they must be open already.
struct Nvrtc {
    library: Library,
    _builtins: Vec<Library>,
}

/// `NVRTC_LIB`, what the loader finds, or the toolkit that `CUDA_HOME` names.
fn nvrtc() -> Option<Nvrtc> {
    let mut names: Vec<PathBuf> = std::env::var_os("NVRTC_LIB")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    for version in [".13", ".12", ""] {
        names.push(format!("libnvrtc.so{version}").into());
    }
    if let Some(home) = std::env::var_os("CUDA_HOME") {
        names.push(Path::new(&home).join("lib64/libnvrtc.so"));
    }
    // SAFETY: NVIDIA's libraries run no code of ours when they are opened.
    let open = |path: &Path| unsafe { Library::new(path) }.ok();
    names.iter().find_map(|name| {
        let beside = name
            .parent()
            .and_then(|folder| std::fs::read_dir(folder).ok());
        let builtins = beside
            .into_iter()
            .flatten()
            .flatten()
            .map(|file| file.path());
        let is_builtins = |path: &PathBuf| path.to_string_lossy().contains("/libnvrtc-builtins.so");
        let _builtins = builtins
            .filter(is_builtins)
            .filter_map(|path| open(&path))
            .collect();
        Some(Nvrtc {
            library: open(name)?,
            _builtins,
        })
    })
}

impl Nvrtc {
    fn symbol<T>(&self, name: &str) -> Symbol<'_, T> {
        // SAFETY: each caller names the type that nvrtc.h gives the function.
        unsafe { self.library.get(name.as_bytes()) }
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn text(&self, program: Program, size: &str, text: &str) -> String {
        let (size, text) = (self.symbol::<Size>(size), self.symbol::<Text>(text));
        let mut bytes = 0;
        // SAFETY: the program is alive, and the buffer is as large as the library says.
        let buffer = unsafe {
            size(program, &raw mut bytes);
            let mut buffer = vec![0u8; bytes.max(1)];
            text(program, buffer.as_mut_ptr().cast());
            buffer
        };
        CStr::from_bytes_until_nul(&buffer)
            .map_or(String::new(), |text| text.to_string_lossy().into_owned())
    }

    /// The PTX of a source, or the compiler's log.
    fn compile(
        &self,
        source: &Source,
        headers: &[Source],
        architecture: &str,
    ) -> Result<String, String> {
        let texts: Vec<_> = headers.iter().map(|header| header.text.as_ptr()).collect();
        let names: Vec<_> = headers.iter().map(|header| header.name.as_ptr()).collect();
        let options = [
            format!("--gpu-architecture={architecture}"),
            "--std=c++17".to_owned(),
        ];
        let options = options.map(|option| CString::new(option).unwrap());
        let pointers: Vec<_> = options.iter().map(|option| option.as_ptr()).collect();
        let mut program: Program = std::ptr::null_mut();
        // SAFETY: all strings live to the end of this function, and the counts are theirs.
        unsafe {
            let made = self.symbol::<Create>("nvrtcCreateProgram")(
                &raw mut program,
                source.text.as_ptr(),
                source.name.as_ptr(),
                headers.len() as c_int,
                texts.as_ptr(),
                names.as_ptr(),
            );
            assert_eq!(made, 0, "nvrtcCreateProgram");
            let compiled = self.symbol::<Compile>("nvrtcCompileProgram")(
                program,
                pointers.len() as c_int,
                pointers.as_ptr(),
            );
            let result = if compiled == 0 {
                Ok(self.text(program, "nvrtcGetPTXSize", "nvrtcGetPTX"))
            } else {
                Err(self.text(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog"))
            };
            self.symbol::<Destroy>("nvrtcDestroyProgram")(&raw mut program);
            result
        }
    }
}

#[test]
fn every_kernel_compiles_for_every_generation() {
    let Some(nvrtc) = nvrtc() else {
        return skip(
            "REQUIRE_NVRTC",
            "there is no libnvrtc; install the package nvidia-cuda-nvrtc and set NVRTC_LIB, or a CUDA toolkit",
        );
    };
    let headers = sources("cuh");
    for source in sources("cu") {
        let name = source.name.to_string_lossy();
        let exported = source
            .text
            .to_string_lossy()
            .matches("extern \"C\" __global__")
            .count();
        for architecture in ARCHITECTURES {
            let ptx = nvrtc
                .compile(&source, &headers, architecture)
                .unwrap_or_else(|log| panic!("{name} for {architecture}:\n{log}"));
            let entries = ptx.matches(".visible .entry").count();
            assert!(
                entries >= exported,
                "{name} for {architecture} has {entries} kernels"
            );
            println!("{name} for {architecture}: {entries} kernels");
        }
    }
}

//! Compiles the kernels to PTX for the feature `cuda`.
//!
//! PTX of two generations, because tensor cores multiply sixteen-bit numbers from sm_80 on: the driver compiles the one
//! that fits its GPU at the first use and keeps the result. Kernels that are built for a head size get a file per size, so
//! that a program loads no more than its model needs.
//!
//! Sets `late_libraries` where the program can open CUDA's libraries itself (`src/kernels/cuda/late_library.rs`), and
//! `launch_by_handle` where nvcc's objects launch kernels by CUDA 13's functions.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const GENERATIONS: [u32; 2] = [75, 80];
const HEAD_DIMS: [u32; 6] = [32, 64, 80, 96, 128, 256];

fn main() {
    println!("cargo:rerun-if-changed=kernels");
    println!("cargo:rerun-if-env-changed=NVCC");
    println!("cargo:rerun-if-env-changed=CUDA_HOME");
    println!("cargo:rerun-if-env-changed=CUDA_PATH");
    println!("cargo:rustc-check-cfg=cfg(late_libraries, launch_by_handle)");
    let target = |part: &str| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && ["x86_64", "aarch64"].contains(&target("ARCH").as_str()) {
        println!("cargo:rustc-cfg=late_libraries");
    }
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let nvcc = nvcc();
    let major = major(&nvcc);
    println!("cargo:rustc-env=RKV_CUDA_MAJOR={major}");
    if major >= 13 {
        println!("cargo:rustc-cfg=launch_by_handle");
    }
    let mut modules = Vec::new();
    for file in sources(Path::new("kernels")) {
        let stem = file
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&file).expect("the kernels are UTF-8 files");
        let dims: Vec<Option<u32>> = if text.contains("FOR_EACH_ELEMENT_AND_HEAD_DIM") {
            HEAD_DIMS.map(Some).to_vec()
        } else {
            vec![None]
        };
        for generation in GENERATIONS {
            for &dim in &dims {
                let suffix = dim.map(|dim| format!("_d{dim}")).unwrap_or_default();
                let ptx = out.join(format!("{stem}{suffix}_{generation}.ptx"));
                compile(&nvcc, &file, dim, generation, &ptx);
                let module = format!("{stem}{suffix}");
                let text = ptx.to_str().expect("cargo's folder has a UTF-8 name");
                modules.push(format!(
                    "({module:?}, {generation}, include_str!({text:?}))"
                ));
            }
        }
    }
    let table = format!("&[{}]", modules.join(",\n"));
    fs::write(out.join("modules.rs"), table).expect("cargo's folder can be written to");
}

fn nvcc() -> PathBuf {
    if let Some(nvcc) = env::var_os("NVCC") {
        return nvcc.into();
    }
    let home = env::var_os("CUDA_HOME").or_else(|| env::var_os("CUDA_PATH"));
    let home = home.unwrap_or_else(|| "/usr/local/cuda".into());
    let nvcc = format!("nvcc{}", env::consts::EXE_SUFFIX);
    let inside = Path::new(&home).join("bin").join(nvcc);
    if inside.exists() {
        inside
    } else {
        "nvcc".into()
    }
}

/// The first number of the toolkit's version: its libraries are numbered by it.
fn major(nvcc: &Path) -> u32 {
    let said = match Command::new(nvcc).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => lacking(nvcc, &error),
    };
    let version = said
        .split("release ")
        .nth(1)
        .and_then(|rest| rest.split('.').next()?.parse().ok());
    version.unwrap_or_else(|| {
        panic!(
            "{} --version does not say its release: {said}",
            nvcc.display()
        )
    })
}

fn lacking(nvcc: &Path, error: &std::io::Error) -> ! {
    panic!(
        "the feature `cuda` needs nvcc ({}: {error}); set NVCC or CUDA_HOME, or build without the feature",
        nvcc.display()
    )
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the build runs in the package's folder");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.retain(|file| file.extension() == Some(OsStr::new("cu")));
    files.sort();
    files
}

fn compile(nvcc: &Path, file: &Path, dim: Option<u32>, generation: u32, ptx: &Path) {
    let mut command = Command::new(nvcc);
    command
        .args(["-ptx", "-O3", "-std=c++17"])
        .arg(format!("-arch=compute_{generation}"));
    if let Some(dim) = dim {
        command.arg(format!("-DHEAD_DIM={dim}"));
    }
    let status = command.arg(file).arg("-o").arg(ptx).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{} failed on {}: {status}", nvcc.display(), file.display()),
        Err(error) => lacking(nvcc, &error),
    }
    // A stand-in for nvcc is enough to check types; a program made with one could not run.
    let empty = fs::metadata(ptx).is_ok_and(|file| file.len() == 0);
    let release = env::var("PROFILE").as_deref() == Ok("release");
    assert!(
        !(empty && release),
        "{} made an empty file of {}",
        nvcc.display(),
        file.display()
    );
}

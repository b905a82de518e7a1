//! Builds the kernels as C++ for the CPU, and runs `check.cpp` on them: every kernel against an f64 oracle.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::time::SystemTime;

use super::{files, skip};

/// Generations to pretend to be: without tensor cores for sixteen-bit numbers, and with them.
pub const GENERATIONS: [u32; 2] = [750, 900];

/// A compiler run and what it makes.
struct Job {
    command: Command,
    object: PathBuf,
}

fn compiler() -> String {
    std::env::var("CXX").unwrap_or_else(|_| "g++".to_owned())
}

fn newest(paths: impl IntoIterator<Item = PathBuf>) -> SystemTime {
    let changed = |path: PathBuf| {
        std::fs::metadata(path)
            .and_then(|file| file.modified())
            .unwrap()
    };
    paths.into_iter().map(changed).max().unwrap()
}

/// The folder with everything built for a generation, `check` and `libkernels.so` among it; `None` without a compiler, and on
/// systems other than Linux.
pub fn built(generation: u32) -> Option<&'static Path> {
    static FOLDERS: [OnceLock<Option<PathBuf>>; 2] = [OnceLock::new(), OnceLock::new()];
    let index = GENERATIONS
        .iter()
        .position(|&known| known == generation)
        .unwrap();
    FOLDERS[index].get_or_init(|| build(generation)).as_deref()
}

fn build(generation: u32) -> Option<PathBuf> {
    // The fibers are of glibc.
    if !cfg!(target_os = "linux") {
        return None;
    }
    if Command::new(compiler()).arg("--version").output().is_err() {
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kernels-as-sm{generation}"));
    std::fs::create_dir_all(&folder).unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cuda");
    let headers = newest(
        files("kernels", "cuh")
            .into_iter()
            .chain(files("tests/cuda", "h")),
    );
    let compile = |source: &Path| {
        let object = folder.join(source.file_stem().unwrap()).with_extension("o");
        let mut command = Command::new(compiler());
        // A fiber is left by longjmp, which fortified libraries take for an error; alignment matters on a GPU.
        command
            .args([
                "-std=c++17",
                "-O2",
                "-fPIC",
                "-Wall",
                "-Werror",
                "-Wno-unknown-pragmas",
                "-U_FORTIFY_SOURCE",
            ])
            .args(["-fsanitize=alignment", "-fsanitize-undefined-trap-on-error"])
            .arg(format!("-I{}", here.display()));
        if source.extension().is_some_and(|e| e == "cu") {
            command
                .arg(format!("-DCUDA_ON_CPU={generation}"))
                .arg("-include")
                .arg(here.join("cuda_on_cpu.h"));
        }
        command
            .args(["-x", "c++", "-c"])
            .arg(source)
            .arg("-o")
            .arg(&object);
        let changed = headers.max(newest([source.to_owned()]));
        let fresh = object.exists() && newest([object.clone()]) > changed;
        (Job { command, object }, fresh)
    };
    let mut sources = files("kernels", "cu");
    sources.push(here.join("backend_cpu.cpp"));
    let kernels: Vec<_> = sources.iter().map(|source| compile(source)).collect();
    let check = compile(&here.join("check.cpp"));
    let objects: Vec<PathBuf> = kernels.iter().map(|(job, _)| job.object.clone()).collect();
    run_two_at_a_time(
        kernels
            .into_iter()
            .chain([check])
            .filter(|(_, fresh)| !fresh)
            .map(|(job, _)| job),
    );
    link(&folder.join("libkernels.so"), &objects, &["-shared"]);
    link(
        &folder.join("check"),
        &objects,
        &[folder.join("check.o").to_str().unwrap()],
    );
    Some(folder)
}

fn run_two_at_a_time(jobs: impl Iterator<Item = Job>) {
    let finish = |(mut child, object): (Child, PathBuf)| {
        assert!(
            child.wait().unwrap().success(),
            "{} could not be compiled",
            object.display()
        );
    };
    let mut running = std::collections::VecDeque::new();
    for mut job in jobs {
        if running.len() == 2 {
            finish(running.pop_front().unwrap());
        }
        running.push_back((job.command.spawn().unwrap(), job.object));
    }
    running.into_iter().for_each(finish);
}

fn link(to: &Path, objects: &[PathBuf], more: &[&str]) {
    let status = Command::new(compiler())
        .args(objects)
        .args(more)
        .arg("-o")
        .arg(to)
        .status()
        .unwrap();
    assert!(status.success(), "{} could not be linked", to.display());
}

fn check(generation: u32) {
    let Some(folder) = built(generation) else {
        return skip(
            "REQUIRE_KERNELS_ON_CPU",
            "there is no C++ compiler; install g++ or set CXX",
        );
    };
    let output = Command::new(folder.join("check")).output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        output.status.success(),
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn kernels_agree_with_the_oracle_with_tensor_cores() {
    check(900);
}

#[test]
fn kernels_agree_with_the_oracle_without_tensor_cores() {
    check(750);
}

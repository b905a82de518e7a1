//! The CUDA kernels without a GPU: NVRTC compiles them, and they run on the CPU through `cuda_on_cpu.h`.
//!
//! What a machine lacks is skipped with a printed reason; `REQUIRE_NVRTC=1` and `REQUIRE_KERNELS_ON_CPU=1` make that a
//! failure. On a machine with a GPU, `on_gpu.sh` runs the same checks there.

#![cfg_attr(
    feature = "infer",
    expect(
        clippy::unwrap_used,
        clippy::print_stdout,
        clippy::needless_pass_by_value,
        clippy::used_underscore_binding,
        reason = "helpers of tests fail and talk as tests do"
    )
)]

#[cfg(feature = "infer")]
mod accelerators;
#[cfg(feature = "infer")]
mod bounds;
#[cfg(feature = "infer")]
#[expect(dead_code, reason = "other tests of checkpoints use more of it")]
#[path = "../checkpoint/mod.rs"]
mod checkpoint;
#[cfg(feature = "infer")]
mod decoder;
#[cfg(feature = "infer")]
mod device_cache;
#[cfg(feature = "infer")]
#[path = "../checkpoint/gguf.rs"]
mod gguf;
#[cfg(feature = "infer")]
mod golden_cache;
#[cfg(feature = "infer")]
#[expect(dead_code, reason = "the policies' tests use more of it")]
#[path = "../published_code/golden_file.rs"]
mod golden_file;
mod kernels_on_cpu;
mod nvrtc;
#[cfg(feature = "infer")]
mod recording;
#[cfg(feature = "infer")]
mod rounding;
#[cfg(feature = "infer")]
mod threshold;
#[cfg(feature = "infer")]
mod weight_types;

use std::path::{Path, PathBuf};

/// Files of the folder `kernels` or `tests/cuda` with this extension, in name order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    assert!(
        !files.is_empty(),
        "no .{extension} files in {}",
        folder.display()
    );
    files
}

/// Says why a check is skipped, or fails if the environment demands it.
fn skip(demand: &str, why: &str) {
    assert!(
        std::env::var_os(demand).is_none(),
        "{demand} is set, but {why}"
    );
    println!("SKIPPED: {why}");
}

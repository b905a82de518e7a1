//! Against the published R-KV code: its inputs and outputs, and whole runs (`golden/README.md`).
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic outside its test functions too"
)]

mod golden_file;

#[cfg(feature = "infer")]
mod end_to_end;
#[cfg(feature = "infer")]
mod h2o;
mod policies;

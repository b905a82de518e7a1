//! The commands as a person types them, on the embedded model.
#![cfg(feature = "infer")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

mod bad_input;
mod exporting;
mod lists;
mod output_files;
mod own_files;
mod reading;
mod recording;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PROBLEM: &str =
    "Ivy has 46 shells. Ivy finds 38 more. Ivy gives away 29. How many shells are left?";

fn rkv_scope(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rkv-scope"));
    command
        .args(args)
        .env("RAYON_NUM_THREADS", "2")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    command
}

fn ok(args: &[&str]) -> String {
    let output = rkv_scope(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(args: &[&str]) -> String {
    let output = rkv_scope(args).output().unwrap();
    assert!(!output.status.success(), "{args:?} should fail");
    let message = stderr(&output);
    assert!(!message.contains("panicked"), "{message}");
    message
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Records one run per call into `folder`.
fn record(folder: &Path, name: &str, extra: &[&str]) -> (String, Value) {
    let path = folder.join(name).to_str().unwrap().to_owned();
    let mut args = vec![
        "record", "--prompt", PROBLEM, "--budget", "64", "--buffer", "32",
    ];
    args.extend(["--max-tokens", "160", "--out", &path, "--json"]);
    args.extend(extra);
    let report = json(&ok(&args));
    (path, report)
}

//! Runs this very command again with one thread: the tensor library reads its thread counts from the
//! environment, which a running program cannot change safely.

use std::process::Command;

use super::super::CliError;

/// The variables that set thread counts, rayon's and candle's.
const THREADS: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// Whether this process already runs with one thread.
pub(super) fn is_set() -> bool {
    THREADS
        .iter()
        .all(|name| std::env::var(name).is_ok_and(|value| value == "1"))
}

/// Runs the command again in a child with one thread, and waits for it.
///
/// # Errors
/// The child could not be started or failed.
pub(super) fn run_again() -> Result<(), CliError> {
    let failed = |what: String| CliError::Engine(format!("the benchmark's process {what}"));
    let program =
        std::env::current_exe().map_err(|error| failed(format!("has no path: {error}")))?;
    let status = Command::new(program)
        .args(std::env::args_os().skip(1))
        .envs(THREADS.map(|name| (name, "1")))
        .status()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!("ended with {status}")))
    }
}

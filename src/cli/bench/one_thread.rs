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

/// Runs the command again with one thread: in place of this process where the system can do that, else in a child
/// that it waits for.
///
/// # Errors
/// The process could not be started, or the child failed.
pub(super) fn run_again() -> Result<(), CliError> {
    let failed = |what: String| CliError::Failed(format!("the benchmark's process {what}"));
    let program =
        std::env::current_exe().map_err(|error| failed(format!("has no path: {error}")))?;
    let mut command = Command::new(program);
    command
        .args(std::env::args_os().skip(1))
        .envs(THREADS.map(|name| (name, "1")));
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        let error = command.exec();
        Err(failed(format!("could not be started: {error}")))
    }
    #[cfg(not(unix))]
    {
        let status = command
            .status()
            .map_err(|error| failed(format!("could not be started: {error}")))?;
        if status.success() {
            Ok(())
        } else {
            Err(failed(format!("ended with {status}")))
        }
    }
}

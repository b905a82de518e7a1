//! Parses the command line and hands over; the only place where errors end as text and an exit code.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use rkv_scope::cli;
use rkv_scope::printable::printable;

fn main() -> ExitCode {
    let args = cli::Args::parse();
    let result = cli::run(args, &mut std::io::stdout().lock()).context("rkv-scope");
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            let code = error.downcast_ref::<cli::CliError>();
            code.map_or(ExitCode::FAILURE, |error| ExitCode::from(error.exit_code()))
        }
    }
}

/// Whoever read our output has closed it (`| head`): nobody is left to tell.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn report(error: &anyhow::Error) {
    let said = rkv_scope::error_chain::chain(error.as_ref());
    // If nobody reads it, the exit code still tells.
    let _ = std::io::stderr().write_all(printable(&format!("{said}\n")).as_bytes());
}

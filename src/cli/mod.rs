//! The command line. Data goes to stdout, progress and warnings to stderr.

mod analyze;
mod args;
#[cfg(feature = "infer")]
mod bench;
#[cfg(feature = "infer")]
mod calibrate;
mod compare;
mod export;
mod files;
mod info;
#[cfg(feature = "infer")]
mod models;
mod policies;
mod problems;
#[cfg(feature = "infer")]
mod record;
#[cfg(feature = "infer")]
mod run_args;
#[cfg(feature = "infer")]
mod sweep;
#[cfg(feature = "infer")]
mod sweep_args;
mod view;

use std::io::Write;
use std::path::Path;

#[cfg(any(feature = "gui", feature = "infer"))]
use crate::error_chain::chain;
use crate::printable::printable;
use crate::trace::{LoadError, LoadedTrace, load};

pub use args::Args;
use args::Command;
pub use files::FilesError;

/// A command failed; the message names the thing and the way out.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Reading a trace failed.
    #[error(transparent)]
    Read(#[from] LoadError),
    /// Its files do not go together.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A file could not be put in place.
    #[error(transparent)]
    File(#[from] crate::trace::FileError),
    /// Writing an export failed.
    #[error(transparent)]
    Export(#[from] crate::export::ExportError),
    /// Stdout is gone.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[from] std::io::Error),
    /// A value that the command line cannot take.
    #[error("{0}")]
    Usage(String),
    /// The work itself failed: of the engine, the window or another process.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// The program's exit code: 2, as for an option that there is not, where something was asked for that cannot be; else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Files(_) => 2,
            _ => 1,
        }
    }
}

/// Carries out a command.
///
/// # Errors
/// [`CliError`], once, with the way out.
pub fn run(args: Args, out: &mut dyn Write) -> Result<(), CliError> {
    if let Some(command) = &args.command {
        files::check(command)?;
    }
    match args.command {
        None => view::run(&args::ViewArgs::default()),
        Some(Command::View(args)) => view::run(&args),
        Some(Command::Info(args)) => info::run(&args, out),
        Some(Command::Export(args)) => export::run(&args, out),
        Some(Command::Analyze(args)) => analyze::run(&args, out),
        Some(Command::Compare(args)) => compare::run(&args, out),
        Some(Command::Policies { json }) => policies::run(json, out),
        Some(Command::Problems(args)) => problems::run(&args, out),
        #[cfg(feature = "infer")]
        Some(Command::Record(args)) => record::run(&args, out),
        #[cfg(feature = "infer")]
        Some(Command::Sweep(args)) => sweep::run(&args, out),
        #[cfg(feature = "infer")]
        Some(Command::Calibrate(args)) => calibrate::run(&args, out),
        #[cfg(feature = "infer")]
        Some(Command::Models(args)) => models::run(&args, out),
        #[cfg(feature = "infer")]
        Some(Command::Bench(args)) => bench::run(&args, out),
    }
}

/// The work failed with `error`. Its causes go into the text: they end here.
#[cfg(any(feature = "gui", feature = "infer"))]
fn failed(error: impl std::error::Error) -> CliError {
    CliError::Failed(chain(&error))
}

/// A place that a trace does not have.
fn no_token(asked: usize, file: &Path, tokens: usize) -> CliError {
    CliError::Usage(format!(
        "there is no token {asked}; {} has {tokens}",
        file.display()
    ))
}

/// Reads a trace. Damage in it does not stop a command, but is told.
fn read_trace(file: &Path) -> Result<LoadedTrace, LoadError> {
    let loaded = load(file)?;
    if let Some(problem) = &loaded.problem {
        progress(format_args!("warning: {}: {problem}", file.display()));
    }
    Ok(loaded)
}

/// A line of progress on stderr.
fn progress(line: std::fmt::Arguments<'_>) {
    // Whoever read it may be gone (`2>&1 | head`); the work goes on.
    // In one piece: other threads write there, too.
    let _ = std::io::stderr().write_all(printable(&format!("{line}\n")).as_bytes());
}

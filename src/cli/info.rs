//! `info`: what a trace file holds.

use std::io::Write;

use super::args::InfoArgs;
use super::{CliError, progress};
use crate::export::info;
use crate::trace::load;

pub(super) fn run(args: &InfoArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let loaded = load(&args.file)?;
    if let Some(problem) = &loaded.problem {
        progress(format_args!("warning: {}: {problem}", args.file.display()));
    }
    if args.json {
        writeln!(out, "{}", info::json(&loaded.store))?;
    } else {
        write!(out, "{}", info::text(&loaded.store))?;
    }
    Ok(())
}

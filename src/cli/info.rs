//! `info`: what a trace file holds.

use std::io::Write;

use super::args::InfoArgs;
use super::{CliError, progress};
use crate::export::Info;
use crate::trace::load;

pub(super) fn run(args: &InfoArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let loaded = load(&args.file)?;
    if let Some(problem) = &loaded.problem {
        progress(format_args!("warning: {}: {problem}", args.file.display()));
    }
    let info = Info {
        damaged: loaded.problem.as_ref().map(ToString::to_string),
        ..Info::of(&loaded.store)
    };
    if args.json {
        info.write_json(out)?;
    } else {
        info.write_text(out)?;
    }
    Ok(())
}

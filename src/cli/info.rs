//! `info`: what a trace file holds.

use std::io::Write;

use super::args::InfoArgs;
use super::{CliError, read_trace};
use crate::export::Info;

pub(super) fn run(args: &InfoArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let loaded = read_trace(&args.file)?;
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

//! `export`: a figure or a table of a trace file.

use std::io::Write;
use std::path::Path;

use super::args::ExportArgs;
use super::{CliError, progress};
use crate::export::{self, ExportOptions};
use crate::trace::{EventIndex, load};

pub(super) fn run(args: &ExportArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let loaded = load(&args.file)?;
    if let Some(problem) = &loaded.problem {
        progress(format_args!("warning: {}: {problem}", args.file.display()));
    }
    let view = match args.cursor {
        Some(cursor) => loaded.store.view(cursor),
        None => loaded.store.latest(),
    };
    let options = ExportOptions {
        event: args.event.map(EventIndex),
        layer: args.layer,
        head: args.head,
        cues: super::analyze::cues(args.cues.as_deref())?,
        ..ExportOptions::default()
    };
    if args.out == Path::new("-") {
        export::write(args.what, args.format, &view, &options, out)?;
    } else {
        export::write_file(args.what, args.format, &view, &options, &args.out)?;
    }
    Ok(())
}

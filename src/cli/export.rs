//! `export`: a figure or a table of a trace file.

use std::io::Write;
use std::path::Path;

use super::args::ExportArgs;
use super::{CliError, no_token, read_trace};
use crate::export::{self, ExportOptions, Format, What};
use crate::trace::EventIndex;

pub(super) fn run(args: &ExportArgs, out: &mut dyn Write) -> Result<(), CliError> {
    unused(args)?;
    let loaded = read_trace(&args.file)?;
    let view = match args.cursor {
        Some(cursor) if cursor > loaded.store.latest().cursor() => {
            return Err(no_token(cursor, &args.file, loaded.store.latest().cursor()));
        }
        Some(cursor) => loaded.store.view(cursor),
        None => loaded.store.latest(),
    };
    let options = ExportOptions {
        event: args.event.map(EventIndex),
        layer: args.layer,
        head: args.head,
        measure: args.measure,
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

/// An option that this export does not look at is refused: the file would not be what was asked for.
fn unused(args: &ExportArgs) -> Result<(), CliError> {
    let by_head = matches!(args.what, What::Heatmap | What::Scores);
    // A page of tokens shows the parts of the text alone.
    let by_segment = match args.what {
        What::Segments => true,
        What::Tokens => matches!(args.format, Format::Csv | Format::Json),
        What::Heatmap | What::Raster | What::Scores | What::Events => false,
    };
    let unused = [
        ("--event", args.event.is_some() && !by_head),
        ("--layer", args.layer.is_some() && !by_head),
        ("--head", args.head.is_some() && !by_head),
        (
            "--measure",
            args.measure.is_some() && args.what != What::Heatmap,
        ),
        ("--cues", args.cues.is_some() && !by_segment),
    ];
    match unused.iter().find(|(_, unused)| *unused) {
        None => Ok(()),
        Some((option, _)) => Err(CliError::Usage(format!(
            "{option} makes no difference to {}; leave it out",
            args.what
        ))),
    }
}

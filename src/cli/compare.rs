//! `compare`: traces of one problem held against each other.

use std::io::Write;
use std::path::Path;

use super::args::CompareArgs;
use super::{CliError, progress, read_trace};
use crate::export::{ComparedRun, Comparison, ExportOptions, Format};

pub(super) fn run(args: &CompareArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let mut loaded = vec![];
    for file in &args.files {
        loaded.push(read_trace(file)?);
    }
    let figure = match &args.out {
        None => None,
        Some(path) => Some((path.as_path(), format(args, path)?)),
    };
    let runs = args.files.iter().zip(&loaded).map(|(file, trace)| {
        let name = file.file_name().unwrap_or(file.as_os_str());
        ComparedRun {
            name: name.to_string_lossy().into_owned(),
            store: &trace.store,
            damaged: trace.problem.as_ref().map(ToString::to_string),
        }
    });
    let comparison = Comparison::of(runs.collect()).map_err(|(index, mismatch)| {
        CliError::Usage(format!(
            "{} cannot be compared with {}: {mismatch}",
            args.files[index].display(),
            args.files[0].display()
        ))
    })?;
    if let Some(caution) = comparison.caution() {
        progress(format_args!("warning: {caution}"));
    }
    let options = ExportOptions::default();
    // Before the JSON: whoever reads that may have gone.
    let drawn = match figure {
        Some((path, format)) if path != Path::new("-") => {
            comparison.write_figure_file(format, &options, path)
        }
        Some((_, format)) => comparison.write_figure(format, &options, out),
        None => Ok(()),
    };
    if args.json {
        comparison.write_json(out)?;
    } else if figure.is_none() {
        comparison.write_text(out)?;
    }
    Ok(drawn?)
}

/// The format asked for, or the one that the file's name speaks of.
fn format(args: &CompareArgs, path: &Path) -> Result<Format, CliError> {
    if args.json && path == Path::new("-") {
        return Err(CliError::Usage(
            "both the JSON and the figure would go to standard output; give the figure a file with --out".to_owned(),
        ));
    }
    let by_name = || {
        path.extension()
            .and_then(|extension| Format::from_name(&extension.to_string_lossy().to_lowercase()))
    };
    args.format.or_else(by_name).ok_or_else(|| {
        CliError::Usage(format!(
            "{} does not say what it should be; add --format png or --format svg",
            path.display()
        ))
    })
}

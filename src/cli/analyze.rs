//! `analyze`: what share of the evicted lay in reflections and repetitions.

use std::io::Write;
use std::path::Path;

use super::args::AnalyzeArgs;
use super::{CliError, read_trace};
use crate::analysis::{CueList, Report};
use crate::export::{Findings, TraceFindings};

pub(super) fn run(args: &AnalyzeArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let cues = cues(args.cues.as_deref())?;
    let mut traces = vec![];
    for file in &args.files {
        let loaded = read_trace(file)?;
        traces.push(TraceFindings {
            file: file.display().to_string(),
            damaged: loaded.problem.as_ref().map(ToString::to_string),
            report: Report::of(&loaded.store.latest(), &cues, args.min_repeat as usize),
        });
    }
    let findings = Findings::of(traces);
    if args.json {
        findings.write_json(out)?;
    } else {
        findings.write_text(out)?;
    }
    Ok(())
}

/// The cues of a file, or the built-in ones.
pub(super) fn cues(file: Option<&Path>) -> Result<CueList, CliError> {
    let Some(path) = file else {
        return Ok(CueList::default());
    };
    let wrong = |what: String| CliError::Usage(format!("cannot use {}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    CueList::parse(&text).map_err(|error| wrong(error.to_string()))
}

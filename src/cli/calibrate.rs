//! `calibrate`: query statistics of a model, from a run with the full cache, for policies that score by them.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::run_args::CalibrateArgs;
use super::{CliError, failed, progress};
use crate::config::{EMBEDDED_MODEL, Sampling};
use crate::engine::compress::show_queries;
use crate::engine::generation::{Advance, Generation, GenerationRequest};
use crate::model::load;
use crate::policy::calibration::Calibration;
use crate::policy::find;
use crate::trace::{AtomicFile, FileError, RecordLevel};

pub(super) fn run(args: &CalibrateArgs, out: &mut dyn Write) -> Result<(), CliError> {
    if args.out == Path::new("-") {
        return Err(CliError::Usage(
            "a calibration cannot go to standard output; name a file".to_owned(),
        ));
    }
    AtomicFile::can_be_created(&args.out)?;
    let name = args.model.as_deref().unwrap_or(EMBEDDED_MODEL);
    let mut model = load(name, &mut |_, _| {}).map_err(failed)?;
    if let Some(note) = model.note() {
        progress(format_args!("warning: {note}"));
    }
    let summary = model.summary();
    let frequencies = model
        .rope_frequencies()
        .map(<[f32]>::to_vec)
        .ok_or_else(|| {
            CliError::Usage(format!(
                "{} has no rotary position embedding to calibrate for",
                summary.name
            ))
        })?;
    let mut statistics = Calibration::new(&summary, &frequencies);
    let full = find("full").map_err(|error| CliError::Usage(error.to_string()))?;
    for problem in &args.prompt {
        let request = GenerationRequest {
            problem: problem.clone(),
            settings: full.default_settings(),
            sampling: Sampling {
                max_tokens: args.max_tokens,
                ..Sampling::default()
            },
            level: RecordLevel::Summary,
        };
        let mut generation = Generation::begin(model.as_mut(), request).map_err(failed)?;
        let stop = AtomicBool::new(false);
        loop {
            let before = generation.cache().seen();
            let advance = generation.advance(&stop).map_err(failed)?;
            let fed = generation.cache().seen() - before;
            show_queries(generation.cache(), fed, &mut |pass| {
                statistics.observe(pass);
            });
            generation.take_records();
            if matches!(advance, Advance::Finished(_)) {
                break;
            }
        }
        progress(format_args!(
            "{} queries per head so far",
            statistics.queries.first().unwrap_or(&0)
        ));
    }
    write(&args.out, &statistics)?;
    writeln!(out, "{}", args.out.display())?;
    Ok(())
}

fn write(path: &Path, statistics: &Calibration) -> Result<(), FileError> {
    let json = serde_json::to_string(statistics);
    let json = json.map_err(|error| FileError::writing(path, error.into()))?;
    AtomicFile::put(path, json.as_bytes())
}

/// Reads what `calibrate` wrote.
pub(super) fn read(path: &Path) -> Result<Calibration, CliError> {
    let refused = |reason: String| {
        CliError::Usage(format!(
            "{} is no calibration: {reason}; make one with `rkv-scope calibrate`",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => refused(error.to_string()),
        _ => CliError::Usage(format!(
            "cannot read {}: {error}; check the name, or make one with `rkv-scope calibrate`",
            path.display()
        )),
    })?;
    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))
}

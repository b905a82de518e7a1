//! `record`: the engine without a window.

mod reader;
mod running;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use self::running::Running;
use super::run_args::{RecordArgs, warn_greedy};
use super::{CliError, calibrate, failed, progress};
use crate::config::{CacheSettings, EMBEDDED_MODEL, Sampling};
use crate::engine::{
    EngineCommand, EngineConfig, EngineError, EngineEvent, RunId, RunRequest, RunState, spawn,
};
use crate::policy::calibration::Calibration;
use crate::trace::{
    AtomicFile, FinishReason, TraceStore, WriteError, destination, is_free, numbered, save,
    unfinished,
};

pub(super) fn run(args: &RecordArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let sampling = Sampling {
        temperature: args.temperature,
        top_p: args.top_p,
        top_k: args.top_k,
        seed: args.seed,
        max_tokens: args.max_tokens,
    };
    let usage = |error: crate::config::SettingsError| CliError::Usage(error.to_string());
    let settings = args.cache.settings().map_err(usage)?;
    settings.check().map_err(usage)?;
    sampling.check().map_err(usage)?;
    // Before a model is loaded, which may take minutes.
    if args.prompt.trim().is_empty() {
        return Err(CliError::Usage(EngineError::EmptyProblem.to_string()));
    }
    let calibration = match &args.calibration {
        None => None,
        Some(path) => {
            let info = crate::policy::find(&settings.policy).map_err(usage)?;
            if !info.needs.statistics {
                return Err(CliError::Usage(format!(
                    "{} looks at no query statistics; leave --calibration out, or use --policy triattention",
                    info.name
                )));
            }
            Some(Arc::new(calibrate::read(path)?))
        }
    };
    let info = crate::policy::find(&settings.policy).map_err(usage)?;
    for option in args.cache.unused(info, &settings) {
        progress(format_args!(
            "warning: {} does not look at --{option}",
            info.name
        ));
    }
    warn_greedy(&sampling);
    if let Some(path) = &args.out {
        if path == Path::new("-") {
            return Err(CliError::Usage(
                "a trace cannot go to standard output, which has the text; name a file".to_owned(),
            ));
        }
        AtomicFile::can_be_created(path)?;
        let part = unfinished(&destination(path)?);
        if part.exists() {
            return Err(failed(WriteError::Unfinished { part }));
        }
    }
    let mut warned = false;
    let ended = follow(args, settings, sampling, calibration, &mut warned, out);
    // By now the engine has put away what it had; after a warning, the warning has told where that lies.
    match (ended, &args.out) {
        (Err(error), Some(path)) if !warned => {
            let part = unfinished(&destination(path)?);
            Err(if part.exists() {
                CliError::Failed(format!(
                    "{error}; what was recorded is in {}",
                    part.display()
                ))
            } else {
                error
            })
        }
        (ended, _) => ended,
    }
}

/// Runs it to its end, telling the text or the report. `warned` says whether the engine had something to warn of.
fn follow(
    args: &RecordArgs,
    settings: CacheSettings,
    sampling: Sampling,
    calibration: Option<Arc<Calibration>>,
    warned: &mut bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let run = RunId(1);
    let request = RunRequest {
        run,
        problem: args.prompt.clone(),
        settings,
        sampling,
        level: args.level,
        record_to: args.out.clone(),
    };
    let model = args
        .model
        .clone()
        .unwrap_or_else(|| EMBEDDED_MODEL.to_owned());
    let engine = spawn(EngineConfig::new(Some(model), args.device, Arc::new(|| {})))
        .map_err(|error| CliError::Failed(format!("the engine thread could not start: {error}")))?;
    let mut first = vec![
        EngineCommand::UseCalibration(calibration),
        EngineCommand::Start(Box::new(request)),
    ];
    let mut running = Running::new(args, out, warned);
    loop {
        let Some(event) = engine.recv_timeout(Duration::from_secs(1)) else {
            if engine.is_alive() {
                continue;
            }
            return Err(CliError::Failed(
                "the engine ended without a word".to_owned(),
            ));
        };
        match event {
            EngineEvent::ModelLoading { fraction, stage } => {
                if running.is_due() {
                    progress(format_args!("loading: {stage}, {:.0} %", fraction * 100.0));
                }
            }
            EngineEvent::ModelLoaded {
                model,
                device,
                note,
            } => {
                progress(format_args!(
                    "{} ({}, {}) on {device}",
                    model.name, model.architecture, model.weights
                ));
                if let Some(note) = note {
                    progress(format_args!("warning: {note}"));
                }
                for command in first.drain(..) {
                    engine.send(command).map_err(|_refused| {
                        CliError::Failed("the engine takes no commands".to_owned())
                    })?;
                }
            }
            EngineEvent::RunStarted { header, .. } => {
                running.store = Some(TraceStore::new(header));
            }
            EngineEvent::Records { batch, .. } => running.records(batch)?,
            EngineEvent::Warning { message, .. } => {
                progress(format_args!("warning: {message}"));
                *running.warned = true;
            }
            EngineEvent::ParamsRejected { message, .. } | EngineEvent::Failed { message, .. } => {
                return Err(CliError::Failed(message));
            }
            EngineEvent::State {
                state: RunState::Finished(reason),
                ..
            } => {
                if let Some(store) = running.store.take() {
                    return running.finish(&store, &reason);
                }
            }
            EngineEvent::ModelUnloaded | EngineEvent::State { .. } | EngineEvent::Stats { .. } => {}
            EngineEvent::Gone => {
                return Err(CliError::Failed(
                    "the engine ended before the run did".to_owned(),
                ));
            }
        }
    }
}

/// Writes a run whose file could not grow along with it beside where it should be, now that it is whole; what to tell.
fn elsewhere(path: &Path, store: &TraceStore, reason: &FinishReason) -> CliError {
    let beside = numbered(path).find(|path| is_free(path));
    let saved = beside.map(|beside| (save(&beside, store), beside));
    CliError::Failed(match saved {
        Some((Ok(()), beside)) => format!(
            "the run ended ({}), but its trace could not be written as it went: see the warning above; it is whole in {}",
            reason.name(),
            beside.display()
        ),
        _ => format!(
            "the run ended ({}), but its trace is not at {}: see the warning above; make room, or choose another place, and \
             run it again",
            reason.name(),
            path.display()
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn a_run_that_could_not_be_recorded_is_written_beside_its_place_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.rkvt");
        // Another program's, that grows at this moment.
        std::fs::write(unfinished(&path), "x").unwrap();
        std::fs::write(folder.path().join("run-2.rkvt"), "older").unwrap();
        let store = Synthetic::default().store();
        let said = elsewhere(&path, &store, &FinishReason::EndOfText).to_string();
        assert!(
            said.contains("whole in") && said.contains("run-3.rkvt"),
            "{said}"
        );
        let read = crate::trace::load(&folder.path().join("run-3.rkvt")).unwrap();
        assert_eq!(read.store.tokens().len(), store.tokens().len());
        assert!(unfinished(&path).exists());
        let nowhere = folder.path().join("gone").join("run.rkvt");
        let said = elsewhere(&nowhere, &store, &FinishReason::EndOfText).to_string();
        assert!(said.contains("its trace is not at"), "{said}");
    }
}

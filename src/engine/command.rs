//! What the front end asks of the engine.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{CacheSettings, Sampling};
use crate::policy::calibration::Calibration;
use crate::trace::RecordLevel;

/// A run, counted up by the one who starts it; events carry it so that late ones can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What to run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRequest {
    /// Id of the run in its events.
    pub run: RunId,
    /// The problem as typed; the chat template is put around it.
    pub problem: String,
    /// Settings of the cache at the start.
    pub settings: CacheSettings,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// How much of each compression is recorded.
    pub level: RecordLevel,
    /// Where the engine's recorder writes the trace as it grows, if anywhere.
    pub record_to: Option<PathBuf>,
}

/// A command to the engine thread.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineCommand {
    /// Load a model: a path, a known name, or `reasoner` for the embedded one.
    LoadModel(String),
    /// Query statistics for policies that want them in the runs from now on, or none.
    UseCalibration(Option<Arc<Calibration>>),
    /// Start a run; one that is under way is stopped first.
    Start(Box<RunRequest>),
    /// Hold before the next decode step.
    Pause(RunId),
    /// Go on.
    Resume(RunId),
    /// Decode this many tokens more, then pause.
    Step {
        /// The run.
        run: RunId,
        /// Tokens to decode.
        tokens: u32,
    },
    /// New settings, in force once they or the old ones would compress; the highest revision wins.
    SetParams {
        /// The run.
        run: RunId,
        /// Counts up with each change, from 1.
        revision: u32,
        /// The settings.
        settings: CacheSettings,
    },
    /// End the run; what was recorded stays.
    Stop(RunId),
    /// End the thread.
    Shutdown,
}

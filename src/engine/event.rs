//! What the engine tells the front end.

use std::sync::Arc;

use super::RunId;
use crate::trace::{FinishReason, ModelSummary, TraceHeader, TraceRecord};

/// A message from the engine thread.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineEvent {
    /// A model is being loaded.
    ModelLoading {
        /// 0 to 1.
        fraction: f32,
        /// What is being done: `reading weights`.
        stage: String,
    },
    /// The model made room for another, which is not ready yet.
    ModelUnloaded,
    /// A model is ready.
    ModelLoaded {
        /// Its shape.
        model: ModelSummary,
        /// Where it runs: `CPU, 2 threads`.
        device: String,
        /// What of its files is not used, why, and what that means.
        note: Option<String>,
    },
    /// A run began; its records follow.
    RunStarted {
        /// The run.
        run: RunId,
        /// What it started from.
        header: Arc<TraceHeader>,
    },
    /// What happened since the last batch, at most every 16 ms.
    Records {
        /// The run.
        run: RunId,
        /// In order.
        batch: Vec<TraceRecord>,
    },
    /// The run's state changed.
    State {
        /// The run.
        run: RunId,
        /// The new state.
        state: RunState,
    },
    /// How fast it goes.
    Stats {
        /// The run.
        run: RunId,
        /// The numbers.
        stats: EngineStats,
    },
    /// New settings were refused; the old ones stay in force.
    ParamsRejected {
        /// The run.
        run: RunId,
        /// Revision that was refused.
        revision: u32,
        /// Why, and the way out.
        message: String,
    },
    /// Something is not as asked, but the run goes on: the trace file could not be written, say.
    Warning {
        /// The run.
        run: RunId,
        /// What, and the way out.
        message: String,
    },
    /// Something failed. What was recorded so far stays valid.
    Failed {
        /// The run, if one was under way.
        run: Option<RunId>,
        /// Why, and the way out.
        message: String,
    },
    /// The thread is gone: after a shutdown, or after a panic (which sends `Failed` first).
    Gone,
}

/// State of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// The prompt is being read.
    Prefill,
    /// Decoding.
    Running,
    /// Held by the person.
    Paused,
    /// Over.
    Finished(FinishReason),
}

/// How fast a run goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineStats {
    /// Decoded tokens per second over the last half second.
    pub tokens_per_second: f32,
    /// Share of the run's time spent compressing, 0 to 1.
    pub compression_share: f32,
}

//! A sweep under way, as the window holds it: events come out, a flag stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, TryRecvError};

use super::{ArmKey, ModelIdentity, Problem, RunOutcome, SweepPlan};
use crate::config::{CacheSettings, Sampling};

/// What a sweep tells.
#[derive(Clone, Debug, PartialEq)]
pub enum SweepEvent {
    /// The model is being loaded.
    Loading {
        /// 0 to 1.
        fraction: f32,
        /// What is being done.
        stage: String,
    },
    /// All is checked; runs begin.
    Begun {
        /// What is swept.
        plan: Arc<SweepPlan>,
        /// Runs that the results file already held.
        done: Vec<RunOutcome>,
        /// Arms that cannot run, and why.
        left_out: Vec<(ArmKey, String)>,
        /// What of the model's files is not used, why, and what that means.
        note: Option<String>,
    },
    /// A run has ended.
    Ran(RunOutcome),
    /// Over: whole, or stopped by the person.
    Ended {
        /// Stopped before the end.
        stopped: bool,
    },
    /// Failed; runs that had ended are kept.
    Failed(String),
    /// Could not begin, for the results file is not its own: it needs another one.
    NeedsOtherFile(String),
}

/// A run of a sweep that is to be done again.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayRequest {
    /// Model as it was asked for.
    pub model: String,
    /// The model that made the results: another one would tell another story.
    pub identity: ModelIdentity,
    /// Index of the problem.
    pub index: u32,
    /// The problem.
    pub problem: Problem,
    /// Settings of the arm.
    pub settings: CacheSettings,
    /// The sweep's sampling.
    pub sampling: Sampling,
}

impl ReplayRequest {
    /// The run of a problem under an arm, if the plan has it.
    pub fn of(plan: &SweepPlan, index: u32, arm: &ArmKey, model: &str) -> Option<Self> {
        Some(Self {
            model: model.to_owned(),
            identity: plan.model.clone(),
            index,
            problem: plan.problems.get(index as usize)?.clone(),
            settings: plan.settings(arm)?.clone(),
            sampling: plan.sampling.clone(),
        })
    }
}

/// Events of a sweep in its own threads. Dropping it stops the sweep.
#[derive(Debug)]
pub struct SweepHandle {
    events: Receiver<SweepEvent>,
    stop: Arc<AtomicBool>,
}

impl SweepHandle {
    /// A handle on whoever sends `events` and heeds `stop`.
    pub fn new(events: Receiver<SweepEvent>, stop: Arc<AtomicBool>) -> Self {
        Self { events, stop }
    }

    /// The next event, if one waits.
    ///
    /// # Errors
    /// None waits, or none will come any more: the sweep's threads are gone, with or without a last word.
    pub fn try_recv(&self) -> Result<SweepEvent, TryRecvError> {
        self.events.try_recv()
    }

    /// Asks it to stop; runs in flight are given up.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }
}

impl Drop for SweepHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

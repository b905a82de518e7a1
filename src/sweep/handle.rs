//! A sweep under way, as the window holds it: events come out, a flag stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Receiver;

use super::{ArmKey, RunOutcome, SweepPlan};

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
    pub fn try_recv(&self) -> Option<SweepEvent> {
        self.events.try_recv().ok()
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

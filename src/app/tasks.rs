//! Work beside the window: each piece on its own named thread, coming back as an [`Outcome`].

use std::path::PathBuf;
use std::thread::Builder;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::engine::Waker;
use crate::sweep::StoredSweep;
use crate::trace::TraceStore;
use crate::ui::command::Browse;

/// Outcomes that may wait for the window; far more than a person can start.
const WAITING: usize = 64;

/// A run with what was wrong with the end of its file, if anything; or why it could not be read.
pub type ReadTrace = Result<(TraceStore, Option<String>), String>;

/// What came of a piece of work.
#[derive(Debug)]
pub enum Outcome {
    /// A trace was read, and what was wrong with its end, if anything.
    Opened {
        /// The file.
        path: PathBuf,
        /// The run.
        result: Result<(Box<TraceStore>, Option<String>), String>,
    },
    /// Traces were read for the Compare tab.
    OpenedPanes {
        /// The pane for the first; the next free ones if none.
        pane: Option<usize>,
        /// The files in order, with what was wrong with the end of each, if anything.
        traces: Vec<(PathBuf, ReadTrace)>,
    },
    /// A pane's trace was written.
    SavedPane {
        /// The pane.
        pane: usize,
        /// The file.
        path: PathBuf,
        /// Why not, and the way out.
        result: Result<(), String>,
    },
    /// A file was written: a trace or an export.
    Written {
        /// The file.
        path: PathBuf,
        /// Why not, and the way out.
        result: Result<(), String>,
        /// A trace, not an export.
        trace: bool,
    },
    /// The results of a sweep were read.
    SweepRead {
        /// The results.
        result: Result<Box<StoredSweep>, String>,
    },
    /// Runs of a sweep were done again.
    Replayed {
        /// The full cache's, and the policy's if it is another.
        result: Result<Vec<TraceStore>, String>,
    },
    /// The system's dialog was closed.
    Picked {
        /// What for.
        purpose: Browse,
        /// The path, if one was chosen.
        path: Option<PathBuf>,
    },
}

/// Threads at work, and their outcomes.
pub struct Tasks {
    sender: Sender<Outcome>,
    outcomes: Receiver<Outcome>,
    waker: Waker,
    running: usize,
}

impl Tasks {
    /// No work yet.
    pub fn new(waker: Waker) -> Self {
        let (sender, outcomes) = bounded(WAITING);
        Self {
            sender,
            outcomes,
            waker,
            running: 0,
        }
    }

    /// Starts a piece of work on a thread of that name.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Result<(), String> {
        let sender = self.sender.clone();
        let waker = self.waker.clone();
        let started = Builder::new().name(name.to_owned()).spawn(move || {
            // The window is gone if nobody receives: nothing is left to tell.
            if sender.send(work()).is_ok() {
                waker();
            }
        });
        match started {
            Ok(_) => {
                self.running += 1;
                Ok(())
            }
            Err(error) => Err(format!("the system gave no thread for {name}: {error}")),
        }
    }

    /// The next outcome, if one waits.
    pub fn next(&mut self) -> Option<Outcome> {
        let outcome = self.outcomes.try_recv().ok()?;
        self.running = self.running.saturating_sub(1);
        Some(outcome)
    }

    /// Whether something is under way.
    pub fn busy(&self) -> bool {
        self.running > 0
    }
}

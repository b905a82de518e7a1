//! Work beside the window: each piece on its own named thread, coming back as an [`Outcome`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::asked::Asked;
use crate::engine::Waker;
use crate::panicked;
use crate::sweep::StoredSweep;
use crate::trace::TraceStore;
use crate::ui::command::Browse;

/// Outcomes that may wait for the window; far more than a person can start.
const WAITING: usize = 64;

/// What a thread beside the window does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Reads traces.
    Open,
    /// Writes a trace.
    Save,
    /// Writes a figure or a table.
    Export,
    /// Shows the system's dialog.
    Dialog,
    /// Reads the results of a sweep.
    OpenSweep,
    /// Does runs of a sweep again.
    Replay,
    /// Puts runs among those that the window keeps.
    Keep,
}

impl Work {
    /// What it is called, as a thread and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "opening",
            Self::Save => "saving",
            Self::Export => "exporting",
            Self::Dialog => "the file dialog",
            Self::OpenSweep => "reading results",
            Self::Replay => "replaying",
            Self::Keep => "keeping a run",
        }
    }

    /// Whether a file is lost if it is cut short.
    fn writes(self) -> bool {
        matches!(self, Self::Save | Self::Export | Self::Keep)
    }
}

/// A run with what was wrong with the end of its file, if anything; or why it could not be read.
pub type ReadTrace = Result<(TraceStore, Option<String>), String>;

/// What came of a piece of work.
#[derive(Debug)]
pub enum Outcome {
    /// A trace was read, and what was wrong with its end, if anything.
    Opened {
        /// The file.
        path: PathBuf,
        /// When it was asked for.
        asked: Asked,
        /// The run.
        result: Result<(Box<TraceStore>, Option<String>), String>,
    },
    /// Traces were read for the Compare tab.
    OpenedPanes {
        /// The pane for the first, by the generation of its run; the next free ones if none.
        pane: Option<u64>,
        /// When it was asked for.
        asked: Asked,
        /// The files in order, with what was wrong with the end of each, if anything.
        traces: Vec<(PathBuf, ReadTrace)>,
    },
    /// A file was written: a trace or an export.
    Written {
        /// The file.
        path: PathBuf,
        /// Why not, and the way out.
        result: Result<(), String>,
        /// The run whose trace it is, by its generation; none of an export.
        run: Option<u64>,
    },
    /// The results of a sweep were read.
    SweepRead {
        /// The results.
        result: Result<Box<StoredSweep>, String>,
    },
    /// Runs of a sweep were done again.
    Replayed {
        /// Index of the problem.
        problem: u32,
        /// When it was asked for.
        asked: Asked,
        /// The full cache's, and the policy's if it is another.
        result: Result<Vec<TraceStore>, String>,
    },
    /// Runs were put among those that the window keeps, or why not.
    Kept(Result<(), String>),
    /// The system's dialog was closed.
    Picked {
        /// What for.
        purpose: Browse,
        /// The path, if one was chosen.
        path: Option<PathBuf>,
    },
    /// A thread panicked: nothing came of its work.
    Died {
        /// What it did.
        work: Work,
        /// What it said.
        why: String,
    },
}

/// Threads at work, and their outcomes. Dropping it waits for files that are being written.
pub struct Tasks {
    sender: Sender<(Work, Outcome)>,
    outcomes: Receiver<(Work, Outcome)>,
    waker: Waker,
    running: Vec<Work>,
    writing: Vec<JoinHandle<()>>,
}

impl Tasks {
    /// No work yet.
    pub fn new(waker: Waker) -> Self {
        let (sender, outcomes) = bounded(WAITING);
        Self {
            sender,
            outcomes,
            waker,
            running: vec![],
            writing: vec![],
        }
    }

    /// Starts a piece of work on a thread named after it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        &mut self,
        work: Work,
        job: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Result<(), String> {
        let sender = self.sender.clone();
        let waker = self.waker.clone();
        let name = work.name();
        let started = Builder::new().name(name.to_owned()).spawn(move || {
            // Whoever waits for the outcome must hear of its end, whatever it is.
            let outcome = catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| {
                let why = panicked::message(panic.as_ref());
                Outcome::Died { work, why }
            });
            // The window is gone if nobody receives: nothing is left to tell.
            if sender.send((work, outcome)).is_ok() {
                waker();
            }
        });
        let thread =
            started.map_err(|error| format!("the system gave no thread for {name}: {error}"))?;
        self.running.push(work);
        self.writing.retain(|thread| !thread.is_finished());
        if work.writes() {
            self.writing.push(thread);
        }
        Ok(())
    }

    /// The next outcome, if one waits.
    pub fn next(&mut self) -> Option<Outcome> {
        let (work, outcome) = self.outcomes.try_recv().ok()?;
        if let Some(index) = self.running.iter().position(|running| *running == work) {
            self.running.swap_remove(index);
        }
        Some(outcome)
    }

    /// Whether something is under way.
    pub fn busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// Whether such work is under way.
    pub fn is_doing(&self, work: Work) -> bool {
        self.running.contains(&work)
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        // However long it takes: what a person has saved is to be there afterwards.
        while self.writing.iter().any(|thread| !thread.is_finished()) {
            // A thread that has written may wait for room to say so.
            while self.outcomes.try_recv().is_ok() {}
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn nothing() -> Outcome {
        let (purpose, path) = (Browse::Open, None);
        Outcome::Picked { purpose, path }
    }

    #[test]
    fn what_is_being_written_when_the_window_closes_is_there_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("late.rkvt");
        let to = path.clone();
        let mut tasks = Tasks::new(Arc::new(|| ()));
        let write = move || {
            std::thread::sleep(Duration::from_millis(100));
            std::fs::write(to, "x").unwrap();
            nothing()
        };
        tasks.start(Work::Save, write).unwrap();
        drop(tasks);
        assert!(path.exists());
    }

    #[test]
    fn work_that_panics_is_over_and_says_why() {
        let mut tasks = Tasks::new(Arc::new(|| ()));
        tasks.start(Work::Open, nothing).unwrap();
        tasks.start(Work::Replay, || panic!("no layer 7")).unwrap();
        assert!(tasks.is_doing(Work::Replay));
        let mut died = vec![];
        while tasks.busy() {
            match tasks.next() {
                Some(Outcome::Died { work, why }) => died.push((work, why)),
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        assert_eq!(died, [(Work::Replay, "no layer 7".to_owned())]);
        assert!(!tasks.is_doing(Work::Replay));
    }
}

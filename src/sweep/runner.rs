//! The sweep itself: checks everything, then runs the problems on threads of its own.
//!
//! A thread takes a problem at a time and runs all its arms, since they share their beginning. Threads
//! share the weights; within a run nothing of ours is parallel, which is faster for many runs than the other way
//! round, and no result depends on the number of threads. Products of quantised weights are candle's, which queue for
//! one pool of its own: with such a model more threads than one gain little.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded, unbounded};

use super::one_problem::{self, Task};
use super::{
    ArmKey, ModelIdentity, Problem, ReplayRequest, ResultsFile, RunOutcome, SweepError, SweepEvent,
    SweepHandle, SweepPlan, SweepRequest,
};
use crate::config::{CacheSettings, EMBEDDED_MODEL, SettingsError};
use crate::engine::Waker;
use crate::engine::generation::check_prompt;
use crate::error_chain::chain;
use crate::model::source::folder_name;
use crate::model::{LanguageModel, LanguageModelError, ModelSource, SharedModel, fingerprint};
use crate::panicked;
use crate::trace::TraceStore;

/// How soon a stop is felt while no run ends.
const LOOK_AT_STOP: Duration = Duration::from_millis(50);

/// Gives each thread a model that shares its weights.
type Handles = Box<dyn Fn() -> Box<dyn LanguageModel + Send> + Send + Sync>;

/// Loads the model of a name, telling how far it is.
type Load = fn(&str, &mut dyn FnMut(f32, &str)) -> Result<Handles, LanguageModelError>;

/// Arms that cannot run, and why.
type LeftOut = Vec<(ArmKey, String)>;

/// Where models come from.
pub struct Loader {
    /// Name and checksum of a model, before it is loaded.
    pub identify: fn(&str) -> Result<ModelIdentity, SweepError>,
    /// Loads it.
    pub load: Load,
}

impl Loader {
    /// Models as the rest of the program loads them.
    pub const REAL: Self = Self {
        identify,
        load: |name, progress| {
            let model = SharedModel::load(name, progress)?;
            Ok(Box::new(move || model.handle()))
        },
    };
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").finish_non_exhaustive()
    }
}

fn identify(name: &str) -> Result<ModelIdentity, SweepError> {
    let source = ModelSource::resolve(name).map_err(LanguageModelError::from)?;
    let files = source.files().map_err(LanguageModelError::from)?;
    let shown = match &source {
        ModelSource::Embedded => EMBEDDED_MODEL.to_owned(),
        ModelSource::Path(path) => folder_name(path).unwrap_or_else(|| path.display().to_string()),
    };
    Ok(ModelIdentity {
        name: shown,
        fingerprint: fingerprint(&files).map_err(LanguageModelError::from)?,
    })
}

/// Runs a sweep in the calling thread and its own, telling `notify` what happens; the outcomes, those of
/// the results file first, come back at the end. A raised `stop` ends it early without an error.
///
/// # Errors
/// [`SweepError`]; everything that can be checked is checked before the first run.
pub fn execute(
    request: &SweepRequest,
    loader: &Loader,
    stop: &AtomicBool,
    notify: &mut dyn FnMut(SweepEvent),
) -> Result<(Arc<SweepPlan>, Vec<RunOutcome>), SweepError> {
    request.sampling.check()?;
    for arm in &request.arms {
        match arm.check() {
            // Arms without room are left out below.
            Ok(()) | Err(SettingsError::BudgetTooSmall { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let plan = Arc::new(SweepPlan {
        model: (loader.identify)(&request.model)?,
        sampling: request.sampling.clone(),
        arms: request.arms.clone(),
        origin: request.problems.origin(),
        problems: instructed(request)?,
    });
    let (mut file, mut outcomes) = match &request.out {
        None => (None, vec![]),
        Some(path) => {
            let (file, done) = ResultsFile::open(path, &plan)?;
            (Some(file), done)
        }
    };
    let model = (loader.load)(&request.model, &mut |fraction, stage| {
        notify(SweepEvent::Loading {
            fraction,
            stage: stage.to_owned(),
        });
    })?;
    let first = model();
    let (runnable, left_out) = runnable(&plan, &*first)?;
    notify(SweepEvent::Begun {
        plan: Arc::clone(&plan),
        done: outcomes.clone(),
        left_out,
        note: first.note().map(str::to_owned),
    });
    drop(first);
    let done: BTreeSet<(u32, ArmKey)> = outcomes
        .iter()
        .map(|outcome| (outcome.problem, outcome.arm.clone()))
        .collect();
    let work: Vec<(u32, Vec<&CacheSettings>)> = (0..plan.problems.len() as u32)
        .map(|problem| {
            let open = |arm: &&CacheSettings| !done.contains(&(problem, ArmKey::of(arm)));
            (problem, runnable.iter().copied().filter(open).collect())
        })
        .filter(|(_, wanted): &(u32, Vec<_>)| !wanted.is_empty())
        .collect();
    let crew = Crew {
        plan: &plan,
        work: &work,
        next: AtomicUsize::new(0),
        stop,
        halt: AtomicBool::new(false),
        model: &model,
    };
    let threads = request.threads.clamp(1, work.len().max(1));
    crew.run(threads, &mut |outcome| {
        if let Some(file) = &mut file {
            file.append(&outcome)?;
        }
        outcomes.push(outcome.clone());
        notify(SweepEvent::Ran(outcome));
        Ok(())
    })?;
    notify(SweepEvent::Ended {
        stopped: stop.load(Ordering::Acquire),
    });
    Ok((plan, outcomes))
}

/// The problems as the model gets them.
fn instructed(request: &SweepRequest) -> Result<Vec<Problem>, SweepError> {
    let mut problems = request.problems.problems()?;
    if let Some(instruction) = request.instruction.as_deref().map(str::trim)
        && !instruction.is_empty()
    {
        for problem in &mut problems {
            problem.text = format!("{}\n{instruction}", problem.text);
        }
    }
    Ok(problems)
}

/// An arm that cannot run on some problem is left out whole: rates over different problems do not compare.
fn runnable<'p>(
    plan: &'p SweepPlan,
    model: &dyn LanguageModel,
) -> Result<(Vec<&'p CacheSettings>, LeftOut), SweepError> {
    let context = model.summary().context as usize;
    let mut longest = 0;
    for (index, problem) in (0..).zip(&plan.problems) {
        let prompt = model.encode_prompt(&problem.text)?.len();
        check_prompt(prompt, context).map_err(|error| SweepError::Unaskable {
            problem: index,
            source: Box::new(error),
        })?;
        longest = longest.max(prompt as u32);
    }
    let mut left_out = vec![];
    let mut arms = vec![];
    for arm in &plan.arms {
        match arm.check_with_prompt(longest) {
            Ok(()) => arms.push(arm),
            Err(error) => left_out.push((ArmKey::of(arm), error.to_string())),
        }
    }
    if let (1, Some((_, why))) = (arms.len(), left_out.first()) {
        return Err(SweepError::NothingToRun(why.clone()));
    }
    Ok((arms, left_out))
}

struct Crew<'a> {
    plan: &'a SweepPlan,
    work: &'a [(u32, Vec<&'a CacheSettings>)],
    next: AtomicUsize,
    /// The person's wish.
    stop: &'a AtomicBool,
    /// Ends all threads: the wish, a failure in one of them, or one of the results file.
    halt: AtomicBool,
    model: &'a Handles,
}

impl Crew<'_> {
    /// Runs all work on `threads` threads; `take` gets the outcomes in this one.
    fn run(
        &self,
        threads: usize,
        take: &mut dyn FnMut(RunOutcome) -> Result<(), SweepError>,
    ) -> Result<(), SweepError> {
        thread::scope(|scope| {
            let (sender, outcomes) = bounded(64);
            let mut crew = vec![];
            for number in 0..threads {
                let sender = sender.clone();
                let started = thread::Builder::new()
                    .name(format!("sweep {number}"))
                    .spawn_scoped(scope, move || self.work(&sender));
                match started {
                    Ok(handle) => crew.push(handle),
                    Err(error) => {
                        self.halt.store(true, Ordering::Release);
                        return Err(SweepError::Thread(format!("could not be started: {error}")));
                    }
                }
            }
            drop(sender);
            let mut result = Ok(());
            loop {
                match outcomes.recv_timeout(LOOK_AT_STOP) {
                    Ok(outcome) if result.is_ok() => result = take(outcome),
                    Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if result.is_err() || self.stop.load(Ordering::Acquire) {
                    self.halt.store(true, Ordering::Release);
                }
            }
            for handle in crew {
                let ended = handle.join();
                result = result.and(ended.unwrap_or_else(|panic| Err(died(panic.as_ref()))));
            }
            result
        })
    }

    fn work(&self, outcomes: &Sender<RunOutcome>) -> Result<(), SweepError> {
        // A pool of one, this thread: no dense product and no compression starts others.
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .use_current_thread()
            .build()
            .map_err(|error| SweepError::Thread(format!("got no pool: {error}")))?;
        // Else the other threads would go on to the end before anybody hears of it.
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let mut model = (self.model)();
            pool.install(|| self.problems(&mut *model, outcomes))
        }));
        let result = worked.unwrap_or_else(|panic| Err(died(panic.as_ref())));
        if result.is_err() {
            self.halt.store(true, Ordering::Release);
        }
        result
    }

    fn problems(
        &self,
        model: &mut dyn LanguageModel,
        outcomes: &Sender<RunOutcome>,
    ) -> Result<(), SweepError> {
        while let Some((index, wanted)) = self.work.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.halt.load(Ordering::Acquire) {
                return Ok(());
            }
            let task = Task {
                index: *index,
                problem: &self.plan.problems[*index as usize],
                sampling: &self.plan.sampling,
                full: &self.plan.arms[0],
                wanted,
            };
            let mut emit = |outcome| {
                // The receiver lives until every sender is gone.
                let _ = outcomes.send(outcome);
            };
            if !one_problem::run(model, &task, &self.halt, &mut emit)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn died(panic: &(dyn Any + Send)) -> SweepError {
    SweepError::Thread(format!("died: {}", panicked::message(panic)))
}

/// Does a run of a sweep again, recording everything.
///
/// # Errors
/// [`SweepError`]: another model than that of the results, or a run that fails.
pub fn replay(request: &ReplayRequest) -> Result<TraceStore, SweepError> {
    let found = identify(&request.model)?;
    if found.fingerprint != request.identity.fingerprint {
        return Err(SweepError::OtherModel {
            wanted: request.identity.clone(),
            found,
        });
    }
    let mut model = SharedModel::load(&request.model, &mut |_, _| {})?.handle();
    one_problem::record(&mut *model, request).map_err(|source| SweepError::Run {
        problem: request.index,
        arm: ArmKey::of(&request.settings),
        source: Box::new(source),
    })
}

/// Starts a sweep on a thread of its own, for the window.
///
/// # Errors
/// The system gives no thread.
pub fn spawn(request: SweepRequest, waker: Waker) -> std::io::Result<SweepHandle> {
    // As many events as runs and a few more: a hidden window must not hold the sweep up.
    let (sender, events) = unbounded();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    thread::Builder::new()
        .name("sweep".to_owned())
        .spawn(move || {
            let notify = |event: SweepEvent| {
                // The window has let go of the sweep, and with that asked it to stop.
                if sender.send(event).is_ok() {
                    waker();
                }
            };
            let worked = catch_unwind(AssertUnwindSafe(|| {
                execute(&request, &Loader::REAL, &flag, &mut |event| notify(event))
            }));
            match worked {
                Ok(Ok(_)) => {}
                Ok(Err(error)) if error.needs_other_file() => {
                    notify(SweepEvent::NeedsOtherFile(chain(&error)));
                }
                Ok(Err(error)) => notify(SweepEvent::Failed(chain(&error))),
                Err(panic) => notify(SweepEvent::Failed(format!(
                    "the sweep failed unexpectedly ({}); the runs that had ended are kept",
                    panicked::message(panic.as_ref())
                ))),
            }
        })?;
    Ok(SweepHandle::new(events, stop))
}

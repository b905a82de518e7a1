//! The engine thread: takes commands, runs generations, reports. Every tensor lives and dies here.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::error::EngineError;
use super::generation::{Advance, Generation, GenerationRequest};
use super::outbox::Outbox;
use super::recorder::Recorder;
use super::speed::Speed;
use super::{EngineCommand, EngineEvent, EngineHandle, RunId, RunRequest, RunState, Waker};
use crate::config::DeviceChoice;
use crate::error_chain::chain;
use crate::model::{LanguageModel, LanguageModelError};
use crate::panicked;
use crate::policy::calibration::Calibration;
use crate::trace::{FinishReason, TraceRecord};

/// Loads the model that a name or path speaks of, reporting progress (0 to 1 and what is being done).
pub type Loader = Box<
    dyn Fn(&str, &mut dyn FnMut(f32, &str)) -> Result<Box<dyn LanguageModel>, LanguageModelError>
        + Send,
>;

/// Looks whether a model can be used, as far as that can be told without reading its weights.
pub type Finder = Box<dyn Fn(&str) -> Result<(), LanguageModelError> + Send>;

/// What the engine starts with.
pub struct EngineConfig {
    /// Model to load at once, if any: a path, a known name, or `reasoner`.
    pub model: Option<String>,
    /// Wakes the front end.
    pub waker: Waker,
    /// How models are looked at, before the one that is loaded makes room.
    pub finder: Finder,
    /// How models are loaded.
    pub loader: Loader,
}

impl EngineConfig {
    /// The usual engine: real models on `device`, loading `model` at once.
    pub fn new(model: Option<String>, device: DeviceChoice, waker: Waker) -> Self {
        Self {
            model,
            waker,
            finder: Box::new(crate::model::check),
            loader: Box::new(move |name, progress| crate::model::load_on(name, device, progress)),
        }
    }
}

/// Starts the engine thread.
///
/// # Errors
/// The system gives no thread.
pub fn spawn(config: EngineConfig) -> std::io::Result<EngineHandle> {
    let (command_sender, commands) = bounded(1024);
    let (event_sender, events) = bounded(4096);
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let thread = std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
        let mut outbox = Outbox::new(event_sender, config.waker);
        let run = Cell::new(None);
        let worked = catch_unwind(AssertUnwindSafe(|| {
            let mut worker = Worker {
                commands: &commands,
                outbox: &mut outbox,
                stop: &flag,
                finder: config.finder,
                loader: config.loader,
                model: None,
                calibration: None,
                run: &run,
            };
            worker.work(config.model)
        }));
        if let Err(panic) = worked {
            let what = panicked::message(panic.as_ref());
            let message = format!(
                "the engine failed unexpectedly ({what}); what was recorded is kept, start it again to go on"
            );
            outbox.send(EngineEvent::Failed { run: run.get(), message });
        }
        outbox.send(EngineEvent::Gone);
        let deadline = Instant::now() + Duration::from_secs(5);
        while !outbox.deliver() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    })?;
    Ok(EngineHandle::new(command_sender, events, stop, thread))
}

/// The front end is gone or asked for the end.
struct Quit;

struct Worker<'a> {
    commands: &'a Receiver<EngineCommand>,
    outbox: &'a mut Outbox,
    stop: &'a AtomicBool,
    finder: Finder,
    loader: Loader,
    model: Option<Box<dyn LanguageModel>>,
    calibration: Option<Arc<Calibration>>,
    run: &'a Cell<Option<RunId>>,
}

impl Worker<'_> {
    fn work(&mut self, model: Option<String>) -> Result<(), Quit> {
        let mut next = model.map(EngineCommand::LoadModel);
        loop {
            let command = match next.take() {
                Some(command) => command,
                None => self.wait(Duration::MAX)?.unwrap_or(EngineCommand::Shutdown),
            };
            self.stop.store(false, Ordering::Release);
            match command {
                EngineCommand::LoadModel(name) => self.load(&name),
                EngineCommand::UseCalibration(calibration) => self.calibration = calibration,
                EngineCommand::Start(request) => next = self.start(*request)?,
                EngineCommand::Shutdown => return Ok(()),
                // Late words to a run that is over.
                EngineCommand::Pause(_)
                | EngineCommand::Resume(_)
                | EngineCommand::Step { .. }
                | EngineCommand::SetParams { .. }
                | EngineCommand::Stop(_) => {}
            }
        }
    }

    /// The next command, or `None` after `patience`. Waiting events are delivered meanwhile.
    fn wait(&mut self, patience: Duration) -> Result<Option<EngineCommand>, Quit> {
        let started = Instant::now();
        loop {
            let delivered = self.outbox.deliver();
            let turn = turn(delivered, patience.saturating_sub(started.elapsed()));
            match self.commands.recv_timeout(turn) {
                Ok(command) => return Ok(Some(command)),
                Err(RecvTimeoutError::Disconnected) => return Err(Quit),
                Err(RecvTimeoutError::Timeout) if started.elapsed() >= patience => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn load(&mut self, name: &str) {
        if self.model.is_some()
            && let Err(error) = (self.finder)(name)
        {
            let message = chain(&error);
            self.outbox.send(EngineEvent::Failed { run: None, message });
            return;
        }
        // The old model goes first: two at once may not fit into memory.
        if self.model.take().is_some() {
            self.outbox.send(EngineEvent::ModelUnloaded);
        }
        let outbox = &mut *self.outbox;
        let mut progress = |fraction: f32, stage: &str| {
            outbox.send(EngineEvent::ModelLoading {
                fraction,
                stage: stage.to_owned(),
            });
        };
        match (self.loader)(name, &mut progress) {
            Ok(model) => {
                self.outbox.send(EngineEvent::ModelLoaded {
                    model: model.summary(),
                    device: model.device(),
                    note: model.note().map(str::to_owned),
                });
                self.model = Some(model);
            }
            Err(error) => {
                self.outbox.send(EngineEvent::Failed {
                    run: None,
                    message: chain(&error),
                });
            }
        }
    }

    /// Runs to the end. Returns a command that ended it and has yet to be carried out.
    fn start(&mut self, request: RunRequest) -> Result<Option<EngineCommand>, Quit> {
        let run = request.run;
        let Some(mut model) = self.model.take() else {
            let message = chain(&EngineError::NoModel);
            self.outbox.send(EngineEvent::Failed {
                run: Some(run),
                message,
            });
            return Ok(None);
        };
        self.run.set(Some(run));
        let result = self.generate(model.as_mut(), request);
        self.run.set(None);
        self.model = Some(model);
        result
    }

    fn generate(
        &mut self,
        model: &mut dyn LanguageModel,
        request: RunRequest,
    ) -> Result<Option<EngineCommand>, Quit> {
        let run = request.run;
        let begun = Generation::begin(
            model,
            GenerationRequest {
                problem: request.problem,
                settings: request.settings,
                sampling: request.sampling,
                level: request.level,
            },
        )
        .and_then(|mut generation| {
            if let Some(calibration) = &self.calibration {
                generation.calibrate(Arc::clone(calibration))?;
            }
            Ok(generation)
        });
        let mut generation = match begun {
            Ok(generation) => generation,
            Err(error) => {
                self.outbox.send(EngineEvent::Failed {
                    run: Some(run),
                    message: chain(&error),
                });
                return Ok(None);
            }
        };
        let header = Arc::clone(generation.header());
        self.outbox.send(EngineEvent::RunStarted {
            run,
            header: Arc::clone(&header),
        });
        let mut recorder = request.record_to.and_then(|path| {
            Recorder::create(&path, &header)
                .map_err(|error| self.warn(run, &error))
                .ok()
        });
        self.state(run, RunState::Prefill);

        let mut pace = Pace::Running;
        let mut speed = Speed::default();
        let mut shown = RunState::Prefill;
        loop {
            let ended = match self.obey_all(run, &mut generation, &mut speed, &mut pace, &shown)? {
                Obeyed::End(next) => Some((generation.finish(FinishReason::Stopped), next)),
                Obeyed::GoOn => self
                    .step(run, &mut generation, &mut pace)
                    .map(|reason| (reason, None)),
            };
            let rests = pace == Pace::Paused;
            self.pass_on(run, generation.take_records(), &mut recorder, rests);
            if let Some(stats) = speed.sample(generation.generated(), generation.times()) {
                self.outbox.send(EngineEvent::Stats { run, stats });
            }
            if let Some((reason, next)) = ended {
                self.state(run, RunState::Finished(reason));
                return Ok(next);
            }
            let state = pace.state(generation.is_decoding());
            if state != shown {
                self.state(run, state.clone());
                shown = state;
            }
        }
    }

    /// One step, unless the run is paused. Returns why the run has ended.
    fn step(
        &mut self,
        run: RunId,
        generation: &mut Generation<'_>,
        pace: &mut Pace,
    ) -> Option<FinishReason> {
        let advanced = if *pace == Pace::Paused {
            Ok(None)
        } else {
            generation.advance(self.stop).map(Some)
        };
        let settled = advanced.and_then(|advance| {
            if advance == Some(Advance::Decoded) {
                pace.decoded();
            }
            if *pace == Pace::Paused {
                // No step comes that would bring the last compression with it.
                generation.settle()?;
            }
            Ok(advance)
        });
        match settled {
            Ok(Some(Advance::Finished(reason))) => Some(reason),
            Ok(Some(Advance::Interrupted)) => {
                // The command that raised the flag is in the queue or on its way.
                self.stop.store(false, Ordering::Release);
                None
            }
            Ok(Some(Advance::Prefilled | Advance::Decoded) | None) => None,
            Err(error) => {
                let message = chain(&error);
                self.outbox.send(EngineEvent::Failed {
                    run: Some(run),
                    message: message.clone(),
                });
                Some(generation.finish(FinishReason::Failed(message)))
            }
        }
    }

    /// Sends records on, and to the run's file as long as that can be written; at once if the run `rests`, for no more will
    /// come soon.
    fn pass_on(
        &mut self,
        run: RunId,
        records: Vec<TraceRecord>,
        recorder: &mut Option<Recorder>,
        rests: bool,
    ) {
        if let Some(writer) = recorder {
            let written = writer.write(&records);
            let written = written.and_then(|()| if rests { writer.flush() } else { Ok(()) });
            if let Err(error) = written {
                self.warn(run, &error);
                *recorder = None;
            }
        }
        self.outbox.records(run, records);
        if rests {
            self.outbox.flush();
        }
    }

    /// Obeys the commands that there are, up to one that ends the run. A run that is held, and has said so, waits for one and
    /// obeys that alone: what it changes is to be told before the next wait.
    fn obey_all(
        &mut self,
        run: RunId,
        generation: &mut Generation<'_>,
        speed: &mut Speed,
        pace: &mut Pace,
        shown: &RunState,
    ) -> Result<Obeyed, Quit> {
        loop {
            let rests = *pace == Pace::Paused && *shown == RunState::Paused;
            let Some(command) = self.next_command(generation, speed, rests)? else {
                return Ok(Obeyed::GoOn);
            };
            let obeyed = self.obey(run, command, generation, pace);
            let still_held = rests && *pace == Pace::Paused;
            if still_held || matches!(obeyed, Obeyed::End(_)) {
                return Ok(obeyed);
            }
        }
    }

    /// The next command, if there is one. A run that rests waits for it, and its clock stands meanwhile.
    fn next_command(
        &mut self,
        generation: &mut Generation<'_>,
        speed: &mut Speed,
        rests: bool,
    ) -> Result<Option<EngineCommand>, Quit> {
        if !rests {
            return self.wait(Duration::ZERO);
        }
        let since = Instant::now();
        let command = self.wait(Duration::MAX);
        generation.leave_out(since.elapsed());
        speed.leave_out(since.elapsed());
        command
    }

    fn obey(
        &mut self,
        run: RunId,
        command: EngineCommand,
        generation: &mut Generation<'_>,
        pace: &mut Pace,
    ) -> Obeyed {
        match command {
            EngineCommand::Pause(id) if id == run => *pace = Pace::Paused,
            EngineCommand::Resume(id) if id == run => *pace = Pace::Running,
            EngineCommand::Step { run: id, tokens } if id == run => {
                let left = match *pace {
                    Pace::Stepping(left) => left,
                    Pace::Running | Pace::Paused => 0,
                };
                *pace = Pace::Stepping(left.saturating_add(tokens));
            }
            EngineCommand::SetParams {
                run: id,
                revision,
                settings,
            } if id == run => {
                if let Err(error) = generation.set_params(revision, settings) {
                    let message = chain(&error);
                    self.outbox.send(EngineEvent::ParamsRejected {
                        run,
                        revision,
                        message,
                    });
                }
            }
            EngineCommand::UseCalibration(calibration) => self.calibration = calibration,
            EngineCommand::Stop(id) if id == run => return Obeyed::End(None),
            command @ (EngineCommand::Start(_)
            | EngineCommand::LoadModel(_)
            | EngineCommand::Shutdown) => return Obeyed::End(Some(command)),
            // Words to another run, late.
            EngineCommand::Pause(_)
            | EngineCommand::Resume(_)
            | EngineCommand::Step { .. }
            | EngineCommand::SetParams { .. }
            | EngineCommand::Stop(_) => {}
        }
        if *pace == Pace::Stepping(0) {
            *pace = Pace::Paused;
        }
        Obeyed::GoOn
    }

    fn state(&mut self, run: RunId, state: RunState) {
        self.outbox.send(EngineEvent::State { run, state });
    }

    fn warn(&mut self, run: RunId, error: &dyn std::error::Error) {
        self.outbox.send(EngineEvent::Warning {
            run,
            message: chain(error),
        });
    }
}

/// How long to wait for a command at a time, with so much patience left. Undelivered events are tried again soon, but
/// never hold up a run that has no time to wait.
fn turn(delivered: bool, left: Duration) -> Duration {
    let longest = if delivered {
        Duration::from_hours(1)
    } else {
        Duration::from_millis(10)
    };
    left.min(longest)
}

enum Obeyed {
    GoOn,
    End(Option<EngineCommand>),
}

/// Whether the run may decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Running,
    Paused,
    Stepping(u32),
}

impl Pace {
    fn decoded(&mut self) {
        if let Self::Stepping(left) = *self {
            *self = if left <= 1 {
                Self::Paused
            } else {
                Self::Stepping(left - 1)
            };
        }
    }

    fn state(self, decoding: bool) -> RunState {
        match self {
            Self::Paused => RunState::Paused,
            _ if decoding => RunState::Running,
            _ => RunState::Prefill,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_end_that_does_not_listen_holds_no_step_up() {
        let long = Duration::MAX;
        assert_eq!(turn(false, Duration::ZERO), Duration::ZERO);
        assert!(turn(false, long) < Duration::from_secs(1));
        assert!(turn(true, long) > Duration::from_secs(1));
    }
}

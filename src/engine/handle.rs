//! [`EngineHandle`]: the front end's side of the channels. Knows neither egui nor candle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::{EngineCommand, EngineEvent};

/// Wakes the front end when events wait for it; called at most once per batch.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// How long a dropped handle waits for the thread to end.
const JOIN_PATIENCE: Duration = Duration::from_secs(5);

/// The running engine thread. Dropping it stops the run and ends the thread.
#[derive(Debug)]
pub struct EngineHandle {
    commands: Sender<EngineCommand>,
    events: Receiver<EngineEvent>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl EngineHandle {
    /// Takes charge of a thread that reads `commands`' other end and watches `stop`.
    pub fn new(
        commands: Sender<EngineCommand>,
        events: Receiver<EngineEvent>,
        stop: Arc<AtomicBool>,
        thread: JoinHandle<()>,
    ) -> Self {
        Self {
            commands,
            events,
            stop,
            thread: Some(thread),
        }
    }

    /// Sends a command without ever blocking.
    ///
    /// `Stop` and `Start` also raise the flag that the decoder reads between layers, so that they do
    /// not queue behind work. Returns the command if the engine is gone or its queue is full.
    pub fn send(&self, command: EngineCommand) -> Result<(), EngineCommand> {
        if matches!(
            command,
            EngineCommand::Stop(_) | EngineCommand::Start(_) | EngineCommand::Shutdown
        ) {
            self.stop.store(true, Ordering::Release);
        }
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                TrySendError::Full(command) | TrySendError::Disconnected(command) => command,
            })
    }

    /// The next event, if one waits.
    pub fn try_recv(&self) -> Option<EngineEvent> {
        self.events.try_recv().ok()
    }

    /// The next event, waiting up to `timeout`; `None` when nothing came or the thread is gone.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<EngineEvent> {
        self.events.recv_timeout(timeout).ok()
    }

    /// Does not wait for the thread, which ends with what it is doing: for when that has nothing to save.
    pub fn let_go(mut self) {
        self.thread = None;
    }

    /// Whether the thread is still there.
    pub fn is_alive(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for EngineHandle {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let deadline = Instant::now() + JOIN_PATIENCE;
        let mut shutdown = Some(EngineCommand::Shutdown);
        while let Some(thread) = self.thread.take_if(|thread| !thread.is_finished()) {
            // The engine may be waiting for room in the event queue: make some.
            while self.events.try_recv().is_ok() {}
            if let Some(command) = shutdown.take() {
                shutdown = self
                    .commands
                    .try_send(command)
                    .err()
                    .map(TrySendError::into_inner);
            }
            if Instant::now() > deadline {
                // Detached: it ends by itself when its step is over, for nobody listens any more.
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
            self.thread = Some(thread);
        }
    }
}

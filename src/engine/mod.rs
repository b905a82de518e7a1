//! The inference thread: owns the model, the cache and every tensor; talks in commands and events.

mod command;
mod event;
mod handle;

pub use command::{EngineCommand, RunId, RunRequest};
pub use event::{EngineEvent, EngineStats, RunState};
pub use handle::{EngineHandle, Waker};

//! The inference thread: owns the model, the cache and every tensor; talks in commands and events.
//!
//! The protocol ([`EngineCommand`], [`EngineEvent`], [`EngineHandle`]) knows no tensor library, so the
//! window compiles without one; the thread itself needs the feature `infer`.

mod command;
mod event;
mod handle;

pub use command::{EngineCommand, RunId, RunRequest};
pub use event::{EngineEvent, EngineStats, RunState};
pub use handle::{EngineHandle, Waker};

#[cfg(feature = "infer")]
pub mod compress;
#[cfg(feature = "infer")]
mod error;
#[cfg(feature = "infer")]
pub mod generation;
#[cfg(feature = "infer")]
mod outbox;
#[cfg(feature = "infer")]
mod recorder;
#[cfg(feature = "infer")]
pub mod sampler;
#[cfg(feature = "infer")]
mod segments;
#[cfg(feature = "infer")]
mod speed;
#[cfg(feature = "infer")]
mod worker;

#[cfg(feature = "infer")]
pub use error::EngineError;
#[cfg(feature = "infer")]
pub use worker::{EngineConfig, Loader, spawn};

//! How the window gets an engine: a closure, so that a viewer has none and a test its own.

use std::io;
use std::sync::Arc;

use crate::config::DeviceChoice;
use crate::engine::{EngineHandle, Waker};
use crate::sweep::{ReplayRequest, SweepHandle, SweepRequest};
use crate::trace::TraceStore;

/// Starts an engine that loads the model named, and wakes the window when events wait.
pub type EngineFactory = Box<dyn Fn(Option<String>, Waker) -> io::Result<EngineHandle>>;

/// Lists the models that can be loaded by name, as they are on this machine now; cheap enough for a frame.
pub type ModelList = Box<dyn Fn() -> Vec<crate::ui::model_menu::KnownModelName>>;

/// Does one run of a sweep again, recording everything; on a background thread.
type Replay = dyn Fn(&ReplayRequest) -> Result<TraceStore, String> + Send + Sync;

/// How the window runs sweeps: a build without a model has no such thing, a test its own.
pub struct SweepFactory {
    /// Starts one.
    pub start: Box<dyn Fn(SweepRequest, Waker) -> io::Result<SweepHandle>>,
    /// Does one of its runs again, recording everything; on a background thread.
    pub replay: Arc<Replay>,
}

/// The sweeps of this build, if it can run any.
#[cfg_attr(
    feature = "infer",
    expect(clippy::unnecessary_wraps, reason = "a viewer has none")
)]
pub fn sweeps() -> Option<SweepFactory> {
    #[cfg(feature = "infer")]
    {
        Some(SweepFactory {
            start: Box::new(crate::sweep::spawn),
            replay: Arc::new(|request| {
                crate::sweep::replay(request).map_err(|error| crate::error_chain::chain(&error))
            }),
        })
    }
    #[cfg(not(feature = "infer"))]
    {
        None
    }
}

/// The engine of this build, if it has one, on the device of a choice.
#[cfg_attr(
    feature = "infer",
    expect(clippy::unnecessary_wraps, reason = "a viewer has none")
)]
pub fn factory(device: DeviceChoice) -> Option<EngineFactory> {
    #[cfg(feature = "infer")]
    {
        Some(Box::new(move |model, waker| {
            crate::engine::spawn(crate::engine::EngineConfig::new(model, device, waker))
        }))
    }
    #[cfg(not(feature = "infer"))]
    {
        let _ = device;
        None
    }
}

/// Models that can be loaded by name; looks which of their files are there.
pub fn known_models() -> Vec<crate::ui::model_menu::KnownModelName> {
    #[cfg(feature = "infer")]
    {
        use crate::model::{Hub, KNOWN_MODELS, KnownWeights};
        let hub = Hub::from_env().ok();
        KNOWN_MODELS
            .iter()
            .map(|model| {
                let built_in = model.weights == KnownWeights::Embedded;
                let fetched = || hub.as_ref().is_some_and(|hub| hub.find(model).is_some());
                crate::ui::model_menu::KnownModelName {
                    name: model.name.to_owned(),
                    about: model.about.to_owned(),
                    to_fetch: (!built_in && !fetched()).then_some(model.approx_bytes),
                }
            })
            .collect()
    }
    #[cfg(not(feature = "infer"))]
    {
        Vec::new()
    }
}

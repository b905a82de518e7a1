//! How the window gets an engine: a closure, so that a viewer has none and a test its own.

use std::io;

use crate::config::DeviceChoice;
use crate::engine::{EngineHandle, Waker};

/// Starts an engine that loads the model named, and wakes the window when events wait.
pub type EngineFactory = Box<dyn Fn(Option<String>, Waker) -> io::Result<EngineHandle>>;

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

/// Models that can be loaded by name.
pub fn known_models() -> Vec<crate::ui::prompt_bar::KnownModelName> {
    #[cfg(feature = "infer")]
    {
        crate::model::KNOWN_MODELS
            .iter()
            .map(|model| crate::ui::prompt_bar::KnownModelName {
                name: model.name.to_owned(),
                about: model.about.to_owned(),
            })
            .collect()
    }
    #[cfg(not(feature = "infer"))]
    {
        Vec::new()
    }
}

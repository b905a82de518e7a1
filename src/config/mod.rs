//! Settings of a run and their validation: one place decides what is a legal combination, so that the
//! command line, the sliders and a trace file agree.

mod cache;
mod check;
mod device;
mod embedded_model;
mod sampling;
mod settings_report;

pub use cache::{CacheSettings, Protection, Retain, Scope, SlotOrder, Trigger};
pub use check::{MOST_WINDOW, SettingsError};
pub use device::DeviceChoice;
pub use embedded_model::{EMBEDDED_MODEL, is_embedded};
pub use sampling::Sampling;
pub use settings_report::SettingsReport;

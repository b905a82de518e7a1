//! The panel at the left: policy, its numbers, and how tokens are drawn.

mod choices;
mod numbers;
mod panel;
mod sampling;

pub use panel::{SettingsContext, SettingsState, details, show};
pub use sampling::show as draws;

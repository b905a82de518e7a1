//! The survival raster: position by compression, brightness = share of (layer, KV head) pairs that hold
//! the token. One look tells which parts of the text the cache forgot, and when.

mod panel;
mod picture;
mod rows;
mod tooltip;

pub use panel::{SurvivalState, show};
pub use picture::{SurvivalPicture, event_of_line};
pub use rows::SurvivalRows;
pub use tooltip::survival_tooltip;

//! The survival raster: position by compression, brightness = share of (layer, KV head) pairs that hold
//! the token. One look tells which parts of the text the cache forgot, and when.

mod counts;
mod panel;
mod picture;
mod tooltip;

pub use counts::event_of_line;
pub use panel::{SurvivalState, show};
pub use picture::SurvivalPicture;
pub use tooltip::survival_tooltip;

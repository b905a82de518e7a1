//! Heads by positions at one compression: what each head thought of each token it held, and whom it
//! let go. Cells are a texture; hatched cells are not in the cache, struck ones leave at this compression.

mod axes;
mod legend;
mod panel;
mod picture;
mod quality;
mod reading;
mod scale;
mod strikes;
mod tooltip;

pub use panel::{HeatmapState, show};
pub use picture::recency;
pub use quality::Quality;
pub use scale::Scale;

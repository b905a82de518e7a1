//! The Compare tab: two to four runs of one problem on one cursor.
//!
//! Each pane has a run's policy, its numbers, its text and its survival; what only one of two runs still
//! holds is coloured in their common text; below, how alike their memories are over time.

mod caches;
mod header;
mod lens;
mod lens_legend;
mod meters;
mod overlap;
mod pane;
mod panel;
mod setup;
mod strip;
mod survival;

pub use caches::CompareState;
pub use lens::{Colours, lens_look};
pub use pane::{Pane, PaneState};
pub use panel::{Shown, show};
pub use setup::Setup;

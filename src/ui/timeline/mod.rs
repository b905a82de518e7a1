//! The timeline: how long the cache was at every token, what survived, and the cursor that all panels
//! follow. Its horizontal axis is tokens, shared by curve and survival strip, or by the curves of several runs.

mod changes;
mod curve;
mod curve_points;
mod icon_button;
mod marks;
mod panel;
mod scrub;
mod transport;

pub use curve_points::{has_budget, thin};
pub use marks::backing;
pub use panel::{MARGIN, Run, SIDES, TimelineState, id, show};
pub use transport::Transport;

//! The timeline: how long the cache was at every token, what survived, and the cursor that all panels
//! follow. Its horizontal axis is tokens, shared by curve and survival strip.

mod changes;
mod curve;
mod curve_points;
mod icon_button;
mod marks;
mod panel;
mod scrub;
mod transport;

pub use curve_points::thin;
pub use panel::{TimelineState, show};
pub use transport::Transport;

//! Reflections and repetitions: which text turns back on itself, which repeats, and whether the cache
//! forgot more of either than its share.

mod clusters;
mod cues;
mod findings;
mod panel;
mod row;
mod segments;
mod spans;
mod summary;

pub use panel::{List, ReflectionsState, show};

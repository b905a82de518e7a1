//! The data model: what a run leaves behind, live or read from a file.
pub mod ids;
pub use ids::{EventIndex, HeadId, Position, Slot};

//! A token's text made visible, as every panel shows it.

pub use crate::trace::{quoted, visible};

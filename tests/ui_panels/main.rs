//! The panels as a person meets them: by label, on a made-up run.
//!
//! On request (`pictures.rs`) every panel is also drawn as a PNG.

#![cfg(feature = "gui")]

mod heatmap;
mod inspector;
mod pictures;
mod reflections;
mod stage;
mod survival;
mod timeline;

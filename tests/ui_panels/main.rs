//! The panels as a person meets them: by label, on a made-up run.
//!
//! With `RKV_PICTURES` set to a folder, every panel is also drawn there as a PNG.

#![cfg(feature = "gui")]

mod heatmap;
mod inspector;
mod pictures;
mod reflections;
mod stage;
mod survival;
mod timeline;

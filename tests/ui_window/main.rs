//! The window as a person meets it: by label, with a made-up engine or a made-up run.
//!
//! On request (`pictures.rs`) the window is also drawn as PNGs.

#![cfg(feature = "gui")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic outside its test functions too"
)]

mod compare;
mod compare_live;
mod failing;
mod first_page;
mod live;
mod narrow;
mod pictures;
mod played_sweep;
mod replay;
mod settings;
mod snapshots;
mod stage;
mod sweep;
mod text;
mod whole_path;

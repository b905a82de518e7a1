//! The inspector: everything known of one token (what it is, what it was worth, who still holds it and
//! what it repeats) and what the run saved so far.

mod duplicates;
mod facts;
mod history;
mod matrix;
mod panel;
mod run_card;
mod section;
mod standing;
mod worth;

pub use panel::{InspectorState, show};

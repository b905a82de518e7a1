//! Runs of one problem side by side: where their texts part, which tokens only one of them still holds,
//! what each of them cost.
//!
//! Pure functions of traces, for the window and the command line alike. Positions are compared up to the
//! first divergent token only: after it the same position is another token in each run.

mod caution;
mod divergence;
mod held;
mod meters;
mod mismatch;
mod overlap;

pub use caution::cautions;
pub use divergence::{Divergence, common_prefix, divergence};
pub use held::{HeldBy, HeldDifference, HeldTotals, held_difference};
pub use meters::{Meters, auxiliary_bytes};
pub use mismatch::{Mismatch, check, check_models};
pub use overlap::Overlap;

/// Most runs that are looked at together.
pub const MOST_RUNS: usize = 4;

/// The letter that a run goes by: `A` for the first.
pub fn letter(index: usize) -> char {
    char::from(b'A' + (index % 26) as u8)
}

#[cfg(test)]
mod fixtures;

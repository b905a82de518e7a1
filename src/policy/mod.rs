//! Decisions on slices: what each cached token is worth, and who stays.
//!
//! Four separate settings make a compression, because published "R-KV"s differ in them: the **score**
//! (one file per policy here), the **scope** and **protection** ([`select`]), and the **trigger**
//! ([`schedule`]). A policy is one file and one line in [`POLICIES`]; that table feeds the command
//! line, the combo box, the sliders, the README and the tests.

pub mod dot;
mod full_cache;
pub mod importance;
pub mod params;
mod recency;
pub mod redundancy;
mod rkv;
pub mod schedule;
pub mod select;
mod snapkv;
pub mod softmax;
mod table;

use crate::config::CacheSettings;
use crate::trace::Position;

pub use params::{Param, ParamSpec};
pub use table::{POLICIES, PolicyInfo, find};

/// One KV head's cache as a policy sees it, slots in cache order (newest last).
#[derive(Clone, Copy, Debug)]
pub struct HeadView<'a> {
    /// Keys after RoPE, `[n, head_dim]`.
    pub keys: &'a [f32],
    /// Values, `[n, head_dim]`.
    pub values: &'a [f32],
    /// Original position of each slot, `[n]`.
    pub positions: &'a [Position],
    /// The last queries after RoPE, oldest first, of this head's GQA group: `[rows, group, head_dim]`.
    pub queries: &'a [f32],
    /// Query heads that share this KV head.
    pub group: usize,
    /// Elements per head.
    pub head_dim: usize,
}

impl HeadView<'_> {
    /// Slots in the cache.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether the cache is empty.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }
}

/// What a policy thinks of one head's candidates: all slots but the observation window, in cache order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadScores {
    /// The score that decides; higher is kept.
    pub score: Vec<f32>,
    /// Importance, if the policy has one.
    pub importance: Option<Vec<f32>>,
    /// Redundancy, if the policy has one.
    pub redundancy: Option<Vec<f32>>,
    /// For each candidate, the slot of its newest near duplicate, if the policy looks for them.
    pub newest_similar: Option<Vec<Option<u32>>>,
}

/// A policy's score.
pub trait Policy: Send + Sync {
    /// Scores the candidates `0..n - window` of one head.
    ///
    /// Called only with `settings` that passed [`CacheSettings::check_with_prompt`] and `n > window`.
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores;
}

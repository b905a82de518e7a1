//! A token's place among those scored with it: raw scores mean little, ranks mean the same everywhere.

use std::collections::BTreeMap;

use crate::trace::Position;
use crate::ui::heatmap::HeadTable;

/// Where a token's final score stood at a compression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Mean of its score over the heads that had it as a candidate.
    pub mean: f32,
    /// Tokens that some head scored.
    pub scored: usize,
    /// Of these, how many had a lower mean score.
    pub below: usize,
}

impl Standing {
    /// Ranks the token's mean score; `None` if the compression did not score it.
    pub fn of(table: &HeadTable, position: Position) -> Option<Self> {
        let mut sums: BTreeMap<Position, (f32, u32)> = BTreeMap::new();
        for candidate in (0..table.heads()).flat_map(|row| table.rows(row)) {
            let (sum, heads) = sums.entry(candidate.position).or_default();
            *sum += candidate.score?;
            *heads += 1;
        }
        let mean = |&(sum, heads): &(f32, u32)| sum / heads as f32;
        let own = mean(sums.get(&position)?);
        let below = sums.values().filter(|other| mean(other) < own).count();
        Some(Self {
            mean: own,
            scored: sums.len(),
            below,
        })
    }

    /// Share of the others with a lower score, 0 to 1.
    pub fn share(&self) -> f32 {
        if self.scored < 2 {
            1.0
        } else {
            self.below as f32 / (self.scored - 1) as f32
        }
    }
}

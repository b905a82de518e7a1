//! A token's place among those scored with it: raw scores mean little, ranks mean the same everywhere.

use crate::trace::{EventMeans, Position};

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
    pub fn of(means: &EventMeans, position: Position) -> Option<Self> {
        let mean = means.at(position)?.score?;
        let all = means.scores().iter();
        let scores: Vec<f32> = all.filter_map(|means| means.score).collect();
        Some(Self {
            mean,
            scored: scores.len(),
            below: scores.iter().filter(|other| **other < mean).count(),
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

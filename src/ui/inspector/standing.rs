//! A token's place among those scored with it: raw scores mean little, ranks mean the same everywhere.

use crate::trace::{EventIndex, Position, TraceStore};

/// Where a token's final score stood at a compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Tokens that some head scored.
    pub scored: usize,
    /// Of these, how many had a lower mean score.
    pub below: usize,
}

impl Standing {
    /// Ranks the token's mean score; `None` if the compression did not score it.
    pub fn of(store: &TraceStore, event: EventIndex, position: Position) -> Option<Self> {
        let means = store.means().get(event.index())?;
        let own = means.iter().find(|(p, _)| *p == position.0)?.1.score;
        let scored = means.iter().count();
        let below = means.iter().filter(|(_, other)| other.score < own).count();
        Some(Self { scored, below })
    }

    /// Share of the others with a lower score, 0 to 1.
    pub fn share(&self) -> f32 {
        if self.scored < 2 { 1.0 } else { self.below as f32 / (self.scored - 1) as f32 }
    }
}

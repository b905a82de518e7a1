//! Columns derived from a view, computed once per (cursor, length) instead of once per panel and frame.

use crate::trace::{TokenScore, TraceView};

/// Per-token columns at the cursor.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    key: Option<(u64, usize, usize)>,
    /// Heads that hold each token.
    pub holders: Vec<u32>,
    /// Latest scores of each token.
    pub scores: Vec<Option<TokenScore>>,
}

impl Derived {
    /// Recomputes if the run (`generation` changes when another run is shown), the cursor or the events changed.
    pub fn update(&mut self, generation: u64, view: &TraceView<'_>) {
        let key = Some((generation, view.cursor(), view.event_count()));
        if self.key != key {
            self.holders = view.holders();
            self.scores = view.token_scores();
            self.key = key;
        }
    }
}

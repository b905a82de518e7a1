//! Columns derived from a view, computed once per (cursor, length) instead of once per panel and frame.

use crate::analysis::{CueList, Segmentation};
use crate::export::TokenScale;
use crate::trace::{TokenScore, TraceStore, TraceView};

/// Most samples that a colour scale is fitted to.
const SCALE_SAMPLES: usize = 4096;

/// Most compressions that the columns are taken through one by one; past more of them they are read anew.
const NEAR: usize = 64;

/// Per-token columns at the cursor.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    key: Option<Key>,
    scale_key: Option<(u64, usize)>,
    /// Heads that hold each token, by position, `[cursor]`.
    pub holders: Vec<u32>,
    /// Latest scores of each token, by position, `[cursor]`.
    pub scores: Vec<Option<TokenScore>>,
    /// Where importance lies between its ends, over the whole run, so that a colour keeps its meaning
    /// while the cursor moves.
    pub importance: TokenScale,
    /// Where redundancy lies between its ends, over the whole run.
    pub redundancy: TokenScale,
    /// All (layer, KV head) pairs.
    pub heads: u32,
    /// Prompt, steps, reflections and answer of the whole run.
    pub segments: Segmentation,
    /// Whether the run is being written: what it lacks may come yet.
    pub live: bool,
    /// Counts the cue lists that were set.
    pub cues: u64,
    segmented: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    generation: u64,
    cursor: usize,
    events: usize,
}

impl Derived {
    /// Recomputes what changed: the run (`generation` counts the runs shown), the cursor or the events.
    ///
    /// Moving forward extends the columns; only a new compression walks all heads again.
    pub fn update(&mut self, generation: u64, view: &TraceView<'_>) {
        self.fit_scales(generation, view.store());
        if self.segmented != Some(generation) {
            self.segments = Segmentation::new(self.segments.cues().clone());
            self.segmented = Some(generation);
        }
        self.segments.extend(view.store());
        let key = Key {
            generation,
            cursor: view.cursor(),
            events: view.event_count(),
        };
        if self.key == Some(key) {
            return;
        }
        self.heads = view.store().header().model.heads();
        match self.key {
            Some(old)
                if old.generation == generation
                    && old.cursor <= key.cursor
                    && (old.events..=old.events + NEAR).contains(&key.events) =>
            {
                self.extend(old, key, view);
            }
            _ => {
                self.holders = view.holders();
                self.scores = view.token_scores();
            }
        }
        self.key = Some(key);
    }

    /// Tells reflections by other words from now on.
    pub fn set_cues(&mut self, cues: CueList) {
        self.segments = Segmentation::new(cues);
        self.cues += 1;
    }

    fn extend(&mut self, old: Key, new: Key, view: &TraceView<'_>) {
        self.scores.resize(new.cursor, None);
        if old.events == new.events {
            self.holders.resize(new.cursor, self.heads);
            return;
        }
        self.holders = view.holders();
        for means in &view.store().means()[old.events..new.events] {
            for (position, score) in means.iter() {
                if let Some(entry) = self.scores.get_mut(position as usize) {
                    *entry = Some(*score);
                }
            }
        }
    }

    fn fit_scales(&mut self, generation: u64, store: &TraceStore) {
        let key = (generation, store.means().len());
        if self.scale_key == Some(key) {
            return;
        }
        let each = || store.means().iter().map(|means| means.scores());
        let total: usize = each().map(<[TokenScore]>::len).sum();
        let samples = every(total.div_ceil(SCALE_SAMPLES).max(1), each());
        self.importance = TokenScale::fit(samples.iter().map(|s| s.importance).collect());
        self.redundancy = TokenScale::fit(samples.iter().map(|s| s.redundancy).collect());
        self.scale_key = Some(key);
    }

    /// Importance and redundancy of a token on their scales, 0 to 1 each; `None` before it was scored.
    pub fn units(&self, position: usize) -> Option<(f32, f32)> {
        let score = self.scores.get(position)?.as_ref()?;
        Some((
            self.importance.unit(score.importance),
            self.redundancy.unit(score.redundancy),
        ))
    }

    /// Share of (layer, head) pairs that hold a token, 0 to 1; `None` if it is not there yet.
    pub fn held_share(&self, position: usize) -> Option<f32> {
        let held = *self.holders.get(position)?;
        Some(if self.heads == 0 {
            0.0
        } else {
            held as f32 / self.heads as f32
        })
    }
}

/// The first of every `stride` scores of all events together. The others are not even passed over: a run with a small
/// buffer has millions of them, and every compression asks anew.
fn every<'a>(stride: usize, events: impl Iterator<Item = &'a [TokenScore]>) -> Vec<TokenScore> {
    let mut samples = vec![];
    // How many of the next event come before its first sample.
    let mut skipped = 0;
    for scores in events {
        let own = scores.get(skipped..).unwrap_or_default();
        samples.extend(own.iter().step_by(stride));
        skipped = skipped + own.len().next_multiple_of(stride) - scores.len();
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_forward_extends_to_what_a_fresh_look_gives() {
        let store = crate::trace::synthetic::Synthetic::default().store();
        let mut stepped = Derived::default();
        for cursor in (0..store.tokens().len())
            .step_by(17)
            .chain([store.tokens().len(), 123])
        {
            stepped.update(1, &store.view(cursor));
            let mut fresh = Derived::default();
            fresh.update(1, &store.view(cursor));
            assert_eq!(stepped.holders, fresh.holders, "{cursor}");
            assert_eq!(stepped.scores, fresh.scores, "{cursor}");
        }
    }

    #[test]
    fn samples_lie_at_even_steps_over_all_events() {
        let score = |event, importance| TokenScore {
            importance,
            redundancy: 0.0,
            score: None,
            event: crate::trace::EventIndex(event),
        };
        let events: Vec<Vec<TokenScore>> = [5, 0, 1, 1, 12, 3, 0, 30]
            .iter()
            .enumerate()
            .map(|(e, &n)| (0..n).map(|i| score(e as u32, i as f32)).collect())
            .collect();
        for stride in [1, 2, 3, 7, 11, 40, 1000] {
            let got = every(stride, events.iter().map(Vec::as_slice));
            let want: Vec<TokenScore> = events.iter().flatten().step_by(stride).copied().collect();
            assert_eq!(got, want, "every {stride}");
        }
    }
}

//! What every head knew at one compression, looked up by (head, position).

use crate::analysis::GoOn;
use crate::trace::{
    Component, CompressionRecord, EventIndex, HeadId, HeadRow, Position, TraceStore, TraceView,
};

use super::Quality;
use crate::config::{CacheSettings, Scope};
use crate::policy::select::{layer_mean, mean_of_holders};

/// All heads' candidates at one compression.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadTable {
    event: EventIndex,
    seen: usize,
    kv_heads: u32,
    scope: Scope,
    /// Tokens at the beginning that stay whatever their score.
    protected: u32,
    heads: Vec<Head>,
}

#[derive(Clone, Debug, PartialEq)]
struct Head {
    /// What makes importance and redundancy relative to an even share.
    even: (f32, f32),
    /// Candidates by position.
    rows: Vec<HeadRow>,
    /// Where heads decide together, the score by which each candidate was judged; else empty, since its own did.
    shared: Vec<Option<f32>>,
    /// Held without a score: the observation window, by position.
    window: Vec<u32>,
    /// Between the lowest deciding score that could have stayed and the highest that had to go.
    cut: Option<f32>,
}

/// One head's relation to one token at a compression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// The token came later.
    Unwritten,
    /// Dropped at an earlier compression.
    Gone,
    /// In the observation window: kept without a score.
    Window,
    /// A candidate.
    Scored(&'a HeadRow),
}

impl HeadTable {
    /// Reads all heads of a compression; `None` if there is no such compression.
    pub fn of(view: &TraceView<'_>, event: EventIndex) -> Option<Self> {
        let mut table = Self::begin(view, event)?;
        table.advance(view, &mut || true);
        Some(table)
    }

    /// A compression of which no head has been read; `None` if there is no such compression.
    pub fn begin(view: &TraceView<'_>, event: EventIndex) -> Option<Self> {
        let record = view.store().events().get(event.index())?;
        let header = view.store().header();
        let model = &header.model;
        let settings: &CacheSettings = view.store().settings_of(record.revision);
        Some(Self {
            event,
            seen: record.seen as usize,
            kv_heads: model.kv_heads,
            scope: settings.scope,
            protected: settings.protected(header.prompt_tokens),
            heads: Vec::with_capacity(model.heads() as usize),
        })
    }

    /// Whether all heads of the run that it was begun with are read.
    pub fn is_whole(&self, store: &TraceStore) -> bool {
        self.heads.len() >= store.header().model.heads() as usize
    }

    /// Reads on in the run that it was begun with, one head at least; returns whether all of them are read.
    pub fn advance(&mut self, view: &TraceView<'_>, go_on: GoOn<'_>) -> bool {
        let record = &view.store().events()[self.event.index()];
        while !self.is_whole(view.store()) {
            let id = self.head(self.heads.len());
            self.heads.push(Head::of(view, record, id));
            if self.is_whole(view.store()) {
                self.decide();
            } else if !go_on() {
                break;
            }
        }
        self.is_whole(view.store())
    }

    /// By which scores the heads, all of which are read, decided, and where they cut.
    fn decide(&mut self) {
        let layers = self.heads.chunks(self.kv_heads.max(1) as usize);
        let mut means: Vec<Vec<Option<f32>>> = match self.scope {
            Scope::Head => vec![],
            Scope::Layer | Scope::Global => layers.map(shared_by).collect(),
        };
        if self.scope == Scope::Global {
            let all = mean_of_holders(&means);
            means = vec![all; means.len()];
        }
        for (row, head) in self.heads.iter_mut().enumerate() {
            let means = means.get(row / self.kv_heads.max(1) as usize);
            head.shared = means.map_or(vec![], |means| {
                let rows = head.rows.iter();
                rows.map(|row| means.get(row.position.index()).copied().flatten())
                    .collect()
            });
            let judged: Vec<(Option<f32>, bool)> = (0..head.rows.len())
                .filter(|i| head.rows[*i].position.0 >= self.protected)
                .map(|i| (head.deciding(i), head.rows[i].evicted))
                .collect();
            head.cut = cut(&judged);
        }
    }

    /// Whose mean of the scores decided, if not each head's own.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The compression.
    pub fn event(&self) -> EventIndex {
        self.event
    }

    /// Tokens known to it.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// All (layer, KV head) pairs that are read.
    pub fn heads(&self) -> usize {
        self.heads.len()
    }

    /// The head of a row.
    pub fn head(&self, row: usize) -> HeadId {
        let row = row as u32;
        HeadId {
            layer: row / self.kv_heads.max(1),
            head: row % self.kv_heads.max(1),
        }
    }

    /// A head's candidates by position.
    pub fn rows(&self, row: usize) -> &[HeadRow] {
        self.heads.get(row).map_or(&[], |h| &h.rows)
    }

    /// A head's unscored tokens, the observation window, by position.
    pub fn window(&self, row: usize) -> &[u32] {
        self.heads.get(row).map_or(&[], |h| &h.window)
    }

    /// The score by which a head's candidate was judged: its own, or a mean over the heads that decide together.
    pub fn deciding(&self, row: usize, candidate: &HeadRow) -> Option<f32> {
        let head = self.heads.get(row)?;
        if head.shared.is_empty() {
            return candidate.score;
        }
        let found = head
            .rows
            .binary_search_by_key(&candidate.position, |r| r.position);
        head.deciding(found.ok()?)
    }

    /// The deciding score between a head's kept and evicted candidates, those apart that are protected.
    pub fn cut(&self, row: usize) -> Option<f32> {
        self.heads.get(row)?.cut
    }

    /// What a head had of a token.
    pub fn cell(&self, row: usize, position: Position) -> Cell<'_> {
        if position.index() >= self.seen {
            return Cell::Unwritten;
        }
        let Some(head) = self.heads.get(row) else {
            return Cell::Gone;
        };
        if let Ok(i) = head.rows.binary_search_by_key(&position, |r| r.position) {
            Cell::Scored(&head.rows[i])
        } else if head.window.binary_search(&position.0).is_ok() {
            Cell::Window
        } else {
            Cell::Gone
        }
    }

    /// The value a quality gives a candidate of a head: importance and redundancy times an even share, the deciding score
    /// relative to the head's cut.
    pub fn value(&self, row: usize, candidate: &HeadRow, quality: Quality) -> Option<f32> {
        let even = self.heads.get(row)?.even;
        match quality {
            Quality::Importance => Some(candidate.importance? * even.0),
            Quality::Redundancy => Some(candidate.redundancy? * even.1),
            Quality::Score => Some(self.deciding(row, candidate)? - self.cut(row)?),
            Quality::Held => None,
        }
    }

    /// All values of a quality.
    pub fn values(&self, quality: Quality) -> Vec<f32> {
        (0..self.heads())
            .flat_map(|row| {
                self.rows(row)
                    .iter()
                    .filter_map(move |c| self.value(row, c, quality))
            })
            .filter(|v| v.is_finite())
            .collect()
    }
}

impl Head {
    fn of(view: &TraceView<'_>, record: &CompressionRecord, id: HeadId) -> Self {
        let store = view.store();
        let event = EventIndex(record.event);
        let before = event.0.checked_sub(1).map(EventIndex);
        let rows = view.head_rows(event, id).unwrap_or_default();
        let first = rows.last().map_or(0, |r| r.position.0 + 1);
        let row = id.row(store.header().model.kv_heads);
        let held = |p: &u32| store.evictions().held_after(row, Position(*p), before);
        let importance = rows.iter().filter_map(|row| row.importance);
        Self {
            even: (
                record.values_to_even_share(Component::Importance, id.layer, importance),
                record.to_even_share(Component::Redundancy, id.layer, row),
            ),
            shared: vec![],
            cut: None,
            window: (first..record.seen).filter(held).collect(),
            rows,
        }
    }

    fn deciding(&self, candidate: usize) -> Option<f32> {
        let own = self.rows.get(candidate)?.score;
        self.shared.get(candidate).copied().unwrap_or(own)
    }

    /// Its candidates that have a score: where they are, and the scores.
    fn scored(&self) -> (Vec<Position>, Vec<f32>) {
        let scored = |row: &HeadRow| Some((row.position, row.score?));
        self.rows.iter().filter_map(scored).unzip()
    }
}

/// By position, the mean score over the heads that have the token as a candidate.
fn shared_by(heads: &[Head]) -> Vec<Option<f32>> {
    let (positions, scores): (Vec<_>, Vec<_>) = heads.iter().map(Head::scored).unzip();
    let positions: Vec<&[Position]> = positions.iter().map(Vec::as_slice).collect();
    layer_mean(&scores, &positions)
}

/// The middle between the scores on both sides of the rank at which a head had to cut, from its candidates' deciding scores
/// and whether each left.
///
/// A policy that does not go by the score alone may leave single tokens on the wrong side; the rank still tells what the
/// score alone would have done.
fn cut(judged: &[(Option<f32>, bool)]) -> Option<f32> {
    let mut scores: Vec<f32> = judged
        .iter()
        .map(|(score, _)| *score)
        .collect::<Option<_>>()?;
    let kept = judged.iter().filter(|(_, evicted)| !evicted).count();
    let rank = kept.max(1) - 1;
    if rank >= scores.len() {
        return None;
    }
    let (_, &mut last, below) = scores.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
    let next = below.iter().copied().max_by(f32::total_cmp);
    let next = next.filter(|_| kept > 0);
    Some(next.map_or(last, |next| f32::midpoint(last, next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_lies_between_kept_and_evicted() {
        let judged = [(0.4, false), (-0.2, true), (0.1, false), (0.0, true)];
        let judged = judged.map(|(score, evicted)| (Some(score), evicted));
        assert!((cut(&judged).unwrap() - 0.05).abs() < 1e-6);
    }

    #[test]
    fn a_head_that_keeps_none_cuts_at_its_highest_score() {
        let judged = [-0.2, 0.4, 0.1].map(|score| (Some(score), true));
        assert_eq!(cut(&judged), Some(0.4));
    }

    #[test]
    fn without_eviction_the_cut_is_the_lowest_score() {
        assert_eq!(cut(&[(Some(0.4), false), (Some(0.1), false)]), Some(0.1));
        assert_eq!(cut(&[]), None);
    }
}

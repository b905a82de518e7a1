//! What every head knew at one compression, looked up by (head, position).

use crate::analysis::GoOn;
use crate::trace::{
    Component, CompressionRecord, EventIndex, HeadId, HeadRow, Position, TraceStore, TraceView,
};

use super::Quality;

/// All heads' candidates at one compression.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadTable {
    event: EventIndex,
    seen: usize,
    kv_heads: u32,
    heads: Vec<Head>,
}

#[derive(Clone, Debug, PartialEq)]
struct Head {
    /// What makes importance and redundancy relative to an even share.
    even: (f32, f32),
    /// Candidates by position.
    rows: Vec<HeadRow>,
    /// Held without a score: the observation window, by position.
    window: Vec<u32>,
    /// Between the lowest score that could have stayed and the highest that had to go.
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
        let model = &view.store().header().model;
        Some(Self {
            event,
            seen: record.seen as usize,
            kv_heads: model.kv_heads,
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
            if !go_on() {
                break;
            }
        }
        self.is_whole(view.store())
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

    /// The score between a head's kept and evicted candidates.
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

    /// The value a quality gives a candidate of a head: importance and redundancy times an even share, the score
    /// relative to the head's cut.
    pub fn value(&self, row: usize, candidate: &HeadRow, quality: Quality) -> Option<f32> {
        let even = self.heads.get(row)?.even;
        match quality {
            Quality::Importance => Some(candidate.importance? * even.0),
            Quality::Redundancy => Some(candidate.redundancy? * even.1),
            Quality::Score => Some(candidate.score? - self.cut(row)?),
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
            cut: cut(&rows),
            window: (first..record.seen).filter(held).collect(),
            rows,
        }
    }
}

/// The middle between the scores on both sides of the rank at which this head had to cut.
///
/// With protection or a shared scope single tokens may sit on the wrong side; the rank still tells what
/// the score alone would have done.
fn cut(rows: &[HeadRow]) -> Option<f32> {
    let mut scores: Vec<f32> = rows.iter().map(|r| r.score).collect::<Option<_>>()?;
    let kept = rows.iter().filter(|r| !r.evicted).count();
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

    fn row(position: u32, score: f32, evicted: bool) -> HeadRow {
        HeadRow {
            position: Position(position),
            importance: None,
            redundancy: None,
            score: Some(score),
            evicted,
            duplicate_of: None,
        }
    }

    #[test]
    fn the_cut_lies_between_kept_and_evicted() {
        let rows = [
            row(0, 0.4, false),
            row(1, -0.2, true),
            row(2, 0.1, false),
            row(3, 0.0, true),
        ];
        assert!((cut(&rows).unwrap() - 0.05).abs() < 1e-6);
    }

    #[test]
    fn a_head_that_keeps_none_cuts_at_its_highest_score() {
        let rows = [row(0, -0.2, true), row(1, 0.4, true), row(2, 0.1, true)];
        assert_eq!(cut(&rows), Some(0.4));
    }

    #[test]
    fn without_eviction_the_cut_is_the_lowest_score() {
        assert_eq!(cut(&[row(0, 0.4, false), row(1, 0.1, false)]), Some(0.1));
        assert_eq!(cut(&[]), None);
    }
}

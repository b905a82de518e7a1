//! Who left when: one number per (head, position).

use std::ops::Range;

use super::{EventIndex, Position};

const HELD: u32 = u32::MAX;

fn event_of(entry: u32) -> Option<EventIndex> {
    (entry != HELD).then_some(EventIndex(entry))
}

/// For every head and position, the event at which the token left that head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvictionMap {
    rows: Vec<Vec<u32>>,
}

impl EvictionMap {
    pub(super) fn new(heads: usize) -> Self {
        Self {
            rows: vec![Vec::new(); heads],
        }
    }

    pub(super) fn push_tokens(&mut self, count: usize) {
        for row in &mut self.rows {
            row.resize(row.len() + count, HELD);
        }
    }

    pub(super) fn evict(&mut self, row: usize, position: u32, event: EventIndex) {
        self.rows[row][position as usize] = event.0;
    }

    /// Number of heads.
    pub fn heads(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, row: usize) -> &[u32] {
        self.rows.get(row).map_or(&[], Vec::as_slice)
    }

    /// The event at which the head (row) dropped the token, if it has.
    pub fn evicted_at(&self, row: usize, position: Position) -> Option<EventIndex> {
        event_of(*self.rows.get(row)?.get(position.index())?)
    }

    /// Whether the head still holds the token once events up to and including `last` have run.
    pub fn held_after(&self, row: usize, position: Position, last: Option<EventIndex>) -> bool {
        let Some(&event) = self.rows.get(row).and_then(|r| r.get(position.index())) else {
            return false;
        };
        last.is_none_or(|last| event > last.0)
    }

    /// Positions that the head holds once events up to and including `last` have run, ascending, newer tokens included.
    pub fn held(
        &self,
        row: usize,
        last: Option<EventIndex>,
    ) -> impl Iterator<Item = Position> + '_ {
        let events = self.row(row).iter().enumerate();
        events
            .filter(move |(_, event)| last.is_none_or(|last| **event > last.0))
            .map(|(position, _)| Position(position as u32))
    }

    /// How many tokens before a position the head holds once events up to and including `last` have run.
    pub fn held_before(&self, row: usize, position: Position, last: Option<EventIndex>) -> usize {
        let events = self.row(row);
        let events = &events[..position.index().min(events.len())];
        match last {
            None => events.len(),
            Some(last) => events.iter().filter(|event| **event > last.0).count(),
        }
    }

    /// When a head (row) dropped each token of a range of positions; `None` for those that it holds. Empty if the range is not
    /// there.
    pub fn dropped_at(
        &self,
        row: usize,
        positions: Range<usize>,
    ) -> impl Iterator<Item = Option<EventIndex>> + '_ {
        let events = self.row(row).get(positions).unwrap_or_default();
        events.iter().copied().map(event_of)
    }

    /// Per position, the event at which the last head dropped it; `None` while one holds it.
    pub(super) fn dropped_by_all(&self, positions: usize) -> Vec<Option<EventIndex>> {
        let mut latest = vec![0u32; positions];
        for row in &self.rows {
            for (latest, &event) in latest.iter_mut().zip(row) {
                *latest = event.max(*latest);
            }
        }
        latest.into_iter().map(event_of).collect()
    }

    /// How many heads still hold a token once events up to and including `last` have run.
    pub fn holders_of(&self, position: Position, last: Option<EventIndex>) -> u32 {
        let rows = 0..self.rows.len();
        rows.filter(|&row| self.held_after(row, position, last))
            .count() as u32
    }

    /// Per position, how many heads still hold it once events up to and including `last` have run.
    pub fn holders(&self, last: Option<EventIndex>, positions: usize) -> Vec<u32> {
        let mut holders = vec![0u32; positions];
        for row in &self.rows {
            for (count, &event) in holders.iter_mut().zip(row) {
                *count += u32::from(last.is_none_or(|last| event > last.0));
            }
        }
        holders
    }

    /// Per position, how many heads hold it both here and in another run of the same model, each once
    /// its own events up to and including `last` have run.
    pub fn held_by_both(
        &self,
        last: Option<EventIndex>,
        other: &Self,
        others_last: Option<EventIndex>,
        positions: usize,
    ) -> Vec<u32> {
        let held = |event: u32, last: Option<EventIndex>| last.is_none_or(|last| event > last.0);
        let mut both = vec![0u32; positions];
        for (row, other) in self.rows.iter().zip(&other.rows) {
            for (count, (&event, &others)) in both.iter_mut().zip(row.iter().zip(other)) {
                *count += u32::from(held(event, last) && held(others, others_last));
            }
        }
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn what_is_asked_of_one_token_or_head_agrees_with_what_is_told_of_all() {
        let store = Synthetic::default().store();
        let evictions = store.evictions();
        let tokens = store.tokens().len();
        for row in 0..evictions.heads() {
            let dropped: Vec<_> = evictions.dropped_at(row, 100..tokens).collect();
            let want: Vec<_> = (100..tokens as u32)
                .map(|p| evictions.evicted_at(row, Position(p)))
                .collect();
            assert_eq!(dropped, want);
        }
        assert_eq!(evictions.dropped_at(0, 0..tokens + 1).count(), 0);
        let events = (0..store.events().len() as u32).map(EventIndex);
        for last in events.map(Some).chain([None]) {
            let holders: Vec<u32> = (0..tokens as u32)
                .map(|p| evictions.holders_of(Position(p), last))
                .collect();
            assert_eq!(holders, evictions.holders(last, tokens));
        }
    }
}

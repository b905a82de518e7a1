//! How many heads held each token after each compression, extended as compressions arrive.

use std::sync::Arc;

use crate::trace::{CompressionRecord, EventIndex, Position, TraceHeader, TraceStore};

/// A row per compression: heads that held each token then known.
///
/// A new compression costs one copy of the row before; nothing is rescanned.
#[derive(Clone, Debug, Default)]
pub struct SurvivalRows {
    run: Option<Arc<TraceHeader>>,
    last: Option<Arc<CompressionRecord>>,
    heads: u16,
    rows: Vec<Vec<u16>>,
}

impl SurvivalRows {
    /// Takes up the compressions that arrived since, or starts over for another run.
    pub fn update(&mut self, store: &TraceStore) {
        let known = self.rows.len();
        let same_run = self
            .run
            .as_ref()
            .is_some_and(|run| Arc::ptr_eq(run, store.header()));
        let same_past = match (
            &self.last,
            known.checked_sub(1).and_then(|i| store.events().get(i)),
        ) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => known == 0,
            _ => false,
        };
        if !(same_run && same_past) {
            self.rows.clear();
            self.run = Some(Arc::clone(store.header()));
            self.heads = store.header().model.heads().min(u32::from(u16::MAX)) as u16;
        }
        for event in &store.events()[self.rows.len()..] {
            let mut row = self.rows.last().cloned().unwrap_or_default();
            row.resize(event.seen as usize, self.heads);
            for &position in event.evicted.iter().flatten() {
                let held = &mut row[position as usize];
                *held = held.saturating_sub(1);
            }
            self.rows.push(row);
        }
        self.last = store.events().last().cloned();
    }

    /// Compressions.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no compression has run.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All (layer, KV head) pairs.
    pub fn heads(&self) -> u16 {
        self.heads
    }

    /// Heads that held each token known to a compression, after it.
    pub fn row(&self, event: usize) -> &[u16] {
        self.rows.get(event).map_or(&[], Vec::as_slice)
    }

    /// Heads that held a token after a compression; `None` if it was not written yet.
    pub fn holders(&self, event: EventIndex, position: Position) -> Option<u16> {
        self.row(event.index()).get(position.index()).copied()
    }

    /// How many tokens the last compression knew.
    pub fn seen(&self) -> usize {
        self.rows.last().map_or(0, Vec::len)
    }
}

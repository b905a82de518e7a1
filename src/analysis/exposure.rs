//! What each compression left open in every head, and the chance that a blind draw would have given it.
//!
//! A pair is open to a compression if the head holds the token, the token is older than the observation
//! window and not protected. If a head dropped `k` of its `n` open tokens, each had the chance `k / n`
//! under a blind draw. A compression takes its place here once, however many ledgers are drawn up from it later, since
//! finding where each head's window began is what takes long.

use super::GoOn;
use crate::trace::{EventIndex, Position, TraceStore};

/// What each compression left open, taken up as the run grows.
#[derive(Clone, Debug, Default)]
pub struct Exposure {
    pub(super) events: Vec<Event>,
}

/// One compression, in what a ledger needs of it.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// Tokens below are not open.
    pub(super) protected: u32,
    /// Per head: tokens from here on are in the window.
    pub(super) window: Vec<u32>,
    /// Per head: evicted over open tokens.
    pub(super) chance: Vec<f64>,
}

impl Exposure {
    /// Compressions taken up.
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// Takes up the run's new compressions; returns whether all of them were.
    pub fn extend(&mut self, store: &TraceStore, go_on: GoOn<'_>) -> bool {
        while self.events.len() < store.events().len() {
            let event = Event::of(store, self.events.len());
            self.events.push(event);
            if !go_on() {
                break;
            }
        }
        self.events.len() == store.events().len()
    }
}

impl Event {
    fn of(store: &TraceStore, index: usize) -> Self {
        let record = &store.events()[index];
        let kv_heads = store.header().model.kv_heads.max(1) as usize;
        let settings = store.settings_of(record.revision);
        let protected = settings
            .protected(store.header().prompt_tokens)
            .min(record.seen);
        let last = index.checked_sub(1).map(|i| EventIndex(i as u32));
        let held = |row: usize, p: u32| store.evictions().held_after(row, Position(p), last);
        let (mut windows, mut chance) = (vec![], vec![]);
        for (row, evicted) in record.evicted.iter().enumerate() {
            let candidates = record.candidates((row / kv_heads) as u32);
            let window = (0..record.seen)
                .rev()
                .filter(|&p| held(row, p))
                .take(record.window as usize)
                .last()
                .unwrap_or(record.seen);
            let kept = (0..protected.min(window)).filter(|&p| held(row, p)).count() as u32;
            let open = candidates.saturating_sub(kept);
            windows.push(window);
            chance.push(if open == 0 {
                0.0
            } else {
                evicted.len() as f64 / f64::from(open)
            });
        }
        Self {
            protected,
            window: windows,
            chance,
        }
    }
}

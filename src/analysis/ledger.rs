//! Per token, which (layer, KV head, token) pairs a compression could have evicted, which it did, and at what pace a
//! blind choice would have.
//!
//! The sum of a pair's chances over the compressions it was open to ([`Exposure`]) is its *expectation* as in a log-rank
//! test: an accumulated hazard, which exceeds 1 for a pair that outlasts many compressions, and no number of pairs that a
//! blind choice would have evicted. Summed over all pairs it is what was really evicted. It holds of
//! every compression by itself, so that a token may as well be counted from a later moment of its own.
//!
//! Apart from the exposure, as that grows with the run, while a ledger belongs to one cursor and is drawn up anew for
//! each.

use std::collections::BTreeSet;

use super::exposure::Event;
use super::{Exposure, GoOn};
use crate::trace::{Position, TraceStore, TraceView};

/// Per token, over all heads, when `cursor` tokens had been seen: what came of the compressions that count for it, which
/// are all of them unless it was begun otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Heads in which the token was open to a compression that counts, by position, `[cursor]`.
    pub eligible: Vec<u32>,
    /// Heads that dropped it at one.
    pub evicted: Vec<u32>,
    /// Sum of the chances that a blind choice gave it in heads that still held it; may exceed the heads.
    pub expected: Vec<f64>,
    /// All (layer, KV head) pairs.
    pub heads: usize,
    /// Compressions that had run.
    pub events: usize,
    /// By position, the first compression that counts.
    pub(super) since: Vec<u32>,
    pub(super) next_row: usize,
}

impl Ledger {
    /// The ledger of a view, at once.
    pub fn of(exposure: &Exposure, view: &TraceView<'_>) -> Self {
        let mut ledger = Self::begin(view);
        ledger.advance(exposure, view.store(), &mut || true);
        ledger
    }

    /// An empty ledger for a view.
    pub fn begin(view: &TraceView<'_>) -> Self {
        Self::begin_since(view, |_| Some(0))
    }

    /// An empty ledger for a view in which a token's compressions count from the moment on that is told for its position,
    /// in tokens seen; without one, none does.
    pub fn begin_since(view: &TraceView<'_>, moment: impl Fn(usize) -> Option<usize>) -> Self {
        let events = &view.store().events()[..view.event_count()];
        let first = |position: usize| {
            moment(position).map_or(events.len(), |from| {
                events.partition_point(|event| (event.seen as usize) < from)
            })
        };
        Self {
            eligible: vec![0; view.cursor()],
            evicted: vec![0; view.cursor()],
            expected: vec![0.0; view.cursor()],
            heads: view.store().evictions().heads(),
            events: view.event_count(),
            since: (0..view.cursor()).map(|p| first(p) as u32).collect(),
            next_row: 0,
        }
    }

    /// Counts head by head; returns whether all heads were. The run may have grown since it began, and
    /// `exposure` must have taken up the compressions of its beginning.
    pub fn advance(&mut self, exposure: &Exposure, store: &TraceStore, go_on: GoOn<'_>) -> bool {
        let cursor = self.evicted.len();
        let events = &exposure.events[..self.events.min(exposure.events.len())];
        let edges: BTreeSet<u32> = events.iter().map(|e| e.protected).chain([0]).collect();
        let edges: Vec<u32> = edges.into_iter().collect();
        while self.next_row < self.heads {
            for (zone, &from) in edges.iter().enumerate() {
                let to = edges.get(zone + 1).map_or(cursor, |&to| to as usize);
                self.zone(events, store, from as usize..to.min(cursor));
            }
            self.next_row += 1;
            if !go_on() {
                break;
            }
        }
        self.next_row == self.heads
    }

    /// Counts the next head over tokens that are protected at the same compressions.
    fn zone(&mut self, events: &[Event], store: &TraceStore, tokens: std::ops::Range<usize>) {
        let row = self.next_row;
        let zone = tokens.start;
        // Sums over the compressions before each: chances, and how many were open to these tokens.
        let mut sums = vec![(0.0, 0u32)];
        for event in events {
            let (chance, count) = sums[sums.len() - 1];
            let open = event.protected as usize <= zone;
            let gained = if open { event.chance[row] } else { 0.0 };
            sums.push((chance + gained, count + u32::from(open)));
        }
        // For each compression the lowest window of it and all later ones: a window that was widened in between reaches
        // back to tokens that were older than it before.
        let mut lowest = vec![u32::MAX; events.len()];
        let mut low = u32::MAX;
        for (entry, event) in lowest.iter_mut().zip(events).rev() {
            low = low.min(event.window[row]);
            *entry = low;
        }
        // The first compression in whose window the token was not, and the first from which it was in none any more.
        let (mut first, mut settled) = (0, 0);
        for position in tokens {
            // Nothing counts for most tokens in the ledger of copies, which would else take as long as that of all.
            if self.since[position] as usize >= events.len() {
                continue;
            }
            while first < events.len() && events[first].window[row] as usize <= position {
                first += 1;
            }
            while settled < events.len() && lowest[settled] as usize <= position {
                settled += 1;
            }
            let dropped = store
                .evictions()
                .evicted_at(row, Position(position as u32))
                .filter(|event| event.index() < events.len());
            let last = dropped.map_or(events.len(), |event| event.index() + 1);
            // A head that dropped the token before has nothing left that could count.
            let since = (self.since[position] as usize).min(last);
            let from = settled.clamp(since, last);
            let (mut chance, mut open) = (sums[last].0 - sums[from].0, sums[last].1 - sums[from].1);
            for event in &events[first.clamp(since, from)..from] {
                let older = event.window[row] as usize > position;
                if older && event.protected as usize <= zone {
                    chance += event.chance[row];
                    open += 1;
                }
            }
            let counts = dropped.is_some_and(|event| event.index() >= since);
            self.evicted[position] += u32::from(counts);
            self.eligible[position] += u32::from(open > 0);
            self.expected[position] += chance;
        }
    }

    /// Pairs dropped.
    pub fn evicted_pairs(&self) -> u64 {
        self.evicted.iter().map(|&n| u64::from(n)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{hand_made, hand_made_with};
    use super::*;
    use crate::config::{CacheSettings, Protection};
    use crate::trace::synthetic::Synthetic;

    fn ledger(store: &TraceStore, cursor: usize) -> Ledger {
        let mut exposure = Exposure::default();
        assert!(exposure.extend(store, &mut || true));
        Ledger::of(&exposure, &store.view(cursor))
    }

    /// Six tokens seen at the first compression: 0 to 3 are open, each with the chance 2/4. Eight at the
    /// second: head 0 has 1 and 3 to 5 open, head 1 has 0, 1, 4 and 5; each drops one of four.
    fn two_compressions() -> TraceStore {
        let events: [(u32, [&[u32]; 2]); 2] = [(6, [&[0, 2], &[2, 3]]), (8, [&[4], &[0]])];
        hand_made(
            &["a", "b", "c", "d", "e", "f", "g", "h", "i"],
            &CacheSettings::default(),
            0,
            &events,
            None,
        )
    }

    #[test]
    fn chances_add_up_as_counted_by_hand() {
        let store = two_compressions();
        let got = ledger(&store, 9);
        assert_eq!(got.evicted, [2, 0, 2, 1, 1, 0, 0, 0, 0]);
        assert_eq!(got.eligible, [2, 2, 2, 2, 2, 2, 0, 0, 0]);
        assert_eq!(
            got.expected,
            [1.25, 1.5, 1.0, 1.25, 0.5, 0.5, 0.0, 0.0, 0.0]
        );
        let early = ledger(&store, 7);
        assert_eq!(early.evicted, [1, 0, 2, 1, 0, 0, 0]);
        assert_eq!(early.eligible, [2, 2, 2, 2, 0, 0, 0]);
        assert_eq!(early.expected, [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn protected_tokens_are_never_open() {
        let settings = CacheSettings {
            protection: Protection::Prompt,
            ..CacheSettings::default()
        };
        let events: [(u32, [&[u32]; 2]); 1] = [(6, [&[3], &[2]])];
        let store = hand_made(&["a", "b", "c", "d", "e", "f"], &settings, 2, &events, None);
        let got = ledger(&store, 6);
        assert_eq!(got.eligible, [0, 0, 2, 2, 0, 0]);
        assert_eq!(got.expected, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    }

    /// The window grows from 2 to 5 between the first compression and the second, and takes tokens 2 and 3 in again,
    /// which the first could have dropped: the second can drop one token of each head only. At the third they are
    /// older than the window once more.
    #[test]
    fn tokens_that_a_wider_window_took_in_again_are_not_open_meanwhile() {
        let events: [(u32, [&[u32]; 2]); 3] =
            [(6, [&[0], &[1]]), (7, [&[1], &[0]]), (9, [&[3], &[2]])];
        let store = hand_made_with(
            &[2, 5, 5],
            &["a", "b", "c", "d", "e", "f", "g", "h", "i"],
            &CacheSettings::default(),
            0,
            &events,
            None,
        );
        let got = ledger(&store, 9);
        assert_eq!(got.evicted, [2, 2, 1, 1, 0, 0, 0, 0, 0]);
        assert_eq!(got.eligible, [2, 2, 2, 2, 0, 0, 0, 0, 0]);
        assert_eq!(got.expected, [1.5, 1.5, 1.5, 1.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
        for cursor in [6, 7, 8, 9] {
            let got = ledger(&store, cursor);
            let expected: f64 = got.expected.iter().sum();
            assert_eq!(expected, got.evicted_pairs() as f64, "{cursor} tokens");
        }
    }

    #[test]
    fn what_is_expected_in_all_is_what_was_evicted() {
        let store = Synthetic::default().store();
        for cursor in [100, 300, store.tokens().len()] {
            let got = ledger(&store, cursor);
            let expected: f64 = got.expected.iter().sum();
            assert!(
                (expected - got.evicted_pairs() as f64).abs() < 1e-6,
                "{expected}"
            );
            let holders = store.view(cursor).holders();
            for (p, held) in holders.iter().enumerate() {
                assert_eq!(got.evicted[p] + held, 18);
                assert!(got.evicted[p] <= got.eligible[p]);
            }
        }
    }

    /// Token 0 counts from the second on: head 0 had dropped it
    /// by then, head 1 drops it. So does 2, which neither head still has, and 3, which head 0 keeps. 1 counts from seven
    /// tokens on, before which the first ran; 4 not at all; 5 from a moment after the last compression.
    #[test]
    fn a_token_counts_from_its_own_moment_on() {
        let store = two_compressions();
        let mut exposure = Exposure::default();
        assert!(exposure.extend(&store, &mut || true));
        let moments = [Some(8), Some(7), Some(8), Some(8), None, Some(9)];
        let mut got = Ledger::begin_since(&store.view(9), |p| moments.get(p).copied().flatten());
        assert!(got.advance(&exposure, &store, &mut || true));
        assert_eq!(got.evicted, [1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(got.eligible, [1, 2, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(
            got.expected,
            [0.25, 0.5, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0]
        );
    }

    /// A long run, one whose window grew, and one with protected tokens.
    fn runs_of_every_kind() -> Vec<TraceStore> {
        let events: [(u32, [&[u32]; 2]); 3] =
            [(6, [&[0], &[1]]), (7, [&[1], &[0]]), (9, [&[3], &[2]])];
        let texts = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        let protected = CacheSettings {
            protection: Protection::Prompt,
            ..CacheSettings::default()
        };
        let late: [(u32, [&[u32]; 2]); 2] = [(7, [&[2, 3], &[3, 4]]), (9, [&[4], &[6]])];
        vec![
            Synthetic::default().store(),
            hand_made_with(
                &[2, 5, 5],
                &texts,
                &CacheSettings::default(),
                0,
                &events,
                None,
            ),
            hand_made(&texts, &protected, 2, &late, None),
        ]
    }

    #[test]
    fn counted_from_the_beginning_it_is_the_whole_ledger_and_from_later_on_the_rest() {
        for store in runs_of_every_kind() {
            let view = store.latest();
            let mut exposure = Exposure::default();
            assert!(exposure.extend(&store, &mut || true));
            let count = |mut ledger: Ledger| {
                assert!(ledger.advance(&exposure, &store, &mut || true));
                ledger
            };
            let whole = count(Ledger::begin(&view));
            assert_eq!(count(Ledger::begin_since(&view, |_| Some(0))), whole);
            let none = count(Ledger::begin_since(&view, |_| None));
            assert_eq!((none.evicted_pairs(), &none.eligible), (0, &none.evicted));
            for (first, event) in store.events().iter().enumerate() {
                let moment = event.seen as usize;
                let before = count(Ledger {
                    events: first,
                    ..Ledger::begin(&view)
                });
                // Neighbours have other moments: each token must find its own.
                let other = |p: usize| p % 3 == 1;
                let after = count(Ledger::begin_since(&view, |p| {
                    Some(if other(p) { 0 } else { moment })
                }));
                for p in 0..view.cursor() {
                    if other(p) {
                        assert_eq!(after.evicted[p], whole.evicted[p]);
                        assert_eq!(after.eligible[p], whole.eligible[p]);
                        assert_eq!(after.expected[p], whole.expected[p]);
                    } else {
                        assert_eq!(before.evicted[p] + after.evicted[p], whole.evicted[p]);
                        let both = before.expected[p] + after.expected[p];
                        assert!((both - whole.expected[p]).abs() < 1e-9, "token {p}");
                        // A pair may be open both before and after.
                        assert!(before.eligible[p].max(after.eligible[p]) <= whole.eligible[p]);
                        assert!(before.eligible[p] + after.eligible[p] >= whole.eligible[p]);
                        assert!(after.evicted[p] <= after.eligible[p]);
                    }
                }
                let rest = count(Ledger::begin_since(&view, |_| Some(moment)));
                let expected: f64 = rest.expected.iter().sum();
                let evicted = rest.evicted_pairs() as f64;
                assert!((expected - evicted).abs() < 1e-6, "from {moment} on");
            }
        }
    }

    #[test]
    fn work_in_pieces_comes_to_the_same() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let mut exposure = Exposure::default();
        let mut pieces = 1;
        while !exposure.extend(&store, &mut || false) {
            pieces += 1;
        }
        assert_eq!(pieces, store.events().len());
        let mut slow = Ledger::begin(&view);
        while !slow.advance(&exposure, &store, &mut || false) {}
        assert_eq!(slow, Ledger::of(&exposure, &view));
    }
}

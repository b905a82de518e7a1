//! Text that occurs more than once, token for token.
//!
//! A *window* is [`Repeats::shortest`] tokens in a row. A token is a **copy** once a window over it has
//! occurred before, and **superseded** once a window over it has occurred again later. Of the copies of a
//! text the last one is thus the only one that is not superseded: the one R-KV means to spare. A
//! *repeated span* is text that occurred before, as long as it goes: no longer stretch around it did.
//!
//! Everything is told by the moment at which it became true, so that one pass serves every cursor.

use std::collections::HashMap;

use super::suffix_automaton::SuffixAutomaton;
use super::{GoOn, Ledger};
use crate::trace::{TraceStore, TraceView};

/// Shortest repetition, in tokens, unless asked otherwise: a clause, not a turn of phrase. A sum of
/// two-digit numbers is about as long with a vocabulary that spells numbers digit by digit.
pub const SHORTEST_REPEAT: usize = 8;

const NEVER: u32 = u32::MAX;
/// Tokens taken up between two questions whether to go on.
const PIECE: usize = 256;

/// Repetitions of a run, taken up as it grows.
#[derive(Clone, Debug)]
pub struct Repeats {
    shortest: usize,
    automaton: SuffixAutomaton,
    ids: Vec<u32>,
    /// Starts of each window, ascending.
    windows: HashMap<Box<[u32]>, Vec<u32>>,
    /// By end, how long a text that ends there occurred before.
    before: Vec<u32>,
    copy_from: Vec<u32>,
    superseded_from: Vec<u32>,
}

/// A text and every place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedSpan {
    /// Tokens of the text.
    pub length: usize,
    /// First positions of its copies, ascending; two or more. They may overlap.
    pub copies: Vec<usize>,
}

impl RepeatedSpan {
    /// Tokens beyond the first copy.
    pub fn extra(&self) -> usize {
        self.length * (self.copies.len() - 1)
    }

    /// Share of each copy's (head, token) pairs that are still held, 0 to 1.
    pub fn held(&self, ledger: &Ledger) -> Vec<f64> {
        let pairs = (self.length * ledger.heads).max(1) as f64;
        let gone = |start: usize| -> f64 {
            let evicted = &ledger.evicted[start..start + self.length];
            evicted.iter().map(|&n| f64::from(n)).sum()
        };
        self.copies
            .iter()
            .map(|&start| 1.0 - gone(start) / pairs)
            .collect()
    }

    /// Of the copies with these shares the one that is held best, the newest of equals: the copy that was
    /// spared. `None` while every copy is whole, and when all are gone.
    pub fn spared(held: &[f64]) -> Option<usize> {
        let best = (0..held.len()).max_by(|&a, &b| held[a].total_cmp(&held[b]))?;
        let lost = held.iter().any(|share| *share < 1.0);
        (lost && held[best] > 0.0).then_some(best)
    }
}

impl Repeats {
    /// Looks for repetitions of at least `shortest` tokens; 2 is the least that makes sense.
    pub fn new(shortest: usize) -> Self {
        Self {
            shortest: shortest.max(2),
            automaton: SuffixAutomaton::default(),
            ids: vec![],
            windows: HashMap::new(),
            before: vec![],
            copy_from: vec![],
            superseded_from: vec![],
        }
    }

    /// Shortest repetition looked for, in tokens.
    pub fn shortest(&self) -> usize {
        self.shortest
    }

    /// Takes up what the run has gained; returns whether all of it was.
    pub fn extend(&mut self, store: &TraceStore, go_on: GoOn<'_>) -> bool {
        while self.ids.len() < store.tokens().len() {
            let from = self.ids.len();
            let to = (from + PIECE).min(store.tokens().len());
            for &id in &store.tokens().ids()[from..to] {
                self.push(id);
            }
            if !go_on() {
                break;
            }
        }
        self.ids.len() == store.tokens().len()
    }

    fn push(&mut self, id: u32) {
        self.ids.push(id);
        self.before.push(self.automaton.push(id));
        self.copy_from.push(NEVER);
        self.superseded_from.push(NEVER);
        let now = self.ids.len();
        let Some(start) = now.checked_sub(self.shortest) else {
            return;
        };
        let starts = self.windows.entry(self.ids[start..].into()).or_default();
        if let Some(&last) = starts.last() {
            let last = last as usize;
            mark(&mut self.copy_from[start..now], now);
            mark(&mut self.superseded_from[last..last + self.shortest], now);
        }
        starts.push(start as u32);
    }

    /// Whether the token repeated earlier text when `cursor` tokens had been seen.
    pub fn is_copy(&self, position: usize, cursor: usize) -> bool {
        told(&self.copy_from, position, cursor).is_some()
    }

    /// Whether the token had been repeated by later text when `cursor` tokens had been seen.
    pub fn is_superseded(&self, position: usize, cursor: usize) -> bool {
        told(&self.superseded_from, position, cursor).is_some()
    }

    /// Whether the token had a twin, before or after it, among `cursor` tokens.
    pub fn is_repeated(&self, position: usize, cursor: usize) -> bool {
        self.is_copy(position, cursor) || self.is_superseded(position, cursor)
    }

    /// Tokens seen when the token became what it was at `cursor` of them: an older copy, or else the newest of its text;
    /// `None` if it had no twin.
    fn since(&self, position: usize, cursor: usize) -> Option<usize> {
        told(&self.superseded_from, position, cursor)
            .or_else(|| told(&self.copy_from, position, cursor))
    }

    /// An empty ledger for a view in which a copy counts from the moment on at which it became what it is there, an older
    /// copy or the newest one, and a token without a twin does not count.
    ///
    /// What a compression did before was no choice between copies.
    pub fn begin_ledger(&self, view: &TraceView<'_>) -> Ledger {
        Ledger::begin_since(view, |position| self.since(position, view.cursor()))
    }

    /// The repeated spans among the first `cursor` tokens, those with the most extra tokens first.
    pub fn spans(&self, cursor: usize) -> Vec<RepeatedSpan> {
        let cursor = cursor.min(self.ids.len());
        let mut spans: HashMap<&[u32], RepeatedSpan> = HashMap::new();
        for end in self.shortest..=cursor {
            let length = self.before[end - 1] as usize;
            let goes_on = end < cursor && self.before[end] as usize == length + 1;
            if length < self.shortest || goes_on {
                continue;
            }
            let text = &self.ids[end - length..end];
            spans.entry(text).or_insert_with(|| RepeatedSpan {
                length,
                copies: self.copies(text, cursor),
            });
        }
        let mut spans: Vec<_> = spans.into_values().collect();
        spans.sort_by_key(|span| (std::cmp::Reverse(span.extra()), span.copies[0], span.length));
        spans
    }

    fn copies(&self, text: &[u32], cursor: usize) -> Vec<usize> {
        let starts = self.windows.get(&text[..self.shortest]);
        starts
            .into_iter()
            .flatten()
            .map(|&start| start as usize)
            .take_while(|start| start + text.len() <= cursor)
            .filter(|&start| self.ids[start..start + text.len()] == *text)
            .collect()
    }
}

/// A position's moment, if it had come when `cursor` tokens had been seen.
fn told(times: &[u32], position: usize, cursor: usize) -> Option<usize> {
    let moment = *times.get(position)? as usize;
    (moment <= cursor).then_some(moment)
}

fn mark(times: &mut [u32], now: usize) {
    for time in times.iter_mut().filter(|time| **time == NEVER) {
        *time = now as u32;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn repeats(ids: &[u32], shortest: usize) -> Repeats {
        let mut repeats = Repeats::new(shortest);
        for &id in ids {
            repeats.push(id);
        }
        repeats
    }

    #[test]
    fn copies_know_whether_a_later_one_exists() {
        //          0  1  2  3  4  5  6  7  8  9 10 11 12
        let ids = [1, 2, 3, 4, 9, 1, 2, 3, 4, 8, 1, 2, 3];
        let found = repeats(&ids, 3);
        let positions = |what: fn(&Repeats, usize, usize) -> bool, cursor: usize| -> Vec<usize> {
            (0..ids.len())
                .filter(|&p| what(&found, p, cursor))
                .collect()
        };
        assert_eq!(positions(Repeats::is_copy, 13), [5, 6, 7, 8, 10, 11, 12]);
        assert_eq!(positions(Repeats::is_superseded, 13), [0, 1, 2, 3, 5, 6, 7]);
        assert_eq!(positions(Repeats::is_repeated, 9), [0, 1, 2, 3, 5, 6, 7, 8]);
        assert!(positions(Repeats::is_repeated, 7).is_empty());
        // 0 for what has no twin.
        let since = |cursor: usize| -> Vec<usize> {
            (0..cursor)
                .map(|p| found.since(p, cursor).unwrap_or(0))
                .collect()
        };
        assert_eq!(since(9), [8, 8, 8, 9, 0, 8, 8, 8, 9]);
        assert_eq!(since(13), [8, 8, 8, 9, 0, 13, 13, 13, 9, 0, 13, 13, 13]);
        assert_eq!(
            found.spans(13),
            [
                RepeatedSpan {
                    length: 3,
                    copies: vec![0, 5, 10]
                },
                RepeatedSpan {
                    length: 4,
                    copies: vec![0, 5]
                },
            ]
        );
        assert_eq!(
            found.spans(9),
            [RepeatedSpan {
                length: 4,
                copies: vec![0, 5]
            }]
        );
    }

    #[test]
    fn a_loop_is_one_span_that_overlaps_itself() {
        let found = repeats(&[7, 1, 2, 1, 2, 1, 2, 1, 2, 5], 3);
        assert_eq!(
            found.spans(10),
            [RepeatedSpan {
                length: 6,
                copies: vec![1, 3]
            }]
        );
    }

    #[test]
    fn the_copy_that_is_held_best_was_spared() {
        let span = RepeatedSpan {
            length: 2,
            copies: vec![0, 3],
        };
        let ledger = Ledger {
            evicted: vec![4, 3, 0, 1, 0],
            heads: 4,
            ..Ledger::default()
        };
        assert_eq!(span.held(&ledger), [0.125, 0.875]);
        assert_eq!(RepeatedSpan::spared(&[0.125, 0.875]), Some(1));
        assert_eq!(RepeatedSpan::spared(&[0.5, 0.5, 0.2]), Some(1));
        assert_eq!(RepeatedSpan::spared(&[1.0, 1.0]), None);
        assert_eq!(RepeatedSpan::spared(&[0.0, 0.0]), None);
    }

    /// Every stretch with an earlier occurrence, those inside a longer one struck, by looking at all pairs.
    fn brute_force(ids: &[u32], shortest: usize) -> BTreeSet<(usize, Vec<usize>)> {
        let n = ids.len();
        let stands_at = |text: &[u32], before: usize| -> Vec<usize> {
            (0..before)
                .filter(|&s| s + text.len() <= n && &ids[s..s + text.len()] == text)
                .collect()
        };
        let mut stretches = vec![];
        for start in 0..n {
            for end in start + shortest..=n {
                if !stands_at(&ids[start..end], start).is_empty() {
                    stretches.push((start, end));
                }
            }
        }
        let inside = |a: (usize, usize), b: (usize, usize)| a != b && b.0 <= a.0 && a.1 <= b.1;
        stretches
            .iter()
            .filter(|&&a| !stretches.iter().any(|&b| inside(a, b)))
            .map(|&(start, end)| (end - start, stands_at(&ids[start..end], n)))
            .collect()
    }

    proptest! {
        #[test]
        fn spans_are_those_of_a_search_over_all_pairs(
            ids in prop::collection::vec(0u32..3, 0..40),
            shortest in 2usize..5,
        ) {
            let found = repeats(&ids, shortest);
            let spans: BTreeSet<_> = found
                .spans(ids.len())
                .into_iter()
                .map(|span| (span.length, span.copies))
                .collect();
            prop_assert_eq!(spans, brute_force(&ids, shortest));
            for p in 0..ids.len() {
                let windows = |other: fn(usize, usize) -> bool| {
                    (0..(ids.len() + 1).saturating_sub(shortest)).any(|i| {
                        (i..i + shortest).contains(&p)
                            && (0..=ids.len() - shortest)
                                .any(|j| other(i, j) && ids[i..i + shortest] == ids[j..j + shortest])
                    })
                };
                prop_assert_eq!(found.is_copy(p, ids.len()), windows(|i, j| j < i));
                prop_assert_eq!(found.is_superseded(p, ids.len()), windows(|i, j| j > i));
            }
        }

        #[test]
        fn an_earlier_cursor_sees_what_a_shorter_run_has(
            ids in prop::collection::vec(0u32..3, 1..60),
            cut in 0usize..60,
        ) {
            let cut = cut.min(ids.len());
            let (whole, short) = (repeats(&ids, 3), repeats(&ids[..cut], 3));
            prop_assert_eq!(whole.spans(cut), short.spans(cut));
            for p in 0..cut {
                prop_assert_eq!(whole.is_copy(p, cut), short.is_copy(p, cut));
                prop_assert_eq!(whole.is_superseded(p, cut), short.is_superseded(p, cut));
                let is = if whole.is_superseded(p, cut) {
                    Repeats::is_superseded
                } else {
                    Repeats::is_copy
                };
                let first = (0..=cut).find(|&cursor| is(&whole, p, cursor));
                prop_assert_eq!(whole.since(p, cut), first);
            }
        }
    }
}

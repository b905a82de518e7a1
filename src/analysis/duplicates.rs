//! Keys that repeat keys: the near duplicates that the policy itself found, and which of them it spared.
//!
//! A compression that looks for redundancy records for every candidate the newest other key of its head
//! whose cosine lies above the threshold. A candidate whose link points to a *newer* token has a newer near
//! duplicate: of such a group R-KV means to spare the newest.

use std::collections::HashMap;

use super::GoOn;
use super::enrichment::{Block, Counts, Tally};
use crate::trace::{EventIndex, HeadId, Position, TraceStore, TraceView};

/// One compression's open candidates, over all heads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EventDuplicates {
    /// Candidates that were not protected.
    pub open: u64,
    /// Of these, those with a newer near duplicate.
    pub superseded: u64,
    /// Candidates that were evicted.
    pub evicted: u64,
    /// Of these, those with a newer near duplicate.
    pub superseded_evicted: u64,
    /// What a blind draw would have evicted of those with a newer near duplicate.
    pub expected: f64,
}

/// Near duplicates of every compression, taken up as the run grows.
#[derive(Clone, Debug, Default)]
pub struct DuplicateCounts {
    /// Per head: positions held after the last compression taken up, ascending.
    held: Vec<Vec<u32>>,
    seen: u32,
    events: Vec<Option<EventDuplicates>>,
}

impl DuplicateCounts {
    /// One entry per compression taken up; `None` where no links were recorded.
    pub fn events(&self) -> &[Option<EventDuplicates>] {
        &self.events
    }

    /// The first `events` compressions as counts, one block each; `None` if none has links.
    ///
    /// Here a pair counts once for every compression it was open to.
    pub fn counts(&self, events: usize) -> Option<Counts> {
        let known = self.events.iter().take(events).flatten();
        let blocks: Vec<Block> = known
            .map(|event| Block {
                part: Tally {
                    tokens: 0,
                    eligible: event.superseded,
                    evicted: event.superseded_evicted,
                    expected: event.expected,
                },
                whole: Tally {
                    tokens: 0,
                    eligible: event.open,
                    evicted: event.evicted,
                    expected: event.evicted as f64,
                },
            })
            .collect();
        (!blocks.is_empty()).then_some(Counts { blocks })
    }

    /// Takes up the run's new compressions; returns whether all of them were.
    pub fn extend(&mut self, store: &TraceStore, go_on: GoOn<'_>) -> bool {
        self.held.resize(store.evictions().heads(), vec![]);
        while self.events.len() < store.events().len() {
            let event = self.event(store, self.events.len());
            self.events.push(event);
            if !go_on() {
                break;
            }
        }
        self.events.len() == store.events().len()
    }

    fn event(&mut self, store: &TraceStore, index: usize) -> Option<EventDuplicates> {
        let record = &store.events()[index];
        let kv_heads = store.header().model.kv_heads.max(1) as usize;
        let settings = store.settings_of(record.revision);
        let protected = settings.protected(store.header().prompt_tokens);
        let mut links = record.links.as_ref().map(|links| links.newest.as_slice());
        let mut total = EventDuplicates::default();
        for (row, evicted) in record.evicted.iter().enumerate() {
            let held = &mut self.held[row];
            held.extend(self.seen..record.seen);
            let candidates = record.candidates((row / kv_heads) as u32) as usize;
            if let Some(rest) = links {
                let (own, rest) = rest.split_at(candidates.min(rest.len()));
                links = Some(rest);
                let mut head = EventDuplicates::default();
                let mut leaving = evicted.iter().copied().peekable();
                for (&position, &newest) in held.iter().zip(own) {
                    let gone = leaving.next_if_eq(&position).is_some();
                    if position < protected {
                        continue;
                    }
                    let superseded = newest != u32::MAX && newest > position;
                    head.open += 1;
                    head.superseded += u64::from(superseded);
                    head.evicted += u64::from(gone);
                    head.superseded_evicted += u64::from(superseded && gone);
                }
                total.add(&head);
            }
            let mut gone = evicted.iter().copied().peekable();
            held.retain(|&p| gone.next_if_eq(&p).is_none());
        }
        self.seen = record.seen;
        record.links.as_ref().map(|_| total)
    }
}

impl EventDuplicates {
    fn add(&mut self, head: &Self) {
        self.open += head.open;
        self.superseded += head.superseded;
        self.evicted += head.evicted;
        self.superseded_evicted += head.superseded_evicted;
        if head.open > 0 {
            self.expected += head.superseded as f64 * head.evicted as f64 / head.open as f64;
        }
    }
}

/// Tokens whose keys repeat one newer token's key, at one compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The newest: what the others repeat.
    pub newest: Position,
    /// The others, most heads first.
    pub older: Vec<Member>,
}

/// A token that repeats a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The token.
    pub position: Position,
    /// Heads in which its newest near duplicate is the cluster's newest.
    pub heads: u32,
    /// Of these, heads that dropped it at this compression.
    pub dropped: u32,
}

impl Cluster {
    /// Pairs of a head and an older token.
    pub fn pairs(&self) -> u32 {
        self.older.iter().map(|member| member.heads).sum()
    }
}

/// The clusters of one compression, counted head by head.
#[derive(Clone, Debug, Default)]
pub struct Clusters {
    next_row: u32,
    /// (newest, older) to heads, dropped.
    links: HashMap<(Position, Position), (u32, u32)>,
}

impl Clusters {
    /// Counts on; returns whether all heads were.
    pub fn advance(&mut self, view: &TraceView<'_>, event: EventIndex, go_on: GoOn<'_>) -> bool {
        let model = &view.store().header().model;
        while self.next_row < model.heads() {
            let id = HeadId {
                layer: self.next_row / model.kv_heads.max(1),
                head: self.next_row % model.kv_heads.max(1),
            };
            for row in view.head_rows(event, id).into_iter().flatten() {
                if let Some(newest) = row.duplicate_of.filter(|&newest| newest > row.position) {
                    let entry = self.links.entry((newest, row.position)).or_default();
                    entry.0 += 1;
                    entry.1 += u32::from(row.evicted);
                }
            }
            self.next_row += 1;
            if !go_on() {
                break;
            }
        }
        self.next_row == model.heads()
    }

    /// What was found, the largest clusters first.
    pub fn found(&self) -> Vec<Cluster> {
        let mut links: Vec<_> = self.links.iter().collect();
        links.sort_unstable_by_key(|&(key, (heads, _))| (key.0, std::cmp::Reverse(*heads), key.1));
        let mut clusters: Vec<Cluster> = vec![];
        for (&(newest, position), &(heads, dropped)) in links {
            let member = Member {
                position,
                heads,
                dropped,
            };
            match clusters.last_mut().filter(|last| last.newest == newest) {
                Some(cluster) => cluster.older.push(member),
                None => clusters.push(Cluster {
                    newest,
                    older: vec![member],
                }),
            }
        }
        clusters.sort_by_key(|cluster| (std::cmp::Reverse(cluster.pairs()), cluster.newest));
        clusters
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::hand_made;
    use super::*;
    use crate::config::CacheSettings;
    use crate::trace::synthetic::Synthetic;

    const NONE: u32 = u32::MAX;

    fn store() -> TraceStore {
        // Head 0: 0 and 1 repeat 3, which repeats 1. Head 1: 0 repeats 5, which is in the window.
        let events: [(u32, [&[u32]; 2]); 1] = [(6, [&[0, 2], &[0, 1]])];
        hand_made(
            &["a", "b", "c", "d", "e", "f"],
            &CacheSettings::default(),
            0,
            &events,
            Some(&[&[3, 3, NONE, 1, 5, NONE, NONE, NONE]]),
        )
    }

    #[test]
    fn links_to_newer_keys_are_counted_against_what_left() {
        let store = store();
        let mut counts = DuplicateCounts::default();
        assert!(counts.extend(&store, &mut || true));
        assert_eq!(
            counts.events(),
            [Some(EventDuplicates {
                open: 8,
                superseded: 3,
                evicted: 4,
                superseded_evicted: 2,
                // Half of the two in head 0 and of the one in head 1.
                expected: 1.5,
            })]
        );
    }

    #[test]
    fn clusters_gather_the_older_around_the_newest() {
        let store = store();
        let view = store.latest();
        let mut clusters = Clusters::default();
        while !clusters.advance(&view, EventIndex(0), &mut || false) {}
        let member = |position, dropped| Member {
            position: Position(position),
            heads: 1,
            dropped,
        };
        assert_eq!(
            clusters.found(),
            [
                Cluster {
                    newest: Position(3),
                    older: vec![member(0, 1), member(1, 0)],
                },
                Cluster {
                    newest: Position(5),
                    older: vec![member(0, 1)],
                },
            ]
        );
    }

    #[test]
    fn counts_agree_with_the_heads_rows() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let mut counts = DuplicateCounts::default();
        while !counts.extend(&store, &mut || false) {}
        for (event, got) in counts.events().iter().enumerate() {
            let mut want = EventDuplicates::default();
            for layer in 0..6 {
                for head in 0..3 {
                    let id = HeadId { layer, head };
                    for row in view.head_rows(EventIndex(event as u32), id).unwrap() {
                        let superseded = row.duplicate_of.is_some_and(|d| d > row.position);
                        want.open += 1;
                        want.superseded += u64::from(superseded);
                        want.evicted += u64::from(row.evicted);
                        want.superseded_evicted += u64::from(superseded && row.evicted);
                    }
                }
            }
            let got = got.unwrap();
            assert_eq!(
                EventDuplicates {
                    expected: 0.0,
                    ..got
                },
                want
            );
            assert!(got.expected > 0.0);
        }
    }

    #[test]
    fn a_run_without_links_has_no_counts() {
        let store = Synthetic {
            level: crate::trace::RecordLevel::Summary,
            ..Synthetic::default()
        }
        .store();
        let mut counts = DuplicateCounts::default();
        assert!(counts.extend(&store, &mut || true));
        assert!(counts.counts(store.events().len()).is_none());
    }
}

//! How alike two runs' memories are over time.

use super::divergence;
use crate::trace::{EventIndex, Position, TraceStore};

/// Jaccard index of the (head, position) pairs that two runs hold, after every token that both have seen.
///
/// Over the tokens and heads that both share: tokens after the first divergence count in neither set. It grows
/// with the runs; taking up a token costs one step, and a compression one per token that it evicts.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    series: Vec<Option<f32>>,
    events: [usize; 2],
    both: u64,
    either: u64,
}

impl Overlap {
    /// The whole series of two runs.
    pub fn of(a: &TraceStore, b: &TraceStore) -> Self {
        let mut overlap = Self::default();
        overlap.update(a, b);
        overlap
    }

    /// Takes up what the same two runs have gained since.
    pub fn update(&mut self, a: &TraceStore, b: &TraceStore) {
        let stores = [a, b];
        // A compression that was recorded after later tokens.
        let late = |i: usize| {
            let next = stores[i].events().get(self.events[i]);
            next.is_some_and(|event| event.seen as usize <= self.series.len())
        };
        if late(0) || late(1) {
            *self = Self::default();
        }
        let common = divergence(a, b).map_or(usize::MAX, |parting| parting.position.index());
        let heads = shared_heads(stores) as u64;
        // The compression after a token comes after the token: the newest of a live run waits for it.
        let known = stores.map(|store| {
            let tokens = store.tokens().len();
            tokens.saturating_sub(usize::from(store.end().is_none()))
        });
        for position in self.series.len()..known[0].min(known[1]) {
            if position < common {
                self.both += heads;
                self.either += heads;
            }
            for side in 0..2 {
                self.compress(stores, side, position + 1, common);
            }
            let share = self.both as f32 / self.either as f32;
            self.series.push((self.either > 0).then_some(share));
        }
    }

    /// Carries out one run's compressions up to `seen` tokens.
    fn compress(&mut self, stores: [&TraceStore; 2], side: usize, seen: usize, common: usize) {
        let (own, other) = (stores[side], stores[1 - side]);
        let last = |events: usize| events.checked_sub(1).map(|e| EventIndex(e as u32));
        while let Some(event) = own
            .events()
            .get(self.events[side])
            .filter(|event| event.seen as usize <= seen)
        {
            let others_last = last(self.events[1 - side]);
            // Of a head that only one of them has, no token was counted in.
            let rows = event.evicted.iter().take(shared_heads(stores));
            for (row, evicted) in rows.enumerate() {
                let shared = evicted.iter().take_while(|&&p| (p as usize) < common);
                for &position in shared {
                    let held = other
                        .evictions()
                        .held_after(row, Position(position), others_last);
                    if held {
                        self.both -= 1;
                    } else {
                        self.either -= 1;
                    }
                }
            }
            self.events[side] += 1;
        }
    }

    /// The index after each token, the first token first; `None` where neither run holds a shared token.
    pub fn series(&self) -> &[Option<f32>] {
        &self.series
    }

    /// The last moment that both runs have reached, in tokens seen. The newest token of a run without an end does not
    /// count: its compression may be still to come.
    pub fn reached(&self) -> usize {
        self.series.len()
    }

    /// The index when `tokens` had been seen; beyond [`Self::reached`], that of the last moment both reached.
    pub fn at(&self, tokens: usize) -> Option<f32> {
        let last = tokens.min(self.reached()).checked_sub(1)?;
        self.series[last]
    }

    /// Mean over the moments up to so many tokens that have an index: up to the token at which the texts part both runs
    /// gain what they share; from there on it only leaves, for as long as the shorter one goes on.
    pub fn mean(&self, tokens: usize) -> Option<f64> {
        let (sum, n) = self.series[..tokens.min(self.series.len())]
            .iter()
            .flatten()
            .fold((0.0, 0u32), |(sum, n), v| (sum + f64::from(*v), n + 1));
        (n > 0).then(|| sum / f64::from(n))
    }
}

fn shared_heads(stores: [&TraceStore; 2]) -> usize {
    let [a, b] = stores.map(|store| store.evictions().heads());
    a.min(b)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::compare::common_prefix;
    use crate::compare::fixtures::{plan, run};
    use crate::trace::HeadId;
    use crate::trace::synthetic::Synthetic;

    /// The sets themselves, counted.
    fn counted(a: &TraceStore, b: &TraceStore, tokens: usize) -> Option<f32> {
        let common = common_prefix(a, b);
        let set = |store: &TraceStore| -> BTreeSet<(u32, u32, u32)> {
            let view = store.view(tokens);
            let mut set = BTreeSet::new();
            for layer in 0..2 {
                for head in 0..2 {
                    for p in 0..tokens.min(common) as u32 {
                        if view.holds(HeadId { layer, head }, Position(p)) {
                            set.insert((layer, head, p));
                        }
                    }
                }
            }
            set
        };
        let (a, b) = (set(a), set(b));
        let either = a.union(&b).count();
        (either > 0).then(|| a.intersection(&b).count() as f32 / either as f32)
    }

    #[test]
    fn it_is_the_index_of_the_held_sets_after_every_token() {
        let (a, b) = (run(1, 40, 300), run(2, 60, 330));
        let overlap = Overlap::of(&a, &b);
        assert_eq!(
            overlap.series().len(),
            a.tokens().len().min(b.tokens().len())
        );
        for (i, got) in overlap.series().iter().enumerate() {
            assert_eq!(*got, counted(&a, &b, i + 1), "after {} tokens", i + 1);
        }
        let lowest = overlap
            .series()
            .iter()
            .flatten()
            .copied()
            .fold(1.0, f32::min);
        assert!(lowest < 0.9, "these runs keep different tokens");
        assert_eq!(overlap.at(0), None);
        assert_eq!(overlap.at(100_000), *overlap.series().last().unwrap());
    }

    #[test]
    fn streaming_gives_what_the_whole_gives() {
        let (whole_a, whole_b) = (run(1, 40, 260), run(4, 44, 280));
        let mut a = TraceStore::new(Arc::new(plan(1, 40, 260).header()));
        let mut b = TraceStore::new(Arc::new(plan(4, 44, 280).header()));
        let mut overlap = Overlap::default();
        // One after the other, as the engine runs them.
        for record in whole_a.records() {
            a.apply(record).unwrap();
            overlap.update(&a, &b);
        }
        for record in whole_b.records() {
            b.apply(record).unwrap();
            overlap.update(&a, &b);
        }
        assert_eq!(overlap.series(), Overlap::of(&whole_a, &whole_b).series());
    }

    #[test]
    fn of_runs_with_unlike_numbers_of_heads_the_heads_of_both_count() {
        let few = run(1, 40, 300);
        let many = Synthetic {
            layers: 5,
            ..plan(2, 60, 330)
        };
        let many = many.store();
        for (a, b) in [(&few, &many), (&many, &few)] {
            let overlap = Overlap::of(a, b);
            for tokens in (1..=overlap.series().len()).step_by(9) {
                assert_eq!(overlap.at(tokens), counted(a, b, tokens), "{tokens} tokens");
            }
        }
    }

    #[test]
    fn the_mean_is_over_the_moments_up_to_a_token() {
        let (a, b) = (run(1, 40, 260), run(4, 44, 280));
        let (overlap, common) = (Overlap::of(&a, &b), common_prefix(&a, &b));
        assert!(
            (45..200).contains(&common),
            "they part after a compression: {common}"
        );
        let by_hand: f32 = (1..=common).map(|t| counted(&a, &b, t).unwrap()).sum();
        let mean = overlap.mean(common).unwrap();
        assert!((mean - f64::from(by_hand) / common as f64).abs() < 1e-6);
        assert!(
            mean > overlap.mean(usize::MAX).unwrap(),
            "later there is only loss"
        );
    }

    #[test]
    fn without_evictions_two_runs_overlap_wholly() {
        let (a, b) = (run(1, 4000, 200), run(2, 4000, 220));
        assert_eq!(Overlap::of(&a, &b).mean(usize::MAX), Some(1.0));
    }
}

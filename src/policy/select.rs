//! Selection: who stays, given the scores, the scope and the protection.
//!
//! Rules that hold for every policy: the window and protected tokens always stay; every head keeps
//! `budget` slots (or all, if it has fewer); equal scores are broken in favour of the newer token; a
//! score that is not a number counts as the lowest.

use crate::config::{CacheSettings, Scope, SlotOrder};
use crate::trace::{Position, Slot};

/// Which slots of one head stay, in the order they take in the compacted cache.
pub type Keep = Vec<Slot>;

/// Chooses the slots to keep for every head of every layer.
///
/// `positions[layer][head]` are the cache's positions in cache order and `scores[layer][head]` the
/// scores of all but the last `window` of them. The result has the same nesting.
pub fn select<S: AsRef<[f32]>>(
    positions: &[Vec<&[Position]>],
    scores: &[Vec<S>],
    settings: &CacheSettings,
    prompt_tokens: u32,
) -> Vec<Vec<Keep>> {
    let protected = settings.protected(prompt_tokens);
    // Heads that have always decided together hold the same tokens: one selection serves them all.
    match settings.scope {
        Scope::Layer if positions.iter().all(|heads| same(heads.iter())) => {
            let layers = positions.iter().zip(scores);
            return layers
                .map(|(positions, scores)| {
                    let common = mean(scores);
                    let kept = select_head(positions[0], &common, settings, protected);
                    vec![kept; positions.len()]
                })
                .collect();
        }
        Scope::Global if same(positions.iter().flatten()) => {
            let common = sum(&scores.iter().map(|heads| mean(heads)).collect::<Vec<_>>());
            let kept = select_head(positions[0][0], &common, settings, protected);
            return positions
                .iter()
                .map(|heads| vec![kept.clone(); heads.len()])
                .collect();
        }
        Scope::Head | Scope::Layer | Scope::Global => {}
    }
    let shared = match settings.scope {
        Scope::Head => None,
        Scope::Layer => Some(layer_means(scores, positions)),
        Scope::Global => {
            let layers = layer_means(scores, positions);
            let total = mean_of_holders(&layers);
            Some(vec![total; layers.len()])
        }
    };
    positions
        .iter()
        .zip(scores)
        .enumerate()
        .map(|(layer, (positions, scores))| {
            positions
                .iter()
                .zip(scores)
                .map(|(positions, own)| match &shared {
                    None => select_head(positions, own.as_ref(), settings, protected),
                    Some(shared) => {
                        let common: Vec<f32> = positions[..own.as_ref().len()]
                            .iter()
                            .map(|p| shared[layer][p.index()].unwrap_or(0.0))
                            .collect();
                        select_head(positions, &common, settings, protected)
                    }
                })
                .collect()
        })
        .collect()
}

/// Chooses the slots of one head: `scores` are those of the slots before the window.
pub fn select_head(
    positions: &[Position],
    scores: &[f32],
    settings: &CacheSettings,
    protected: u32,
) -> Keep {
    let budget = settings.budget as usize;
    let candidates = scores.len();
    let window = positions.len() - candidates;
    let (mut kept, mut open): (Keep, Keep) = (0..candidates as u32)
        .map(Slot)
        .partition(|slot| positions[slot.index()].0 < protected);
    let quota = budget.saturating_sub(window + kept.len()).min(open.len());
    let worth = |slot: Slot| {
        let score = scores[slot.index()];
        if score.is_nan() {
            f32::NEG_INFINITY
        } else {
            score
        }
    };
    let better = |a: &Slot, b: &Slot| {
        worth(*b)
            .total_cmp(&worth(*a))
            .then_with(|| positions[b.index()].cmp(&positions[a.index()]))
    };
    if quota > 0 && quota < open.len() {
        open.select_nth_unstable_by(quota - 1, better);
    }
    open.truncate(quota);
    if settings.order == SlotOrder::Reference {
        open.sort_unstable_by(better);
    }
    kept.append(&mut open);
    kept.extend((candidates as u32..positions.len() as u32).map(Slot));
    if settings.order == SlotOrder::Time {
        kept.sort_unstable_by_key(|slot| positions[slot.index()]);
    }
    kept
}

/// Whether all heads hold the same positions in the same order.
fn same<'a>(mut heads: impl Iterator<Item = &'a &'a [Position]>) -> bool {
    let first = heads.next();
    heads.all(|positions| Some(positions) == first)
}

/// Mean score per slot.
fn mean(scores: &[impl AsRef<[f32]>]) -> Vec<f32> {
    let mut mean = sum(scores);
    for value in &mut mean {
        *value /= scores.len() as f32;
    }
    mean
}

/// Per layer, the mean score per position over the heads that hold it as a candidate; `None` where none does.
fn layer_means<S: AsRef<[f32]>>(
    scores: &[Vec<S>],
    positions: &[Vec<&[Position]>],
) -> Vec<Vec<Option<f32>>> {
    scores
        .iter()
        .zip(positions)
        .map(|(scores, positions)| layer_mean(scores, positions))
        .collect()
}

/// Mean score per position over the heads that hold it as a candidate; `None` where none does. Each head's `scores` and
/// `positions` in one order.
pub(crate) fn layer_mean(
    scores: &[impl AsRef<[f32]>],
    positions: &[&[Position]],
) -> Vec<Option<f32>> {
    let len = positions
        .iter()
        .flat_map(|p| p.iter())
        .map(|p| p.index() + 1)
        .max()
        .unwrap_or(0);
    let mut total = vec![(0f32, 0u32); len];
    for (scores, positions) in scores.iter().zip(positions) {
        for (score, position) in scores.as_ref().iter().zip(*positions) {
            let entry = &mut total[position.index()];
            entry.0 += score;
            entry.1 += 1;
        }
    }
    let mean = |(sum, count)| (count > 0).then(|| sum / count as f32);
    total.into_iter().map(mean).collect()
}

/// Mean per position over the layers that hold it: a sum would rank a token by how many layers still have it, where scores
/// are negative the wrong way round.
pub(crate) fn mean_of_holders(layers: &[Vec<Option<f32>>]) -> Vec<Option<f32>> {
    let len = layers.iter().map(Vec::len).max().unwrap_or(0);
    (0..len)
        .map(|position| {
            let held = layers.iter().filter_map(|layer| *layer.get(position)?);
            let (sum, count) = held.fold((0f32, 0u32), |(sum, n), score| (sum + score, n + 1));
            (count > 0).then(|| sum / count as f32)
        })
        .collect()
}

fn sum(rows: &[impl AsRef<[f32]>]) -> Vec<f32> {
    let rows = rows.iter().map(AsRef::as_ref);
    let len = rows.clone().map(<[f32]>::len).max().unwrap_or(0);
    let mut total = vec![0f32; len];
    for row in rows {
        for (sum, value) in total.iter_mut().zip(row) {
            *sum += value;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Protection;

    fn settings(budget: u32, window: u32) -> CacheSettings {
        CacheSettings {
            budget,
            window,
            ..CacheSettings::default()
        }
    }

    fn positions(n: u32) -> Vec<Position> {
        (0..n).map(Position).collect()
    }

    #[test]
    fn equal_scores_go_to_the_newer_token() {
        let kept = select_head(&positions(6), &[0.5; 4], &settings(4, 2), 0);
        assert_eq!(kept, [2, 3, 4, 5].map(Slot));
    }

    #[test]
    fn a_score_that_is_not_a_number_is_the_lowest() {
        let kept = select_head(
            &positions(5),
            &[f32::NAN, -1.0, 0.5, f32::NAN],
            &settings(3, 1),
            0,
        );
        assert_eq!(kept, [1, 2, 4].map(Slot));
    }

    #[test]
    fn reference_order_is_descending_score_and_then_the_window() {
        let settings = CacheSettings {
            order: SlotOrder::Reference,
            ..settings(4, 1)
        };
        let kept = select_head(&positions(6), &[0.1, 0.9, 0.3, 0.2, 0.5], &settings, 0);
        assert_eq!(kept, [1, 4, 2, 5].map(Slot));
    }

    #[test]
    fn a_global_set_is_the_same_in_every_layer_and_head() {
        let at = positions(8);
        let all = vec![vec![at.as_slice(), at.as_slice()]; 3];
        let scores: Vec<Vec<Vec<f32>>> = (0..3)
            .map(|l| {
                (0..2)
                    .map(|h| {
                        (0..6)
                            .map(|i| ((i * 7 + l * 5 + h * 3) % 11) as f32)
                            .collect()
                    })
                    .collect()
            })
            .collect();
        let settings = CacheSettings {
            scope: Scope::Global,
            ..settings(4, 2)
        };
        let kept = select(&all, &scores, &settings, 0);
        assert!(kept.iter().flatten().all(|k| k == &kept[0][0]));
    }

    /// One selection for heads that hold the same tokens is what each head would have come to by positions.
    #[test]
    fn heads_that_agree_are_a_special_case_of_heads_that_do_not() {
        let at = positions(12);
        let other: Vec<Position> = (0..12)
            .map(|p| Position(if p == 3 { 40 } else { p }))
            .collect();
        let scores: Vec<Vec<f32>> = (0..3)
            .map(|h| (0..10).map(|i| ((i * 13 + h * 5) % 17) as f32).collect())
            .collect();
        let both = vec![scores[..2].to_vec(), scores[1..].to_vec()];
        let mean = |a: f32, b: f32| f32::midpoint(a, b);
        let layer = |l: usize, i: usize| mean(both[l][0][i], both[l][1][i]);
        // One foreign token in one head makes the general way go; the others hold what they held.
        let mixed = vec![vec![&at[..], &at[..]], vec![&at[..], &other[..]]];
        for scope in [Scope::Layer, Scope::Global] {
            let settings = CacheSettings {
                scope,
                ..settings(6, 2)
            };
            let expect = |common: &dyn Fn(usize) -> f32| {
                let common: Vec<f32> = (0..10).map(common).collect();
                select_head(&at, &common, &settings, 0)
            };
            let alike = select(&vec![vec![&at[..]; 2]; 2], &both, &settings, 0);
            let apart = select(&mixed, &both, &settings, 0);
            if scope == Scope::Layer {
                assert_eq!(alike[0], vec![expect(&|i| layer(0, i)); 2]);
                assert_eq!(alike[1], vec![expect(&|i| layer(1, i)); 2]);
                assert_eq!(apart[0], alike[0]);
            } else {
                let kept = expect(&|i| mean(layer(0, i), layer(1, i)));
                assert_eq!(alike, vec![vec![kept; 2]; 2]);
                // Token 3 is held by one head only in the second layer.
                let of_holders = |i| if i == 3 { both[1][0][i] } else { layer(1, i) };
                let kept = expect(&|i| mean(layer(0, i), of_holders(i)));
                assert_eq!(apart[0], vec![kept.clone(); 2]);
                assert_eq!(apart[1][0], kept);
            }
        }
    }

    proptest! {
        #[test]
        fn window_and_protected_stay_and_the_budget_holds(
            scores in prop::collection::vec(prop::num::f32::ANY, 1..200),
            window in 1u32..12,
            slack in 1u32..60,
            sinks in 0u32..6,
            time in any::<bool>(),
        ) {
            let n = scores.len() as u32 + window;
            let settings = CacheSettings {
                protection: Protection::Sinks,
                sinks,
                order: if time { SlotOrder::Time } else { SlotOrder::Reference },
                ..settings(window + sinks + slack, window)
            };
            let at = positions(n);
            let kept = select_head(&at, &scores, &settings, sinks);
            prop_assert_eq!(kept.len() as u32, settings.budget.min(n));
            let mut sorted = kept.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), kept.len());
            for i in (0..sinks.min(n)).chain(n - window..n) {
                prop_assert!(sorted.binary_search(&Slot(i)).is_ok());
            }
            if time {
                prop_assert!(kept.is_sorted());
            }
        }
    }
}

//! What every policy relies on: entries stay together, positions follow, failures change nothing.

use super::*;
use crate::trace::Slot;
use proptest::prelude::*;

const SHAPE: CacheShape = CacheShape {
    layers: 2,
    query_heads: 4,
    kv_heads: 2,
    head_dim: 3,
    capacity: 16,
    window: 3,
};
const STRIDE: usize = (4 + 2 + 2) * 3;

/// A row whose every float names its token and place.
fn row(token: usize, layer: usize) -> Vec<f32> {
    (0..STRIDE)
        .map(|i| (token * 1000 + layer * 100 + i) as f32)
        .collect()
}

fn feed(cache: &mut KvCache, tokens: std::ops::Range<usize>) {
    let count = tokens.len();
    cache.room_for(count).expect("room");
    for layer in 0..SHAPE.layers {
        let rows: Vec<f32> = tokens.clone().flat_map(|token| row(token, layer)).collect();
        cache.append(layer, count, &rows, STRIDE);
    }
    cache.commit(count);
}

/// Checks that every slot still holds the key and value of the position it claims.
fn check(cache: &KvCache) {
    for layer in 0..SHAPE.layers {
        for head in 0..SHAPE.kv_heads {
            let positions = cache.positions(layer, head);
            assert_eq!(positions.len(), cache.len(layer));
            assert_eq!(cache.keys(layer, head).len(), positions.len() * 3);
            for (slot, position) in positions.iter().enumerate() {
                let row = row(position.index(), layer);
                assert_eq!(
                    cache.keys(layer, head)[slot * 3..slot * 3 + 3],
                    row[12 + head * 3..15 + head * 3]
                );
                assert_eq!(
                    cache.values(layer, head)[slot * 3..slot * 3 + 3],
                    row[18 + head * 3..21 + head * 3]
                );
            }
        }
    }
}

fn slots(list: &[u32]) -> Vec<Slot> {
    list.iter().map(|&slot| Slot(slot)).collect()
}

#[test]
fn positions_count_every_token_ever_fed() {
    let mut cache = KvCache::new(SHAPE).expect("small");
    feed(&mut cache, 0..10);
    cache
        .compact(0, &[slots(&[0, 4, 9]), slots(&[1, 2, 3])])
        .expect("valid");
    cache
        .compact(1, &[slots(&[7, 8]), slots(&[0, 9])])
        .expect("valid");
    feed(&mut cache, 10..12);
    check(&cache);
    assert_eq!(cache.seen(), 12);
    assert_eq!(cache.len(0), 5);
    assert_eq!(cache.len(1), 4);
    let held: Vec<u32> = cache
        .positions(0, 1)
        .iter()
        .map(|position| position.0)
        .collect();
    assert_eq!(held, [1, 2, 3, 10, 11]);
}

#[test]
fn the_query_window_is_the_last_rows_oldest_first() {
    let mut cache = KvCache::new(SHAPE).expect("small");
    let first = |cache: &KvCache| -> Vec<usize> {
        cache
            .window_queries(1)
            .map(|row| row[0] as usize / 1000)
            .collect()
    };
    feed(&mut cache, 0..2);
    assert_eq!(first(&cache), [0, 1]);
    feed(&mut cache, 2..3);
    feed(&mut cache, 3..4);
    assert_eq!(first(&cache), [1, 2, 3]);
    feed(&mut cache, 4..14);
    assert_eq!(first(&cache), [11, 12, 13]);
    let mut group = Vec::new();
    assert_eq!(cache.group_queries(1, 1, 9, &mut group), 3);
    assert_eq!(group[..6], row(11, 1)[6..12]);
    assert_eq!(cache.group_queries(1, 1, 1, &mut group), 1);
    assert_eq!(group, row(13, 1)[6..12]);
}

#[test]
fn the_prompts_queries_are_those_of_what_was_read_and_outlive_its_entries() {
    let mut cache = KvCache::new(SHAPE).expect("small");
    cache.probe_prompt(10);
    let mut group = Vec::new();
    let read = |tokens: usize| -> Vec<f32> {
        let rows = (0..tokens).flat_map(|token| row(token, 1)[6..12].to_vec());
        rows.collect()
    };
    feed(&mut cache, 0..4);
    assert_eq!(cache.prompt_queries(1, 1, &mut group), 4);
    assert_eq!(group, read(4));
    for layer in 0..SHAPE.layers {
        let keep = [slots(&[3]), slots(&[2])];
        cache.compact(layer, &keep).expect("valid");
    }
    feed(&mut cache, 4..12);
    for cache in [&cache, &cache.resized(20, 5).expect("small")] {
        assert_eq!(cache.prompt_queries(1, 1, &mut group), 10);
        assert_eq!(group, read(10));
    }
}

#[test]
fn an_abandoned_pass_leaves_no_trace() {
    let mut cache = KvCache::new(SHAPE).expect("small");
    feed(&mut cache, 0..5);
    let rows: Vec<f32> = (5..9).flat_map(|token| row(token, 0)).collect();
    cache.append(0, 4, &rows, STRIDE);
    cache.rollback();
    assert_eq!((cache.seen(), cache.len(0), cache.len(1)), (5, 5, 5));
    check(&cache);
    let tokens: Vec<usize> = cache
        .window_queries(0)
        .map(|row| row[0] as usize / 1000)
        .collect();
    assert_eq!(tokens, [2, 3, 4]);
}

#[test]
fn a_full_cache_and_a_wrong_selection_are_errors() {
    let mut cache = KvCache::new(SHAPE).expect("small");
    feed(&mut cache, 0..15);
    assert!(cache.room_for(1).is_ok());
    assert!(matches!(
        cache.room_for(2),
        Err(CacheError::CapacityExceeded {
            held: 15,
            asked: 2,
            capacity: 16
        })
    ));
    assert!(cache.compact(0, &[slots(&[0])]).is_err());
    assert!(cache.compact(0, &[slots(&[0, 1]), slots(&[0])]).is_err());
    assert!(cache.compact(0, &[slots(&[0, 0]), slots(&[0, 1])]).is_err());
    assert!(
        cache
            .compact(0, &[slots(&[0, 15]), slots(&[0, 1])])
            .is_err()
    );
    assert_eq!(cache.len(0), 15);
    check(&cache);
}

#[test]
fn an_impossible_size_is_an_error() {
    let huge = CacheShape {
        capacity: usize::MAX / 4,
        ..SHAPE
    };
    assert!(matches!(
        KvCache::new(huge),
        Err(CacheError::TooLarge { .. })
    ));
    assert!(matches!(
        KvCache::new(CacheShape { window: 0, ..SHAPE }),
        Err(CacheError::Empty)
    ));
}

#[test]
fn numbers_on_a_device_take_no_room_on_the_host() {
    let huge = CacheShape {
        head_dim: 1 << 40,
        ..SHAPE
    };
    assert!(matches!(
        KvCache::new(huge),
        Err(CacheError::TooLarge { .. })
    ));
    assert!(KvCache::without_numbers(huge).is_ok());
}

#[test]
fn a_resized_cache_goes_on_as_if_it_had_always_been_that_size() {
    let mut small = KvCache::new(CacheShape {
        capacity: 6,
        ..SHAPE
    })
    .unwrap();
    let mut large = KvCache::new(CacheShape {
        capacity: 12,
        window: 5,
        ..SHAPE
    })
    .unwrap();
    feed(&mut small, 0..5);
    feed(&mut large, 0..5);
    small.resize(12, 5).unwrap();
    feed(&mut small, 5..9);
    feed(&mut large, 5..9);
    for layer in 0..SHAPE.layers {
        for head in 0..SHAPE.kv_heads {
            assert_eq!(small.keys(layer, head), large.keys(layer, head));
            assert_eq!(small.values(layer, head), large.values(layer, head));
            assert_eq!(small.positions(layer, head), large.positions(layer, head));
        }
        // The rows that the smaller window had let go do not come back; the newest are there.
        let newest = |cache: &KvCache| -> Vec<Vec<f32>> {
            cache
                .window_queries(layer)
                .map(<[f32]>::to_vec)
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .take(4)
                .collect()
        };
        assert_eq!(newest(&small), newest(&large));
    }
    assert_eq!(small.seen(), 9);
    assert!(small.resize(8, 5).is_err());
}

#[test]
fn reset_starts_over() {
    let mut cache = KvCache::new(SHAPE).expect("small");
    feed(&mut cache, 0..9);
    cache.reset();
    assert!(cache.is_empty());
    assert_eq!(cache.window_queries(0).len(), 0);
    feed(&mut cache, 0..4);
    check(&cache);
    assert_eq!(cache.bytes(), 2 * 2 * 16 * 2 * 3 * 4);
}

proptest! {
    #[test]
    fn compaction_gathers_exactly_in_any_order(
        orders in prop::collection::vec(Just((0..12u32).collect::<Vec<_>>()).prop_shuffle(), 4),
        kept in 1..=12usize,
        sorted in any::<bool>(),
    ) {
        let mut cache = KvCache::new(SHAPE).expect("small");
        feed(&mut cache, 0..12);
        for layer in 0..2 {
            let keep: Vec<Vec<Slot>> = (0..2).map(|head| {
                let mut list = orders[layer * 2 + head][..kept].to_vec();
                if sorted { list.sort_unstable(); }
                slots(&list)
            }).collect();
            cache.compact(layer, &keep).expect("valid");
            for (head, keep) in keep.iter().enumerate() {
                let expected: Vec<Position> = keep.iter().map(|slot| Position(slot.0)).collect();
                prop_assert_eq!(cache.positions(layer, head), &expected[..]);
            }
        }
        feed(&mut cache, 12..14);
        check(&cache);
    }
}

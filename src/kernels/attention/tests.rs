//! Attention against f64, and its forms against each other.

use super::*;

fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect()
}

/// Straight from the definition, in f64.
fn oracle(
    attention: Attention,
    queries: &[f32],
    stride: usize,
    tokens: usize,
    cache: CacheView<'_>,
) -> Vec<f64> {
    let Attention {
        query_heads,
        kv_heads,
        head_dim,
    } = attention;
    let mut out = Vec::new();
    for token in 0..tokens {
        for head in 0..query_heads {
            let kv = head / (query_heads / kv_heads);
            let query = &queries[token * stride + head * head_dim..][..head_dim];
            let row = |rows: &[f32], slot: usize, i: usize| {
                f64::from(rows[(kv * cache.capacity + slot) * head_dim + i])
            };
            let visible = cache.len - (tokens - 1 - token);
            let logits: Vec<f64> = (0..visible)
                .map(|slot| {
                    (0..head_dim)
                        .map(|i| f64::from(query[i]) * row(cache.keys, slot, i))
                        .sum::<f64>()
                        / (head_dim as f64).sqrt()
                })
                .collect();
            let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = logits.iter().map(|logit| (logit - highest).exp()).collect();
            let total: f64 = weights.iter().sum();
            for i in 0..head_dim {
                let sum: f64 = (0..visible)
                    .map(|slot| weights[slot] * row(cache.values, slot, i))
                    .sum();
                out.push(sum / total);
            }
        }
    }
    out
}

fn check(
    query_heads: usize,
    kv_heads: usize,
    head_dim: usize,
    len: usize,
    tokens: usize,
    spread: f32,
) {
    let attention = Attention {
        query_heads,
        kv_heads,
        head_dim,
    };
    let capacity = len + 5;
    let stride = (query_heads + 2 * kv_heads) * head_dim;
    let queries: Vec<f32> = noise(tokens * stride, 3)
        .iter()
        .map(|x| x * spread)
        .collect();
    let (keys, values) = (
        noise(kv_heads * capacity * head_dim, 5),
        noise(kv_heads * capacity * head_dim, 7),
    );
    let cache = CacheView {
        keys: &keys,
        values: &values,
        capacity,
        len,
    };
    let mut out = vec![f32::NAN; tokens * query_heads * head_dim];
    let mut scratch = AttentionScratch::default();
    // A logit's rounding error grows with the logit, and the weights are its exponential.
    let tolerance = 3e-6 * f64::from(spread / 4.0).max(1.0);
    // Twice, because leftovers of an earlier call must not matter.
    for _ in 0..2 {
        attention.attend(&queries, stride, tokens, cache, &mut out, &mut scratch);
    }
    for (i, (out, exact)) in out
        .iter()
        .zip(oracle(attention, &queries, stride, tokens, cache))
        .enumerate()
    {
        assert!(
            (f64::from(*out) - exact).abs() < tolerance,
            "{query_heads}/{kv_heads} heads of {head_dim}, {len} slots, {tokens} tokens: {i} is {out}, not {exact}"
        );
    }
}

#[test]
fn one_query_agrees_with_the_definition() {
    for (query_heads, kv_heads) in [(1, 1), (4, 2), (9, 3), (4, 1), (5, 1), (12, 2), (14, 2)] {
        for head_dim in [8, 16, 64, 80, 20, 6, 128] {
            for len in [1, 3, 67] {
                check(query_heads, kv_heads, head_dim, len, 1, 1.0);
            }
        }
    }
}

/// Weights straight from the definition, in f64, summed over tokens and group.
fn received(
    attention: Attention,
    queries: &[f32],
    stride: usize,
    tokens: usize,
    cache: CacheView<'_>,
) -> Vec<f64> {
    let d = attention.head_dim;
    let mut sums = vec![0f64; attention.kv_heads * cache.capacity];
    for token in 0..tokens {
        for head in 0..attention.query_heads {
            let kv = head / (attention.query_heads / attention.kv_heads);
            let query = &queries[token * stride + head * d..][..d];
            let powers: Vec<f64> = (0..cache.len - (tokens - 1 - token))
                .map(|slot| {
                    let key = &cache.keys[(kv * cache.capacity + slot) * d..][..d];
                    let dot: f64 = query
                        .iter()
                        .zip(key)
                        .map(|(&q, &k)| f64::from(q) * f64::from(k))
                        .sum();
                    (dot / (d as f64).sqrt()).exp()
                })
                .collect();
            let total: f64 = powers.iter().sum();
            for (slot, power) in powers.iter().enumerate() {
                sums[kv * cache.capacity + slot] += power / total;
            }
        }
    }
    sums
}

#[test]
fn the_weights_that_slots_receive_are_counted_and_the_output_stays_the_same() {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .expect("two threads");
    for (query_heads, kv_heads, len, tokens) in [
        (4, 2, 9, 1),
        (9, 3, 200, 33),
        (9, 3, 4001, 1),
        (6, 1, 70, 70),
    ] {
        let attention = Attention {
            query_heads,
            kv_heads,
            head_dim: 64,
        };
        let (capacity, stride) = (len + 3, (query_heads + 2 * kv_heads) * 64);
        let queries = noise(tokens * stride, 11);
        let (keys, values) = (
            noise(kv_heads * capacity * 64, 13),
            noise(kv_heads * capacity * 64, 17),
        );
        let cache = CacheView {
            keys: &keys,
            values: &values,
            capacity,
            len,
        };
        let mut scratch = AttentionScratch::default();
        let mut plain = vec![0.0; tokens * query_heads * 64];
        let mut counted = plain.clone();
        let mut sums = vec![1.0; kv_heads * capacity];
        pool.install(|| {
            attention.attend(&queries, stride, tokens, cache, &mut plain, &mut scratch);
            let out = (counted.as_mut_slice(), sums.as_mut_slice());
            attention.attend_and_count(&queries, stride, tokens, cache, out, &mut scratch);
        });
        for (plain, counted) in plain.iter().zip(&counted) {
            assert!((plain - counted).abs() < 3e-6);
        }
        let exact = received(attention, &queries, stride, tokens, cache);
        for (i, (sum, exact)) in sums.iter().zip(exact).enumerate() {
            assert!(
                (f64::from(*sum) - 1.0 - exact).abs() < 2e-5,
                "{i}: {sum}, {exact}"
            );
        }
    }
}

#[test]
fn a_chunk_is_causal_within_itself() {
    for (len, tokens) in [(1, 1), (7, 7), (40, 9), (200, 33), (64, 64)] {
        check(9, 3, 64, len, tokens, 1.0);
        check(4, 2, 16, len, tokens, 1.0);
        check(14, 2, 32, len, tokens, 1.0);
    }
}

#[test]
fn sharp_and_flat_attention_survive() {
    check(9, 3, 64, 300, 1, 100.0);
    check(9, 3, 64, 300, 1, 1e-4);
    check(9, 3, 64, 300, 5, 100.0);
}

#[test]
fn split_heads_and_parallel_tiles_agree_too() {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .expect("two threads");
    pool.install(|| {
        check(9, 3, 64, 4001, 1, 4.0);
        check(16, 1, 128, 1500, 1, 4.0);
        check(9, 3, 64, 700, 64, 1.0);
    });
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for (query_heads, kv_heads, head_dim) in [(9, 3, 64), (12, 2, 128), (16, 8, 128)] {
        let attention = Attention {
            query_heads,
            kv_heads,
            head_dim,
        };
        let len = 4001;
        let queries = noise(query_heads * head_dim, 3);
        let (keys, values) = (
            noise(kv_heads * len * head_dim, 5),
            noise(kv_heads * len * head_dim, 7),
        );
        let cache = CacheView {
            keys: &keys,
            values: &values,
            capacity: len,
            len,
        };
        let by = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let mut out = vec![f32::NAN; query_heads * head_dim];
            let mut scratch = AttentionScratch::default();
            pool.build().unwrap().install(|| {
                attention.attend(&queries, queries.len(), 1, cache, &mut out, &mut scratch);
            });
            out.into_iter().map(f32::to_bits).collect::<Vec<u32>>()
        };
        let one = by(1);
        for threads in [2, 3, 8] {
            assert_eq!(by(threads), one, "{threads} threads, {kv_heads} KV heads");
        }
    }
}

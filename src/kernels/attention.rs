//! Attention of new queries over a head-major cache, without expanding shared heads and without allocating per step.
//!
//! Query heads that share a KV head are computed together, so each key and value row is read from memory once per
//! group. A chunk of new tokens is already in the cache when its queries attend: query `t` of `T` sees all but the
//! last `T - 1 - t` slots. Softmax is two-pass within a unit of work; units that split one head's slots are merged by
//! their maxima and sums, as in flash decoding.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::exp::exp_row;

use super::tiles::{accumulate, maximum, score};

/// Query rows a unit works on: their accumulators and one tile of keys stay in the first-level cache.
const UNIT_ROWS: usize = 12;
/// Multiplications below which starting other threads costs more than it saves.
const PARALLEL_WORK: usize = 1 << 21;
/// Shortest range of slots worth a unit of its own.
const SHORTEST_SPLIT: usize = 256;

thread_local! {
    /// Scores of one unit, `[rows, slots]`; grows to its largest use and stays.
    static SCORES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Head layout of a decoder.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// Query heads.
    pub query_heads: usize,
    /// KV heads; query head `h` reads KV head `h / (query_heads / kv_heads)`.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
}

/// One layer's cache.
#[derive(Clone, Copy, Debug)]
pub struct CacheView<'a> {
    /// `[kv_heads, capacity, head_dim]`.
    pub keys: &'a [f32],
    /// `[kv_heads, capacity, head_dim]`.
    pub values: &'a [f32],
    /// Slots per head.
    pub capacity: usize,
    /// Held entries per head, the new tokens' included.
    pub len: usize,
}

/// Buffers reused from call to call.
#[derive(Debug, Default)]
pub struct AttentionScratch {
    parts: Vec<f32>,
}

/// Some query rows of one KV head over a range of slots.
struct Unit {
    head: usize,
    first_token: usize,
    tokens: usize,
    slots: std::ops::Range<usize>,
}

impl Attention {
    /// Attends `tokens` queries over the cache, whose last `tokens` entries are theirs.
    ///
    /// `queries` holds a row of `stride` floats per token that starts with `[query_heads, head_dim]`;
    /// `out` becomes `[tokens, query_heads, head_dim]`. Logits are scaled by `1 / sqrt(head_dim)`.
    pub fn attend(
        &self,
        queries: &[f32],
        stride: usize,
        tokens: usize,
        cache: CacheView<'_>,
        out: &mut [f32],
        scratch: &mut AttentionScratch,
    ) {
        self.run(queries, stride, tokens, cache, (out, None), scratch);
    }

    /// As [`Attention::attend`], and adds to `received` `[kv_heads, capacity]` the softmax weight of every slot, summed
    /// over the tokens and over the query heads of a KV head.
    pub fn attend_and_count(
        &self,
        queries: &[f32],
        stride: usize,
        tokens: usize,
        cache: CacheView<'_>,
        (out, received): (&mut [f32], &mut [f32]),
        scratch: &mut AttentionScratch,
    ) {
        self.run(
            queries,
            stride,
            tokens,
            cache,
            (out, Some(received)),
            scratch,
        );
    }

    fn run(
        &self,
        queries: &[f32],
        stride: usize,
        tokens: usize,
        cache: CacheView<'_>,
        (out, received): (&mut [f32], Option<&mut [f32]>),
        scratch: &mut AttentionScratch,
    ) {
        let group = self.query_heads / self.kv_heads;
        let tile = (UNIT_ROWS / group).clamp(1, tokens.max(1));
        let tiles = tokens.div_ceil(tile);
        let work = 2 * tokens * self.query_heads * self.head_dim * cache.len;
        let threads = rayon::current_num_threads();
        let parallel = threads > 1 && work >= PARALLEL_WORK;
        // Weights are whole only where a unit sees all of a head's slots.
        let splits = if parallel && tiles == 1 && received.is_none() {
            self.splits(threads, cache.len)
        } else {
            1
        };

        // Per unit: unnormalised outputs [rows, head_dim], each row's maximum and sum, weights received [slots].
        let rows = tile * group;
        let counted = if received.is_some() { cache.len } else { 0 };
        let part = rows * (self.head_dim + 2) + counted;
        let units = tiles * self.kv_heads * splits;
        if scratch.parts.len() < units * part {
            scratch.parts.resize(units * part, 0.0);
        }
        let unit = |index: usize| {
            let (rest, split) = (index / splits, index % splits);
            let first_token = rest / self.kv_heads * tile;
            Unit {
                head: rest % self.kv_heads,
                first_token,
                tokens: tile.min(tokens - first_token),
                slots: cache.len * split / splits..cache.len * (split + 1) / splits,
            }
        };
        let parts = &mut scratch.parts[..units * part];
        let compute = |(index, part): (usize, &mut [f32])| {
            let (part, counts) = part.split_at_mut(part.len() - counted);
            self.unit(queries, stride, tokens, cache, &unit(index), (part, counts));
        };
        if parallel {
            parts
                .par_chunks_mut(part)
                .enumerate()
                .with_max_len(1)
                .for_each(compute);
        } else {
            parts.chunks_mut(part).enumerate().for_each(compute);
        }
        for tile_head in 0..tiles * self.kv_heads {
            let first = unit(tile_head * splits);
            let parts = &parts[tile_head * splits * part..(tile_head + 1) * splits * part];
            self.merge(parts, part, &first, out);
        }
        if let Some(received) = received {
            // One unit per tile and head, heads innermost.
            for (index, part) in parts.chunks_exact(part).enumerate() {
                let at = index % self.kv_heads * cache.capacity;
                let counts = &part[part.len() - counted..];
                for (sum, &count) in received[at..at + counted].iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
    }

    /// Into how many ranges each head's slots are cut so that all threads get equal shares.
    fn splits(&self, threads: usize, slots: usize) -> usize {
        let most = (slots / SHORTEST_SPLIT).clamp(1, 16);
        (1..=most)
            .find(|splits| (self.kv_heads * splits).is_multiple_of(threads))
            .unwrap_or(most)
    }

    fn unit(
        &self,
        queries: &[f32],
        stride: usize,
        tokens: usize,
        cache: CacheView<'_>,
        unit: &Unit,
        (part, counts): (&mut [f32], &mut [f32]),
    ) {
        let (dim, group) = (self.head_dim, self.query_heads / self.kv_heads);
        let rows = unit.tokens * group;
        let last_token = unit.first_token + unit.tokens - 1;
        // Slots visible to the unit's newest query; older rows of the unit see fewer.
        let visible = |token: usize| cache.len - (tokens - 1 - token);
        let end = unit
            .slots
            .end
            .min(visible(last_token))
            .max(unit.slots.start);
        let slots = end - unit.slots.start;
        let base = (unit.head * cache.capacity + unit.slots.start) * dim;
        let keys = &cache.keys[base..base + slots * dim];
        let values = &cache.values[base..base + slots * dim];
        let scale = 1.0 / (dim as f32).sqrt();

        SCORES.with_borrow_mut(|buffer| {
            if buffer.len() < rows * (slots + dim) {
                buffer.resize(rows * (slots + dim), 0.0);
            }
            let (scores, gathered) = buffer.split_at_mut(rows * slots);
            let gathered = &mut gathered[..rows * dim];
            for (token, rows) in gathered.chunks_exact_mut(group * dim).enumerate() {
                let at = (unit.first_token + token) * stride + unit.head * group * dim;
                rows.copy_from_slice(&queries[at..at + group * dim]);
            }
            score(gathered, keys, dim, scores, slots);

            let (outputs, stats) = part.split_at_mut(rows * dim);
            counts.fill(0.0);
            for row in 0..rows {
                let sees = visible(unit.first_token + row / group).clamp(unit.slots.start, end)
                    - unit.slots.start;
                let (seen, hidden) = scores[row * slots..(row + 1) * slots].split_at_mut(sees);
                let highest = maximum(seen);
                stats[2 * row] = highest;
                stats[2 * row + 1] = exp_row(seen, highest, scale);
                hidden.fill(0.0);
                let share = 1.0 / stats[2 * row + 1];
                for (count, &weight) in counts.iter_mut().zip(&*seen) {
                    *count = weight.mul_add(share, *count);
                }
            }
            outputs.fill(0.0);
            accumulate(scores, slots, values, dim, outputs);
        });
    }

    /// Merges the parts of one tile and head into `out`.
    fn merge(&self, parts: &[f32], part: usize, unit: &Unit, out: &mut [f32]) {
        let (dim, group) = (self.head_dim, self.query_heads / self.kv_heads);
        let rows = unit.tokens * group;
        let scale = 1.0 / (dim as f32).sqrt();
        for row in 0..rows {
            let (token, member) = (unit.first_token + row / group, row % group);
            let at = (token * self.query_heads + unit.head * group + member) * dim;
            let out = &mut out[at..at + dim];
            let stat = |part: &[f32]| (part[rows * dim + 2 * row], part[rows * dim + 2 * row + 1]);
            if parts.len() == part {
                let inverse = 1.0 / stat(parts).1;
                for (out, value) in out.iter_mut().zip(&parts[row * dim..(row + 1) * dim]) {
                    *out = value * inverse;
                }
                continue;
            }
            let highest = parts
                .chunks_exact(part)
                .map(|part| stat(part).0)
                .fold(f32::NEG_INFINITY, f32::max);
            let weight = |part: &[f32]| ((stat(part).0 - highest) * scale).exp();
            let total: f32 = parts
                .chunks_exact(part)
                .map(|part| weight(part) * stat(part).1)
                .sum();
            out.fill(0.0);
            for part in parts.chunks_exact(part) {
                let share = weight(part) / total;
                for (out, value) in out.iter_mut().zip(&part[row * dim..(row + 1) * dim]) {
                    *out = value.mul_add(share, *out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
                let weights: Vec<f64> =
                    logits.iter().map(|logit| (logit - highest).exp()).collect();
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
}

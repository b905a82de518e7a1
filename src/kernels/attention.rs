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
/// Units that one query is cut into, if it is long enough: two to four threads get nearly equal shares whatever the heads.
const UNITS: usize = 16;
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
        let large = work >= PARALLEL_WORK;
        let parallel = large && rayon::current_num_threads() > 1;
        // Sums of parts round otherwise than one sum: into how many they are cut must not hang on the threads, or a run
        // would be another one elsewhere. Weights are whole only where a unit sees all of a head's slots.
        let splits = if large && tiles == 1 && received.is_none() {
            self.splits(cache.len)
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

    /// Into how many ranges each head's slots are cut, so that there are units for many threads.
    fn splits(&self, slots: usize) -> usize {
        let most = (slots / SHORTEST_SPLIT).max(1);
        UNITS.div_ceil(self.kv_heads).min(most)
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
mod tests;

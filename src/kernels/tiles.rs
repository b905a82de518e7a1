//! The two products of attention, a few rows against a run of keys or values at a time.
//!
//! Three query rows against four keys (or four registers of a value row) use twelve accumulators: as many as the
//! sixteen vector registers of AVX leave room for, and enough to hide the latency of the multiplications.

use super::lanes::{LANES, Lanes, fma, fma_scalar, load, sum};
use crate::policy::dot::dot;

/// Value rows that stay in the first-level cache while all query rows of a unit pass over them.
const VALUE_TILE: usize = 64;

/// The largest score; negative infinity for none.
pub(super) fn maximum(scores: &[f32]) -> f32 {
    let mut best = [f32::NEG_INFINITY; LANES];
    let chunks = scores.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (best, &score) in best.iter_mut().zip(chunk) {
            *best = if score > *best { score } else { *best };
        }
    }
    best.iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, f32::max)
}

/// `scores[row, slot] = queries[row] . keys[slot]`.
pub(super) fn score(queries: &[f32], keys: &[f32], dim: usize, scores: &mut [f32], slots: usize) {
    const KEYS: usize = 4;
    let rows = queries.len() / dim;
    let whole = slots / KEYS * KEYS;
    for slot in (0..whole).step_by(KEYS) {
        let tile = &keys[slot * dim..(slot + KEYS) * dim];
        each_row_group(rows, |row, count| {
            let queries = &queries[row * dim..(row + count) * dim];
            let at = row * slots + slot;
            match count {
                3 => put::<3, KEYS>(score_tile(queries, tile, dim), scores, at, slots),
                2 => put::<2, KEYS>(score_tile(queries, tile, dim), scores, at, slots),
                _ => put::<1, KEYS>(score_tile(queries, tile, dim), scores, at, slots),
            }
        });
    }
    for slot in whole..slots {
        let key = &keys[slot * dim..(slot + 1) * dim];
        for row in 0..rows {
            scores[row * slots + slot] = dot(&queries[row * dim..(row + 1) * dim], key);
        }
    }
}

/// Calls `body(first, count)` for groups of three, two or one rows: as many as twelve accumulators allow.
#[inline]
fn each_row_group(rows: usize, mut body: impl FnMut(usize, usize)) {
    let mut row = 0;
    while row < rows {
        let count = match rows - row {
            4 => 2,
            left => left.min(3),
        };
        body(row, count);
        row += count;
    }
}

#[inline]
fn put<const ROWS: usize, const KEYS: usize>(
    tile: [[f32; KEYS]; ROWS],
    scores: &mut [f32],
    at: usize,
    stride: usize,
) {
    for (row, tile) in tile.iter().enumerate() {
        scores[at + row * stride..at + row * stride + KEYS].copy_from_slice(tile);
    }
}

#[inline]
fn score_tile<const ROWS: usize, const KEYS: usize>(
    queries: &[f32],
    keys: &[f32],
    dim: usize,
) -> [[f32; KEYS]; ROWS] {
    let mut acc = [[[0.0; LANES]; KEYS]; ROWS];
    let mut at = 0;
    while at + LANES <= dim {
        let mut tile = [[0.0; LANES]; KEYS];
        for (key, tile) in tile.iter_mut().enumerate() {
            *tile = load(keys, key * dim + at);
        }
        for (row, acc) in acc.iter_mut().enumerate() {
            let query = load(queries, row * dim + at);
            for (acc, tile) in acc.iter_mut().zip(&tile) {
                fma(acc, &query, tile);
            }
        }
        at += LANES;
    }
    let mut out = [[0.0; KEYS]; ROWS];
    for (row, (out, acc)) in out.iter_mut().zip(&acc).enumerate() {
        for (key, (out, acc)) in out.iter_mut().zip(acc).enumerate() {
            let tail: f32 = (at..dim)
                .map(|i| queries[row * dim + i] * keys[key * dim + i])
                .sum();
            *out = sum(acc) + tail;
        }
    }
    out
}

/// `out[row] += sum over slots of weights[row, slot] * values[slot]`.
pub(super) fn accumulate(
    weights: &[f32],
    slots: usize,
    values: &[f32],
    dim: usize,
    out: &mut [f32],
) {
    const WIDE: usize = 4;
    let rows = out.len() / dim;
    for first in (0..slots).step_by(VALUE_TILE) {
        let count = VALUE_TILE.min(slots - first);
        let tile = &values[first * dim..(first + count) * dim];
        each_row_group(rows, |row, group| {
            let weights = &weights[row * slots + first..];
            let out = &mut out[row * dim..(row + group) * dim];
            let mut at = 0;
            while at + WIDE * LANES <= dim {
                match group {
                    3 => accumulate_tile::<3, WIDE>(weights, slots, tile, dim, at, out),
                    2 => accumulate_tile::<2, WIDE>(weights, slots, tile, dim, at, out),
                    _ => accumulate_tile::<1, WIDE>(weights, slots, tile, dim, at, out),
                }
                at += WIDE * LANES;
            }
            while at + LANES <= dim {
                match group {
                    3 => accumulate_tile::<3, 1>(weights, slots, tile, dim, at, out),
                    2 => accumulate_tile::<2, 1>(weights, slots, tile, dim, at, out),
                    _ => accumulate_tile::<1, 1>(weights, slots, tile, dim, at, out),
                }
                at += LANES;
            }
            for (row, out) in out.chunks_exact_mut(dim).enumerate() {
                for (slot, value) in tile.chunks_exact(dim).enumerate() {
                    for i in at..dim {
                        out[i] = weights[row * slots + slot].mul_add(value[i], out[i]);
                    }
                }
            }
        });
    }
}

#[inline]
fn accumulate_tile<const ROWS: usize, const WIDE: usize>(
    weights: &[f32],
    stride: usize,
    values: &[f32],
    dim: usize,
    at: usize,
    out: &mut [f32],
) {
    let mut acc: [[Lanes; WIDE]; ROWS] = [[[0.0; LANES]; WIDE]; ROWS];
    for (row, acc) in acc.iter_mut().enumerate() {
        for (wide, acc) in acc.iter_mut().enumerate() {
            *acc = load(out, row * dim + at + wide * LANES);
        }
    }
    for (slot, value) in values.chunks_exact(dim).enumerate() {
        let mut lanes = [[0.0; LANES]; WIDE];
        for (wide, lanes) in lanes.iter_mut().enumerate() {
            *lanes = load(value, at + wide * LANES);
        }
        for (row, acc) in acc.iter_mut().enumerate() {
            let weight = weights[row * stride + slot];
            for (acc, lanes) in acc.iter_mut().zip(&lanes) {
                fma_scalar(acc, weight, lanes);
            }
        }
    }
    for (row, acc) in acc.iter().enumerate() {
        for (wide, acc) in acc.iter().enumerate() {
            let at = row * dim + at + wide * LANES;
            out[at..at + LANES].copy_from_slice(acc);
        }
    }
}

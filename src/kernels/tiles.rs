//! The two products of attention, a few rows against a run of keys or values at a time.

use crate::dot::{dot, tile};
use crate::lanes::{LANES, Lanes};

/// Value rows that stay in the first-level cache while all query rows of a unit pass over them.
const VALUE_TILE: usize = 64;
/// Keys that one tile of products takes.
const KEYS: usize = 4;

/// The largest score; negative infinity for none.
pub(super) fn maximum(scores: &[f32]) -> f32 {
    let whole = scores.len() / LANES * LANES;
    let mut best = Lanes::splat(f32::NEG_INFINITY);
    for at in (0..whole).step_by(LANES) {
        best = Lanes::load(scores, at).max(best);
    }
    let mut lanes = [0.0; LANES];
    best.store(&mut lanes, 0);
    lanes
        .iter()
        .chain(&scores[whole..])
        .copied()
        .fold(f32::NEG_INFINITY, f32::max)
}

/// `scores[row, slot] = queries[row] . keys[slot]`.
pub(super) fn score(queries: &[f32], keys: &[f32], dim: usize, scores: &mut [f32], slots: usize) {
    let rows = queries.len() / dim;
    let whole = slots / KEYS * KEYS;
    for slot in (0..whole).step_by(KEYS) {
        let keys = &keys[slot * dim..(slot + KEYS) * dim];
        each_row_group(rows, |row, count| {
            let at = row * slots + slot;
            match count {
                3 => put(
                    tile(split::<3>(queries, row, dim), keys, dim),
                    scores,
                    at,
                    slots,
                ),
                2 => put(
                    tile(split::<2>(queries, row, dim), keys, dim),
                    scores,
                    at,
                    slots,
                ),
                _ => put(
                    tile(split::<1>(queries, row, dim), keys, dim),
                    scores,
                    at,
                    slots,
                ),
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
fn split<const ROWS: usize>(queries: &[f32], first: usize, dim: usize) -> [&[f32]; ROWS] {
    let mut rows = [&queries[..0]; ROWS];
    for (row, slice) in rows.iter_mut().enumerate() {
        *slice = &queries[(first + row) * dim..(first + row + 1) * dim];
    }
    rows
}

#[inline]
fn put<const ROWS: usize>(tile: [[f32; KEYS]; ROWS], scores: &mut [f32], at: usize, stride: usize) {
    for (row, tile) in tile.iter().enumerate() {
        scores[at + row * stride..at + row * stride + KEYS].copy_from_slice(tile);
    }
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

#[expect(
    clippy::inline_always,
    clippy::needless_range_loop,
    reason = "the widths are known to the caller; a call would spill the sums, iterators do so at times"
)]
#[inline(always)]
fn accumulate_tile<const ROWS: usize, const WIDE: usize>(
    weights: &[f32],
    stride: usize,
    values: &[f32],
    dim: usize,
    at: usize,
    out: &mut [f32],
) {
    let mut sums = [[Lanes::zero(); WIDE]; ROWS];
    for row in 0..ROWS {
        for wide in 0..WIDE {
            sums[row][wide] = Lanes::load(out, row * dim + at + wide * LANES);
        }
    }
    for (slot, value) in values.chunks_exact(dim).enumerate() {
        let mut lanes = [Lanes::zero(); WIDE];
        for wide in 0..WIDE {
            lanes[wide] = Lanes::load(value, at + wide * LANES);
        }
        for row in 0..ROWS {
            let weight = Lanes::splat(weights[row * stride + slot]);
            for wide in 0..WIDE {
                sums[row][wide] = sums[row][wide].plus(weight, lanes[wide]);
            }
        }
    }
    for row in 0..ROWS {
        for wide in 0..WIDE {
            sums[row][wide].store(out, row * dim + at + wide * LANES);
        }
    }
}

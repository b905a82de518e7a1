//! Matrix times vector in f32: one new token through one dense layer.

use rayon::prelude::*;

use crate::lanes::{LANES, Lanes};

/// Rows that share each load of the vector: as many sums as hide the latency of a multiplication.
const ROWS: usize = 8;
/// Weights below which starting other threads costs more than it saves.
const PARALLEL_WEIGHTS: usize = 1 << 20;

/// `out[row] = weights[row, ..] . x` for `weights` of shape `[out.len(), x.len()]`.
pub fn gemv(weights: &[f32], x: &[f32], out: &mut [f32]) {
    let columns = x.len();
    let threads = rayon::current_num_threads();
    if threads == 1 || weights.len() < PARALLEL_WEIGHTS {
        return rows(weights, x, out);
    }
    let share = out.len().div_ceil(threads * 2).next_multiple_of(ROWS);
    out.par_chunks_mut(share)
        .zip(weights.par_chunks(share * columns))
        .for_each(|(out, weights)| rows(weights, x, out));
}

fn rows(weights: &[f32], x: &[f32], out: &mut [f32]) {
    let columns = x.len();
    let whole = out.len() / ROWS * ROWS;
    let (blocks, rest) = out.split_at_mut(whole);
    for (block, out) in blocks.chunks_exact_mut(ROWS).enumerate() {
        let at = block * ROWS * columns;
        eight(&weights[at..at + ROWS * columns], x, out);
    }
    for (row, out) in rest.iter_mut().enumerate() {
        let at = (whole + row) * columns;
        *out = crate::dot::dot(&weights[at..at + columns], x);
    }
}

#[inline]
fn eight(weights: &[f32], x: &[f32], out: &mut [f32]) {
    let columns = x.len();
    let mut rows = [&weights[..0]; ROWS];
    for (row, slice) in rows.iter_mut().enumerate() {
        *slice = &weights[row * columns..(row + 1) * columns];
    }
    let mut sums = [Lanes::zero(); ROWS];
    let mut at = 0;
    while at + LANES <= columns {
        let lanes = Lanes::load(x, at);
        for row in 0..ROWS {
            sums[row] = sums[row].plus(lanes, Lanes::load(rows[row], at));
        }
        at += LANES;
    }
    let [a, b, c, d, e, f, g, h] = sums;
    out[..4].copy_from_slice(&Lanes::sums([a, b, c, d]));
    out[4..ROWS].copy_from_slice(&Lanes::sums([e, f, g, h]));
    if at < columns {
        for (out, row) in out.iter_mut().zip(rows) {
            *out += row[at..]
                .iter()
                .zip(&x[at..])
                .map(|(w, x)| w * x)
                .sum::<f32>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_f64_at_odd_shapes_and_in_parallel() {
        for (rows, columns) in [(1, 1), (5, 13), (8, 64), (7, 100), (1030, 1024)] {
            let weights: Vec<f32> = (0..rows * columns)
                .map(|i| ((i * 7919 % 1009) as f32 / 504.0) - 1.0)
                .collect();
            let x: Vec<f32> = (0..columns).map(|i| (i as f32 * 0.37).sin()).collect();
            let mut out = vec![0.0; rows];
            gemv(&weights, &x, &mut out);
            for (row, out) in out.iter().enumerate() {
                let exact: f64 = (0..columns)
                    .map(|i| f64::from(weights[row * columns + i]) * f64::from(x[i]))
                    .sum();
                assert!(
                    (f64::from(*out) - exact).abs() < 1e-4,
                    "{rows}x{columns} row {row}"
                );
            }
        }
    }
}

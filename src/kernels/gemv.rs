//! Matrix times vector in f32: one new token through one dense layer.

use rayon::prelude::*;

use super::lanes::{LANES, fma, load, sum};

/// Rows that share each load of the vector.
const ROWS: usize = 4;
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
        out.copy_from_slice(&four(&weights[at..at + ROWS * columns], x));
    }
    for (row, out) in rest.iter_mut().enumerate() {
        let at = (whole + row) * columns;
        *out = crate::policy::dot::dot(&weights[at..at + columns], x);
    }
}

#[inline]
fn four(weights: &[f32], x: &[f32]) -> [f32; ROWS] {
    let columns = x.len();
    let (a, rest) = weights.split_at(columns);
    let (b, rest) = rest.split_at(columns);
    let (c, d) = rest.split_at(columns);
    let mut acc = [[0.0; LANES]; ROWS];
    let mut at = 0;
    while at + LANES <= columns {
        let lanes = load(x, at);
        fma(&mut acc[0], &lanes, &load(a, at));
        fma(&mut acc[1], &lanes, &load(b, at));
        fma(&mut acc[2], &lanes, &load(c, at));
        fma(&mut acc[3], &lanes, &load(d, at));
        at += LANES;
    }
    let mut out = [0.0; ROWS];
    for (out, (acc, row)) in out.iter_mut().zip(acc.iter().zip([a, b, c, d])) {
        let tail: f32 = row[at..].iter().zip(&x[at..]).map(|(w, x)| w * x).sum();
        *out = sum(acc) + tail;
    }
    out
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

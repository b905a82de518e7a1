//! Dot products: the inner loop of every score.

use crate::lanes::{LANES, Lanes};

/// `a . b` over the shorter of the two, the lanes' sum rounded once.
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut even = Lanes::zero();
    let mut odd = Lanes::zero();
    let mut at = 0;
    while at + 2 * LANES <= n {
        even = even.plus(Lanes::load(a, at), Lanes::load(b, at));
        odd = odd.plus(Lanes::load(a, at + LANES), Lanes::load(b, at + LANES));
        at += 2 * LANES;
    }
    (even.sum_f64() + odd.sum_f64() + tail(a, b, at)) as f32
}

/// `a` against four rows of `[4, a.len()]` at once, each sum of lanes rounded once: an attention logit of 60 loses 4e-6
/// with every further rounding, and its softmax as much.
#[inline]
pub fn dot4(a: &[f32], rows: &[f32]) -> [f32; 4] {
    let d = a.len();
    let [lanes] = products([a], rows, d);
    let mut out = [0.0; 4];
    for (row, out) in out.iter_mut().enumerate() {
        let rest = tail(a, &rows[row * d..(row + 1) * d], whole(d));
        *out = (lanes[row].sum_f64() + rest) as f32;
    }
    out
}

/// `ROWS` queries of `dim` floats against `keys` of `[4, dim]`, summed in single precision: for products whose last bit
/// decides nothing. Twelve accumulators at `ROWS = 3`: as many as sixteen vector registers leave room for, and enough
/// to hide the latency of the multiplications.
#[expect(
    clippy::inline_always,
    reason = "the sums stay in registers of the caller's loop"
)]
#[inline(always)]
pub fn tile<const ROWS: usize>(
    queries: [&[f32]; ROWS],
    keys: &[f32],
    dim: usize,
) -> [[f32; 4]; ROWS] {
    let lanes = products(queries, keys, dim);
    let mut out = [[0.0; 4]; ROWS];
    for row in 0..ROWS {
        out[row] = Lanes::sums(lanes[row]);
    }
    let at = whole(dim);
    if at < dim {
        for (row, out) in out.iter_mut().enumerate() {
            for (key, out) in out.iter_mut().enumerate() {
                *out += tail(queries[row], &keys[key * dim..(key + 1) * dim], at) as f32;
            }
        }
    }
    out
}

/// The part of `dim` that fills whole registers.
fn whole(dim: usize) -> usize {
    dim / LANES * LANES
}

fn tail(a: &[f32], b: &[f32], at: usize) -> f64 {
    let rest = a[at..].iter().zip(&b[at..]);
    rest.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

#[expect(
    clippy::inline_always,
    reason = "the sums stay in registers of the caller's loop"
)]
#[inline(always)]
fn products<const ROWS: usize>(
    queries: [&[f32]; ROWS],
    keys: &[f32],
    dim: usize,
) -> [[Lanes; 4]; ROWS] {
    let (k0, rest) = keys.split_at(dim);
    let (k1, rest) = rest.split_at(dim);
    let (k2, rest) = rest.split_at(dim);
    let k3 = &rest[..dim];
    let mut sums = [[Lanes::zero(); 4]; ROWS];
    let mut at = 0;
    while at + LANES <= dim {
        // Not `map`: its closures are calls where the crate's size discourages inlining.
        let keys = [
            Lanes::load(k0, at),
            Lanes::load(k1, at),
            Lanes::load(k2, at),
            Lanes::load(k3, at),
        ];
        for row in 0..ROWS {
            let query = Lanes::load(queries[row], at);
            sums[row][0] = sums[row][0].plus(query, keys[0]);
            sums[row][1] = sums[row][1].plus(query, keys[1]);
            sums[row][2] = sums[row][2].plus(query, keys[2]);
            sums[row][3] = sums[row][3].plus(query, keys[3]);
        }
        at += LANES;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_double_precision_at_every_length() {
        for d in 0..70 {
            let a: Vec<f32> = (0..d).map(|i| (i as f32 * 0.37).sin()).collect();
            let rows: Vec<f32> = (0..4 * d).map(|i| (i as f32 * 0.11).cos()).collect();
            let slow = |row: &[f32]| -> f64 {
                a.iter()
                    .zip(row)
                    .map(|(&x, &y)| f64::from(x) * f64::from(y))
                    .sum()
            };
            let four = dot4(&a, &rows);
            let twice = tile([&a[..], &a[..]], &rows, d);
            for r in 0..4 {
                let row = &rows[r * d..(r + 1) * d];
                assert!((f64::from(dot(&a, row)) - slow(row)).abs() < 1e-5);
                assert!((f64::from(four[r]) - slow(row)).abs() < 1e-5);
                assert!((f64::from(twice[0][r]) - slow(row)).abs() < 1e-5);
                assert_eq!(twice[0][r], twice[1][r]);
            }
        }
    }
}

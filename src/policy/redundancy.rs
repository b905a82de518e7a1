//! Redundancy: how much a key repeats the others (R-KV §3.3 in the published code's form).
//!
//! The published code builds the `n x n` cosine matrix. Only its column means are needed, and with `s`
//! the sum of the unit keys they are
//!
//! ```text
//! colsum_j = k_j . s - |k_j|^2 - sum of sim(i, j) over the rows i whose spared column is j
//! ```
//!
//! so pairwise work only has to find each row's spared column, and that search starts at the newest key
//! and stops at the first hit: for the dense keys of real models it ends after a few comparisons.

use super::softmax::softmax;
use crate::config::Retain;
use crate::dot::{dot, tile};

/// Redundancy of every slot of one head.
#[derive(Clone, Debug, PartialEq)]
pub struct Redundancy {
    /// Column means of the similarity matrix after zeroing, `[n]`, each -1 to 1.
    pub sim_mean: Vec<f32>,
    /// Softmax of the column means over all slots, `[n]`.
    pub shares: Vec<f32>,
    /// Per row, the newest other slot with a cosine above the threshold, `[n]`.
    pub newest_similar: Vec<Option<u32>>,
    /// Per row, the column whose similarity was zeroed (0 where nothing is similar), `[n]`.
    pub spared: Vec<u32>,
}

/// Norms are raised by this, so that a zero key has cosine 0 with all (published code).
const EPSILON: f32 = 1e-8;

/// Redundancy of keys `[n, head_dim]` in cache order.
///
/// `threshold` is a cosine, -1 to 1. In each row the column named by `retain` is zeroed, the diagonal
/// too; then the mean over rows gives one value per column, and a softmax over all `n` the redundancy.
pub fn redundancy(keys: &[f32], head_dim: usize, threshold: f64, retain: Retain) -> Redundancy {
    let n = keys.len() / head_dim;
    let unit = unit_keys(keys, head_dim);
    let threshold = threshold as f32;
    let row = |i: usize| &unit[i * head_dim..(i + 1) * head_dim];
    let newest_similar = newest_similar(&unit, head_dim, threshold);
    let spared: Vec<u32> = match retain {
        Retain::Newest => newest_similar.iter().map(|j| j.unwrap_or(0)).collect(),
        Retain::First => vec![0; n],
        Retain::FirstPercent(ratio) => {
            let rank = ((n as f64 * ratio) as usize).max(1);
            (0..n)
                .map(|i| ranked_similar(&unit, head_dim, i, threshold, rank))
                .collect()
        }
    };

    let mut sum = vec![0f64; head_dim];
    for key in unit.chunks_exact(head_dim) {
        for (total, &x) in sum.iter_mut().zip(key) {
            *total += f64::from(x);
        }
    }
    let mut columns: Vec<f64> = (0..n)
        .map(|j| {
            let key = row(j);
            let all: f64 = key.iter().zip(&sum).map(|(&x, &s)| f64::from(x) * s).sum();
            all - f64::from(dot(key, key))
        })
        .collect();
    for (i, &j) in spared.iter().enumerate() {
        if i != j as usize {
            columns[j as usize] -= f64::from(dot(row(i), row(j as usize)));
        }
    }
    let sim_mean: Vec<f32> = columns.iter().map(|c| (c / n as f64) as f32).collect();
    let mut redundancy = sim_mean.clone();
    softmax(&mut redundancy);
    Redundancy {
        sim_mean,
        shares: redundancy,
        newest_similar,
        spared,
    }
}

fn unit_keys(keys: &[f32], head_dim: usize) -> Vec<f32> {
    let mut unit = keys.to_vec();
    for key in unit.chunks_exact_mut(head_dim) {
        let scale = 1.0 / (dot(key, key).sqrt() + EPSILON);
        for x in key {
            *x *= scale;
        }
    }
    unit
}

/// Keys compared with every open row before the rows that found theirs are dropped.
const KEY_BLOCK: usize = 32;

/// Per row, the newest other slot whose cosine with it is above the threshold.
///
/// Blocks of keys from the newest on; three open rows share each load of four keys.
fn newest_similar(unit: &[f32], head_dim: usize, threshold: f32) -> Vec<Option<u32>> {
    let n = unit.len() / head_dim;
    let mut found = vec![None; n];
    let mut open: Vec<u32> = (0..n as u32).collect();
    // Whole groups of four from the newest end; the oldest `n % 4` keys are left.
    let oldest = n % 4;
    let mut end = n;
    while end > oldest && !open.is_empty() {
        let start = end.saturating_sub(KEY_BLOCK).max(oldest);
        let keys = &unit[start * head_dim..end * head_dim];
        for rows in open.chunks(3) {
            match *rows {
                [a, b, c] => search(
                    [a, b, c],
                    unit,
                    head_dim,
                    keys,
                    start,
                    threshold,
                    &mut found,
                ),
                [a, b] => search([a, b], unit, head_dim, keys, start, threshold, &mut found),
                [a] => search([a], unit, head_dim, keys, start, threshold, &mut found),
                _ => {}
            }
        }
        open.retain(|&row| found[row as usize].is_none());
        end = start;
    }
    let row = |i: usize| &unit[i * head_dim..(i + 1) * head_dim];
    for i in open {
        let i = i as usize;
        found[i] = (0..end)
            .rev()
            .find(|&j| j != i && dot(row(i), row(j)) > threshold)
            .map(|j| j as u32);
    }
    found
}

/// Looks for the newest similar key of `rows` among `keys`, whose first is slot `start`.
#[expect(
    clippy::inline_always,
    reason = "the number of rows is known to the caller; the products stay in registers"
)]
#[inline(always)]
fn search<const ROWS: usize>(
    rows: [u32; ROWS],
    unit: &[f32],
    head_dim: usize,
    keys: &[f32],
    start: usize,
    threshold: f32,
    found: &mut [Option<u32>],
) {
    let mut queries = [&unit[..0]; ROWS];
    for (query, row) in queries.iter_mut().zip(rows) {
        *query = &unit[row as usize * head_dim..(row as usize + 1) * head_dim];
    }
    let mut open = ROWS;
    for (group, four) in keys.chunks_exact(4 * head_dim).enumerate().rev() {
        let cosines = tile(queries, four, head_dim);
        for (&row, cosines) in rows.iter().zip(cosines) {
            let entry = &mut found[row as usize];
            if entry.is_none() {
                let newest = (0..4u32)
                    .rev()
                    .map(|key| (start + 4 * group) as u32 + key)
                    .zip(cosines.iter().rev())
                    .find(|&(slot, &cosine)| cosine > threshold && slot != row);
                *entry = newest.map(|(slot, _)| slot);
                open -= usize::from(entry.is_some());
            }
        }
        if open == 0 {
            return;
        }
    }
}

/// The `rank`-th smallest entry of the code's index row: dissimilar columns count as column 0, similar
/// ones as themselves.
fn ranked_similar(unit: &[f32], head_dim: usize, i: usize, threshold: f32, rank: usize) -> u32 {
    let n = unit.len() / head_dim;
    let query = &unit[i * head_dim..(i + 1) * head_dim];
    let similar: Vec<u32> = (1..n)
        .filter(|&j| j != i && dot(query, &unit[j * head_dim..(j + 1) * head_dim]) > threshold)
        .map(|j| j as u32)
        .collect();
    let zeros = n - similar.len();
    if rank <= zeros {
        0
    } else {
        similar[rank - zeros - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four near duplicates among orthogonal keys: the prose of §3.3 promises that the newest is spared.
    #[test]
    fn the_newest_of_a_group_of_duplicates_is_the_least_redundant_of_them() {
        let d = 16;
        let n = 12;
        let duplicates = [1usize, 4, 7, 10];
        let mut keys = vec![0f32; n * d];
        for i in 0..n {
            if duplicates.contains(&i) {
                keys[i * d] = 1.0;
                keys[i * d + 1] = 0.05 * i as f32;
            } else {
                keys[i * d + 3 + i] = 2.0;
            }
        }
        let found = redundancy(&keys, d, 0.5, Retain::Newest);
        let newest = found.shares[10];
        assert!(duplicates[..3].iter().all(|&i| found.shares[i] > newest));
        assert_eq!(found.newest_similar[1], Some(10));
        assert_eq!(found.newest_similar[10], Some(7));
        assert_eq!(found.newest_similar[0], None);
    }

    /// The search by blocks finds what a search row by row finds, at lengths around every block's end.
    #[test]
    fn every_row_finds_its_newest_similar_key() {
        let d = 10;
        for n in [1, 2, 3, 5, 31, 32, 33, 34, 71, 130] {
            let mut state = n as u64;
            let keys: Vec<f32> = (0..n * d)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
                })
                .collect();
            let unit = unit_keys(&keys, d);
            let cosine = |i: usize, j: usize| -> f64 {
                let pairs = unit[i * d..(i + 1) * d]
                    .iter()
                    .zip(&unit[j * d..(j + 1) * d]);
                pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            };
            let slow: Vec<Option<u32>> = (0..n)
                .map(|i| {
                    (0..n)
                        .rev()
                        .find(|&j| j != i && cosine(i, j) > 0.6)
                        .map(|j| j as u32)
                })
                .collect();
            assert_eq!(newest_similar(&unit, d, 0.6), slow, "{n} keys");
        }
    }

    /// Keys along axes of their own and one of zeros: every cosine is the threshold to the bit.
    #[test]
    fn a_cosine_of_just_the_threshold_makes_no_near_duplicate() {
        let d = 80;
        // Fewer than a group of four; a block and a key before it; blocks, keys before them, and rows left over.
        for n in [3, 33, 71] {
            let mut keys = vec![0f32; n * d];
            for i in (0..n).filter(|&i| i != 1) {
                keys[i * d + i] = if i % 2 == 0 { 2.0 } else { -0.5 };
            }
            // Of the second, the last entry of the row counts: any similar key would be spared.
            for retain in [Retain::Newest, Retain::FirstPercent(1.0)] {
                let found = redundancy(&keys, d, 0.0, retain);
                assert_eq!(found.newest_similar, vec![None; n]);
                assert_eq!(found.spared, vec![0; n], "{retain:?} of {n}");
            }
        }
    }

    #[test]
    fn a_zero_key_is_similar_to_nothing() {
        let mut keys = vec![1f32; 5 * 8];
        keys[16..24].fill(0.0);
        let found = redundancy(&keys, 8, 0.5, Retain::Newest);
        assert_eq!(found.newest_similar[2], None);
        assert!(found.shares.iter().all(|r| r.is_finite()));
    }
}

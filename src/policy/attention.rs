//! Attention of single query heads over a head's keys, for policies that do not pool a GQA group's logits first.

use super::softmax::softmax;
use crate::dot::{dot, tile};

/// Queries that pass over the keys together: as many as the registers have room for.
const TOGETHER: usize = 3;

/// Calls `each` with the softmax over `keys` `[n, head_dim]` of `q.k / sqrt(head_dim)`, for every query of `queries`
/// `[count, head_dim]` in turn.
pub fn each_attention(
    queries: &[f32],
    keys: &[f32],
    head_dim: usize,
    mut each: impl FnMut(&[f32]),
) {
    let n = keys.len() / head_dim;
    let mut weights = vec![0f32; TOGETHER * n];
    for queries in queries.chunks(TOGETHER * head_dim) {
        let rows = &mut weights[..queries.len() / head_dim * n];
        match queries.len() / head_dim {
            TOGETHER => logits::<TOGETHER>(queries, keys, head_dim, rows),
            2 => logits::<2>(queries, keys, head_dim, rows),
            _ => logits::<1>(queries, keys, head_dim, rows),
        }
        for row in rows.chunks_exact_mut(n.max(1)) {
            softmax(row);
            each(row);
        }
    }
}

fn logits<const ROWS: usize>(queries: &[f32], keys: &[f32], d: usize, out: &mut [f32]) {
    const KEYS: usize = 4;
    let n = keys.len() / d;
    let queries: [&[f32]; ROWS] = std::array::from_fn(|row| &queries[row * d..(row + 1) * d]);
    let scale = 1.0 / (d as f32).sqrt();
    let whole = n / KEYS * KEYS;
    for slot in (0..whole).step_by(KEYS) {
        let products = tile(queries, &keys[slot * d..(slot + KEYS) * d], d);
        for (row, products) in products.iter().enumerate() {
            for (out, product) in out[row * n + slot..][..KEYS].iter_mut().zip(products) {
                *out = product * scale;
            }
        }
    }
    for slot in whole..n {
        for (row, query) in queries.iter().enumerate() {
            out[row * n + slot] = dot(query, &keys[slot * d..(slot + 1) * d]) * scale;
        }
    }
}

/// Weight each of `keys` receives from `queries` `[count, head_dim]` in all, each with a softmax of its own.
pub fn received_attention(queries: &[f32], keys: &[f32], head_dim: usize) -> Vec<f32> {
    let mut received = vec![0f32; keys.len() / head_dim];
    each_attention(queries, keys, head_dim, |weights| {
        for (sum, &weight) in received.iter_mut().zip(weights) {
            *sum += weight;
        }
    });
    received
}

/// As [`received_attention`], divided by the number of queries.
pub fn mean_attention(queries: &[f32], keys: &[f32], head_dim: usize) -> Vec<f32> {
    let mut mean = received_attention(queries, keys, head_dim);
    let scale = 1.0 / (queries.len() / head_dim).max(1) as f32;
    for value in &mut mean {
        *value *= scale;
    }
    mean
}

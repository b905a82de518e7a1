//! Attention of single query heads over a head's keys, for policies that do not pool a GQA group's logits first.

use super::importance::row_logits;
use super::softmax::softmax;

/// Softmax over `keys` `[n, head_dim]` of `q.k / sqrt(head_dim)`, into `weights` `[n]`.
pub fn attention(query: &[f32], keys: &[f32], weights: &mut [f32]) {
    row_logits(query, keys, query.len(), weights);
    softmax(weights);
}

/// Mean weight each of `keys` receives from `queries` `[count, head_dim]`, each with a softmax of its own.
pub fn mean_attention(queries: &[f32], keys: &[f32], head_dim: usize) -> Vec<f32> {
    let n = keys.len() / head_dim;
    let (mut mean, mut weights) = (vec![0f32; n], vec![0f32; n]);
    for query in queries.chunks_exact(head_dim) {
        attention(query, keys, &mut weights);
        for (sum, &weight) in mean.iter_mut().zip(&weights) {
            *sum += weight;
        }
    }
    let scale = 1.0 / (queries.len() / head_dim).max(1) as f32;
    for value in &mut mean {
        *value *= scale;
    }
    mean
}

/// The last `rows` rows of `queries` `[any, group, head_dim]`.
pub fn last_rows(queries: &[f32], row_floats: usize, rows: usize) -> &[f32] {
    &queries[queries.len().saturating_sub(rows * row_floats)..]
}

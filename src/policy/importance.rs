//! Importance: what the last queries attend to (R-KV §3.2 in the published code's order; also SnapKV).

use super::HeadView;
use super::softmax::softmax;
use crate::config::CacheSettings;
use crate::dot::{dot, dot4};

/// Importance of the `n - window` candidates of one head, each 0 to 1.
///
/// `logits = q.k / sqrt(d)`, **maximum over the GQA group's raw logits**, softmax over the candidates,
/// mean over the query rows (at most the last `window` ones), max-pool of width `kernel` with `-inf`
/// padding (published code `r1_kv.py`, `compute_attention_scores`; the paper's §3.2 pools each row first).
pub fn importance(head: &HeadView<'_>, settings: &CacheSettings) -> Vec<f32> {
    let raw = raw_importance(head, settings);
    max_pool(&raw, settings.kernel as usize)
}

/// Importance before pooling.
pub fn raw_importance(head: &HeadView<'_>, settings: &CacheSettings) -> Vec<f32> {
    let d = head.head_dim;
    let candidates = head.candidates(settings);
    let keys = &head.keys[..candidates * d];
    let row_len = head.group * d;
    let queries = head.last_queries(settings.window as usize);
    let used = queries.len() / row_len;
    let mut mean = vec![0f32; candidates];
    let mut logits = vec![0f32; candidates];
    for row in queries.chunks_exact(row_len) {
        row_logits(row, keys, d, &mut logits);
        softmax(&mut logits);
        for (sum, &p) in mean.iter_mut().zip(&logits) {
            *sum += p;
        }
    }
    let scale = 1.0 / used.max(1) as f32;
    for value in &mut mean {
        *value *= scale;
    }
    mean
}

/// Logits of one query row `[group, head_dim]` against keys `[n, head_dim]`: the group's maximum of
/// `q.k / sqrt(head_dim)`, `[n]`.
pub fn row_logits(row: &[f32], keys: &[f32], head_dim: usize, logits: &mut [f32]) {
    logits.fill(f32::NEG_INFINITY);
    for query in row.chunks_exact(head_dim) {
        max_logits(query, keys, logits);
    }
    let scale = 1.0 / (head_dim as f32).sqrt();
    for logit in logits {
        *logit *= scale;
    }
}

fn max_logits(query: &[f32], keys: &[f32], logits: &mut [f32]) {
    let d = query.len();
    let mut blocks = keys.chunks_exact(4 * d);
    let mut out = logits.chunks_exact_mut(4);
    for (rows, four) in blocks.by_ref().zip(out.by_ref()) {
        for (logit, value) in four.iter_mut().zip(dot4(query, rows)) {
            *logit = logit.max(value);
        }
    }
    for (key, logit) in blocks.remainder().chunks_exact(d).zip(out.into_remainder()) {
        *logit = logit.max(dot(query, key));
    }
}

/// Maximum over a centred window of odd width `kernel`, cut at the ends.
pub fn max_pool(values: &[f32], kernel: usize) -> Vec<f32> {
    let half = kernel / 2;
    (0..values.len())
        .map(|i| {
            let window = &values[i.saturating_sub(half)..(i + half + 1).min(values.len())];
            window.iter().copied().fold(f32::NEG_INFINITY, f32::max)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooling_lets_a_peak_shelter_its_neighbours() {
        let values = [0.1, 0.0, 0.9, 0.0, 0.0, 0.2];
        assert_eq!(max_pool(&values, 3), vec![0.1, 0.9, 0.9, 0.9, 0.2, 0.2]);
        assert_eq!(max_pool(&values, 1), values);
    }
}

//! KeyDiff: keys unlike the average key are important (arXiv 2504.15364).
//!
//! `score_i = -cos(k_i, m)` with `m` the mean of all unit keys in the cache, the window's included.

use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::CacheSettings;
use crate::dot::dot;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "keydiff",
    name: "KeyDiff",
    aliases: &["key difference"],
    paper: "arXiv 2504.15364",
    summary: "Keeps the tokens whose keys point away from the average key: a cache of keys that differ from each other. \
              Like R-KV's redundancy it asks what repeats, but against one average instead of pair by pair, and \
              without looking at any query. The newest tokens (the window) stay.",
    compresses: true,
    each_step: false,
    needs: Needs::NOTHING,
    params: &[Param::Budget, Param::Buffer, Param::Window],
    defaults: |_| {},
    policy: |_| Ok(Box::new(KeyDiff)),
};

/// A key shorter than this has no direction: its cosine is 0.
const SHORTEST: f32 = 1e-20;

struct KeyDiff;

fn inverse_norm(row: &[f32]) -> f32 {
    1.0 / dot(row, row).sqrt().max(SHORTEST)
}

impl Policy for KeyDiff {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        let rows = head.keys.chunks_exact(head.head_dim);
        let scales: Vec<f32> = rows.clone().map(inverse_norm).collect();
        // The sum points where the mean does.
        let mut sum = vec![0f32; head.head_dim];
        for (key, &scale) in rows.clone().zip(&scales) {
            for (sum, &x) in sum.iter_mut().zip(key) {
                *sum += x * scale;
            }
        }
        let scale = inverse_norm(&sum);
        let cosine = |(key, &own): (&[f32], &f32)| dot(key, &sum) * own * scale;
        HeadScores::plain(
            rows.zip(&scales)
                .take(candidates)
                .map(|row| -cosine(row))
                .collect(),
        )
    }
}

//! R-KV: keep what is important and not redundant (arXiv 2505.24133; published code `r1_kv.py`).
//!
//! `Z = lambda * I - (1 - lambda) * R`, where importance `I` is what the last queries attend to and
//! redundancy `R` is how much a key repeats the others, with the newest of a group of near duplicates
//! spared. The paper's text, its Algorithm 1 and its code disagree on that last rule; the code's form is
//! the one that does what the prose promises, so it is the one here.

use super::importance::importance;
use super::params::Param;
use super::redundancy::redundancy;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::CacheSettings;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "rkv",
    name: "R-KV",
    aliases: &["Redundancy-aware KV cache compression"],
    paper: "arXiv 2505.24133",
    summary: "Keeps tokens that the last queries attend to and that do not repeat other tokens. Reasoning \
              models repeat themselves when they check their work; of a group of near-duplicate keys R-KV \
              spares the newest and drops the rest. The published buffer is 128; the one here fits small budgets.",
    compresses: true,
    each_step: false,
    needs: Needs::WINDOW,
    params: &[
        Param::Budget,
        Param::Lambda,
        Param::Buffer,
        Param::Window,
        Param::Kernel,
        Param::Threshold,
    ],
    defaults: |_| {},
    policy: |_| Ok(Box::new(RKv)),
};

pub(super) struct RKv;

impl Policy for RKv {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let importance = importance(head, settings);
        let mut found = redundancy(
            head.keys,
            head.head_dim,
            settings.threshold,
            settings.retain,
        );
        let candidates = importance.len();
        found.shares.truncate(candidates);
        found.newest_similar.truncate(candidates);
        // The code forms 1 - lambda in double precision before it meets the f32 tensor.
        let (on, off) = (settings.lambda as f32, (1.0 - settings.lambda) as f32);
        let score = importance
            .iter()
            .zip(&found.shares)
            .map(|(importance, redundancy)| importance * on - redundancy * off)
            .collect();
        HeadScores {
            score,
            importance: Some(importance),
            redundancy: Some(found.shares),
            newest_similar: Some(found.newest_similar),
        }
    }
}

//! Recency: the newest tokens stay. With sinks protected it is StreamingLLM.

use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::{CacheSettings, Protection};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "streamingllm",
    name: "StreamingLLM",
    aliases: &["recency", "attention sinks", "sliding window"],
    paper: "arXiv 2309.17453",
    summary: "Keeps the first few tokens (attention sinks) and the most recent ones, and drops the middle. \
              Looks at no key and no query. Original positions are kept, as in the R-KV code; the paper re-numbers \
              them, and drops one token each step where this drops a buffer at a time.",
    compresses: true,
    each_step: true,
    needs: Needs::NOTHING,
    params: &[Param::Budget, Param::Buffer, Param::Sinks],
    defaults: |settings| {
        settings.protection = Protection::Sinks;
        settings.window = 1;
    },
    policy: |_| Ok(Box::new(Recency)),
};

pub(super) struct Recency;

impl Policy for Recency {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        let score = head.positions[..candidates]
            .iter()
            .map(|p| p.0 as f32)
            .collect();
        HeadScores::plain(score)
    }
}

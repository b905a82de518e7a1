//! Recency: the newest tokens stay. With sinks protected it is StreamingLLM.

use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Policy};
use crate::config::{CacheSettings, Protection};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "streamingllm",
    name: "StreamingLLM",
    paper: "arXiv 2309.17453",
    summary: "Keeps the first few tokens (attention sinks) and the most recent ones, and drops the middle. \
              Looks at no key and no query. With the whole prompt protected it is recency + prompt. Original \
              positions are kept, as in the R-KV code; the paper re-numbers them.",
    compresses: true,
    params: &[Param::Budget, Param::Buffer, Param::Sinks],
    defaults: |settings| settings.protection = Protection::Sinks,
    policy: &Recency,
};

#[derive(Debug)]
struct Recency;

impl Policy for Recency {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.len() - settings.window as usize;
        let score = head.positions[..candidates]
            .iter()
            .map(|p| p.0 as f32)
            .collect();
        HeadScores {
            score,
            ..HeadScores::default()
        }
    }
}

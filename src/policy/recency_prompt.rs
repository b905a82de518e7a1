//! Recency + prompt: the prompt and the newest tokens stay ("Prefix Sliding", arXiv 2608.26070).

use super::Needs;
use super::params::Param;
use super::recency::Recency;
use super::table::PolicyInfo;
use crate::config::Protection;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "recency-prompt",
    name: "Recency + prompt",
    aliases: &["prefix sliding"],
    paper: "arXiv 2608.26070",
    summary: "Keeps the whole prompt and the newest tokens, and forgets the reasoning in between in the order in \
              which it was written. StreamingLLM with the prompt as its sink: the difference between the two is \
              what protecting the problem is worth.",
    compresses: true,
    each_step: false,
    needs: Needs::NOTHING,
    params: &[Param::Budget, Param::Buffer],
    defaults: |settings| {
        settings.protection = Protection::Prompt;
        settings.window = 1;
    },
    policy: |_| Ok(Box::new(Recency)),
};

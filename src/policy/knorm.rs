//! Knorm: keys of small norm are important (arXiv 2406.11430).

use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::CacheSettings;
use crate::dot::dot;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "knorm",
    name: "Knorm",
    aliases: &["key norm", "L2 norm"],
    paper: "arXiv 2406.11430",
    summary: "Keeps the tokens whose keys are short. In many models a key of small norm draws much attention, so the \
              norm stands in for attention and no query is looked at. The cheapest score there is; whether it fits \
              depends on the model. The newest tokens (the window) stay, which the paper leaves open.",
    compresses: true,
    each_step: false,
    needs: Needs::NOTHING,
    params: &[Param::Budget, Param::Buffer, Param::Window],
    defaults: |_| {},
    policy: |_| Ok(Box::new(Knorm)),
};

struct Knorm;

impl Policy for Knorm {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        let keys = head.keys.chunks_exact(head.head_dim).take(candidates);
        HeadScores::plain(keys.map(|key| -dot(key, key).sqrt()).collect())
    }
}

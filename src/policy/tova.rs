//! TOVA: what the newest token attends to (arXiv 2401.06104).
//!
//! `score_i` = weight of slot `i` in the newest query's softmax over all slots, mean over all heads of the layer.

use super::attention::mean_attention;
use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::{CacheSettings, Scope};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "tova",
    name: "TOVA",
    aliases: &["Token Omission Via Attention"],
    paper: "arXiv 2401.06104",
    summary: "Drops what the newest token attends to least, judged by all heads of a layer together. No memory and no \
              window: a token that is needed again later may be gone because one query did not look at it. The \
              paper drops one token each step; here a few at a time, so that a trace stays readable (buffer 1 is \
              the paper's).",
    compresses: true,
    each_step: true,
    needs: Needs::LAST,
    params: &[Param::Budget, Param::Buffer],
    defaults: |settings| {
        settings.scope = Scope::Layer;
        settings.window = 1;
        settings.buffer = super::STEPWISE_BUFFER;
    },
    policy: |_| Ok(Box::new(Tova)),
};

struct Tova;

impl Policy for Tova {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let mut weights = mean_attention(head.last_queries(1), head.keys, head.head_dim);
        weights.truncate(head.candidates(settings));
        HeadScores::important(weights)
    }
}

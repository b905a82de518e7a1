//! SnapKV in its decode form, as the R-KV authors ran it: R-KV's importance without redundancy.

use super::importance::importance;
use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::CacheSettings;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "snapkv",
    name: "SnapKV",
    aliases: &["SnapKV-decode"],
    paper: "arXiv 2404.14469",
    summary: "Keeps what the last few queries attend to, with each important token sheltering its \
              neighbours. The same importance as R-KV's, so the difference between the two is what \
              redundancy adds. The form that R-KV's authors compare with, again at every compression while decoding, \
              with their window of 8 and max-pool of 7; SnapKV itself compresses the prompt once.",
    compresses: true,
    each_step: false,
    needs: Needs::WINDOW,
    params: &[Param::Budget, Param::Buffer, Param::Window, Param::Kernel],
    defaults: |_| {},
    policy: |_| Ok(Box::new(SnapKv)),
};

struct SnapKv;

impl Policy for SnapKv {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        HeadScores::important(importance(head, settings))
    }
}

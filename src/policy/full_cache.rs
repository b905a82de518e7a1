//! The full cache: nothing is ever evicted. The reference every other policy is held against.

use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::CacheSettings;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "full",
    name: "Full cache",
    aliases: &["full KV", "none", "no compression"],
    paper: "",
    summary: "Keeps every key and value. Memory grows with every token; the answer is the model's own, \
              which makes it the reference for all others.",
    compresses: false,
    each_step: false,
    needs: Needs::NOTHING,
    params: &[],
    defaults: |_| {},
    policy: |_| Ok(Box::new(FullCache)),
};

struct FullCache;

impl Policy for FullCache {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        HeadScores::plain(vec![0.0; candidates])
    }
}

//! Random + prompt: the null model (Random Attention, arXiv 2609.03430).

use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::{CacheSettings, Protection};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "random-prompt",
    name: "Random + prompt",
    aliases: &["random", "Random Attention", "null model"],
    paper: "arXiv 2609.03430",
    summary: "Keeps the whole prompt and draws the rest by lot, anew for each head at every compression. Looks at \
              nothing, so it is the null model that every score has to beat; a token's chance of being \
              there still falls by the same factor at each compression. With scope layer or global the heads share one draw. The \
              published run keeps the newest 64 tokens, too, and has a buffer of 64 beside budgets from 1024; window and buffer \
              here fit small budgets.",
    compresses: true,
    each_step: false,
    needs: Needs {
        draws: true,
        ..Needs::NOTHING
    },
    params: &[Param::Budget, Param::Buffer, Param::Window],
    defaults: |settings| settings.protection = Protection::Prompt,
    policy: |_| Ok(Box::new(Random)),
};

struct Random;

impl Policy for Random {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        let mut stream = head.draw.of_head();
        HeadScores::plain((0..candidates).map(|_| stream.uniform() as f32).collect())
    }
}

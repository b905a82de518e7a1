//! H2O: heavy hitters, the tokens that gathered the most attention so far (arXiv 2306.14048 §4).
//!
//! `score_i` = sum over all queries since slot `i` was filled, and over the GQA group, of its softmax weight. The
//! attention kernel hands its weights out, and the cache gathers the sums with keys and values.

use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::{CacheSettings, MOST_WINDOW};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "h2o",
    name: "H2O",
    aliases: &["heavy hitter oracle", "heavy hitters"],
    paper: "arXiv 2306.14048",
    summary: "Keeps the heavy hitters: tokens that gathered the most attention over all queries since they entered. \
              Half of the budget goes to them and half to the newest tokens (the window). Old tokens had longer to \
              gather, so early favourites are hard to unseat. The paper evicts one token each step; here a few at \
              a time, so that a trace stays readable (buffer 1 is the paper's).",
    compresses: true,
    each_step: true,
    needs: Needs {
        attention: true,
        ..Needs::NOTHING
    },
    params: &[Param::Budget, Param::Buffer, Param::Window],
    defaults: |settings| {
        settings.window = (settings.budget / 2).clamp(1, MOST_WINDOW);
        settings.buffer = super::STEPWISE_BUFFER;
    },
    policy: |_| Ok(Box::new(H2o)),
};

struct H2o;

impl Policy for H2o {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        HeadScores::important(head.attention[..candidates].to_vec())
    }
}

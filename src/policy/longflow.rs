//! LongFlow: drop what adds the least to the newest token's attention output (arXiv 2603.11504; published code).
//!
//! `c_i = sum over the layer's query heads of alpha_{h,i} * |v_i|_1`, with `alpha` the newest query's softmax over all
//! slots. One score per layer: the heads' scores are averaged by the scope.

use super::attention::received_attention;
use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::{CacheSettings, Scope};
use crate::lanes::{LANES, Lanes};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "longflow",
    name: "LongFlow",
    aliases: &["Long Flow"],
    paper: "arXiv 2603.11504",
    summary: "Drops the token that adds the least to what the newest token reads: its attention weight times the size of \
              its value, summed over the heads of a layer. Needs only the newest query, and nothing is protected. \
              The published code drops one token each step, which may be the newest itself; here the newest stays \
              and a few are dropped at a time, so that a trace stays readable (buffer 1 drops one each step). \
              The published code cuts a long prompt by SnapKV first; here its own score does it, chunk by chunk.",
    compresses: true,
    each_step: true,
    needs: Needs::LAST,
    params: &[Param::Budget, Param::Buffer],
    defaults,
    policy: |_| Ok(Box::new(LongFlow)),
};

pub(super) fn defaults(settings: &mut CacheSettings) {
    settings.scope = Scope::Layer;
    settings.window = 1;
    settings.buffer = super::STEPWISE_BUFFER;
}

struct LongFlow;

impl Policy for LongFlow {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        let mut received = received_attention(head.last_queries(1), head.keys, head.head_dim);
        received.truncate(candidates);
        let sizes = head.values.chunks_exact(head.head_dim).map(size);
        let score = received.iter().zip(sizes).map(|(a, v)| a * v).collect();
        HeadScores {
            score,
            importance: Some(received),
            ..HeadScores::default()
        }
    }
}

/// `|v|_1`.
fn size(value: &[f32]) -> f32 {
    let whole = value.len() / LANES * LANES;
    let mut sum = Lanes::zero();
    for at in (0..whole).step_by(LANES) {
        let x = Lanes::load(value, at);
        sum = sum + x.max(Lanes::zero() - x);
    }
    sum.sum() + value[whole..].iter().map(|x| x.abs()).sum::<f32>()
}

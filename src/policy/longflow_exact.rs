//! LongFlow-exact: LongFlow with the true change of the attention output.
//!
//! Without slot `i` a head's output `o` becomes `(o - alpha_i v_i) / (1 - alpha_i)`, so it moves by
//! `alpha_i / (1 - alpha_i) * |v_i - o|_2`; the score is the sum of that over the layer's query heads. LongFlow itself
//! takes `alpha_i |v_i|_1` for it.

use super::attention::attention;
use super::dot::dot;
use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy, longflow};
use crate::config::CacheSettings;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "longflow-exact",
    name: "LongFlow, exact",
    aliases: &["LongFlow exact deletion"],
    paper: "arXiv 2603.11504",
    summary: "LongFlow with its approximation undone: drops the token without which the newest token would read most \
              nearly the same. LongFlow takes a heavily attended token with a small value for harmless; taking it \
              away moves the output all the same, and this score sees that. The formula is this program's own, \
              not the paper's; the rhythm is LongFlow's here.",
    compresses: true,
    each_step: true,
    needs: Needs::LAST,
    params: &[Param::Budget, Param::Buffer],
    defaults: longflow::defaults,
    policy: |_| Ok(Box::new(Exact)),
};

/// The least share of attention taken to be left when a slot goes: a slot that has all of it cannot go.
const LEAST_REST: f32 = 1e-6;

struct Exact;

impl Policy for Exact {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let d = head.head_dim;
        let candidates = head.len() - settings.window as usize;
        let mut weights = vec![0f32; head.len()];
        let mut received = vec![0f32; candidates];
        let mut score = vec![0f32; candidates];
        let (mut output, mut apart) = (vec![0f32; d], vec![0f32; d]);
        for query in head.last_queries().chunks_exact(d) {
            attention(query, head.keys, &mut weights);
            output.fill(0.0);
            for (value, &weight) in head.values.chunks_exact(d).zip(&weights) {
                for (sum, &x) in output.iter_mut().zip(value) {
                    *sum += weight * x;
                }
            }
            for (slot, value) in head.values.chunks_exact(d).take(candidates).enumerate() {
                for ((apart, &x), &o) in apart.iter_mut().zip(value).zip(&output) {
                    *apart = x - o;
                }
                let weight = weights[slot];
                let moved = dot(&apart, &apart).sqrt();
                score[slot] += weight / (1.0 - weight).max(LEAST_REST) * moved;
                received[slot] += weight;
            }
        }
        HeadScores {
            score,
            importance: Some(received),
            ..HeadScores::default()
        }
    }
}

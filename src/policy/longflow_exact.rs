//! LongFlow-exact: LongFlow with the true change of the attention output.
//!
//! Without slot `i` a head's output `o` becomes `(o - alpha_i v_i) / (1 - alpha_i)`, so it moves by
//! `alpha_i / (1 - alpha_i) * |v_i - o|_2`; the score is the sum of that over the layer's query heads. LongFlow itself
//! takes `alpha_i |v_i|_1` for it.

use super::attention::each_attention;
use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy, longflow};
use crate::config::CacheSettings;
use crate::lanes::{LANES, Lanes};

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
    defaults: |settings| {
        longflow::defaults(settings);
        settings.buffer = BUFFER;
    },
    policy: |_| Ok(Box::new(Exact)),
};

/// Its decision costs half as much again as LongFlow's, so it is taken less often.
const BUFFER: u32 = 32;

/// The least share of attention taken to be left when a slot goes: a slot that has all of it cannot go.
const LEAST_REST: f32 = 1e-6;

struct Exact;

impl Policy for Exact {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let d = head.head_dim;
        let candidates = head.candidates(settings);
        let mut weights = Vec::with_capacity(head.group * head.len());
        each_attention(head.last_queries(1), head.keys, d, |row| {
            weights.extend_from_slice(row);
        });
        let mut outputs = vec![0f32; head.group * d];
        for (slot, value) in head.values.chunks_exact(d).enumerate() {
            for (member, output) in outputs.chunks_exact_mut(d).enumerate() {
                add(weights[member * head.len() + slot], value, output);
            }
        }
        let mut received = vec![0f32; candidates];
        let mut score = vec![0f32; candidates];
        for (slot, value) in head.values.chunks_exact(d).take(candidates).enumerate() {
            for (member, output) in outputs.chunks_exact(d).enumerate() {
                let weight = weights[member * head.len() + slot];
                score[slot] += weight / (1.0 - weight).max(LEAST_REST) * distance(value, output);
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

/// `output += weight * value`.
fn add(weight: f32, value: &[f32], output: &mut [f32]) {
    let whole = value.len() / LANES * LANES;
    let factor = Lanes::splat(weight);
    for at in (0..whole).step_by(LANES) {
        let sum = Lanes::load(output, at).plus(factor, Lanes::load(value, at));
        sum.store(output, at);
    }
    for (sum, x) in output[whole..].iter_mut().zip(&value[whole..]) {
        *sum += weight * x;
    }
}

/// `|a - b|_2`, from the differences: where they are small, products would have cancelled them out.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let whole = a.len() / LANES * LANES;
    let mut sum = Lanes::zero();
    for at in (0..whole).step_by(LANES) {
        let apart = Lanes::load(a, at) - Lanes::load(b, at);
        sum = sum.plus(apart, apart);
    }
    let rest = a[whole..].iter().zip(&b[whole..]);
    (sum.sum() + rest.map(|(a, b)| (a - b).powi(2)).sum::<f32>()).sqrt()
}

//! VaSE-AttnV: values of wide range stay, the rest is drawn by attention (arXiv 2606.03928; published code,
//! `range_sink_sample_attn`).
//!
//! 1. `m_i = max_c v_i[c] - min_c v_i[c]`, infinite for the sinks; the `budget / 4` slots of largest `m` stay.
//! 2. `a_i` = softmax over the candidates of `q.k / sqrt(d)` per query head, mean over the window's queries and the
//!    group, average pool with zero padding.
//! 3. The rest is drawn without replacement with probability `a_i`: top k of `ln(a_i / e_i)` with `e_i` exponential,
//!    which is `ln a_i` with Gumbel noise.

use super::attention::mean_attention;
use super::params::Param;
use super::softmax::extremes;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::{CacheSettings, Protection};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "vase-attnv",
    name: "VaSE-AttnV",
    aliases: &[
        "VaSE",
        "value-aware stochastic eviction",
        "value-aware stochastic KV cache eviction",
    ],
    paper: "arXiv 2606.03928",
    summary: "Value-aware stochastic eviction: a quarter of the budget goes to tokens whose values span the widest range, \
              because losing those sends a model into loops; the rest is drawn by lot, likelier for tokens that the \
              last queries attend to, because chance keeps the cache diverse. The published runs have a window of \
              64 and budgets of thousands; the window here fits small budgets. Sinks and a protected prompt count in \
              the quarter.",
    compresses: true,
    each_step: false,
    needs: Needs {
        draws: true,
        sinks: true,
        ..Needs::WINDOW
    },
    params: &[
        Param::Budget,
        Param::Buffer,
        Param::Window,
        Param::Kernel,
        Param::Sinks,
    ],
    defaults: |settings| {
        settings.kernel = 5;
        settings.protection = Protection::Sinks;
    },
    policy: |_| Ok(Box::new(VaseAttnV)),
};

/// Share of the budget that goes to the widest values: 1 in this.
const WIDE_SHARE: u32 = 4;

struct VaseAttnV;

impl Policy for VaseAttnV {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let d = head.head_dim;
        let candidates = head.candidates(settings);
        let probe = head.last_queries(settings.window as usize);
        let raw = mean_attention(probe, &head.keys[..candidates * d], d);
        let attention = average_pool(&raw, settings.kernel as usize);

        let mut stream = head.draw.of_head();
        let mut score: Vec<f32> = attention
            .iter()
            .map(|&a| (f64::from(a.max(f32::MIN_POSITIVE)) / stream.exponential()).ln() as f32)
            .collect();
        // Above every draw, in the order of their ranges.
        let above = score.iter().copied().fold(f32::NEG_INFINITY, f32::max) + 1.0;
        let ranges: Vec<f32> = (0..candidates)
            .map(|slot| {
                if head.positions[slot].0 < settings.sinks {
                    f32::INFINITY
                } else {
                    range(&head.values[slot * d..(slot + 1) * d])
                }
            })
            .collect();
        let widest = ranges
            .iter()
            .copied()
            .filter(|r| r.is_finite())
            .fold(f32::MIN_POSITIVE, f32::max);
        let mut order: Vec<usize> = (0..candidates).collect();
        let sinks = ranges.iter().filter(|range| range.is_infinite()).count();
        let wide = ((settings.budget / WIDE_SHARE) as usize)
            .max(sinks)
            .min(candidates);
        if wide > 0 && wide < candidates {
            order.select_nth_unstable_by(wide - 1, |&a, &b| {
                ranges[b]
                    .total_cmp(&ranges[a])
                    .then_with(|| head.positions[b].cmp(&head.positions[a]))
            });
        }
        for &slot in &order[..wide] {
            score[slot] = above + (ranges[slot] / widest).min(2.0);
        }
        HeadScores {
            score,
            importance: Some(attention),
            ..HeadScores::default()
        }
    }
}

fn range(value: &[f32]) -> f32 {
    let (low, high) = extremes(value);
    high - low
}

/// Mean over a centred window of odd width `kernel`; what lies beyond the ends counts as zeros.
fn average_pool(values: &[f32], kernel: usize) -> Vec<f32> {
    let half = kernel / 2;
    (0..values.len())
        .map(|i| {
            let window = &values[i.saturating_sub(half)..(i + half + 1).min(values.len())];
            window.iter().sum::<f32>() / kernel as f32
        })
        .collect()
}

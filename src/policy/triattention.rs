//! TriAttention: what the average query will attend to from here on (arXiv 2604.04921; published code).
//!
//! With `q_f` the mean query before RoPE of rotary pair `f` (a complex number), `a_f` the mean of its size and `k_f` the
//! key before RoPE at position `p`, seen from the next position `t`:
//!
//! ```text
//! score = mean over d in {1, 2, 4, ..., 65536} of sum_f |q_f||k_f| cos(w_f (t - p + d) + arg(q_f conj(k_f)))
//!         + sum_f (a_f - |q_f|) |k_f|
//! ```
//!
//! The first sum is the product of the rotated key with the mean query rotated to `t + d`, so the mean over `d` is one
//! rotated query per head and no key has to be turned back.

use super::calibration::Calibration;
use super::params::Param;
use super::table::{PolicyInfo, RunContext};
use super::{HeadScores, HeadView, Heads, Needs, Policy, QueryPass};
use crate::config::{CacheSettings, Protection, SettingsError};
use crate::dot::dot;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "triattention",
    name: "TriAttention",
    aliases: &["Tri Attention"],
    paper: "arXiv 2604.04921",
    summary: "Scores a key by what the model's average query would attend to from many distances ahead, which follows from \
              the rotary embedding alone; keys that only deviant queries would like get credit by their size. The \
              average query comes from a calibration file (rkv-scope calibrate) or, without one, from this run's own \
              queries so far, which is an assumption of this program. As in the published code each query head's \
              scores are normalised over the tokens that are not protected before the largest of a group is taken. \
              Each KV head of each layer keeps its own set, and the observation window stays; the published scripts \
              keep one set per KV head for all layers, and no newest tokens.",
    compresses: true,
    each_step: false,
    needs: Needs {
        statistics: true,
        ..Needs::NOTHING
    },
    params: &[Param::Budget, Param::Buffer, Param::Window],
    defaults: |settings| settings.protection = Protection::Prompt,
    policy: |run| Ok(Box::new(TriAttention::new(run)?)),
};

/// Distances ahead: 1, 2, 4, ..., 65536.
const DISTANCES: u32 = 17;

struct TriAttention {
    prompt_tokens: u32,
    statistics: Calibration,
    /// Whether the statistics are a file's: then this run's queries are not added.
    calibrated: bool,
    /// Mean over the distances of `e^(i w_f (t + d))`: cosines, then sines.
    ahead: (Vec<f64>, Vec<f64>),
}

impl TriAttention {
    fn new(run: &RunContext) -> Result<Self, SettingsError> {
        let frequencies = run
            .frequencies
            .as_deref()
            .ok_or_else(|| SettingsError::NoRotary {
                policy: INFO.name,
                model: run.model.name.clone(),
            })?;
        let statistics = match &run.calibration {
            Some(file) => {
                file.check(&run.model, frequencies)?;
                file.as_ref().clone()
            }
            None => Calibration::new(&run.model, frequencies),
        };
        Ok(Self {
            prompt_tokens: run.prompt_tokens,
            statistics,
            calibrated: run.calibration.is_some(),
            ahead: (vec![], vec![]),
        })
    }

    /// One query head's rotated mean query `[head_dim]` and weights of the keys' sizes `[head_dim / 2]`.
    fn probe(&self, layer: usize, query_head: usize) -> (Vec<f32>, Vec<f32>) {
        let head = self.statistics.head(layer, query_head);
        let half = head.sizes.len();
        let count = head.queries.max(1) as f64;
        let (mut query, mut weights) = (vec![0f32; 2 * half], vec![0f32; half]);
        for f in 0..half {
            let (re, im) = (head.real[f] / count, head.imaginary[f] / count);
            let (cos, sin) = (self.ahead.0[f], self.ahead.1[f]);
            query[f] = (re * cos - im * sin) as f32;
            query[half + f] = (re * sin + im * cos) as f32;
            weights[f] = (head.sizes[f] / count - re.hypot(im)).max(0.0) as f32;
        }
        (query, weights)
    }
}

impl Policy for TriAttention {
    fn observe(&mut self, pass: &QueryPass<'_>) {
        if !self.calibrated {
            self.statistics.observe(pass);
        }
    }

    fn prepare(&mut self, heads: &dyn Heads, _settings: &CacheSettings) {
        let mut next = 0;
        heads.show(0, 0, &mut |head| next = head.seen());
        let mean = |part: fn(f64) -> f64| -> Vec<f64> {
            let frequencies = self.statistics.frequencies.iter();
            frequencies
                .map(|&f| {
                    let turned =
                        |d: u32| part(f64::from(f) * (f64::from(next) + f64::from(1 << d)));
                    (0..DISTANCES).map(turned).sum::<f64>() / f64::from(DISTANCES)
                })
                .collect()
        };
        self.ahead = (mean(f64::cos), mean(f64::sin));
    }

    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let d = head.head_dim;
        let candidates = head.candidates(settings);
        let keys = || head.keys.chunks_exact(d).take(candidates);
        let mut lengths = vec![0f32; candidates * (d / 2)];
        for (key, lengths) in keys().zip(lengths.chunks_exact_mut(d / 2)) {
            let (low, high) = key.split_at(d / 2);
            for ((length, &a), &b) in lengths.iter_mut().zip(low).zip(high) {
                *length = (a * a + b * b).sqrt();
            }
        }
        let protected = settings.protected(self.prompt_tokens);
        let free: Vec<bool> = head.positions[..candidates]
            .iter()
            .map(|position| position.0 >= protected)
            .collect();
        let mut best = vec![f32::NEG_INFINITY; candidates];
        for member in 0..head.group {
            let query_head = head.draw.head as usize * head.group + member;
            let (query, weights) = self.probe(head.draw.layer as usize, query_head);
            let mut scores: Vec<f32> = keys()
                .zip(lengths.chunks_exact(d / 2))
                .map(|(key, lengths)| dot(&query, key) + dot(&weights, lengths))
                .collect();
            normalise(&mut scores, &free);
            for (best, &score) in best.iter_mut().zip(&scores) {
                *best = best.max(score);
            }
        }
        HeadScores::plain(best)
    }
}

/// Mean 0 and standard deviation 1 among those that are `free`; all zeros where these are equal.
fn normalise(scores: &mut [f32], free: &[bool]) {
    let among = || {
        let both = scores.iter().zip(free);
        both.filter_map(|(&score, &free)| free.then_some(f64::from(score)))
    };
    let count = among().count().max(1) as f64;
    let mean = among().sum::<f64>() / count;
    let variance = among().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    let scale = if variance > 0.0 {
        1.0 / variance.sqrt()
    } else {
        0.0
    };
    for x in scores {
        *x = ((f64::from(*x) - mean) * scale) as f32;
    }
}

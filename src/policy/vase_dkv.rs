//! VaSE-DKV: random projections of key and value (arXiv 2606.03928; published code, `cur_resample_gauss`).
//!
//! `score_i = |k_i G|^2 |v_i G|^2` with `G` of shape `[head_dim, 20]`, Gaussian over `sqrt(20)`, drawn anew at every
//! compression and shared by the heads of a layer; normalised by the largest, the sinks at 1.

use super::params::Param;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::{CacheSettings, Protection};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "vase-dkv",
    name: "VaSE-DKV",
    aliases: &["DKV"],
    paper: "arXiv 2606.03928",
    summary: "The other form of value-aware stochastic eviction: key and value of each token are seen through a random \
              projection that changes at every compression, and tokens that are large in both stay. No query is \
              looked at; chance comes in through the projection. The published code is not clear on what the scores \
              are divided by; the largest is assumed, which does not change who stays.",
    compresses: true,
    each_step: false,
    needs: Needs::NOTHING,
    params: &[Param::Budget, Param::Buffer, Param::Window, Param::Sinks],
    defaults: |settings| settings.protection = Protection::Sinks,
    policy: |_| Ok(Box::new(VaseDkv)),
};

/// Columns of the projection.
const RANK: usize = 20;
/// The same, filled up with zeros to whole vectors.
const PADDED: usize = 24;
/// Rows projected at once: as many as the registers hold.
const ROWS: usize = 4;

struct VaseDkv;

impl Policy for VaseDkv {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let d = head.head_dim;
        let candidates = head.len() - settings.window as usize;
        let mut stream = head.draw.of_layer();
        let mut projection = vec![[0f32; PADDED]; d];
        for row in &mut projection {
            for x in &mut row[..RANK] {
                *x = (stream.gaussian() / (RANK as f64).sqrt()) as f32;
            }
        }
        let keys = sizes(&head.keys[..candidates * d], d, &projection);
        let values = sizes(&head.values[..candidates * d], d, &projection);
        let mut score: Vec<f32> = keys.iter().zip(&values).map(|(k, v)| k * v).collect();
        let largest = score.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        for (score, position) in score.iter_mut().zip(head.positions) {
            *score = if position.0 < settings.sinks {
                1.0
            } else {
                *score / largest
            };
        }
        HeadScores::plain(score)
    }
}

/// `|x G|^2` of each row of `[n, d]`.
fn sizes(rows: &[f32], d: usize, projection: &[[f32; PADDED]]) -> Vec<f32> {
    let mut out = Vec::with_capacity(rows.len() / d);
    let mut blocks = rows.chunks_exact(ROWS * d);
    for block in blocks.by_ref() {
        let (a, rest) = block.split_at(d);
        let (b, rest) = rest.split_at(d);
        let (c, e) = rest.split_at(d);
        let mut sums = [[0f32; PADDED]; ROWS];
        for (i, row) in projection.iter().enumerate() {
            for (sum, x) in sums.iter_mut().zip([a[i], b[i], c[i], e[i]]) {
                for (sum, &g) in sum.iter_mut().zip(row) {
                    *sum = fused(x, g, *sum);
                }
            }
        }
        out.extend(sums.iter().map(square));
    }
    for x in blocks.remainder().chunks_exact(d) {
        let mut sums = [0f32; PADDED];
        for (&x, row) in x.iter().zip(projection) {
            for (sum, &g) in sums.iter_mut().zip(row) {
                *sum = fused(x, g, *sum);
            }
        }
        out.push(square(&sums));
    }
    out
}

fn square(sums: &[f32; PADDED]) -> f32 {
    sums.iter().map(|x| x * x).sum()
}

#[expect(
    clippy::inline_always,
    reason = "a call here would cost more than the product"
)]
#[inline(always)]
fn fused(a: f32, b: f32, sum: f32) -> f32 {
    // Without the instruction `mul_add` is a library call, many times slower than two roundings.
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        a.mul_add(b, sum)
    } else {
        a * b + sum
    }
}

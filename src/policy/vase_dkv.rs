//! VaSE-DKV: random projections of key and value (arXiv 2606.03928; published code, `cur_resample_gauss`).
//!
//! `score_i = |k_i G|^2 |v_i G|^2` with `G` of shape `[head_dim, 20]`, Gaussian over `sqrt(20)`, drawn anew at every
//! compression and shared by the heads of a layer; divided by the sum over the candidates, the sinks at 1.

use super::params::Param;
use super::stream::Stream;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Heads, Needs, Policy};
use crate::config::{CacheSettings, Protection};
use crate::lanes::{LANES, Lanes};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "vase-dkv",
    name: "VaSE-DKV",
    aliases: &["DKV"],
    paper: "arXiv 2606.03928",
    summary: "The other form of value-aware stochastic eviction: key and value of each token are seen through a random \
              projection that changes at every compression, and tokens that are large in both stay. No query is \
              looked at; chance comes in through the projection.",
    compresses: true,
    each_step: false,
    needs: Needs {
        draws: true,
        sinks: true,
        ..Needs::NOTHING
    },
    params: &[Param::Budget, Param::Buffer, Param::Window, Param::Sinks],
    defaults: |settings| settings.protection = Protection::Sinks,
    policy: |_| Ok(Box::new(VaseDkv::default())),
};

/// Columns of the projection.
const RANK: usize = 20;
/// The same in whole registers, filled up with zeros.
const REGISTERS: usize = RANK.div_ceil(LANES);
/// Rows projected at once: as many as the registers hold.
const ROWS: usize = 4;

/// A layer's projection, `[head_dim, REGISTERS * LANES]`.
type Projection = Vec<f32>;

#[derive(Default)]
struct VaseDkv {
    layers: Vec<Projection>,
}

fn project(mut stream: Stream, head_dim: usize) -> Projection {
    let mut projection = vec![0f32; head_dim * REGISTERS * LANES];
    for row in projection.chunks_exact_mut(REGISTERS * LANES) {
        for pair in row[..RANK].chunks_exact_mut(2) {
            for (x, gaussian) in pair.iter_mut().zip(stream.gaussians()) {
                *x = (gaussian / (RANK as f64).sqrt()) as f32;
            }
        }
    }
    projection
}

impl Policy for VaseDkv {
    fn prepare(&mut self, heads: &dyn Heads, _settings: &CacheSettings) {
        self.layers.clear();
        for layer in 0..heads.layers() {
            heads.show(layer, 0, &mut |head| {
                self.layers
                    .push(project(head.draw.of_layer(), head.head_dim));
            });
        }
    }

    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let d = head.head_dim;
        let candidates = head.candidates(settings);
        let projection = &self.layers[head.draw.layer as usize];
        let keys = sizes(&head.keys[..candidates * d], d, projection);
        let values = sizes(&head.values[..candidates * d], d, projection);
        let mut score: Vec<f32> = keys.iter().zip(&values).map(|(k, v)| k * v).collect();
        let sum = score.iter().map(|&x| f64::from(x)).sum::<f64>();
        let sum = sum.max(f64::from(f32::MIN_POSITIVE));
        for (score, position) in score.iter_mut().zip(head.positions) {
            *score = if position.0 < settings.sinks {
                1.0
            } else {
                (f64::from(*score) / sum) as f32
            };
        }
        HeadScores::plain(score)
    }
}

/// `|x G|^2` of each row of `[n, d]`.
fn sizes(rows: &[f32], d: usize, projection: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(rows.len() / d);
    let mut blocks = rows.chunks_exact(ROWS * d);
    for block in blocks.by_ref() {
        let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &block[row * d..(row + 1) * d]);
        out.extend(squares(rows, projection));
    }
    for row in blocks.remainder().chunks_exact(d) {
        out.extend(squares([row], projection));
    }
    out
}

#[expect(
    clippy::inline_always,
    reason = "the sums stay in registers: with iterators they do so or not as the crate's size changes"
)]
#[inline(always)]
fn squares<const N: usize>(rows: [&[f32]; N], projection: &[f32]) -> [f32; N] {
    let mut sums = [[Lanes::zero(); REGISTERS]; N];
    for (i, columns) in projection.chunks_exact(REGISTERS * LANES).enumerate() {
        let columns = [
            Lanes::load(columns, 0),
            Lanes::load(columns, LANES),
            Lanes::load(columns, 2 * LANES),
        ];
        for row in 0..N {
            let x = Lanes::splat(rows[row][i]);
            sums[row][0] = sums[row][0].plus(x, columns[0]);
            sums[row][1] = sums[row][1].plus(x, columns[1]);
            sums[row][2] = sums[row][2].plus(x, columns[2]);
        }
    }
    let mut out = [0f32; N];
    for row in 0..N {
        let [a, b, c] = sums[row];
        out[row] = (a * a).plus(b, b).plus(c, c).sum();
    }
    out
}

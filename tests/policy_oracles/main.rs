//! Every policy against a slow oracle in f64, written from its formula.
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

mod attention;
mod keys;
mod sets;
mod thinkv;
mod triattention;
mod vase;

use rkv_scope::config::CacheSettings;
use rkv_scope::policy::stream::Draw;
use rkv_scope::policy::{HeadScores, HeadView, Heads, Policy, RunContext, find};
use rkv_scope::trace::Position;

const D: usize = 16;
const GROUP: usize = 3;
const N: usize = 61;
const WINDOW: usize = 5;

/// Numbers between -1 and 1 that are the same on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn take(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| 2.0 * self.next()).collect()
    }
}

/// One head that has already forgotten some tokens.
struct Head {
    keys: Vec<f32>,
    values: Vec<f32>,
    queries: Vec<f32>,
    prompt: Vec<f32>,
    attention: Vec<f32>,
    positions: Vec<Position>,
}

impl Head {
    fn new(seed: u64) -> Self {
        let mut noise = Noise(seed);
        Self {
            keys: noise.take(N * D),
            values: noise.take(N * D),
            queries: noise.take(WINDOW * GROUP * D),
            prompt: noise.take(12 * GROUP * D),
            attention: noise.take(N).iter().map(|x| x.abs()).collect(),
            positions: (0..N as u32).map(|i| Position(2 * i + i % 2)).collect(),
        }
    }

    fn view(&self) -> HeadView<'_> {
        HeadView {
            keys: &self.keys,
            values: &self.values,
            positions: &self.positions,
            queries: &self.queries,
            group: GROUP,
            head_dim: D,
            attention: &self.attention,
            prompt_queries: &self.prompt,
            draw: Draw {
                seed: 5,
                event: 2,
                layer: 0,
                head: 0,
            },
        }
    }
}

fn settings(policy: &str) -> CacheSettings {
    CacheSettings {
        budget: 32,
        buffer: 29,
        window: WINDOW as u32,
        ..find(policy).unwrap().default_settings()
    }
}

fn start(policy: &str) -> Box<dyn Policy> {
    let active = find(policy).unwrap().start(&RunContext::default());
    active.unwrap().policy
}

fn score(policy: &str, head: &HeadView<'_>) -> HeadScores {
    let mut active = start(policy);
    active.prepare(&One(*head), &settings(policy));
    active.score(head, &settings(policy))
}

/// A cache of one head.
struct One<'a>(HeadView<'a>);

impl Heads for One<'_> {
    fn layers(&self) -> usize {
        1
    }

    fn kv_heads(&self) -> usize {
        1
    }

    fn show(&self, _layer: usize, _head: usize, look: &mut dyn FnMut(&HeadView<'_>)) {
        look(&self.0);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum()
}

fn row(rows: &[f32], i: usize) -> &[f32] {
    &rows[i * D..(i + 1) * D]
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|l| (l - most).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|p| p / total).collect()
}

/// Softmax over the first `n` keys of one query.
fn weights(query: &[f32], keys: &[f32], n: usize) -> Vec<f64> {
    let logits: Vec<f64> = (0..n)
        .map(|i| dot(query, row(keys, i)) / (D as f64).sqrt())
        .collect();
    softmax(&logits)
}

fn assert_close(policy: &str, found: &[f32], exact: &[f64], tolerance: f64) {
    assert_eq!(found.len(), exact.len(), "{policy}");
    for (i, (&found, &exact)) in found.iter().zip(exact).enumerate() {
        assert!(
            (f64::from(found) - exact).abs() <= tolerance * exact.abs().max(1.0),
            "{policy}: candidate {i} scores {found}, not {exact}"
        );
    }
}

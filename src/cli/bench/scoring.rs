//! `bench scoring`: milliseconds per compression of one layer, scores and selection, on fixed shapes, each policy beside
//! R-KV; and for policies that decide after every token, the share of a decode step.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::super::CliError;
use super::each_step;
use super::noise::Noise;
use crate::config::CacheSettings;
use crate::policy::select::select;
use crate::policy::stream::Draw;
use crate::policy::{
    ActivePolicy, HeadScores, HeadView, Heads, POLICIES, PolicyInfo, QueryPass, RunContext, find,
};
use crate::trace::{ModelSummary, Position};

/// Query heads, KV heads, head dimension, cache length.
const SHAPES: [[usize; 4]; 4] = [
    [9, 3, 64, 384],
    [9, 3, 64, 1152],
    [32, 8, 128, 1152],
    [32, 8, 128, 4224],
];
const BUFFER: usize = 128;
const WINDOW: usize = 8;
const REPEATS: usize = 5;

/// How alike the keys are: what the search for near duplicates costs depends on it.
#[derive(Clone, Copy)]
enum Keys {
    /// Independent: no key is like another, the search never ends early. R-KV's worst case.
    Independent,
    /// With a strong common direction, as real keys have.
    Dense,
}

pub(super) fn run(
    policy: &str,
    model: &str,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let policies: Vec<&PolicyInfo> = if policy == "all" {
        POLICIES.iter().filter(|info| info.compresses).collect()
    } else {
        vec![find(policy).map_err(|error| CliError::Usage(error.to_string()))?]
    };
    let rkv = &POLICIES[0];
    let mut rows: Vec<Value> = vec![];
    for shape in SHAPES {
        for (keys, name) in [(Keys::Dense, "dense"), (Keys::Independent, "independent")] {
            let layer = Layer::new(shape, keys);
            let base = layer.milliseconds(rkv)?;
            let [query_heads, kv_heads, d, n] = shape;
            for &info in &policies {
                let ms = if info.id == rkv.id {
                    base
                } else {
                    layer.milliseconds(info)?
                };
                let relative = ms / base;
                if !as_json {
                    writeln!(
                        out,
                        "{:<16}Hq {query_heads:>2}  Hkv {kv_heads}  D {d:>3}  L {n:>4}  {name:<12}{ms:>9.3} ms  {relative:>6.2} x R-KV",
                        info.id
                    )?;
                }
                let settings = layer.settings(info);
                rows.push(json!({
                    "policy": info.id,
                    "query_heads": query_heads,
                    "kv_heads": kv_heads,
                    "head_dim": d,
                    "length": n,
                    "keys": name,
                    "ms_per_layer": ms,
                    "relative_to_rkv": relative,
                    "auxiliary_bytes": info.auxiliary_bytes(&settings, &layer.model, n as u32, n as u32),
                }));
            }
        }
    }
    let stepwise: Vec<&PolicyInfo> = policies.into_iter().filter(|info| info.each_step).collect();
    let steps = each_step::measure(&stepwise, model)?;
    if as_json {
        let steps: Vec<Value> = steps.iter().map(each_step::Share::json).collect();
        let threads = rayon::current_num_threads();
        writeln!(
            out,
            "{}",
            json!({ "threads": threads, "repeats": REPEATS, "rows": rows, "each_step": steps })
        )?;
    } else {
        for share in &steps {
            writeln!(out, "{share}")?;
        }
    }
    Ok(())
}

/// One layer's cache with made-up contents.
struct Layer {
    model: ModelSummary,
    group: usize,
    d: usize,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    queries: Vec<f32>,
    attention: Vec<f32>,
    positions: Vec<Position>,
}

impl Layer {
    fn new([query_heads, kv_heads, d, n]: [usize; 4], keys: Keys) -> Self {
        let mut noise = Noise::new(n as u64 * 31 + d as u64);
        let direction = noise.direction(d);
        let mut rows = |keys: Keys| -> Vec<Vec<f32>> {
            let row = |_head| match keys {
                Keys::Independent => noise.take(n * d),
                Keys::Dense => noise.keys_along(&direction, n),
            };
            (0..kv_heads).map(row).collect()
        };
        let (keys, values) = (rows(keys), rows(Keys::Independent));
        Self {
            model: ModelSummary {
                layers: 1,
                query_heads: query_heads as u32,
                kv_heads: kv_heads as u32,
                head_dim: d as u32,
                ..ModelSummary::default()
            },
            group: query_heads / kv_heads,
            d,
            keys,
            values,
            queries: noise.take(WINDOW * query_heads * d),
            attention: noise.take(n).into_iter().map(f32::abs).collect(),
            positions: (0..n as u32).map(Position).collect(),
        }
    }

    fn settings(&self, info: &PolicyInfo) -> CacheSettings {
        CacheSettings {
            budget: (self.positions.len() - BUFFER) as u32,
            buffer: BUFFER as u32,
            window: WINDOW as u32,
            ..info.default_settings()
        }
    }

    fn view(&self, head: usize) -> HeadView<'_> {
        // Which query belongs to which head does not matter for the time.
        let queries = &self.queries[..WINDOW * self.group * self.d];
        HeadView {
            keys: &self.keys[head],
            values: &self.values[head],
            positions: &self.positions,
            queries,
            group: self.group,
            head_dim: self.d,
            attention: &self.attention,
            prompt_queries: queries,
            draw: Draw {
                head: head as u32,
                ..Draw::default()
            },
        }
    }

    /// The policy as it stands before its first compression.
    fn start(&self, info: &'static PolicyInfo) -> Result<ActivePolicy, CliError> {
        let run = RunContext {
            model: self.model.clone(),
            frequencies: Some((0..self.d / 2).map(|f| 1.0 / (1.0 + f as f32)).collect()),
            ..RunContext::default()
        };
        let mut active = info
            .start(&run)
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let width = self.model.query_heads as usize * self.d;
        let rows: Vec<&[f32]> = self.queries.chunks_exact(width).collect();
        active.policy.observe(&QueryPass {
            layer: 0,
            first: Position(0),
            rows: &rows,
        });
        Ok(active)
    }

    /// The fastest of some compressions.
    fn milliseconds(&self, info: &'static PolicyInfo) -> Result<f64, CliError> {
        let settings = self.settings(info);
        let mut best = f64::INFINITY;
        for _ in 0..REPEATS {
            let mut active = self.start(info)?;
            let started = Instant::now();
            active.policy.prepare(self, &settings);
            let policy = &*active.policy;
            let scores: Vec<HeadScores> = (0..self.keys.len())
                .into_par_iter()
                .map(|head| policy.score(&self.view(head), &settings))
                .collect();
            let scores: Vec<Vec<f32>> = scores.into_iter().map(|head| head.score).collect();
            let positions = vec![self.positions.as_slice(); scores.len()];
            black_box(select(&[positions], &[scores], &settings, 0));
            best = best.min(started.elapsed().as_secs_f64() * 1e3);
        }
        Ok(best)
    }
}

impl Heads for Layer {
    fn layers(&self) -> usize {
        1
    }

    fn kv_heads(&self) -> usize {
        self.keys.len()
    }

    fn show(&self, _layer: usize, head: usize, look: &mut dyn FnMut(&HeadView<'_>)) {
        look(&self.view(head));
    }
}

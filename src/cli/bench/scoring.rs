//! `bench scoring`: milliseconds per compression of one layer, scores and selection, on fixed shapes.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::super::CliError;
use crate::config::CacheSettings;
use crate::policy::select::select;
use crate::policy::{HeadView, POLICIES, PolicyInfo, find};
use crate::trace::Position;

/// Query heads, KV heads, head dimension, cache length.
const SHAPES: [(usize, usize, usize, usize); 4] = [
    (9, 3, 64, 384),
    (9, 3, 64, 1152),
    (32, 8, 128, 1152),
    (32, 8, 128, 4224),
];
const BUFFER: usize = 128;
const WINDOW: usize = 8;
const REPEATS: usize = 5;

/// How alike the keys are: what the search for near duplicates costs depends on it.
#[derive(Clone, Copy)]
enum Keys {
    /// Independent: no key is like another, the search never ends early. The worst case.
    Independent,
    /// With a strong common direction, as real keys have.
    Dense,
}

pub(super) fn run(policy: &str, as_json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    let policies: Vec<&PolicyInfo> = if policy == "all" {
        POLICIES.iter().filter(|info| info.compresses).collect()
    } else {
        vec![find(policy).map_err(|error| CliError::Usage(error.to_string()))?]
    };
    let mut rows: Vec<Value> = vec![];
    for info in policies {
        for (query_heads, kv_heads, d, n) in SHAPES {
            for (keys, name) in [(Keys::Dense, "dense"), (Keys::Independent, "independent")] {
                let ms = layer_ms(info, query_heads, kv_heads, d, n, keys);
                if !as_json {
                    writeln!(
                        out,
                        "{:<14}Hq {query_heads:>2}  Hkv {kv_heads}  D {d:>3}  L {n:>4}  {name:<12}{ms:>9.3} ms",
                        info.id
                    )?;
                }
                rows.push(json!({
                    "policy": info.id,
                    "query_heads": query_heads,
                    "kv_heads": kv_heads,
                    "head_dim": d,
                    "length": n,
                    "keys": name,
                    "ms_per_layer": ms,
                }));
            }
        }
    }
    if as_json {
        let threads = rayon::current_num_threads();
        writeln!(
            out,
            "{}",
            json!({ "threads": threads, "repeats": REPEATS, "rows": rows })
        )?;
    }
    Ok(())
}

fn layer_ms(
    info: &PolicyInfo,
    query_heads: usize,
    kv_heads: usize,
    d: usize,
    n: usize,
    keys: Keys,
) -> f64 {
    let settings = CacheSettings {
        budget: (n - BUFFER) as u32,
        buffer: BUFFER as u32,
        window: WINDOW as u32,
        ..info.default_settings()
    };
    let mut noise = Noise(n as u64 * 31 + d as u64);
    let base: Vec<f32> = (0..d).map(|_| 1.5 * noise.next()).collect();
    let mut key_rows: Vec<Vec<f32>> = vec![];
    for _ in 0..kv_heads {
        let rows = (0..n * d).map(|i| match keys {
            Keys::Independent => noise.next(),
            Keys::Dense => noise.next() + base[i % d],
        });
        key_rows.push(rows.collect());
    }
    let group = query_heads / kv_heads;
    let queries: Vec<f32> = (0..WINDOW * group * d).map(|_| noise.next()).collect();
    let positions: Vec<Position> = (0..n as u32).map(Position).collect();
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        let started = Instant::now();
        let scores: Vec<Vec<f32>> = key_rows
            .par_iter()
            .map(|keys| {
                let head = HeadView {
                    keys,
                    values: keys,
                    positions: &positions,
                    queries: &queries,
                    group,
                    head_dim: d,
                };
                info.policy.score(&head, &settings).score
            })
            .collect();
        let all = vec![positions.as_slice(); kv_heads];
        black_box(select(&[all], &[scores], &settings, 0));
        best = best.min(started.elapsed().as_secs_f64() * 1e3);
    }
    best
}

/// Roughly normal numbers (a sum of uniform ones), the same on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        let mut sum = 0.0;
        for _ in 0..4 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (self.0 >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
        }
        sum * 3f32.sqrt()
    }
}

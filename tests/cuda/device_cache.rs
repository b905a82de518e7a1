//! The cache on a device against the cache on the host.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use proptest::prelude::*;
use rkv_scope::config::{CacheSettings, Protection, Retain, Scope, SlotOrder};
use rkv_scope::engine::compress::{CompressionContext, compress};
use rkv_scope::kernels::cuda::decode::LayerConstants;
use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::device_cache::DeviceCache;
use rkv_scope::model::{CacheShape, KvCache};
use rkv_scope::policy::{RunContext, find};
use rkv_scope::trace::{CompressionRecord, RecordLevel};

use super::accelerators::{Watched, on_each_device};

on_each_device!(
    device_and_host_agree,
    a_fetched_cache_shows_what_was_appended,
    a_larger_cache_holds_the_same,
    another_window_takes_no_room_on_the_device,
    filled_keys_are_in_every_row,
);

/// Frequencies of zero turn nothing: keys of a golden file stay as they are.
pub(super) fn no_rotation<A: Accelerator>(
    accelerator: &A,
    head_dim: usize,
) -> (A::Memory, LayerConstants) {
    let mut memory = accelerator.allocate(head_dim / 2 * 4).unwrap();
    accelerator.clear(&mut memory).unwrap();
    let frequencies = accelerator.address(&memory);
    (
        memory,
        LayerConstants {
            frequencies,
            epsilon: 1e-6,
            ..LayerConstants::default()
        },
    )
}

/// `[heads, tokens, d]` three times to rows of tokens.
pub(super) fn rows(
    queries: &[f32],
    keys: &[f32],
    values: &[f32],
    tokens: usize,
    d: usize,
    device: &Device,
) -> Tensor {
    let mut out = vec![];
    for token in 0..tokens {
        for heads in [queries, keys, values] {
            for head in heads.chunks_exact(tokens * d) {
                out.extend_from_slice(&head[token * d..(token + 1) * d]);
            }
        }
    }
    let width = out.len() / tokens;
    Tensor::from_vec(out, (tokens, width), device).unwrap()
}

fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

const SHAPE: CacheShape = CacheShape {
    layers: 3,
    query_heads: 4,
    kv_heads: 2,
    head_dim: 32,
    capacity: 140,
    window: 64,
};

/// The same tokens into a cache on the host and one on the device.
struct Pair<A: Accelerator> {
    host: KvCache,
    device: KvCache,
    constants: LayerConstants,
    accelerator: Arc<A>,
    _memory: A::Memory,
}

impl<A: Accelerator + 'static> Pair<A> {
    fn new(accelerator: &Arc<A>) -> Self {
        let memory = DeviceCache::new(Arc::clone(accelerator), SHAPE, 1, Element::F32).unwrap();
        let (_memory, constants) = no_rotation(&**accelerator, SHAPE.head_dim);
        Self {
            host: KvCache::new(SHAPE).unwrap(),
            device: KvCache::on_device(SHAPE, Box::new(memory)).unwrap(),
            constants,
            accelerator: Arc::clone(accelerator),
            _memory,
        }
    }

    fn feed(&mut self, tokens: usize, seed: u64) {
        let width = (SHAPE.query_heads + 2 * SHAPE.kv_heads) * SHAPE.head_dim;
        for layer in 0..SHAPE.layers {
            // A direction in common and repeated rows: near duplicates at all distances.
            let mut rows = noise(tokens * width, seed * 31 + layer as u64);
            let (common, again) = (noise(width, 5), rows[..width].to_vec());
            for (i, row) in rows.chunks_exact_mut(width).enumerate() {
                for ((x, common), again) in row.iter_mut().zip(&common).zip(&again) {
                    *x += 0.6 * common + if i % 7 == 3 { 2.0 * again } else { 0.0 };
                }
            }
            self.host.append(layer, tokens, &rows, width);
            let tensor =
                Tensor::from_vec(rows, (tokens, width), self.accelerator.device()).unwrap();
            self.device
                .append_on_device(layer, tokens, &tensor, &self.constants)
                .unwrap();
        }
        self.host.commit(tokens);
        self.device.commit(tokens);
    }

    fn compress(&mut self, settings: &CacheSettings, event: u32) -> [CompressionRecord; 2] {
        let context = CompressionContext {
            event,
            revision: 0,
            prompt_tokens: 10,
            level: RecordLevel::Components,
            seed: 0,
        };
        [&mut self.host, &mut self.device].map(|cache| {
            let mut policy = find(&settings.policy)
                .unwrap()
                .start(&RunContext::default())
                .unwrap();
            let compression = compress(cache, &mut policy, settings, context).unwrap();
            let (record, arrived) = compression.settle();
            arrived.unwrap();
            record
        })
    }

    /// Whether the cosine of two keys of a head is so near to the threshold that rounding decides whether they are near
    /// duplicates.
    fn is_undecided(&self, threshold: f64) -> bool {
        let cosine = |a: &[f32], b: &[f32]| {
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                let products = a.iter().zip(b);
                products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        };
        (0..SHAPE.layers).any(|layer| {
            (0..SHAPE.kv_heads).any(|head| {
                let keys: Vec<&[f32]> = self
                    .host
                    .keys(layer, head)
                    .chunks_exact(SHAPE.head_dim)
                    .collect();
                keys.iter().enumerate().any(|(i, a)| {
                    let older = &keys[..i];
                    older
                        .iter()
                        .any(|b| (cosine(a, b) - threshold).abs() < 5e-7)
                })
            })
        })
    }

    fn assert_same(&mut self, what: &str) {
        self.device.fetch().unwrap();
        for layer in 0..SHAPE.layers {
            for head in 0..SHAPE.kv_heads {
                assert_eq!(
                    self.device.positions(layer, head),
                    self.host.positions(layer, head),
                    "{what}"
                );
                assert_eq!(
                    self.device.keys(layer, head),
                    self.host.keys(layer, head),
                    "{what}"
                );
                assert_eq!(
                    self.device.values(layer, head),
                    self.host.values(layer, head),
                    "{what}"
                );
            }
            assert!(
                self.device
                    .window_queries(layer)
                    .eq(self.host.window_queries(layer)),
                "{what}"
            );
        }
    }
}

fn device_and_host_agree<A: Accelerator + 'static>(accelerator: Arc<A>) {
    // All but the last have a kernel.
    let policies = [
        "rkv",
        "snapkv",
        "streamingllm",
        "rkv-global",
        "recency-prompt",
        "knorm",
    ];
    let cases = (
        0..6usize,
        0..2usize,
        0..3usize,
        0..3usize,
        10u32..40,
        0u64..1000,
        any::<bool>(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(
            &cases,
            |(policy, order, protection, scope, window, seed, first)| {
                let mut settings = find(policies[policy]).unwrap().default_settings();
                settings.budget = 64;
                settings.buffer = 40;
                settings.window = window;
                settings.lambda = 0.3;
                settings.order = SlotOrder::ALL[order];
                settings.protection = Protection::ALL[protection];
                settings.scope = Scope::ALL[scope];
                if first {
                    // No kernel: scored on the host from copied keys.
                    settings.retain = Retain::First;
                }
                let mut pair = Pair::new(&accelerator);
                pair.feed(104, seed);
                for event in 0..3 {
                    prop_assume!(!pair.is_undecided(settings.threshold));
                    let [host, device] = pair.compress(&settings, event);
                    prop_assert_eq!(&host.evicted, &device.evicted);
                    prop_assert_eq!(&host.slots_after, &device.slots_after);
                    prop_assert_eq!(&host.links, &device.links);
                    prop_assert_eq!(host.scores.len(), device.scores.len());
                    pair.assert_same(&format!("event {event}"));
                    // A person changes the order in mid-run.
                    settings.order = SlotOrder::ALL[(order + event as usize) % 2];
                    pair.feed(if event == 0 { 1 } else { 39 }, seed + 7 * u64::from(event));
                    if event == 0 {
                        pair.feed(39, seed + 3);
                    }
                }
                Ok(())
            },
        )
        .unwrap();
}

fn a_fetched_cache_shows_what_was_appended<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut pair = Pair::new(&accelerator);
    pair.feed(100, 1);
    pair.feed(3, 2);
    pair.assert_same("appended");
    assert!(pair.device.is_on_device());
    pair.device.move_to_host().unwrap();
    assert!(!pair.device.is_on_device());
}

fn a_larger_cache_holds_the_same<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut pair = Pair::new(&accelerator);
    pair.feed(130, 1);
    for (capacity, window) in [(200, 64), (300, 80)] {
        pair.host.resize(capacity, window).unwrap();
        pair.device.resize(capacity, window).unwrap();
        pair.assert_same("resized");
        assert_eq!(
            pair.device.is_on_device(),
            window == 64,
            "another window has no ring on the device"
        );
    }
}

fn another_window_takes_no_room_on_the_device<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let full = Watched::new(accelerator);
    let mut pair = Pair::new(&full);
    pair.feed(130, 1);
    full.leave(0);
    for cache in [&mut pair.host, &mut pair.device] {
        cache.resize(200, 80).unwrap();
    }
    assert!(!pair.device.is_on_device());
    pair.assert_same("resized");
}

fn filled_keys_are_in_every_row<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let keys = noise(SHAPE.capacity * SHAPE.head_dim, 3);
    for element in [Element::F32, Element::F16, Element::Bf16] {
        let mut cache = DeviceCache::new(Arc::clone(&accelerator), SHAPE, 2, element).unwrap();
        cache.fill_keys(&keys).unwrap();
        let stored = element.decode(&element.encode(&keys).unwrap()).unwrap();
        for layer in 0..SHAPE.layers {
            let (found, _) = cache.read_layer(layer).unwrap();
            assert_eq!(found, stored.repeat(2 * SHAPE.kv_heads));
        }
    }
}

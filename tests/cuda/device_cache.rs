//! The cache on a device against the cache on the host.

use std::cell::Cell;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use rkv_scope::config::{CacheSettings, Protection, Retain, Scope, SlotOrder};
use rkv_scope::engine::compress::{CompressionContext, compress, score_all};
use rkv_scope::kernels::cuda::decode::LayerConstants;
use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::device_cache::DeviceCache;
use rkv_scope::model::{CacheShape, KvCache};
use rkv_scope::policy::{ActivePolicy, RunContext, find};
use rkv_scope::trace::{CompressionRecord, RecordLevel};

use super::accelerators::{Watched, has_bf16, on_each_device};
use super::rounding::{Worth, assert_scores_alike, exchanged, mean, next_to_the_same};

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

/// Types that a cache can have on this device.
fn elements<A: Accelerator>(accelerator: &A) -> Vec<Element> {
    let mut all = vec![Element::F32, Element::F16];
    if has_bf16(accelerator) {
        all.push(Element::Bf16);
    }
    all
}

fn start(settings: &CacheSettings) -> ActivePolicy {
    let info = find(&settings.policy).unwrap();
    info.start(&RunContext::default()).unwrap()
}

fn context(event: u32) -> CompressionContext {
    CompressionContext {
        event,
        revision: 0,
        prompt_tokens: 10,
        level: RecordLevel::Components,
        seed: 0,
    }
}

/// The same tokens into a cache on the host and one on the device.
struct Pair<A: Accelerator> {
    host: KvCache,
    device: KvCache,
    element: Element,
    constants: LayerConstants,
    accelerator: Arc<A>,
    _memory: A::Memory,
}

impl<A: Accelerator + 'static> Pair<A> {
    fn new(accelerator: &Arc<A>, element: Element) -> Self {
        let memory = DeviceCache::new(Arc::clone(accelerator), SHAPE, 1, element).unwrap();
        let (_memory, constants) = no_rotation(&**accelerator, SHAPE.head_dim);
        Self {
            host: KvCache::new(SHAPE).unwrap(),
            device: KvCache::on_device(SHAPE, Box::new(memory)).unwrap(),
            element,
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
            // The device rounds on the way in; the host is fed with what it then holds.
            let bytes = self.element.encode(&rows).unwrap();
            let stored = self.element.decode(&bytes).unwrap();
            self.host.append(layer, tokens, &stored, width);
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
        [&mut self.host, &mut self.device].map(|cache| {
            let mut policy = start(settings);
            let compression = compress(cache, &mut policy, settings, context(event)).unwrap();
            let (record, arrived) = compression.settle();
            arrived.unwrap();
            record
        })
    }

    /// What decides over the candidates, `[layers][kv_heads]`: their scores on the host, or the means of those that decide
    /// together.
    fn worth(&self, settings: &CacheSettings, event: u32) -> Vec<Vec<Worth>> {
        let scores = score_all(&self.host, &mut start(settings), settings, context(event));
        let of_head = |layer: usize, head: usize| -> Worth {
            let positions = self.host.positions(layer, head).iter().copied();
            let scores = scores[layer][head].score.iter();
            positions
                .zip(scores.map(|&score| f64::from(score)))
                .collect()
        };
        let of_layer = |layer: usize| -> Vec<Worth> {
            (0..SHAPE.kv_heads).map(|h| of_head(layer, h)).collect()
        };
        let own: Vec<Vec<Worth>> = (0..SHAPE.layers).map(of_layer).collect();
        let layers: Vec<Worth> = own.iter().map(|heads| mean(heads)).collect();
        match settings.scope {
            Scope::Head => own,
            Scope::Layer => {
                let share = |layer| vec![layer; SHAPE.kv_heads];
                layers.into_iter().map(share).collect()
            }
            Scope::Global => vec![vec![mean(&layers); SHAPE.kv_heads]; SHAPE.layers],
        }
    }

    /// Whether the two have kept different tokens, or in another order. None may take the place of one whose score rounding
    /// cannot reach.
    fn is_parted_by_rounding(&self, worth: &[Vec<Worth>], order: SlotOrder) -> bool {
        let mut parted = false;
        for (layer, heads) in worth.iter().enumerate() {
            for (head, worth) in heads.iter().enumerate() {
                let host = self.host.positions(layer, head);
                let device = self.device.positions(layer, head);
                for (ours, theirs) in exchanged(host, device, order) {
                    let scores = worth.get(&ours).zip(worth.get(&theirs));
                    assert!(
                        scores.is_some_and(|(&a, &b)| next_to_the_same(a, b)),
                        "layer {layer} head {head}: {theirs:?} in the place of {ours:?}, which score {scores:?}"
                    );
                    parted = true;
                }
            }
        }
        parted
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
                        .any(|b| (cosine(a, b) - threshold).abs() < 1e-6)
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
        prop::sample::select(elements(&*accelerator)),
        0..6usize,
        0..2usize,
        0..3usize,
        0..3usize,
        prop_oneof![Just(1u32), Just(8u32), 10u32..40],
        0u64..1000,
        any::<bool>(),
    );
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let most_parted = config.cases / 4;
    let parted = Cell::new(0);
    // The same cases each time: whether two scores are next to the same would else be chance.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, random)
        .run(
            &cases,
            |(element, policy, order, protection, scope, window, seed, first)| {
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
                let mut pair = Pair::new(&accelerator, element);
                pair.feed(104, seed);
                for event in 0..3 {
                    prop_assume!(!pair.is_undecided(settings.threshold));
                    let worth = pair.worth(&settings, event);
                    let [host, device] = pair.compress(&settings, event);
                    prop_assert_eq!(&host.slots_after, &device.slots_after);
                    prop_assert_eq!(&host.links, &device.links);
                    assert_scores_alike(&host, &device);
                    if pair.is_parted_by_rounding(&worth, settings.order) {
                        parted.set(parted.get() + 1);
                        return Ok(());
                    }
                    prop_assert_eq!(&host.evicted, &device.evicted);
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
    let parted = parted.get();
    println!("{parted} cases end where rounding decides");
    assert!(parted <= most_parted, "{parted} cases prove nothing");
}

fn a_fetched_cache_shows_what_was_appended<A: Accelerator + 'static>(accelerator: Arc<A>) {
    for element in elements(&*accelerator) {
        let mut pair = Pair::new(&accelerator, element);
        pair.feed(100, 1);
        pair.feed(3, 2);
        pair.assert_same(element.name());
        assert!(pair.device.is_on_device());
        pair.device.move_to_host().unwrap();
        assert!(!pair.device.is_on_device());
    }
}

fn a_larger_cache_holds_the_same<A: Accelerator + 'static>(accelerator: Arc<A>) {
    for element in elements(&*accelerator) {
        let mut pair = Pair::new(&accelerator, element);
        pair.feed(130, 1);
        for (capacity, window) in [(200, 64), (300, 80)] {
            pair.host.resize(capacity, window).unwrap();
            pair.device.resize(capacity, window).unwrap();
            pair.assert_same(element.name());
            assert_eq!(
                pair.device.is_on_device(),
                window == 64,
                "another window has no ring on the device"
            );
        }
    }
}

fn another_window_takes_no_room_on_the_device<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let full = Watched::new(accelerator);
    let mut pair = Pair::new(&full, Element::F32);
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

//! The decoder on a device: golden logits, and the same run as on the CPU.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rkv_scope::config::{CacheSettings, Sampling};
use rkv_scope::engine::generation::{Advance, Generation, GenerationRequest};
use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::{CacheShape, DeviceDecoder, LanguageModel, load, load_on_accelerator};
use rkv_scope::trace::{RecordLevel, TraceRecord};

use super::accelerators::on_each_device;
use super::checkpoint::{GO, TOLERANCE, assert_close, ids, numbers, tiny};

on_each_device!(
    tiny_checkpoints_give_the_published_logits,
    a_run_is_the_same_as_on_the_cpu,
    sixteen_bits_stay_close,
    a_stopped_pass_leaves_no_trace,
);

/// Every architecture; heads of 32 through our kernels, heads of 16 with the cache and attention on the CPU.
fn tiny_checkpoints_give_the_published_logits<A: Accelerator + 'static>(accelerator: Arc<A>) {
    for (name, on_device) in [
        ("llama", false),
        ("llama3_rope", false),
        ("llama_tied", false),
        ("qwen2", false),
        ("qwen3", true),
    ] {
        let (decoder, golden) = tiny(name);
        let config = decoder.config().clone();
        let mut decoder =
            DeviceDecoder::new(Arc::clone(&accelerator), decoder, Element::F32).unwrap();
        let shape = CacheShape {
            layers: config.layers,
            query_heads: config.query_heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            capacity: 48,
            window: 8,
        };
        let mut cache = decoder.new_cache(shape).unwrap();
        assert_eq!(cache.is_on_device(), on_device, "{name}");
        let tokens = ids(&golden["input_ids"]);
        let expected = numbers(&golden["logits"]);
        let mut logits = vec![];
        // A chunk, then token by token.
        for span in [0..20, 20..21, 21..22, 22..47, 47..48] {
            decoder
                .forward(&tokens[span.clone()], &mut cache, &GO, &mut logits)
                .unwrap();
            let want = &expected[(span.end - 1) * config.vocab..span.end * config.vocab];
            assert_close(
                &logits,
                want,
                2.0 * TOLERANCE,
                &format!("{name} after {} tokens", span.end),
            );
        }
    }
}

fn settings() -> CacheSettings {
    CacheSettings {
        budget: 48,
        buffer: 16,
        lambda: 0.1,
        ..CacheSettings::default()
    }
}

/// Records of a greedy run of the embedded reasoner.
fn run(model: &mut dyn LanguageModel, tokens: u32) -> Vec<TraceRecord> {
    let device = model.device();
    let request = GenerationRequest {
        problem: "Ivy has 46 shells. Ivy finds 38 more. How many shells are there?".to_owned(),
        settings: settings(),
        sampling: Sampling {
            max_tokens: tokens,
            temperature: 0.0,
            ..Sampling::default()
        },
        level: RecordLevel::Components,
        device,
    };
    let mut generation = Generation::begin(model, request).unwrap();
    while !matches!(generation.advance(&GO).unwrap(), Advance::Finished(_)) {}
    generation.take_records()
}

fn token_ids(records: &[TraceRecord]) -> Vec<u32> {
    let batches = records.iter().filter_map(|record| match record {
        TraceRecord::Tokens(batch) => Some(batch),
        _ => None,
    });
    batches.flatten().map(|token| token.id).collect()
}

fn evicted(records: &[TraceRecord]) -> Vec<Vec<Vec<u32>>> {
    let compressions = records.iter().filter_map(|record| match record {
        TraceRecord::Compression(record) => Some(record.evicted.clone()),
        _ => None,
    });
    compressions.collect()
}

fn a_run_is_the_same_as_on_the_cpu<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut on_cpu = load("reasoner", &mut |_, _| {}).unwrap();
    let mut on_device = load_on_accelerator("reasoner", accelerator, Element::F32).unwrap();
    let (host, device) = (run(on_cpu.as_mut(), 70), run(on_device.as_mut(), 70));
    assert_eq!(token_ids(&device), token_ids(&host));
    let (host, device) = (evicted(&host), evicted(&device));
    assert!(host.len() >= 3, "{} compressions", host.len());
    assert_eq!(device.len(), host.len());
    // Rounding may decide between two tokens whose scores are next to equal: rarely, and never for many heads at once.
    for (event, (device, host)) in device.iter().zip(&host).enumerate() {
        let same = device
            .iter()
            .zip(host)
            .filter(|(device, host)| device == host)
            .count();
        assert!(
            same * 10 >= host.len() * 9,
            "event {event}: {same} of {} heads agree",
            host.len()
        );
    }
}

/// A cache and weights of sixteen bits: the same text for a while, and finite numbers throughout.
fn sixteen_bits_stay_close<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut exact = load("reasoner", &mut |_, _| {}).unwrap();
    let expected = token_ids(&run(exact.as_mut(), 30));
    for element in [Element::F16, Element::Bf16] {
        let mut model = load_on_accelerator("reasoner", Arc::clone(&accelerator), element).unwrap();
        assert_eq!(model.summary().cache_element_bytes, 2);
        let found = token_ids(&run(model.as_mut(), 30));
        let same = found
            .iter()
            .zip(&expected)
            .take_while(|(a, b)| a == b)
            .count();
        assert!(
            same + 12 >= expected.len(),
            "{}: {same} of {} tokens",
            element.name(),
            expected.len()
        );
    }
}

fn a_stopped_pass_leaves_no_trace<A: Accelerator + 'static>(accelerator: Arc<A>) {
    use rkv_scope::model::Forward;
    let mut model = load_on_accelerator("reasoner", accelerator, Element::F32).unwrap();
    let summary = model.summary();
    let shape = CacheShape {
        layers: summary.layers as usize,
        query_heads: summary.query_heads as usize,
        kv_heads: summary.kv_heads as usize,
        head_dim: summary.head_dim as usize,
        capacity: 20,
        window: 8,
    };
    let mut cache = model.new_cache(shape).unwrap();
    let (mut first, mut again) = (vec![], vec![]);
    model
        .forward(&[5, 6, 7], &mut cache, &GO, &mut first)
        .unwrap();
    let stop = AtomicBool::new(true);
    assert_eq!(
        model.forward(&[8], &mut cache, &stop, &mut again).unwrap(),
        Forward::Stopped
    );
    assert_eq!((cache.seen(), cache.longest()), (3, 3));
    // A token beyond the vocabulary is refused, and so is one more than there is room for.
    assert!(
        model
            .forward(&[u32::MAX], &mut cache, &GO, &mut again)
            .is_err()
    );
    assert!(
        model
            .forward(&[8; 18], &mut cache, &GO, &mut again)
            .is_err()
    );
    model.forward(&[8], &mut cache, &GO, &mut again).unwrap();
    let mut fresh = model.new_cache(shape).unwrap();
    model
        .forward(&[5, 6, 7, 8], &mut fresh, &GO, &mut first)
        .unwrap();
    assert_close(&again, &first, 1e-4, "after a stop");
}

//! The decoder on a device: golden logits, and the same run as on the CPU.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rkv_scope::config::{CacheSettings, Sampling};
use rkv_scope::engine::generation::{Advance, Generation, GenerationRequest};
use rkv_scope::kernels::cuda::compression::KeepOrder;
use rkv_scope::kernels::cuda::decode::NewTokens;
use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::device_cache::{Choice, DeviceCache, DeviceScore, Question, Wanted};
use rkv_scope::model::shapes::ModelShape;
use rkv_scope::model::{
    CacheShape, DeviceDecoder, LanguageModel, ModelConfig, load, load_on_accelerator,
};
use rkv_scope::trace::{FinishReason, RecordLevel, TraceRecord, TraceStore};

use rkv_scope::policy::find;

use super::accelerators::{Watched, has_bf16, on_each_device};
use super::checkpoint::{GO, TOLERANCE, argmax, assert_close, ids, numbers, tiny};

on_each_device!(
    tiny_checkpoints_give_the_published_logits,
    a_run_is_the_same_as_on_the_cpu,
    sixteen_bits_stay_close,
    a_batch_is_its_sequences,
    a_stopped_pass_leaves_no_trace,
    memory_that_runs_out_ends_the_run_and_keeps_the_trace,
    watching_policies_keep_their_cache_on_the_host,
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

pub fn settings() -> CacheSettings {
    CacheSettings {
        budget: 48,
        buffer: 16,
        lambda: 0.1,
        ..CacheSettings::default()
    }
}

/// Records of a greedy run of the embedded reasoner.
fn run(model: &mut dyn LanguageModel, tokens: u32) -> Vec<TraceRecord> {
    let request = GenerationRequest {
        problem: "Ivy has 46 shells. Ivy finds 38 more. How many shells are there?".to_owned(),
        settings: settings(),
        sampling: Sampling {
            max_tokens: tokens,
            temperature: 0.0,
            ..Sampling::default()
        },
        level: RecordLevel::Components,
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
    assert!(evicted(&host).len() >= 2);
    assert_evictions_alike(&evicted(&host), &evicted(&device));
}

/// Rounding may decide between two tokens whose scores are next to equal: rarely, and never for many heads at once.
fn assert_evictions_alike(host: &[Vec<Vec<u32>>], device: &[Vec<Vec<u32>>]) {
    assert_eq!(device.len(), host.len());
    let heads = |events: &[Vec<Vec<u32>>]| events.iter().map(Vec::len).sum::<usize>();
    let pairs = device.iter().flatten().zip(host.iter().flatten());
    let same = pairs.filter(|(device, host)| device == host).count();
    println!("{same} of {} evictions agree", heads(host));
    assert!(
        same * 10 >= heads(host) * 9,
        "{same} of {} evictions agree",
        heads(host)
    );
}

/// Logits after each of `tokens`, fed one by one.
fn logits_of_each(model: &mut dyn LanguageModel, tokens: &[u32]) -> Vec<Vec<f32>> {
    let mut cache = model
        .new_cache(CacheShape::of(&model.summary(), tokens.len(), 8))
        .unwrap();
    let each = tokens.iter().map(|&token| {
        let mut logits = vec![];
        model
            .forward(&[token], &mut cache, &GO, &mut logits)
            .unwrap();
        logits
    });
    each.collect()
}

/// A cache and weights of sixteen bits: logits off by rounding, and mostly the same next token.
fn sixteen_bits_stay_close<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut exact = load("reasoner", &mut |_, _| {}).unwrap();
    let tokens: Vec<u32> = token_ids(&run(exact.as_mut(), 20))
        .into_iter()
        .take(40)
        .collect();
    let expected = logits_of_each(exact.as_mut(), &tokens);
    // Eleven bits of precision, and eight; this model's large activations make more of their rounding than most do.
    for (element, most) in [(Element::F16, 0.03), (Element::Bf16, 0.08)] {
        if element == Element::Bf16 && !has_bf16(&*accelerator) {
            continue;
        }
        let mut model = load_on_accelerator("reasoner", Arc::clone(&accelerator), element).unwrap();
        assert_eq!(model.summary().cache_element_bytes, 2);
        let found = logits_of_each(model.as_mut(), &tokens);
        let relative = relative_error(&found.concat(), &expected.concat());
        let pairs = found.iter().zip(&expected);
        let same = pairs
            .filter(|(found, expected)| argmax(found) == argmax(expected))
            .count();
        println!(
            "{}: relative error {relative:.4}, {same} of {} next tokens the same",
            element.name(),
            tokens.len()
        );
        assert!(
            relative < most,
            "{}: relative error {relative}",
            element.name()
        );
        assert!(
            same * 10 >= tokens.len() * 8,
            "{}: {same} of {} next tokens",
            element.name(),
            tokens.len()
        );
    }
}

/// Root of the mean squared difference, relative to the expected numbers' own.
pub fn relative_error(found: &[f32], expected: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x).powi(2);
    let pairs = found.iter().zip(expected);
    let difference: f64 = pairs
        .map(|(found, expected)| square(found - expected))
        .sum();
    (difference / expected.iter().copied().map(square).sum::<f64>()).sqrt()
}

/// Two sequences in step give what each gives alone, before and after a compression that never leaves the device.
fn a_batch_is_its_sequences<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let config = ModelConfig {
        layers: 2,
        hidden: 64,
        intermediate: 96,
        query_heads: 4,
        kv_heads: 2,
        head_dim: 32,
        vocab: 50,
        ..ModelShape::Qwen3Small.config()
    };
    let mut decoder =
        DeviceDecoder::random(Arc::clone(&accelerator), config.clone(), Element::F32).unwrap();
    let shape = CacheShape {
        layers: config.layers,
        query_heads: config.query_heads,
        kv_heads: config.kv_heads,
        head_dim: config.head_dim,
        capacity: 24,
        window: 4,
    };
    let settings = CacheSettings {
        budget: 14,
        buffer: 10,
        window: 4,
        ..CacheSettings::default()
    };
    let sequences: [Vec<u32>; 2] = [(0..25).collect(), (0..25).map(|i| i * 7 % 50).collect()];
    let mut together = DeviceCache::new(Arc::clone(&accelerator), shape, 2, Element::F32).unwrap();
    let mut alone = [0, 1].map(|_| decoder.new_cache(shape).unwrap());
    let (mut held, mut seen, mut remembered) = (0, 0, 0);
    for (count, compress) in [(20, false), (4, true), (1, false)] {
        let tokens: Vec<u32> = sequences
            .iter()
            .flat_map(|s| s[seen..seen + count].to_vec())
            .collect();
        let new = NewTokens {
            batch: 2,
            tokens: count,
            held,
            seen,
            ring: together.ring(),
            ring_next: remembered % together.ring(),
            remember: 4,
        };
        remembered += count.min(4);
        let logits = decoder.forward_batch(&tokens, &mut together, &new).unwrap();
        let logits = numbers(&logits);
        held += count;
        for (i, (sequence, cache)) in sequences.iter().zip(&mut alone).enumerate() {
            let mut own = vec![];
            decoder
                .forward(&sequence[seen..seen + count], cache, &GO, &mut own)
                .unwrap();
            let batched = &logits[i * config.vocab..(i + 1) * config.vocab];
            assert_close(
                batched,
                &own,
                1e-4,
                &format!("sequence {i} after {}", seen + count),
            );
            if compress {
                let decided = cache
                    .decide(&settings, 0, RecordLevel::Summary)
                    .unwrap()
                    .unwrap();
                cache.compact_all(&decided.keep.unwrap()).unwrap();
            }
        }
        seen += count;
        if compress {
            let choice = Choice {
                kept: 14,
                protect: 0,
                order: KeepOrder::Slots,
            };
            let question = Question {
                held,
                window: 4,
                queries: ((remembered - 4) % together.ring(), 4),
                score: DeviceScore::RKv {
                    lambda: settings.lambda,
                    threshold: 0.5,
                    pool: 7,
                },
                choice: Some(choice),
                wanted: Wanted::Nothing,
            };
            together.compress(&question, &choice).unwrap();
            held = 14;
        }
    }
}

fn a_stopped_pass_leaves_no_trace<A: Accelerator + 'static>(accelerator: Arc<A>) {
    use rkv_scope::model::Forward;
    let mut model = load_on_accelerator("reasoner", accelerator, Element::F32).unwrap();
    let shape = CacheShape::of(&model.summary(), 20, 8);
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

fn memory_that_runs_out_ends_the_run_and_keeps_the_trace<A: Accelerator + 'static>(
    accelerator: Arc<A>,
) {
    let limited = Watched::new(accelerator);
    limited.leave(3);
    // The reasoner's weights are candle's; of our memory it needs that of its frequencies, and its caches do.
    let mut model = load_on_accelerator("reasoner", Arc::clone(&limited), Element::F32).unwrap();
    let asked = |settings| GenerationRequest {
        problem: "What is 12 + 7?".to_owned(),
        settings,
        sampling: Sampling {
            max_tokens: 40,
            ..Sampling::default()
        },
        level: RecordLevel::Components,
    };
    let Err(error) = Generation::begin(model.as_mut(), asked(settings())) else {
        panic!("there is no memory for a cache");
    };
    assert!(error.to_string().contains("--device cpu"), "{error}");
    limited.leave(usize::MAX);
    let mut generation = Generation::begin(model.as_mut(), asked(settings())).unwrap();
    for _ in 0..5 {
        generation.advance(&GO).unwrap();
    }
    let before = (generation.cache().seen(), generation.cache().longest());
    limited.leave(3);
    let error = generation.advance(&GO).unwrap_err();
    assert!(error.to_string().contains("--device cpu"), "{error}");
    assert_eq!(
        (generation.cache().seen(), generation.cache().longest()),
        before,
        "the failed pass left something"
    );
    generation.finish(FinishReason::Failed(error.to_string()));
    let mut store = TraceStore::new(Arc::clone(generation.header()));
    for record in generation.take_records() {
        store.apply(record).unwrap();
    }
    assert_eq!(store.tokens().len(), before.0);
    limited.leave(usize::MAX);
    drop(generation);
    assert!(
        run(model.as_mut(), 5).len() > 2,
        "the model goes on when there is memory again"
    );
}

fn watching_policies_keep_their_cache_on_the_host<A: Accelerator + 'static>(accelerator: Arc<A>) {
    for policy in ["h2o", "knorm", "tova"] {
        let mut runs = vec![];
        for on_device in [false, true] {
            let mut model = if on_device {
                load_on_accelerator("reasoner", Arc::clone(&accelerator), Element::F32).unwrap()
            } else {
                load("reasoner", &mut |_, _| {}).unwrap()
            };
            let settings = CacheSettings {
                budget: 48,
                buffer: 16,
                window: 8,
                ..find(policy).unwrap().default_settings()
            };
            let request = GenerationRequest {
                problem: "Ivy has 46 shells. Ivy finds 38 more. How many shells are there?"
                    .to_owned(),
                settings,
                sampling: Sampling {
                    max_tokens: 40,
                    ..Sampling::default()
                },
                level: RecordLevel::Summary,
            };
            let mut generation = Generation::begin(model.as_mut(), request).unwrap();
            assert_eq!(
                generation.cache().is_on_device(),
                on_device && !find(policy).unwrap().watches(),
                "{policy}"
            );
            while !matches!(generation.advance(&GO).unwrap(), Advance::Finished(_)) {}
            let records = generation.take_records();
            runs.push((token_ids(&records), evicted(&records)));
        }
        assert!(!runs[0].1.is_empty(), "{policy} compresses");
        assert_eq!(runs[0].0, runs[1].0, "{policy}");
        assert_evictions_alike(&runs[0].1, &runs[1].1);
    }
}

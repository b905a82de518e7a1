//! Whole greedy runs of the published code on a tiny checkpoint: same tokens, same kept positions.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use super::golden_file::{Golden, assert_close, folder};
use rkv_scope::config::{CacheSettings, Protection, SlotOrder, Trigger};
use rkv_scope::engine::compress::{CompressionContext, compress, score_all};
use rkv_scope::model::{Decoder, LoadOptions, Scratch};
use rkv_scope::policy::{self, RunContext, schedule::Schedule};
use rkv_scope::trace::RecordLevel;

fn argmax(logits: &[f32]) -> usize {
    (0..logits.len())
        .max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
        .unwrap()
}

fn replay(file: &str, policy: &str, protection: Protection) {
    let golden = Golden::open(&folder().join("e2e").join(file));
    let decoder = Decoder::open(
        &folder().join(golden.text("checkpoint")),
        LoadOptions::default(),
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    let settings = CacheSettings {
        policy: policy.to_owned(),
        budget: golden.number("budget") as u32,
        buffer: golden.number("divide_length") as u32,
        lambda: golden.text("mix_lambda").parse().unwrap_or(0.1),
        window: golden.text("window_size").parse().unwrap_or(4),
        kernel: golden.text("kernel_size").parse().unwrap_or(7),
        order: SlotOrder::Reference,
        trigger: Trigger::Published,
        protection,
        sinks: 4,
        ..CacheSettings::default()
    };
    let prompt: Vec<u32> = golden
        .indices("prompt_ids")
        .iter()
        .map(|&i| i as u32)
        .collect();
    let want = golden.indices("output_ids");
    let step_logits = golden.f32("step_logits");
    let vocab = golden.shape("step_logits")[1];
    settings.check_with_prompt(prompt.len() as u32).unwrap();
    let schedule = Schedule::new(&settings, prompt.len()).unwrap();
    let mut cache = decoder
        .cache(
            schedule.capacity(&settings, want.len()),
            settings.window as usize,
        )
        .unwrap();
    let mut scratch = Scratch::default();
    let info = policy::find(policy).unwrap();
    let mut policy = info.start(&RunContext::default()).unwrap();
    let stop = AtomicBool::new(false);
    let mut fed = prompt.clone();
    let mut output: Vec<usize> = golden.indices("prompt_ids");
    let mut events = 0;
    while output.len() < want.len() {
        let logits = decoder
            .forward(&fed, &mut cache, &mut scratch, &stop)
            .unwrap();
        if schedule.due(&settings, cache.seen(), cache.longest()) {
            let context = CompressionContext {
                event: events,
                revision: 0,
                prompt_tokens: prompt.len() as u32,
                level: RecordLevel::Summary,
                seed: 0,
            };
            let scores = score_all(&cache, &mut policy, &settings, context);
            let compression = compress(&mut cache, &mut policy, &settings, context).unwrap();
            assert!(
                compression.is_settled(),
                "a cache on the host waits for nothing"
            );
            for (layer, heads) in scores.iter().enumerate() {
                let name = |what: &str| format!("layer{layer}.step{events}.{what}");
                for (head, scores) in heads.iter().enumerate() {
                    if golden.has(&name("final_score")) {
                        let n = scores.score.len();
                        let want = &golden.f32(&name("final_score"))[head * n..(head + 1) * n];
                        // The model's own f32 rounding reaches the scores here.
                        assert_close(&name("score"), &scores.score, want, 1e-4, 1e-6);
                    }
                    if golden.has(&name("kept_token_indices")) {
                        let budget = settings.budget as usize;
                        let kept = golden.indices(&name("kept_token_indices"));
                        let mut want = kept[head * budget..(head + 1) * budget].to_vec();
                        let mut got: Vec<usize> = cache
                            .positions(layer, head)
                            .iter()
                            .map(|p| p.index())
                            .collect();
                        want.sort_unstable();
                        got.sort_unstable();
                        assert_eq!(got, want, "{file} {} head {head}", name("kept"));
                    }
                }
            }
            events += 1;
        }
        let step = output.len() - prompt.len();
        assert_close(
            file,
            logits,
            &step_logits[step * vocab..(step + 1) * vocab],
            0.0,
            1e-4,
        );
        let token = argmax(logits);
        output.push(token);
        fed = vec![token as u32];
    }
    assert_eq!(output, want, "{file}");
    assert!(events >= 11, "{file}: {events} compressions");
}

#[test]
fn rkv_writes_the_published_text() {
    replay(
        "e2e_llama_rkv_prompt20.safetensors",
        "rkv",
        Protection::None,
    );
}

#[test]
fn snapkv_writes_the_published_text() {
    replay(
        "e2e_llama_snapkv_kernel1_prompt20.safetensors",
        "snapkv",
        Protection::None,
    );
}

#[test]
fn streamingllm_writes_the_published_text() {
    replay(
        "e2e_llama_streamingllm_prompt20.safetensors",
        "streamingllm",
        Protection::Sinks,
    );
}

//! Every policy with every scope and protection, at the edges of the budget, in real runs of a tiny checkpoint.
#![cfg(feature = "infer")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

mod inputs;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use rkv_scope::config::{CacheSettings, Protection, Sampling, Scope};
use rkv_scope::engine::EngineError;
use rkv_scope::engine::generation::{Advance, Generation, GenerationRequest};
use rkv_scope::model::{
    Decoder, Forward, KvCache, LanguageModel, LanguageModelError, LoadOptions, Scratch, TextStream,
    Tokenizer,
};
use rkv_scope::policy::{POLICIES, PolicyInfo};
use rkv_scope::trace::{ModelSummary, RecordLevel, TraceRecord};

const PROMPT: &str = "a short problem";
const PROMPT_TOKENS: u32 = 15;

/// A stop flag that is never raised.
static GO: AtomicBool = AtomicBool::new(false);

fn tiny_llama() -> Decoder {
    let golden = std::env::var_os("RKV_GOLDEN_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    );
    let folder = golden.join("tiny/llama");
    Decoder::open(&folder, LoadOptions::default(), &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap()
}

/// A tiny checkpoint that reads bytes.
struct Tiny {
    decoder: Decoder,
    scratch: Scratch,
    tokenizer: Tokenizer,
}

impl Tiny {
    fn new() -> Self {
        let json = include_bytes!("../../assets/reasoner/tokenizer.json");
        Self {
            decoder: tiny_llama(),
            scratch: Scratch::default(),
            tokenizer: Tokenizer::from_json_bytes(json).unwrap(),
        }
    }
}

impl LanguageModel for Tiny {
    fn summary(&self) -> ModelSummary {
        let info = self.decoder.info();
        ModelSummary {
            name: "tiny".to_owned(),
            layers: info.layers as u32,
            query_heads: info.query_heads as u32,
            kv_heads: info.kv_heads as u32,
            head_dim: info.head_dim as u32,
            context: info.context as u32,
            ..ModelSummary::default()
        }
    }

    fn encode_prompt(&self, problem: &str) -> Result<Vec<u32>, LanguageModelError> {
        Ok(problem.bytes().map(u32::from).collect())
    }

    fn text_stream(&self) -> TextStream {
        self.tokenizer.stream()
    }

    fn is_end(&self, _token: u32) -> bool {
        false
    }

    fn rope_frequencies(&self) -> Option<&[f32]> {
        Some(self.decoder.rope_frequencies())
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<Forward, LanguageModelError> {
        let last = self
            .decoder
            .forward(tokens, cache, &mut self.scratch, stop)?;
        logits.clear();
        logits.extend_from_slice(last);
        Ok(Forward::Done)
    }
}

fn begin<'m>(
    model: &'m mut Tiny,
    settings: &CacheSettings,
    seed: u64,
) -> Result<Generation<'m>, EngineError> {
    begin_with(model, PROMPT, settings, seed)
}

fn begin_with<'m>(
    model: &'m mut Tiny,
    problem: &str,
    settings: &CacheSettings,
    seed: u64,
) -> Result<Generation<'m>, EngineError> {
    Generation::begin(
        model,
        GenerationRequest {
            problem: problem.to_owned(),
            settings: settings.clone(),
            sampling: Sampling {
                temperature: 0.8,
                seed,
                max_tokens: 200,
                ..Sampling::default()
            },
            level: RecordLevel::Components,
        },
    )
}

/// Decodes `tokens` tokens and checks after each what must hold; returns their ids.
fn drive(
    name: &str,
    generation: &mut Generation<'_>,
    settings: &CacheSettings,
    tokens: usize,
    protected: u32,
) -> Vec<u32> {
    let mut ids = vec![];
    let mut decoded = 0;
    while decoded < tokens {
        match generation.advance(&GO).unwrap() {
            Advance::Prefilled => {}
            Advance::Decoded => decoded += 1,
            other => panic!("{name}: {other:?}"),
        }
        let mut compressed = false;
        for record in generation.take_records() {
            match record {
                TraceRecord::Tokens(batch) => ids.extend(batch.iter().map(|token| token.id)),
                TraceRecord::Compression(event) => {
                    compressed = true;
                    let before = event.slots_before.iter();
                    for (&before, &after) in before.zip(&event.slots_after) {
                        assert_eq!(after, settings.budget.min(before), "{name}");
                    }
                }
                _ => {}
            }
        }
        let cache = generation.cache();
        let full = settings.policy == "full";
        if compressed {
            check(name, cache, settings, protected);
        }
        assert!(
            full || cache.longest() <= settings.slots_when_full() as usize,
            "{name}: {} slots",
            cache.longest()
        );
    }
    ids
}

fn check(name: &str, cache: &KvCache, settings: &CacheSettings, protected: u32) {
    let shape = cache.shape();
    let seen = cache.seen() as u32;
    for layer in 0..shape.layers {
        for head in 0..shape.kv_heads {
            let held: Vec<u32> = cache.positions(layer, head).iter().map(|p| p.0).collect();
            assert!(
                held.windows(2).all(|pair| pair[0] < pair[1]),
                "{name}: positions out of order: {held:?}"
            );
            let always = (0..protected.min(seen)).chain(seen.saturating_sub(settings.window)..seen);
            for position in always {
                assert!(
                    held.binary_search(&position).is_ok(),
                    "{name}: layer {layer} head {head} lost {position} of {seen}: {held:?}"
                );
            }
            let shared = match settings.scope {
                Scope::Head => (layer, head),
                Scope::Layer => (layer, 0),
                Scope::Global => (0, 0),
            };
            assert_eq!(
                cache.positions(layer, head),
                cache.positions(shared.0, shared.1),
                "{name}: the scope shares one set"
            );
        }
    }
}

fn compressing() -> impl Iterator<Item = &'static PolicyInfo> {
    POLICIES.iter().filter(|info| info.compresses)
}

fn with_small_window(info: &PolicyInfo) -> CacheSettings {
    let defaults = info.default_settings();
    CacheSettings {
        window: defaults.window.min(5),
        ..defaults
    }
}

#[test]
fn every_policy_keeps_the_invariants_at_every_scope_protection_and_budget() {
    let mut model = Tiny::new();
    for info in compressing() {
        for &scope in Scope::ALL {
            for &protection in Protection::ALL {
                let base = CacheSettings {
                    scope,
                    protection,
                    ..with_small_window(info)
                };
                let spared = if info.needs.sinks { base.sinks } else { 0 };
                let protected = base.protected(PROMPT_TOKENS).max(spared);
                let least = base.window + protected + 1;
                // The least that works with a compression at every step; room; more than is ever needed.
                for (budget, buffer) in [(least, 1), (least + 9, 7), (1000, 8)] {
                    let settings = CacheSettings {
                        budget,
                        buffer,
                        ..base.clone()
                    };
                    let name = format!(
                        "{} scope {scope} protect {protection} budget {budget}",
                        info.id
                    );
                    let mut run = begin(&mut model, &settings, 3).unwrap();
                    let ids = drive(&name, &mut run, &settings, 30, protected);
                    drop(run);
                    if budget == least + 9 {
                        let mut again = begin(&mut model, &settings, 3).unwrap();
                        let same = drive(&name, &mut again, &settings, 30, protected);
                        assert_eq!(ids, same, "{name}: the same seed writes the same");
                    }
                }
                let settings = CacheSettings {
                    budget: least - 1,
                    ..base.clone()
                };
                let Err(refused) = begin(&mut model, &settings, 3) else {
                    panic!("{}: a budget of {} was taken", info.id, least - 1);
                };
                assert!(
                    refused.to_string().contains(&format!("at least {least}")),
                    "{refused}"
                );
            }
        }
    }
}

#[test]
fn a_running_run_may_change_from_any_policy_to_any_other() {
    let mut model = Tiny::new();
    for from in POLICIES {
        for to in POLICIES {
            let settings = |info: &PolicyInfo| CacheSettings {
                budget: 20,
                buffer: 6,
                protection: Protection::None,
                scope: Scope::Head,
                ..with_small_window(info)
            };
            let name = format!("{} to {}", from.id, to.id);
            let mut run = begin(&mut model, &settings(from), 1).unwrap();
            drive(&name, &mut run, &settings(from), 20, 0);
            run.set_params(1, settings(to)).unwrap();
            if from.compresses {
                drive(&name, &mut run, &settings(to), 25, 0);
            } else {
                // What a full cache holds beyond the budget goes at the first compression.
                run.advance(&GO).unwrap();
                run.take_records();
                drive(&name, &mut run, &settings(to), 24, 0);
            }
            let changes = run.cache().longest() > 26;
            assert_eq!(changes, !to.compresses, "{name}: {}", run.cache().longest());
        }
    }
}

#[test]
fn other_seeds_make_random_policies_forget_other_tokens() {
    let mut model = Tiny::new();
    let mut held = |policy: &str, seed: u64| -> Vec<u32> {
        let settings = CacheSettings {
            budget: 24,
            buffer: 8,
            ..with_small_window(rkv_scope::policy::find(policy).unwrap())
        };
        let mut run = begin(&mut model, &settings, seed).unwrap();
        // The same text whatever the seed, so that only the policy's own draws differ.
        let text: Vec<u32> = PROMPT.bytes().map(u32::from).chain(100..140).collect();
        run.feed(&text, &GO).unwrap();
        run.cache().positions(1, 1).iter().map(|p| p.0).collect()
    };
    for info in compressing() {
        let (one, two) = (held(info.id, 1), held(info.id, 2));
        assert_eq!(one != two, info.needs.draws, "{}", info.id);
        assert_eq!(one, held(info.id, 1), "{}", info.id);
    }
}

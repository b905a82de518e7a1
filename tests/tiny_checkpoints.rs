//! The decoder against tiny random checkpoints whose every intermediate result is on file.
#![cfg(feature = "infer")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod checkpoint;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use candle_core::{DType, Device, Tensor};
use rkv_scope::model::{ForwardError, KvCache, Scratch};

use checkpoint::{
    GO, TOLERANCE, argmax, assert_cache_matches, assert_close, golden, greedy, ids, numbers, open,
    root, tiny,
};

const SUPPORTED: [&str; 5] = ["llama", "llama_tied", "llama3_rope", "qwen2", "qwen3"];

#[test]
fn logits_keys_values_and_queries_match_the_reference() {
    for name in SUPPORTED {
        let (decoder, golden) = tiny(name);
        let mut cache = decoder.cache(64, 48).unwrap();
        let mut scratch = Scratch::default();
        let logits = decoder
            .forward_all(&ids(&golden["input_ids"]), &mut cache, &mut scratch, &GO)
            .unwrap();
        assert_close(logits, &numbers(&golden["logits"]), TOLERANCE, name);
        assert_cache_matches(&cache, &golden, name);
    }
}

#[test]
fn one_token_at_a_time_and_chunks_equal_one_shot() {
    for name in SUPPORTED {
        let (decoder, golden) = tiny(name);
        let (tokens, expected) = (ids(&golden["input_ids"]), numbers(&golden["logits"]));
        for sizes in [vec![1; 48], vec![7, 1, 1, 16, 20, 3], vec![47, 1]] {
            let mut cache = decoder.cache(48, 48).unwrap();
            let mut scratch = Scratch::default();
            let mut at = 0;
            for size in sizes {
                let logits = decoder
                    .forward(&tokens[at..at + size], &mut cache, &mut scratch, &GO)
                    .unwrap();
                at += size;
                let expected = &expected[(at - 1) * 320..at * 320];
                assert_close(
                    logits,
                    expected,
                    TOLERANCE,
                    &format!("{name} after {at} tokens"),
                );
            }
            assert_eq!(cache.seen(), 48);
            assert_cache_matches(&cache, &golden, name);
        }
    }
}

#[test]
fn greedy_text_is_the_reference_text() {
    for name in SUPPORTED {
        let (decoder, golden) = tiny(name);
        let expected = ids(&golden["greedy_ids_prompt16_new32"]);
        assert_eq!(greedy(&decoder, &expected[..16], 32), expected, "{name}");
    }
}

#[test]
fn another_architecture_is_one_clear_error() {
    let error = open(&golden().join("tiny/gemma3")).unwrap_err().to_string();
    assert!(
        error.contains("architecture gemma3_text is not supported; supported: llama, qwen2, qwen3"),
        "{error}"
    );
}

#[test]
fn a_stopped_or_impossible_pass_changes_nothing() {
    let (decoder, golden) = tiny("llama");
    let tokens = ids(&golden["input_ids"]);
    let mut cache = decoder.cache(20, 4).unwrap();
    let mut scratch = Scratch::default();
    decoder
        .forward(&tokens[..16], &mut cache, &mut scratch, &GO)
        .unwrap();
    let before = format!("{cache:?}");

    let stop = AtomicBool::new(true);
    let pass = |tokens: &[u32], cache: &mut KvCache, scratch: &mut Scratch, stop| {
        decoder
            .forward(tokens, cache, scratch, stop)
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(
        pass(&tokens[16..17], &mut cache, &mut scratch, &stop),
        ForwardError::Stopped
    ));
    assert!(matches!(
        pass(&tokens[16..32], &mut cache, &mut scratch, &GO),
        ForwardError::Cache(_)
    ));
    assert!(matches!(
        pass(&[], &mut cache, &mut scratch, &GO),
        ForwardError::NoTokens
    ));
    let foreign = pass(&[320], &mut cache, &mut scratch, &GO);
    assert!(matches!(
        foreign,
        ForwardError::TokenOutOfRange {
            id: 320,
            vocab: 320
        }
    ));
    assert_eq!(before, format!("{cache:?}"));

    let mut other = tiny("qwen3").0.cache(20, 4).unwrap();
    assert!(matches!(
        pass(&[1], &mut other, &mut scratch, &GO),
        ForwardError::CacheMismatch { .. }
    ));
}

#[test]
fn the_context_is_a_limit() {
    let (decoder, _) = tiny("llama");
    let mut cache = decoder.cache(600, 4).unwrap();
    let mut scratch = Scratch::default();
    decoder
        .forward(&[5; 512], &mut cache, &mut scratch, &GO)
        .unwrap();
    let error = decoder
        .forward(&[5], &mut cache, &mut scratch, &GO)
        .unwrap_err();
    assert!(matches!(
        error,
        ForwardError::ContextExceeded {
            seen: 512,
            asked: 1,
            context: 512
        }
    ));
}

/// The tensor library's own decoder, which shares no code with ours: greedy tokens after `prompt`, to the end.
///
/// Its Mistral without a sliding window, since its Llama knows no heads of another size than `hidden / heads`.
fn stock_greedy(folder: &Path, prompt: &[u32], most: usize) -> Vec<u32> {
    use candle_transformers::models::mistral::{Config, Model};
    let mut config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    config["sliding_window"] = serde_json::Value::Null;
    let config: Config = serde_json::from_value(config).unwrap();
    let file = folder.join("model.safetensors");
    let mut weights = candle_core::safetensors::load(file, &Device::Cpu).unwrap();
    let tied = weights["model.embed_tokens.weight"].clone();
    weights.insert("lm_head.weight".to_owned(), tied);
    let weights = candle_nn::VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    let mut model = Model::new(&config, weights).unwrap();
    let (mut tokens, mut fed) = (prompt.to_vec(), 0);
    while tokens.len() < prompt.len() + most {
        let new = Tensor::new(&tokens[fed..], &Device::Cpu)
            .and_then(|new| new.unsqueeze(0))
            .unwrap();
        let logits = numbers(&model.forward(&new, fed).unwrap());
        fed = tokens.len();
        tokens.push(argmax(&logits));
    }
    tokens
}

#[test]
fn the_reasoner_reasons_to_an_answer_token_for_token_as_a_stock_decoder_does() {
    let folder = root().join("assets/reasoner");
    let decoder = open(&folder).unwrap();
    let tokenizer = tokenizers::Tokenizer::from_file(folder.join("tokenizer.json")).unwrap();
    let prompt = "<|user|>Leo has 57 stamps. Leo buys 26 more. How many stamps does Leo have now?\
                  <|assistant|><think>\n";
    let prompt = tokenizer.encode(prompt, false).unwrap().get_ids().to_vec();
    let tokens = greedy(&decoder, &prompt, 300);
    let text = tokenizer.decode(&tokens[prompt.len()..], false).unwrap();
    for step in ["57 + 26 = 83", "</think>", "\\boxed{83}", "<|end|>"] {
        assert!(text.contains(step), "{step} is missing in: {text}");
    }
    let answer = tokens
        .iter()
        .position(|token| decoder.info().eos.contains(token))
        .unwrap();
    assert_eq!(
        tokens[..=answer],
        stock_greedy(&folder, &prompt, 300)[..=answer]
    );
}

#[test]
fn a_real_model_continues_a_sentence() {
    let Some(path) = std::env::var_os("RKV_SMOLLM2") else {
        eprintln!("skipped: RKV_SMOLLM2 does not name a SmolLM2-135M-Instruct GGUF file");
        return;
    };
    let decoder = open(Path::new(&path)).unwrap();
    let info = decoder.info();
    assert_eq!(
        (
            info.layers,
            info.query_heads,
            info.kv_heads,
            info.head_dim,
            info.context
        ),
        (30, 9, 3, 64, 8192)
    );
    assert_eq!(info.quantisation, "Q8_0 (from Q4_1)");
    // "The capital of France is" and, expected, " Paris".
    let prompt = [504, 3575, 282, 4649, 314];
    let tokens = greedy(&decoder, &prompt, 1);
    assert_eq!(tokens[5], 7042, "{tokens:?}");
}

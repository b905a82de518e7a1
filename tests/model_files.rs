//! Model files of every kind give the same decoder, and damaged ones give one clear error.
#![cfg(feature = "infer")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod checkpoint;
#[path = "checkpoint/gguf.rs"]
mod gguf;

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;
use std::ops::ControlFlow;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use rkv_scope::model::{
    Decoder, DenseWeights, KvCache, LoadOptions, LoadProgress, ModelError, Scratch, TextStart,
    Tokenizer, check, load,
};

use checkpoint::{
    GO, assert_cache_matches, assert_close, golden, greedy, ids, numbers, open, tiny,
};
use gguf::tiny_gguf;

/// Root of the mean squared difference, relative to the expected numbers' own.
fn relative_error(found: &[f32], expected: &[f32]) -> f32 {
    let square = |x: f32| x * x;
    let difference: f32 = found
        .iter()
        .zip(expected)
        .map(|(found, expected)| square(found - expected))
        .sum();
    (difference / expected.iter().copied().map(square).sum::<f32>()).sqrt()
}

fn all_logits(decoder: &Decoder, tokens: &[u32]) -> (Vec<f32>, KvCache) {
    let mut cache = decoder.cache(tokens.len(), tokens.len()).unwrap();
    let mut scratch = Scratch::default();
    let logits = decoder
        .forward_all(tokens, &mut cache, &mut scratch, &GO)
        .unwrap()
        .to_vec();
    (logits, cache)
}

fn open_gguf(bytes: &[u8]) -> Result<Decoder, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    std::fs::write(&path, bytes).unwrap();
    open(&path)
}

#[test]
fn a_gguf_file_computes_what_its_safetensors_do() {
    for (name, architecture) in [
        ("llama", "llama"),
        ("llama_tied", "llama"),
        ("qwen2", "qwen2"),
        ("qwen3", "qwen3"),
    ] {
        let (_, golden) = tiny(name);
        let tokens = ids(&golden["input_ids"]);
        for (dtype, tolerance) in [(GgmlDType::F32, 1e-5), (GgmlDType::Q8_0, 0.1)] {
            let decoder =
                open_gguf(&tiny_gguf(name, architecture, GgmlDType::F32, |_| dtype)).unwrap();
            let (logits, cache) = all_logits(&decoder, &tokens);
            let error = relative_error(&logits, &numbers(&golden["logits"]));
            assert!(
                error < tolerance,
                "{name} as {dtype:?} is {error} from the checkpoint"
            );
            if dtype == GgmlDType::F32 {
                assert_cache_matches(&cache, &golden, name);
            }
            assert_eq!(decoder.info().quantisation, format!("{dtype:?}"));
            assert_eq!(
                (decoder.info().name.as_str(), decoder.info().eos.as_slice()),
                ("Tiny", [1].as_slice())
            );
        }
    }
}

/// The same file with another value and another tensor.
fn with(bytes: &[u8], value: (&str, u32), tensor: Option<&str>) -> Vec<u8> {
    use candle_core::quantized::{QTensor, gguf_file};
    let mut file = Cursor::new(bytes);
    let content = gguf_file::Content::read(&mut file).unwrap();
    let names: Vec<String> = content.tensor_infos.keys().cloned().collect();
    let mut tensors: Vec<(&str, QTensor)> = names
        .iter()
        .map(|name| {
            (
                name.as_str(),
                content.tensor(&mut file, name, &Device::Cpu).unwrap(),
            )
        })
        .collect();
    tensors.extend(tensor.map(|name| {
        let ones = Tensor::ones(4, DType::F32, &Device::Cpu).unwrap();
        (name, QTensor::quantize(&ones, GgmlDType::F32).unwrap())
    }));
    let mut metadata = content.metadata.clone();
    metadata.insert(value.0.to_owned(), gguf_file::Value::U32(value.1));
    let metadata: Vec<_> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let tensors: Vec<_> = tensors
        .iter()
        .map(|(name, tensor)| (*name, tensor))
        .collect();
    let mut out = Cursor::new(vec![]);
    gguf_file::write(&mut out, &metadata, &tensors).unwrap();
    out.into_inner()
}

#[test]
fn a_file_with_more_in_it_than_the_decoder_computes_is_refused() {
    let whole = tiny_gguf("llama", "llama", GgmlDType::F32, |_| GgmlDType::F32);
    assert!(open_gguf(&with(&whole, ("split.count", 1), None)).is_ok());
    for (value, tensor, said) in [
        (("split.count", 2), None, "one of 2 parts"),
        (
            ("some.key", 1),
            Some("blk.0.ffn_up.bias"),
            "blk.0.ffn_up.bias",
        ),
        (
            ("some.key", 1),
            Some("blk.0.attn_q_norm.weight"),
            "blk.0.attn_q_norm.weight",
        ),
    ] {
        let refused = open_gguf(&with(&whole, value, tensor)).map(drop);
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn a_tokenizer_that_cannot_be_used_is_told_before_any_weight_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    // It has no vocabulary.
    let bytes = tiny_gguf("llama", "llama", GgmlDType::F32, |_| GgmlDType::F32);
    std::fs::write(&path, bytes).unwrap();
    let name = path.to_str().unwrap();
    let mut stages: Vec<String> = vec![];
    let loaded = load(name, &mut |_, stage| stages.push(stage.to_owned()));
    let error = loaded.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("tokenizer.ggml.model"), "{error}");
    assert!(!stages.iter().any(|stage| stage == "reading weights"));
    assert_eq!(check(name).unwrap_err().to_string(), error);
}

#[test]
fn a_template_that_cannot_be_parsed_is_told_and_the_model_gets_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let reasoner = checkpoint::root().join("assets/reasoner");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(reasoner.join(name), folder.path().join(name)).unwrap();
    }
    let name = folder.path().to_str().unwrap();
    let without = load(name, &mut |_, _| {}).unwrap();
    assert!(without.note().unwrap().contains("no chat template"));
    std::fs::write(folder.path().join("chat_template.jinja"), "{% if %}").unwrap();
    check(name).unwrap();
    let model = load(name, &mut |_, _| {}).unwrap();
    let note = model.note().unwrap();
    assert!(
        note.contains("cannot be parsed") && note.contains("plain text"),
        "{note}"
    );
    let tokenizer = Tokenizer::from_json_file(&folder.path().join("tokenizer.json")).unwrap();
    let plain = tokenizer.encode("2 + 2?", TextStart::Document).unwrap();
    assert_eq!(model.encode_prompt("2 + 2?").unwrap(), plain);
}

#[test]
fn requantising_to_q8_0_adds_next_to_nothing_to_the_files_own_losses() {
    let tokens = ids(&tiny("llama").1["input_ids"]);
    for dtype in [GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q5_1] {
        let exact = open_gguf(&tiny_gguf("llama", "llama", dtype, |_| GgmlDType::F32)).unwrap();
        let decoder = open_gguf(&tiny_gguf("llama", "llama", dtype, |_| dtype)).unwrap();
        let error = relative_error(
            &all_logits(&decoder, &tokens).0,
            &all_logits(&exact, &tokens).0,
        );
        assert!(
            error < 0.1,
            "{dtype:?} requantised is {error} from {dtype:?}"
        );
        assert_eq!(
            decoder.info().quantisation,
            format!("Q8_0 (from {dtype:?})")
        );
    }
}

#[test]
fn dense_weights_of_a_large_gguf_file_are_held_in_eight_bits() {
    let tokens = ids(&tiny("llama").1["input_ids"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let file = tiny_gguf("llama", "llama", GgmlDType::F32, |_| GgmlDType::F16);
    std::fs::write(&path, file).unwrap();
    let open = |bytes: u64| {
        let mut unheard = |_: LoadProgress<'_>| ControlFlow::Continue(());
        Decoder::open(&path, LoadOptions::on_cpu(bytes), &mut unheard).unwrap()
    };
    let (small, large) = (open(1_000_000), open(2_000_000_000));
    assert_eq!(large.info().quantisation, "Q8_0 (from F16)");
    assert!(large.info().parameter_bytes < small.info().parameter_bytes / 3);
    let error = relative_error(
        &all_logits(&large, &tokens).0,
        &all_logits(&small, &tokens).0,
    );
    assert!(error < 0.1, "{error}");
}

#[test]
fn a_truncated_file_of_either_kind_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let gguf = tiny_gguf("llama", "llama", GgmlDType::F32, |_| GgmlDType::Q8_0);
    let source = golden().join("tiny/llama");
    std::fs::copy(
        source.join("config.json"),
        folder.path().join("config.json"),
    )
    .unwrap();
    let safetensors = std::fs::read(source.join("model.safetensors")).unwrap();
    for (name, whole) in [("tiny.gguf", gguf), ("model.safetensors", safetensors)] {
        let path = folder.path().join(name);
        // Every length through the first headers, then in strides to the last byte.
        let lengths = (0..400)
            .chain((400..whole.len()).step_by(whole.len() / 60))
            .chain([whole.len() - 32]);
        for length in lengths {
            std::fs::write(&path, &whole[..length]).unwrap();
            let error = open(&path).map(|_| ()).expect_err("truncated").to_string();
            assert!(error.contains(name), "{length} bytes: {error}");
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(open(&path).is_ok());
    }
}

#[test]
fn a_sharded_checkpoint_is_one_model() {
    let (whole, golden) = tiny("llama");
    let source = checkpoint::golden().join("tiny/llama");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        source.join("config.json"),
        folder.path().join("config.json"),
    )
    .unwrap();
    let tensors =
        candle_core::safetensors::load(source.join("model.safetensors"), &Device::Cpu).unwrap();
    let mut map = serde_json::Map::new();
    let mut shards: [HashMap<String, Tensor>; 2] = [HashMap::new(), HashMap::new()];
    for (name, tensor) in tensors.into_iter().collect::<BTreeMap<_, _>>() {
        let shard = name.len() % 2;
        map.insert(name.clone(), format!("shard-{shard}.safetensors").into());
        shards[shard].insert(name, tensor);
    }
    for (index, shard) in shards.iter().enumerate() {
        candle_core::safetensors::save(
            shard,
            folder.path().join(format!("shard-{index}.safetensors")),
        )
        .unwrap();
    }
    let index = folder.path().join("model.safetensors.index.json");
    std::fs::write(&index, serde_json::json!({ "weight_map": map }).to_string()).unwrap();
    let sharded = open(folder.path()).unwrap();
    let prompt = &ids(&golden["input_ids"])[..16];
    assert_eq!(greedy(&sharded, prompt, 8), greedy(&whole, prompt, 8));
    assert_eq!(sharded.info().parameters, whole.info().parameters);

    map.insert(
        "model.norm.weight".to_owned(),
        "../elsewhere.safetensors".into(),
    );
    std::fs::write(&index, serde_json::json!({ "weight_map": map }).to_string()).unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("elsewhere"), "{error}");
}

#[test]
fn half_precision_checkpoints_are_read_as_f32() {
    let source = golden().join("tiny/llama");
    let (_, golden) = tiny("llama");
    let tensors =
        candle_core::safetensors::load(source.join("model.safetensors"), &Device::Cpu).unwrap();
    let config = std::fs::read(source.join("config.json")).unwrap();
    for (dtype, tolerance) in [(DType::F16, 0.05), (DType::BF16, 0.5)] {
        let narrow: HashMap<String, Tensor> = tensors
            .iter()
            .map(|(name, tensor)| (name.clone(), tensor.to_dtype(dtype).unwrap()))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        candle_core::safetensors::save(&narrow, &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let decoder =
            Decoder::from_bytes("tiny", &config, &bytes, &mut |_| ControlFlow::Continue(()))
                .unwrap();
        let mut cache = decoder.cache(48, 8).unwrap();
        let mut scratch = Scratch::default();
        let logits = decoder
            .forward_all(&ids(&golden["input_ids"]), &mut cache, &mut scratch, &GO)
            .unwrap();
        assert_close(
            logits,
            &numbers(&golden["logits"]),
            tolerance,
            &format!("{dtype:?}"),
        );
    }
}

#[test]
fn a_missing_or_misshapen_tensor_is_named() {
    let source = golden().join("tiny/llama");
    let mut config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(source.join("config.json")).unwrap()).unwrap();
    let bytes = std::fs::read(source.join("model.safetensors")).unwrap();
    let mut fails = |key: &str, value: u64| {
        let old = config[key].take();
        config[key] = value.into();
        let text = config.to_string();
        config[key] = old;
        let loaded = Decoder::from_bytes("tiny", text.as_bytes(), &bytes, &mut |_| {
            ControlFlow::Continue(())
        });
        loaded.map(|_| ()).unwrap_err().to_string()
    };
    assert!(
        fails("num_hidden_layers", 4).contains("model.layers.3.self_attn.q_proj.weight is missing")
    );
    let shape = fails("vocab_size", 400);
    assert!(
        shape.contains("model.embed_tokens.weight has shape [320, 64]"),
        "{shape}"
    );
}

#[test]
fn a_large_dense_checkpoint_may_be_held_as_q8_0() {
    let (decoder, golden) = tiny("llama");
    let options = LoadOptions {
        dense: DenseWeights::Q8_0,
    };
    let small = Decoder::open(
        &checkpoint::golden().join("tiny/llama"),
        options,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    assert_eq!(
        (
            decoder.info().quantisation.as_str(),
            small.info().quantisation.as_str()
        ),
        ("F32", "Q8_0")
    );
    assert!(small.info().parameter_bytes * 3 < decoder.info().parameter_bytes);
    let mut cache = small.cache(48, 8).unwrap();
    let mut scratch = Scratch::default();
    let logits = small
        .forward_all(&ids(&golden["input_ids"]), &mut cache, &mut scratch, &GO)
        .unwrap();
    let error = relative_error(logits, &numbers(&golden["logits"]));
    assert!(error < 0.1, "Q8_0 is {error} from f32");
}

#[test]
fn loading_reports_progress_and_can_be_cancelled() {
    let folder = golden().join("tiny/llama");
    let mut steps: Vec<(u64, u64)> = Vec::new();
    let decoder = Decoder::open(
        &folder,
        LoadOptions::default(),
        &mut |step: LoadProgress<'_>| {
            steps.push((step.done, step.total));
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert!(
        steps.is_sorted() && steps.len() == 3 + 3 * 9,
        "{}",
        steps.len()
    );
    assert_eq!(steps[0].1, decoder.info().parameter_bytes);
    let cancelled = Decoder::open(&folder, LoadOptions::default(), &mut |_| {
        ControlFlow::Break(())
    });
    assert!(matches!(cancelled, Err(ModelError::Cancelled)));
}

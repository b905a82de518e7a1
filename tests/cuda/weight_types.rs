//! Weights, activations and caches of different types on a device.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::{CacheShape, Decoder, DeviceDecoder, LoadOptions, Scratch};

use super::accelerators::{has_bf16, on_each_device};
use super::checkpoint::{GO, golden, ids, numbers, open, tiny};
use super::decoder::relative_error;
use super::gguf::tiny_gguf;

on_each_device!(
    a_quantised_embedding_goes_with_a_dense_output,
    numbers_beyond_f16_go_with_an_f16_cache,
    weights_of_sixteen_bits_go_to_the_device_as_they_are,
);

/// Logits after the last of `tokens`.
fn last_logits<A: Accelerator + 'static>(
    accelerator: &Arc<A>,
    decoder: Decoder,
    element: Element,
    tokens: &[u32],
) -> Vec<f32> {
    let config = decoder.config().clone();
    let mut decoder = DeviceDecoder::new(Arc::clone(accelerator), decoder, element).unwrap();
    let mut cache = decoder
        .new_cache(CacheShape {
            layers: config.layers,
            query_heads: config.query_heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            capacity: tokens.len(),
            window: 8,
        })
        .unwrap();
    let mut logits = vec![];
    decoder
        .forward(tokens, &mut cache, &GO, &mut logits)
        .unwrap();
    logits
}

/// A quantised embedding gives f32 rows, whatever the type of the dense weights beside it.
fn a_quantised_embedding_goes_with_a_dense_output<A: Accelerator + 'static>(accelerator: Arc<A>) {
    if !has_bf16(&*accelerator) {
        return;
    }
    let file = tiny_gguf("llama", "llama", GgmlDType::F32, |name| match name {
        "token_embd.weight" => GgmlDType::Q8_0,
        _ => GgmlDType::F32,
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    std::fs::write(&path, file).unwrap();
    let tokens = ids(&tiny("llama").1["input_ids"]);
    let host = open(&path).unwrap();
    let mut cache = host.cache(tokens.len(), 8).unwrap();
    let mut scratch = Scratch::default();
    let expected = host
        .forward(&tokens, &mut cache, &mut scratch, &GO)
        .unwrap();
    let found = last_logits(&accelerator, open(&path).unwrap(), Element::Bf16, &tokens);
    let error = relative_error(&found, expected);
    assert!(error < 0.1, "relative error {error}");
}

/// Another version of a tiny checkpoint, with each tensor changed.
fn changed(name: &str, to: &Path, change: impl Fn(&str, Tensor) -> Tensor) {
    let from = golden().join("tiny").join(name);
    std::fs::copy(from.join("config.json"), to.join("config.json")).unwrap();
    let file = "model.safetensors";
    let tensors = candle_core::safetensors::load(from.join(file), &Device::Cpu).unwrap();
    let tensors: HashMap<String, Tensor> = tensors
        .into_iter()
        .map(|(name, tensor)| (name.clone(), change(&name, tensor)))
        .collect();
    candle_core::safetensors::save(&tensors, to.join(file)).unwrap();
}

/// The same function as the checkpoint's, through larger numbers on the way into the down projection.
fn numbers_beyond_f16_go_with_an_f16_cache<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let folder = tempfile::tempdir().unwrap();
    let factor = f64::from(1 << 24);
    changed("qwen3", folder.path(), |name, tensor| {
        if name.ends_with("up_proj.weight") {
            (tensor * factor).unwrap()
        } else if name.ends_with("down_proj.weight") {
            (tensor / factor).unwrap()
        } else {
            tensor
        }
    });
    let (decoder, golden) = tiny("qwen3");
    let tokens = ids(&golden["input_ids"]);
    let all = numbers(&golden["logits"]);
    let expected = &all[all.len() - decoder.config().vocab..];
    let found = last_logits(
        &accelerator,
        open(folder.path()).unwrap(),
        Element::F16,
        &tokens,
    );
    let error = relative_error(&found, expected);
    assert!(error < 0.02, "relative error {error}");
}

/// Of either kind of file, with the same outcome as through f32 on the host.
fn weights_of_sixteen_bits_go_to_the_device_as_they_are<A: Accelerator + 'static>(
    accelerator: Arc<A>,
) {
    let folder = tempfile::tempdir().unwrap();
    changed("llama", folder.path(), |_, tensor| {
        tensor.to_dtype(DType::BF16).unwrap()
    });
    let gguf = folder.path().join("tiny.gguf");
    let file = tiny_gguf("llama", "llama", GgmlDType::F32, |_| GgmlDType::F16);
    std::fs::write(&gguf, file).unwrap();
    let safetensors = folder.path().join("model.safetensors");
    let tokens = ids(&tiny("llama").1["input_ids"]);
    for (path, kind) in [(safetensors, "BF16"), (gguf, "F16")] {
        let read =
            |options| Decoder::open(&path, options, &mut |_| ControlFlow::Continue(())).unwrap();
        let (kept, widened) = (read(LoadOptions::ON_DEVICE), read(LoadOptions::default()));
        assert_eq!(kept.info().quantisation, kind);
        assert!(kept.info().parameter_bytes * 3 < widened.info().parameter_bytes * 2);
        let [kept, widened] = [kept, widened]
            .map(|decoder| last_logits(&accelerator, decoder, Element::F32, &tokens));
        assert_eq!(kept, widened, "{kind}");
    }
}

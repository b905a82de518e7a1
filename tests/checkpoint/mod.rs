//! Tiny checkpoints, and how close is close enough.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use candle_core::{Device, Tensor};
use rkv_scope::model::{Decoder, KvCache, LoadOptions, ModelError, Scratch};

/// Against the reference's own rounding errors of 1e-5.
pub const TOLERANCE: f32 = 1e-4;

/// A stop flag that is never raised.
pub static GO: AtomicBool = AtomicBool::new(false);

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

pub fn golden() -> PathBuf {
    std::env::var_os("RKV_GOLDEN_DIR").map_or_else(|| root().join("tests/golden"), PathBuf::from)
}

pub fn open(path: &Path) -> Result<Decoder, ModelError> {
    Decoder::open(path, LoadOptions::default(), &mut |_| {
        ControlFlow::Continue(())
    })
}

pub fn tiny(name: &str) -> (Decoder, HashMap<String, Tensor>) {
    let folder = golden().join("tiny").join(name);
    let decoder = open(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
    let tensors =
        candle_core::safetensors::load(folder.join("golden.safetensors"), &Device::Cpu).unwrap();
    (decoder, tensors)
}

pub fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

pub fn ids(tensor: &Tensor) -> Vec<u32> {
    let ids: Vec<i64> = tensor.flatten_all().unwrap().to_vec1().unwrap();
    ids.into_iter()
        .map(|id| u32::try_from(id).unwrap())
        .collect()
}

pub fn assert_close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= tolerance,
            "{what}[{i}]: {found}, not {expected}"
        );
    }
}

pub fn argmax(logits: &[f32]) -> u32 {
    let best = (0..logits.len())
        .max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
        .unwrap();
    u32::try_from(best).unwrap()
}

/// Keys, values and queries of every layer as the golden files lay them out: `[heads, tokens, head_dim]`.
pub fn assert_cache_matches(cache: &KvCache, golden: &HashMap<String, Tensor>, name: &str) {
    let shape = cache.shape();
    for layer in 0..shape.layers {
        let key = numbers(&golden[&format!("layer{layer}.key_post_rope")]);
        let value = numbers(&golden[&format!("layer{layer}.value")]);
        let query = numbers(&golden[&format!("layer{layer}.query_post_rope")]);
        let head_floats = cache.len(layer) * shape.head_dim;
        for head in 0..shape.kv_heads {
            let span = head * head_floats..(head + 1) * head_floats;
            assert_close(
                cache.keys(layer, head),
                &key[span.clone()],
                TOLERANCE,
                &format!("{name} layer {layer} keys"),
            );
            assert_close(
                cache.values(layer, head),
                &value[span],
                TOLERANCE,
                &format!("{name} layer {layer} values"),
            );
            let positions: Vec<u32> = cache
                .positions(layer, head)
                .iter()
                .map(|position| position.0)
                .collect();
            assert!(positions.into_iter().eq(0..48));
        }
        for (token, row) in cache.window_queries(layer).enumerate() {
            for (head, row) in row.chunks(shape.head_dim).enumerate() {
                let at = (head * 48 + token) * shape.head_dim;
                let expected = &query[at..at + shape.head_dim];
                assert_close(
                    row,
                    expected,
                    TOLERANCE,
                    &format!("{name} layer {layer} queries"),
                );
            }
        }
    }
}

pub fn greedy(decoder: &Decoder, prompt: &[u32], new: usize) -> Vec<u32> {
    let mut cache = decoder.cache(prompt.len() + new, 8).unwrap();
    let mut scratch = Scratch::default();
    let mut tokens = prompt.to_vec();
    let mut next = argmax(
        decoder
            .forward(prompt, &mut cache, &mut scratch, &GO)
            .unwrap(),
    );
    for _ in 0..new {
        tokens.push(next);
        if tokens.len() == prompt.len() + new {
            break;
        }
        next = argmax(
            decoder
                .forward(&[next], &mut cache, &mut scratch, &GO)
                .unwrap(),
        );
    }
    tokens
}

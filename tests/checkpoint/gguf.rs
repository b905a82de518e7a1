//! Tiny checkpoints as GGUF files.

use std::collections::BTreeMap;
use std::io::Cursor;

use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{Device, Tensor};

use super::checkpoint::golden;

/// Llama.cpp's conversion of query and key rows: features `i` and `i + d/2` become neighbours.
fn side_by_side(weights: &Tensor, heads: usize) -> Tensor {
    let (rows, columns) = weights.dims2().unwrap();
    weights
        .reshape((heads, 2, rows / heads / 2, columns))
        .and_then(|split| {
            split
                .transpose(1, 2)?
                .contiguous()?
                .reshape((rows, columns))
        })
        .unwrap()
}

/// A tiny checkpoint as a GGUF file, the matrix of each name there in its `dtype` after the losses of `through`.
pub fn tiny_gguf(
    name: &str,
    architecture: &str,
    through: GgmlDType,
    dtype: impl Fn(&str) -> GgmlDType,
) -> Vec<u8> {
    use gguf_file::Value;
    let folder = golden().join("tiny").join(name);
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    let size = |key: &str| u32::try_from(config[key].as_u64().unwrap()).unwrap();
    let tensors =
        candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap();
    let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
    let names = [
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("model.layers.", "blk."),
    ];
    let mut named: Vec<(String, QTensor)> = Vec::new();
    for (name, tensor) in &tensors {
        let mut tensor = tensor.clone();
        if architecture == "llama" && name.contains("q_proj") {
            tensor = side_by_side(&tensor, size("num_attention_heads") as usize);
        } else if architecture == "llama" && name.contains("k_proj") {
            tensor = side_by_side(&tensor, size("num_key_value_heads") as usize);
        }
        let name = names
            .iter()
            .fold(name.clone(), |name, (from, to)| name.replace(from, to));
        let dtype = if tensor.rank() == 2 {
            dtype(&name)
        } else {
            GgmlDType::F32
        };
        if tensor.rank() == 2 {
            tensor = QTensor::quantize(&tensor, through)
                .unwrap()
                .dequantize(&Device::Cpu)
                .unwrap();
        }
        named.push((name, QTensor::quantize(&tensor, dtype).unwrap()));
    }
    let key = |name: &str| format!("{architecture}.{name}");
    let head_dim = config["head_dim"]
        .as_u64()
        .map_or(16, |dim| u32::try_from(dim).unwrap());
    let mut metadata = vec![
        (
            "general.architecture".to_owned(),
            Value::String(architecture.to_owned()),
        ),
        ("general.name".to_owned(), Value::String("Tiny".to_owned())),
        (key("block_count"), Value::U32(size("num_hidden_layers"))),
        (key("context_length"), Value::U32(512)),
        (key("embedding_length"), Value::U32(64)),
        (key("feed_forward_length"), Value::U32(128)),
        (key("attention.head_count"), Value::U32(4)),
        (key("attention.head_count_kv"), Value::U32(2)),
        (key("attention.key_length"), Value::U32(head_dim)),
        (key("rope.dimension_count"), Value::U32(head_dim)),
    ];
    let eps = config["rms_norm_eps"].as_f64().unwrap();
    let theta = config["rope_theta"].as_f64().unwrap();
    metadata.push((
        key("attention.layer_norm_rms_epsilon"),
        Value::F32(eps as f32),
    ));
    metadata.push((key("rope.freq_base"), Value::F32(theta as f32)));
    metadata.push(("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(1)));
    let metadata: Vec<(&str, &Value)> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let tensors: Vec<(&str, &QTensor)> = named
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    file.into_inner()
}

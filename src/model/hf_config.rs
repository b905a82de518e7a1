//! Reads a Hugging Face `config.json` and refuses what the decoder would get wrong.

use serde::Deserialize;
use serde_json::Value;

use super::config::{Architecture, ModelConfig};
use super::error::ModelError;
use super::rope::RopeScaling;

/// The fields that decide; everything else in the file is descriptive.
#[derive(Deserialize)]
struct HfConfig {
    model_type: String,
    hidden_size: Option<usize>,
    intermediate_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: Option<usize>,
    max_position_embeddings: Option<usize>,
    rms_norm_eps: Option<f32>,
    rope_theta: Option<f32>,
    rope_scaling: Option<HfRope>,
    /// The name transformers 5 gives to base and scaling together.
    rope_parameters: Option<HfRope>,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default)]
    mlp_bias: bool,
    hidden_act: Option<String>,
    eos_token_id: Option<OneOrMany>,
    sliding_window: Option<Value>,
    use_sliding_window: Option<bool>,
    layer_types: Option<Vec<String>>,
    partial_rotary_factor: Option<f32>,
    attn_logit_softcapping: Option<f32>,
    final_logit_softcapping: Option<f32>,
    num_experts: Option<usize>,
    num_local_experts: Option<usize>,
    quantization_config: Option<Value>,
}

#[derive(Deserialize)]
struct HfRope {
    rope_type: Option<String>,
    /// The older name; files of the time between have both.
    #[serde(rename = "type")]
    old_rope_type: Option<String>,
    rope_theta: Option<f32>,
    factor: Option<f32>,
    low_freq_factor: Option<f32>,
    high_freq_factor: Option<f32>,
    original_max_position_embeddings: Option<f32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(u32),
    Many(Vec<u32>),
}

/// The decoder's configuration in the text of a `config.json`; `file` is its name in errors.
///
/// # Errors
/// [`ModelError::Architecture`] for another decoder family, [`ModelError::Unsupported`] for a variant the decoder
/// would compute wrongly, [`ModelError::Config`] for text that is no such file or makes no sense.
pub fn parse(text: &[u8], file: &str) -> Result<ModelConfig, ModelError> {
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| ModelError::config(file, format!("not a JSON file: {error}")))?;
    // The family comes first: another family's file may lack every other field.
    let family = value
        .get("model_type")
        .and_then(Value::as_str)
        .ok_or_else(|| {
            ModelError::config(
                file,
                "model_type is missing; this is no model's config.json",
            )
        })?;
    let architecture = Architecture::named(family, file)?;
    let hf: HfConfig = serde_json::from_value(value)
        .map_err(|error| ModelError::config(file, format!("unreadable: {error}")))?;
    refuse(&hf, file)?;

    let need = |field: Option<usize>, name: &str| {
        field.ok_or_else(|| ModelError::config(file, format!("{name} is missing")))
    };
    let hidden = need(hf.hidden_size, "hidden_size")?;
    let query_heads = need(hf.num_attention_heads, "num_attention_heads")?;
    let head_dim = match hf.head_dim {
        Some(dim) => dim,
        None => hidden.checked_div(query_heads).unwrap_or(0),
    };
    let (theta, scaling) = rotary(&hf, file)?;
    ModelConfig {
        architecture,
        layers: need(hf.num_hidden_layers, "num_hidden_layers")?,
        hidden,
        intermediate: need(hf.intermediate_size, "intermediate_size")?,
        query_heads,
        kv_heads: hf.num_key_value_heads.unwrap_or(query_heads),
        head_dim,
        vocab: need(hf.vocab_size, "vocab_size")?,
        context: need(hf.max_position_embeddings, "max_position_embeddings")?,
        rms_eps: hf.rms_norm_eps.unwrap_or(1e-6),
        rope_theta: theta,
        rope_scaling: scaling,
        tied: hf.tie_word_embeddings,
        eos: match hf.eos_token_id {
            None => Vec::new(),
            Some(OneOrMany::One(id)) => vec![id],
            Some(OneOrMany::Many(ids)) => ids,
        },
    }
    .checked(file)
}

/// Refuses every variant whose logits this decoder would get wrong.
fn refuse(hf: &HfConfig, file: &str) -> Result<(), ModelError> {
    let unsupported = |feature: String| Err(ModelError::unsupported(file, feature));
    // Qwen's files carry a sliding window that use_sliding_window switches off.
    let window = hf
        .sliding_window
        .as_ref()
        .is_some_and(|window| !window.is_null());
    let qwen = hf.model_type.starts_with("qwen");
    if window && hf.use_sliding_window.unwrap_or(!qwen) {
        return unsupported("sliding-window attention (sliding_window)".to_owned());
    }
    if let Some(kind) = hf
        .layer_types
        .iter()
        .flatten()
        .find(|kind| *kind != "full_attention")
    {
        return unsupported(format!("a layer of type {kind} (layer_types)"));
    }
    if hf.num_experts.or(hf.num_local_experts).unwrap_or(0) > 1 {
        return unsupported("a mixture of experts (num_experts)".to_owned());
    }
    if hf
        .attn_logit_softcapping
        .or(hf.final_logit_softcapping)
        .is_some()
    {
        return unsupported("logit soft-capping".to_owned());
    }
    if hf.partial_rotary_factor.is_some_and(|factor| factor != 1.0) {
        return unsupported(
            "rotary positions on a part of each head (partial_rotary_factor)".to_owned(),
        );
    }
    if hf.mlp_bias {
        return unsupported("biases in the feed-forward block (mlp_bias)".to_owned());
    }
    if let Some(act) = hf
        .hidden_act
        .as_deref()
        .filter(|act| !matches!(*act, "silu" | "swish"))
    {
        return unsupported(format!("the activation {act} (hidden_act)"));
    }
    if hf.quantization_config.is_some() {
        return unsupported(
            "a quantised safetensors checkpoint (quantization_config); a GGUF file works"
                .to_owned(),
        );
    }
    Ok(())
}

/// Base and scaling of the rotary frequencies.
fn rotary(hf: &HfConfig, file: &str) -> Result<(f32, RopeScaling), ModelError> {
    let rope = hf.rope_parameters.as_ref().or(hf.rope_scaling.as_ref());
    let theta = hf
        .rope_theta
        .or_else(|| rope.and_then(|rope| rope.rope_theta))
        .unwrap_or(10_000.0);
    let Some(rope) = rope else {
        return Ok((theta, RopeScaling::None));
    };
    let need = |field: Option<f32>, name: &str| {
        field
            .filter(|value| value.is_finite() && *value > 0.0)
            .ok_or_else(|| {
                ModelError::config(file, format!("the rotary scaling lacks a positive {name}"))
            })
    };
    let scaling = match (rope.rope_type.as_deref())
        .or(rope.old_rope_type.as_deref())
        .unwrap_or("default")
    {
        "default" => RopeScaling::None,
        "linear" => RopeScaling::Linear {
            factor: need(rope.factor, "factor")?,
        },
        "llama3" => RopeScaling::Llama3 {
            factor: need(rope.factor, "factor")?,
            low: need(rope.low_freq_factor, "low_freq_factor")?,
            high: need(rope.high_freq_factor, "high_freq_factor")?,
            original: need(
                rope.original_max_position_embeddings,
                "original_max_position_embeddings",
            )?,
        },
        other => {
            return Err(ModelError::unsupported(
                file,
                format!("the rotary scaling {other} (rope_scaling)"),
            ));
        }
    };
    Ok((theta, scaling))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn base() -> Value {
        json!({
            "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 320, "max_position_embeddings": 512,
            "rms_norm_eps": 1e-5, "eos_token_id": [1, 5]
        })
    }

    fn with(key: &str, value: Value) -> Result<ModelConfig, ModelError> {
        let mut config = base();
        config[key] = value;
        parse(config.to_string().as_bytes(), "config.json")
    }

    #[test]
    fn defaults_follow_transformers() {
        let config = with("rope_theta", json!(5e5)).expect("a llama");
        assert_eq!(config.head_dim, 16);
        assert_eq!(config.group(), 2);
        assert_eq!(config.rope_theta, 5e5);
        assert_eq!(config.eos, [1, 5]);
        assert!(!config.tied);
    }

    #[test]
    fn every_variant_that_would_be_computed_wrongly_is_refused_by_name() {
        let refused = [
            ("sliding_window", json!(4096), "sliding-window"),
            (
                "layer_types",
                json!(["full_attention", "sliding_attention"]),
                "sliding_attention",
            ),
            ("num_local_experts", json!(8), "experts"),
            ("attn_logit_softcapping", json!(50.0), "soft-capping"),
            ("partial_rotary_factor", json!(0.5), "partial_rotary_factor"),
            ("mlp_bias", json!(true), "mlp_bias"),
            ("hidden_act", json!("gelu"), "gelu"),
            (
                "quantization_config",
                json!({"quant_method": "gptq"}),
                "GGUF",
            ),
            (
                "rope_scaling",
                json!({"type": "yarn", "factor": 4.0}),
                "yarn",
            ),
            (
                "model_type",
                json!("gemma3_text"),
                "supported: llama, qwen2, qwen3",
            ),
            ("num_key_value_heads", json!(3), "evenly"),
            ("num_attention_heads", json!(0), "head"),
            ("num_hidden_layers", json!(100_000_000), "layers"),
        ];
        for (key, value, named) in refused {
            let error = with(key, value).expect_err(key).to_string();
            assert!(error.contains(named), "{key}: {error}");
            assert!(error.starts_with("config.json"), "{error}");
        }
    }

    #[test]
    fn qwen_files_carry_a_window_that_is_switched_off() {
        let mut config = base();
        config["model_type"] = json!("qwen2");
        config["sliding_window"] = json!(4096);
        config["use_sliding_window"] = json!(false);
        assert!(parse(config.to_string().as_bytes(), "config.json").is_ok());
        config["use_sliding_window"] = json!(true);
        assert!(parse(config.to_string().as_bytes(), "config.json").is_err());
    }

    #[test]
    fn text_that_is_no_configuration_is_one_error() {
        for text in [
            "",
            "{",
            "[]",
            "{\"model_type\": 3}",
            "{\"model_type\": \"llama\"}",
        ] {
            assert!(parse(text.as_bytes(), "config.json").is_err(), "{text}");
        }
    }
}

//! The numbers that define a decoder, whatever file they came from.
//!
//! Every setting the decoder cannot honour is refused here, once, so that the forward pass has no hidden cases.

use super::CacheShape;
use super::error::ModelError;
use super::rope::RopeScaling;

/// A decoder family this crate runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Llama 2 and 3 and their relatives that kept the layout (`SmolLM2`, R1-Distill-Llama).
    Llama,
    /// Qwen2 and 2.5: biases on the query, key and value projections.
    Qwen2,
    /// Qwen3: RMS norm on each query and key head before `RoPE`.
    Qwen3,
}

impl Architecture {
    /// The architecture's name in model files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// The architecture called `name` in a GGUF file or by `model_type` in a config.json.
    pub(crate) fn named(name: &str, file: &str) -> Result<Self, ModelError> {
        match name {
            "llama" => Ok(Self::Llama),
            "qwen2" => Ok(Self::Qwen2),
            "qwen3" => Ok(Self::Qwen3),
            other => Err(ModelError::Architecture {
                file: file.to_owned(),
                found: other.to_owned(),
            }),
        }
    }
}

/// Sizes and constants of a decoder. Checked: every field is usable once [`ModelConfig::checked`] returned.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// The decoder family.
    pub architecture: Architecture,
    /// Number of decoder layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width of the feed-forward block.
    pub intermediate: usize,
    /// Query heads per layer.
    pub query_heads: usize,
    /// Key-value heads per layer; divides `query_heads`.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Rows of the embedding.
    pub vocab: usize,
    /// Longest sequence the model was trained for, in tokens.
    pub context: usize,
    /// Added to the mean square in every RMS norm.
    pub rms_eps: f32,
    /// Base of the rotary frequencies.
    pub rope_theta: f32,
    /// How the rotary frequencies are stretched.
    pub rope_scaling: RopeScaling,
    /// The output projection is the embedding.
    pub tied: bool,
    /// Tokens that end a generation, as far as the model file says.
    pub eos: Vec<u32>,
}

/// No published decoder comes near; a damaged header does.
const MOST_LAYERS: usize = 1024;
const MOST_WIDTH: usize = 1 << 20;
const MOST_TOKENS: usize = 1 << 24;

impl ModelConfig {
    /// A cache for it with `capacity` slots per head that remembers the last `window` queries.
    pub fn cache_shape(&self, capacity: usize, window: usize) -> CacheShape {
        CacheShape {
            layers: self.layers,
            query_heads: self.query_heads,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
            capacity,
            window,
        }
    }

    /// The configuration itself if a decoder can be built from it.
    ///
    /// # Errors
    /// [`ModelError::Config`] when a size is zero, absurd, or does not divide what it must divide.
    pub fn checked(self, file: &str) -> Result<Self, ModelError> {
        let bounded = [
            ("the number of layers", self.layers, MOST_LAYERS),
            ("the hidden size", self.hidden, MOST_WIDTH),
            ("the feed-forward size", self.intermediate, MOST_WIDTH),
            ("the number of query heads", self.query_heads, MOST_WIDTH),
            ("the number of KV heads", self.kv_heads, MOST_WIDTH),
            ("the head size", self.head_dim, 4096),
            ("the vocabulary", self.vocab, MOST_TOKENS),
            ("the context length", self.context, MOST_TOKENS),
        ];
        for (what, value, most) in bounded {
            if value == 0 || value > most {
                return Err(ModelError::config(
                    file,
                    format!("{what} is {value}; it must be between 1 and {most}"),
                ));
            }
        }
        if !self.query_heads.is_multiple_of(self.kv_heads) {
            let (query, kv) = (self.query_heads, self.kv_heads);
            return Err(ModelError::config(
                file,
                format!("{query} query heads cannot share {kv} KV heads evenly"),
            ));
        }
        if self.query_heads * self.head_dim > MOST_WIDTH {
            return Err(ModelError::config(
                file,
                "the query heads together are wider than a million",
            ));
        }
        if !self.head_dim.is_multiple_of(2) {
            let dim = self.head_dim;
            return Err(ModelError::config(
                file,
                format!("a head size of {dim} is odd; rotary positions need pairs"),
            ));
        }
        if !(self.rms_eps.is_finite() && self.rms_eps >= 0.0) {
            let eps = self.rms_eps;
            return Err(ModelError::config(
                file,
                format!("the RMS epsilon {eps} is not a small number"),
            ));
        }
        if !(self.rope_theta.is_finite() && self.rope_theta > 0.0) {
            let theta = self.rope_theta;
            return Err(ModelError::config(
                file,
                format!("the rotary base {theta} is not positive"),
            ));
        }
        Ok(self)
    }

    /// Query heads that read one KV head.
    pub fn group(&self) -> usize {
        self.query_heads / self.kv_heads
    }

    /// Width of all query heads together.
    pub fn query_width(&self) -> usize {
        self.query_heads * self.head_dim
    }

    /// Width of all key (or value) heads together.
    pub fn kv_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }
}

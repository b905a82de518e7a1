//! What a person may want to know of a loaded model.

/// A loaded model in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// The model's own name, or its file's.
    pub name: String,
    /// `llama`, `qwen2` or `qwen3`.
    pub architecture: &'static str,
    /// Number of decoder layers.
    pub layers: usize,
    /// Query heads per layer.
    pub query_heads: usize,
    /// Key-value heads per layer.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Number of token ids.
    pub vocab: usize,
    /// Longest sequence the model was trained for, in tokens.
    pub context: usize,
    /// The type that holds most of the weights in memory, and what it was in the file where that differs:
    /// `F32`, `Q8_0`, `Q8_0 (from Q4_1)`.
    pub quantisation: String,
    /// Number of weights.
    pub parameters: u64,
    /// Bytes the weights take in memory.
    pub parameter_bytes: u64,
    /// Tokens that end a generation, as far as the model file says.
    pub eos: Vec<u32>,
}

//! How the next token is drawn from the logits.

use serde::{Deserialize, Serialize};

/// Sampling settings; the same seed and settings give the same tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// 0 is greedy; otherwise logits are divided by it.
    pub temperature: f64,
    /// Nucleus: smallest set of tokens with this mass. `None` keeps all.
    pub top_p: Option<f64>,
    /// The k likeliest tokens. `None` keeps all.
    pub top_k: Option<u32>,
    /// Seed of the draw.
    pub seed: u64,
    /// Tokens generated at most.
    pub max_tokens: u32,
}

/// In words: `temperature 0.6, seed 3, top-p 0.95, at most 1024 tokens`. Without the seed where it draws nothing.
impl std::fmt::Display for Sampling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.temperature == 0.0 {
            f.write_str("greedy")?;
        } else {
            write!(f, "temperature {}, seed {}", self.temperature, self.seed)?;
        }
        if let Some(p) = self.top_p {
            write!(f, ", top-p {p}")?;
        }
        if let Some(k) = self.top_k {
            write!(f, ", top-k {k}")?;
        }
        write!(f, ", at most {} tokens", self.max_tokens)
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_p: None,
            top_k: None,
            seed: 0,
            max_tokens: 1024,
        }
    }
}

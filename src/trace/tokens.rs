//! The tokens of a run as columns: one growing text, one entry per token.

use super::{Position, TokenRecord};

/// Struct-of-arrays over all tokens, prompt first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenColumns {
    ids: Vec<u32>,
    text: String,
    text_ends: Vec<usize>,
    logprobs: Vec<f32>,
    entropies: Vec<f32>,
    micros: Vec<u64>,
}

impl TokenColumns {
    pub(super) fn push(&mut self, token: &TokenRecord) {
        self.ids.push(token.id);
        self.text.push_str(&token.text);
        self.text_ends.push(self.text.len());
        self.logprobs.push(token.logprob);
        self.entropies.push(token.entropy);
        self.micros.push(token.micros);
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none yet.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Vocabulary id.
    pub fn id(&self, position: Position) -> Option<u32> {
        self.ids.get(position.index()).copied()
    }

    /// Vocabulary ids of all tokens.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The characters the token completed; empty for a position out of range.
    pub fn text(&self, position: Position) -> &str {
        self.text_of(position.index()..position.index() + 1)
    }

    /// The text of a range of positions, cut to what is there.
    pub fn text_of(&self, range: std::ops::Range<usize>) -> &str {
        let end = range.end.min(self.len());
        if range.start >= end {
            return "";
        }
        let from = if range.start == 0 {
            0
        } else {
            self.text_ends[range.start - 1]
        };
        &self.text[from..self.text_ends[end - 1]]
    }

    /// Log-probability in nats; 0 for prompt tokens.
    pub fn logprob(&self, position: Position) -> f32 {
        self.logprobs.get(position.index()).copied().unwrap_or(0.0)
    }

    /// Entropy in nats; 0 for prompt tokens.
    pub fn entropy(&self, position: Position) -> f32 {
        self.entropies.get(position.index()).copied().unwrap_or(0.0)
    }

    /// Microseconds since the run began.
    pub fn micros(&self, position: Position) -> u64 {
        self.micros.get(position.index()).copied().unwrap_or(0)
    }
}

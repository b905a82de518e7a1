//! What a policy sees of the cache, and what it says about it.

use super::stream::Draw;
use crate::config::CacheSettings;
use crate::trace::Position;

/// One KV head's cache as a policy sees it, slots in cache order (newest last).
///
/// The parts from `attention` on are empty unless the policy's [`super::Needs`] ask for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadView<'a> {
    /// Keys after RoPE, `[n, head_dim]`.
    pub keys: &'a [f32],
    /// Values, `[n, head_dim]`.
    pub values: &'a [f32],
    /// Original position of each slot, `[n]`.
    pub positions: &'a [Position],
    /// The last queries after RoPE, oldest first, of this head's GQA group: `[rows, group, head_dim]`.
    pub queries: &'a [f32],
    /// Query heads that share this KV head.
    pub group: usize,
    /// Elements per head.
    pub head_dim: usize,
    /// Attention weight that each slot received since it entered, summed over all queries and the group: `[n]`.
    pub attention: &'a [f32],
    /// Queries after RoPE of tokens spread evenly over the prompt, in order: `[rows, group, head_dim]`.
    pub prompt_queries: &'a [f32],
    /// Where random numbers come from.
    pub draw: Draw,
}

impl<'a> HeadView<'a> {
    /// Slots in the cache.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether the cache is empty.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Slots that may go: all but the observation window's. Only with [`len`](Self::len) above the window.
    pub fn candidates(&self, settings: &CacheSettings) -> usize {
        self.len() - settings.window as usize
    }

    /// The queries of the newest `tokens` tokens, oldest first, or of as many as there are: `[rows, group, head_dim]`.
    pub fn last_queries(&self, tokens: usize) -> &'a [f32] {
        let floats = tokens * self.group * self.head_dim;
        &self.queries[self.queries.len().saturating_sub(floats)..]
    }

    /// Tokens seen by this head: one more than its newest position.
    pub fn seen(&self) -> u32 {
        self.positions.iter().map(|p| p.0 + 1).max().unwrap_or(0)
    }
}

/// What a policy thinks of one head's candidates: all slots but the observation window, in cache order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadScores {
    /// The score that decides; higher is kept.
    pub score: Vec<f32>,
    /// Importance, if the policy has one.
    pub importance: Option<Vec<f32>>,
    /// Redundancy, if the policy has one.
    pub redundancy: Option<Vec<f32>>,
    /// For each candidate, the slot of its newest near duplicate, if the policy looks for them.
    pub newest_similar: Option<Vec<Option<u32>>>,
}

impl HeadScores {
    /// A score that is nothing else.
    pub fn plain(score: Vec<f32>) -> Self {
        Self {
            score,
            ..Self::default()
        }
    }

    /// A score that is an importance.
    pub fn important(importance: Vec<f32>) -> Self {
        Self {
            score: importance.clone(),
            importance: Some(importance),
            ..Self::default()
        }
    }
}

/// All heads of all layers, one at a time.
pub trait Heads {
    /// Layers.
    fn layers(&self) -> usize;

    /// KV heads of a layer.
    fn kv_heads(&self) -> usize;

    /// Shows one head.
    fn show(&self, layer: usize, head: usize, look: &mut dyn FnMut(&HeadView<'_>));
}

/// The queries of one layer in one forward pass.
#[derive(Clone, Copy, Debug)]
pub struct QueryPass<'a> {
    /// The layer.
    pub layer: usize,
    /// Position of the first row's token; the others follow.
    pub first: Position,
    /// After RoPE, one row `[query_heads, head_dim]` per token; of a long pass only the newest tokens.
    pub rows: &'a [&'a [f32]],
}

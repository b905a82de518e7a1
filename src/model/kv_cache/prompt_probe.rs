//! Queries of the prompt, kept for policies that ask what the problem itself attends to.

use crate::policy::{PROMPT_PROBES, spread::spread};

/// Queries after RoPE of at most [`PROMPT_PROBES`] tokens spread evenly over the prompt, in every layer.
#[derive(Clone, Debug, Default)]
pub(super) struct PromptProbe {
    /// Ascending.
    positions: Vec<usize>,
    /// Per layer `[positions, query_heads * head_dim]`.
    rows: Vec<Vec<f32>>,
}

impl PromptProbe {
    pub(super) fn new(prompt_tokens: usize, layers: usize, width: usize) -> Self {
        let positions: Vec<usize> = spread(prompt_tokens, PROMPT_PROBES).collect();
        let rows = vec![vec![0.0; positions.len() * width]; layers];
        Self { positions, rows }
    }

    /// Takes the query of the token at `position`, if it is one of the probes.
    pub(super) fn offer(&mut self, layer: usize, position: usize, query: &[f32]) {
        if let Ok(at) = self.positions.binary_search(&position) {
            self.rows[layer][at * query.len()..][..query.len()].copy_from_slice(query);
        }
    }

    /// The rows of tokens that were fed, `seen` of them in all.
    pub(super) fn rows(
        &self,
        layer: usize,
        seen: usize,
        width: usize,
    ) -> std::slice::ChunksExact<'_, f32> {
        let known = self.positions.partition_point(|&position| position < seen);
        let rows: &[f32] = self
            .rows
            .get(layer)
            .map_or(&[], |rows| &rows[..known * width]);
        rows.chunks_exact(width)
    }
}

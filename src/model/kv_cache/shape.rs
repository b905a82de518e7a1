//! Sizes of a cache.

use crate::trace::ModelSummary;

/// Sizes of a [`KvCache`](super::KvCache).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheShape {
    /// Decoder layers.
    pub layers: usize,
    /// Query heads per layer.
    pub query_heads: usize,
    /// KV heads per layer.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Slots per head.
    pub capacity: usize,
    /// Query rows kept per layer.
    pub window: usize,
}

impl CacheShape {
    /// For a model, with `capacity` slots per head, remembering the last `window` queries.
    pub fn of(model: &ModelSummary, capacity: usize, window: usize) -> Self {
        Self {
            layers: model.layers as usize,
            query_heads: model.query_heads as usize,
            kv_heads: model.kv_heads as usize,
            head_dim: model.head_dim as usize,
            capacity,
            window,
        }
    }

    pub(super) fn head_floats(&self) -> usize {
        self.capacity * self.head_dim
    }

    pub(super) fn query_floats(&self) -> usize {
        self.query_heads * self.head_dim
    }

    /// The newest rows of a ring of queries that has seen `count`, oldest first: as many as the window, or all.
    pub(super) fn newest_rows<'a>(
        &self,
        ring: &'a [f32],
        count: usize,
    ) -> impl ExactSizeIterator<Item = &'a [f32]> + Clone + use<'a> {
        let (length, width) = (2 * self.window, self.query_floats());
        let rows = count.min(self.window);
        (count - rows..count).map(move |row| {
            let at = row % length * width;
            &ring[at..at + width]
        })
    }
}

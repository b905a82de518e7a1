//! Sizes of a cache.

/// Sizes of a [`KvCache`].
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
    pub(super) fn head_floats(&self) -> usize {
        self.capacity * self.head_dim
    }

    pub(super) fn query_floats(&self) -> usize {
        self.query_heads * self.head_dim
    }
}

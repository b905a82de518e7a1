//! The addresses of this domain, as types: mixing up a position and a slot is its classic bug.

use serde::{Deserialize, Serialize};

/// Index of a token in the original sequence (prompt first), whatever has been evicted since.
///
/// Also the token's `RoPE` position: keys are stored rotated and never re-rotated.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u32);

/// Index of an entry in one head's compacted cache. It changes with every compression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// Index of a compression event in a run, counted from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventIndex(pub u32);

/// One KV head of one layer.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct HeadId {
    /// Decoder layer, counted from 0 at the embedding.
    pub layer: u32,
    /// KV head within the layer.
    pub head: u32,
}

impl Position {
    /// The position as an index into per-token columns.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Slot {
    /// The slot as an index into a head's cache.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl EventIndex {
    /// The event as an index into the event list.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl HeadId {
    /// Row of this head in head-major tables: `layer * kv_heads + head`.
    pub fn row(self, kv_heads: u32) -> usize {
        (self.layer * kv_heads + self.head) as usize
    }
}

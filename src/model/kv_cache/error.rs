//! What a cache cannot do.

use crate::kernels::cuda::AcceleratorError;

/// The cache cannot do what was asked of it. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// More tokens than free slots.
    #[error(
        "the cache holds {held} of {capacity} entries and cannot take {asked} more; compress it first, \
         or raise the budget or the buffer"
    )]
    CapacityExceeded {
        /// Entries in the fullest layer.
        held: usize,
        /// Entries asked for.
        asked: usize,
        /// Slots per head.
        capacity: usize,
    },
    /// The slots to keep are not a list of distinct held slots, equally many for each head.
    #[error("layer {layer}: {reason}")]
    BadSelection {
        /// The layer.
        layer: usize,
        /// What was wrong.
        reason: String,
    },
    /// The machine cannot hold a cache of this size.
    #[error(
        "a cache of {capacity} entries needs {bytes} bytes, more than this machine can give; ask for a smaller budget"
    )]
    TooLarge {
        /// Slots per head.
        capacity: usize,
        /// Bytes it would take (saturating).
        bytes: u64,
    },
    /// The device that holds it failed.
    #[error(transparent)]
    Device(#[from] AcceleratorError),
    /// A size was zero.
    #[error("a cache needs at least one layer, head, slot and query row")]
    Empty,
}

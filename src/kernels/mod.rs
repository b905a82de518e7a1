//! The hot loops: attention over the compacted cache, and the products too small for a tensor library's overhead.
//!
//! Plain slices in, plain slices out; the loops run on [`crate::lanes`], with independent accumulators.

pub mod attention;
pub mod gemv;
pub mod norm;
mod tiles;

pub use attention::{Attention, AttentionScratch, CacheView};

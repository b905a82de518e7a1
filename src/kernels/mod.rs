//! The hot loops: attention over the compacted cache, and the products too small for a tensor library's overhead.
//!
//! Plain slices in, plain slices out. The loops run over fixed-size chunks with independent accumulators, which the
//! compiler turns into vector code for the target given in `.cargo/config.toml`.

pub mod attention;
pub mod cuda;
pub mod exp;
pub mod gemv;
pub mod lanes;
pub mod norm;
mod tiles;

pub use attention::{Attention, AttentionScratch, CacheView};

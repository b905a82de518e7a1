//! The language model: its weights, its decoder and the cache it fills.

pub mod config;
pub mod decoder;
pub mod error;
pub mod gguf;
mod gguf_source;
pub mod hf_config;
pub mod info;
pub mod kv_cache;
mod linear;
pub mod load;
mod requantise;
pub mod rope;
pub mod safetensors;
mod safetensors_source;
mod weights;

pub use config::{Architecture, ModelConfig};
pub use decoder::{Decoder, ForwardError, Scratch};
pub use error::ModelError;
pub use info::ModelInfo;
pub use kv_cache::{CacheError, CacheShape, KvCache};
pub use load::LoadOptions;
pub use safetensors_source::DenseWeights;
pub use weights::{LoadProgress, OnProgress};

//! The header of format version 1, which had no fingerprint of the model: kept so that old traces open.
//! postcard writes fields in order and without names, so these must never change.

use serde::Deserialize;

use super::{ModelSummary, version_2};

pub(super) type Header = version_2::Header<Model>;

#[derive(Deserialize)]
pub(super) struct Model {
    name: String,
    architecture: String,
    layers: u32,
    query_heads: u32,
    kv_heads: u32,
    head_dim: u32,
    context: u32,
    cache_element_bytes: u32,
    weights: String,
}

impl From<Model> for ModelSummary {
    fn from(old: Model) -> Self {
        Self {
            name: old.name,
            architecture: old.architecture,
            layers: old.layers,
            query_heads: old.query_heads,
            kv_heads: old.kv_heads,
            head_dim: old.head_dim,
            context: old.context,
            cache_element_bytes: old.cache_element_bytes,
            weights: old.weights,
            fingerprint: None,
        }
    }
}

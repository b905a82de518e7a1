//! The header of format version 1, which had no fingerprint of the model: kept so that old traces open.
//! postcard writes fields in order and without names, so these must never change.

use serde::Deserialize;

use super::{ModelSummary, RecordLevel, TraceHeader};
use crate::config::{CacheSettings, Sampling};

#[derive(Deserialize)]
pub(super) struct Header {
    recorded_by: String,
    model: Model,
    settings: CacheSettings,
    sampling: Sampling,
    problem: String,
    prompt_tokens: u32,
    device: String,
    level: RecordLevel,
}

#[derive(Deserialize)]
struct Model {
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

impl From<Header> for TraceHeader {
    fn from(old: Header) -> Self {
        Self {
            recorded_by: old.recorded_by,
            model: ModelSummary {
                name: old.model.name,
                architecture: old.model.architecture,
                layers: old.model.layers,
                query_heads: old.model.query_heads,
                kv_heads: old.model.kv_heads,
                head_dim: old.model.head_dim,
                context: old.model.context,
                cache_element_bytes: old.model.cache_element_bytes,
                weights: old.model.weights,
                fingerprint: None,
            },
            settings: old.settings,
            sampling: old.sampling,
            problem: old.problem,
            prompt_tokens: old.prompt_tokens,
            device: old.device,
            level: old.level,
            calibration: None,
        }
    }
}

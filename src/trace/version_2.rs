//! The header of format version 2, which did not tell of a calibration: kept so that old traces open.
//! postcard writes fields in order and without names, so these must never change.

use serde::Deserialize;

use super::{ModelSummary, RecordLevel, TraceHeader};
use crate::config::{CacheSettings, Sampling};

/// Version 1 differs in its model.
#[derive(Deserialize)]
pub(super) struct Header<M = ModelSummary> {
    recorded_by: String,
    model: M,
    settings: CacheSettings,
    sampling: Sampling,
    problem: String,
    prompt_tokens: u32,
    device: String,
    level: RecordLevel,
}

impl<M: Into<ModelSummary>> From<Header<M>> for TraceHeader {
    fn from(old: Header<M>) -> Self {
        Self {
            recorded_by: old.recorded_by,
            model: old.model.into(),
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

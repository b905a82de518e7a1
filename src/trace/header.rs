//! What a run started from: enough to read a trace on its own and to run it again.

use serde::{Deserialize, Serialize};

use super::HeadId;
use crate::config::{CacheSettings, Sampling};
use crate::named::named;

/// The first thing in a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceHeader {
    /// Version of the program that recorded.
    pub recorded_by: String,
    /// The model that ran.
    pub model: ModelSummary,
    /// Settings at the start; later ones come as records.
    pub settings: CacheSettings,
    /// How tokens were drawn.
    pub sampling: Sampling,
    /// The problem as the person typed it.
    pub problem: String,
    /// Tokens of the whole prompt, chat template included.
    pub prompt_tokens: u32,
    /// Device the cache lived on, as shown to people: `CPU, 2 threads`.
    pub device: String,
    /// How much of each compression was recorded.
    pub level: RecordLevel,
    /// Checksum of the query statistics of earlier runs that the run was given, in hexadecimal digits, if it was given any.
    /// Traces of format versions 1 and 2 do not tell.
    pub calibration: Option<String>,
}

/// The shape of the model, as far as a viewer needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Name shown to people.
    pub name: String,
    /// `llama`, `qwen2`, `qwen3`.
    pub architecture: String,
    /// Decoder layers.
    pub layers: u32,
    /// Query heads per layer.
    pub query_heads: u32,
    /// KV heads per layer; `query_heads / kv_heads` is the GQA group.
    pub kv_heads: u32,
    /// Elements per head.
    pub head_dim: u32,
    /// Longest sequence the model was made for, in tokens.
    pub context: u32,
    /// Bytes per element of the cache (4 for f32).
    pub cache_element_bytes: u32,
    /// How the weights are stored, as shown to people: `f16`, `Q4_1`.
    pub weights: String,
    /// Checksum of the model's files, in hexadecimal digits. Traces of format version 1 have none.
    pub fingerprint: Option<String>,
}

/// How much of each compression is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordLevel {
    /// Which tokens left, nothing more.
    Summary,
    /// Also the final score of every candidate.
    Scores,
    /// Also importance and redundancy, so that Z can be formed again for any lambda.
    #[default]
    Components,
}

named!(RecordLevel { Summary => "summary", Scores => "scores", Components => "components" });

impl ModelSummary {
    /// Both fingerprints, if they are known and differ: a retrained model keeps its name and shape.
    pub fn differing_fingerprints<'a>(&'a self, other: &'a Self) -> Option<(&'a str, &'a str)> {
        let (ours, theirs) = (self.fingerprint.as_deref()?, other.fingerprint.as_deref()?);
        (ours != theirs).then_some((ours, theirs))
    }

    /// Whether this is the model of that name and fingerprint. Where both fingerprints are known, they decide: one model
    /// may be opened by its path or by its name.
    pub fn is(&self, name: &str, fingerprint: Option<&str>) -> bool {
        match (self.fingerprint.as_deref(), fingerprint) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.name == name,
        }
    }

    /// All (layer, KV head) pairs.
    pub fn heads(&self) -> u32 {
        self.layers * self.kv_heads
    }

    /// All (layer, KV head) pairs, in the order of their rows.
    pub fn head_ids(&self) -> impl Iterator<Item = HeadId> + use<> {
        let kv_heads = self.kv_heads;
        (0..self.layers)
            .flat_map(move |layer| (0..kv_heads).map(move |head| HeadId { layer, head }))
    }

    /// Bytes of one slot in one head: key and value.
    pub fn slot_bytes(&self) -> u64 {
        2 * u64::from(self.head_dim) * u64::from(self.cache_element_bytes)
    }

    /// Bytes of one token in a full cache.
    pub fn token_bytes(&self) -> u64 {
        u64::from(self.heads()) * self.slot_bytes()
    }
}

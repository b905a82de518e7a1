//! How the KV cache is kept small: every knob of a compression, apart from the policy's own score.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// Settings of the KV cache's compression. Counts are in slots (tokens per KV head).
///
/// Defaults are the paper's (arXiv 2505.24133 §3) where it gives a number, else the published code's;
/// budget and buffer are sized for the embedded reasoner's traces of a few hundred tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CacheSettings {
    /// Id of the policy in [`crate::policy::POLICIES`].
    pub policy: String,
    /// Slots a head keeps after a compression, window and protected tokens included.
    pub budget: u32,
    /// Tokens that may gather on top of the budget before the next compression.
    pub buffer: u32,
    /// Weight of importance against redundancy, 0 to 1: `Z = lambda * I - (1 - lambda) * R`.
    pub lambda: f64,
    /// Observation window: the newest tokens, always kept, whose queries probe the rest.
    pub window: u32,
    /// Width of the max-pool over importance; odd, 1 switches it off.
    pub kernel: u32,
    /// Cosine above which two keys count as near duplicates, -1 to 1.
    pub threshold: f64,
    /// Which near duplicate a key does not blame.
    pub retain: Retain,
    /// Order of the slots after a compression.
    pub order: SlotOrder,
    /// Who decides together which tokens stay.
    pub scope: Scope,
    /// Tokens that are never evicted, besides the window.
    pub protection: Protection,
    /// Attention sinks kept under [`Protection::Sinks`].
    pub sinks: u32,
    /// When a compression runs.
    pub trigger: Trigger,
}

/// Which column of a key's similarity row is zeroed before redundancy is averaged (published code,
/// `cal_similarity`): the near duplicate that is spared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Retain {
    /// The newest similar key (`last`, and `last_percent`, which the code computes alike).
    Newest,
    /// Column 0 for every row: what the code's `first` does, since dissimilar keys count as column 0.
    First,
    /// The `floor(ratio * n)`-th smallest entry of the code's index row (`first_percent`).
    FirstPercent(f64),
}

/// Order of a head's slots after a compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlotOrder {
    /// By position, so that "newest" and the pooling neighbourhood mean time.
    Time,
    /// By descending score, as the published code leaves them.
    Reference,
}

/// Who decides together which tokens stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Each KV head keeps its own set.
    Head,
    /// The heads of a layer share one set, chosen by their mean score.
    Layer,
    /// All layers share one set: mean over the heads, then over the layers, that hold the token. Where all hold the same
    /// tokens, that is the order of the vLLM and SGLang ports, which sum over layers.
    Global,
}

/// Tokens that are never evicted, besides the observation window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protection {
    /// None.
    None,
    /// The first [`CacheSettings::sinks`] tokens.
    Sinks,
    /// The whole prompt.
    Prompt,
}

/// When a compression runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// When the cache holds `budget + buffer` slots (the paper's).
    CacheFull,
    /// The published code's: after prompt + generated reaches a multiple of `buffer`, the next step
    /// compresses if the cache holds at least `budget`; a prompt of at least `budget` is cut at prefill.
    Published,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            policy: "rkv".to_owned(),
            budget: 96,
            buffer: 32,
            lambda: 0.1,
            window: 8,
            kernel: 7,
            threshold: 0.5,
            retain: Retain::Newest,
            order: SlotOrder::Time,
            scope: Scope::Head,
            protection: Protection::None,
            sinks: 4,
            trigger: Trigger::CacheFull,
        }
    }
}

impl CacheSettings {
    /// Tokens at the start of the sequence that may never be evicted.
    pub fn protected(&self, prompt_tokens: u32) -> u32 {
        match self.protection {
            Protection::None => 0,
            Protection::Sinks => self.sinks,
            Protection::Prompt => prompt_tokens,
        }
    }

    /// The longest a head's cache may grow under [`Trigger::CacheFull`], in slots.
    pub fn slots_when_full(&self) -> u32 {
        self.budget.saturating_add(self.buffer)
    }
}

named!(SlotOrder { Time => "time", Reference => "reference" });
named!(Scope { Head => "head", Layer => "layer", Global => "global" });
named!(Protection { None => "none", Sinks => "sinks", Prompt => "prompt" });
named!(Trigger { CacheFull => "full", Published => "published" });

//! Made-up runs of one problem that keep different tokens and part after the first step.

use crate::config::CacheSettings;
use crate::trace::TraceStore;
use crate::trace::synthetic::Synthetic;

/// A small run; another seed writes another text after the first step and keeps other tokens.
pub fn run(seed: u64, budget: u32, tokens: u32) -> TraceStore {
    plan(seed, budget, tokens).store()
}

/// The plan of [`run`].
pub fn plan(seed: u64, budget: u32, tokens: u32) -> Synthetic {
    Synthetic {
        seed,
        layers: 2,
        kv_heads: 2,
        tokens,
        settings: CacheSettings {
            budget,
            buffer: 24,
            ..CacheSettings::default()
        },
        lambda_changes_at: None,
        ..Synthetic::default()
    }
}

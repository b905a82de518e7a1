//! What can go wrong in a run; each message names the thing and the way out.

use crate::config::SettingsError;
use crate::model::{CacheError, LanguageModelError};

use super::sampler::SampleError;

/// A run could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No model has been loaded.
    #[error("no model is loaded; load one first")]
    NoModel,
    /// Nothing to reason about.
    #[error("the problem is empty; type one first")]
    EmptyProblem,
    /// The prompt does not leave room for a single token.
    #[error(
        "the prompt is {prompt} tokens long, but the model's context is {context}; shorten the problem"
    )]
    PromptTooLong {
        /// Tokens of the prompt, chat template included.
        prompt: usize,
        /// The model's context.
        context: usize,
    },
    /// A policy that looks at the prompt's queries, which a cache on a GPU does not keep.
    #[error(
        "{policy} needs the prompt's queries, which this run does not keep; start a new run with it"
    )]
    PromptNotKept {
        /// The policy.
        policy: &'static str,
    },
    /// A setting or combination that cannot work.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Loading or running the model failed.
    #[error(transparent)]
    Model(#[from] LanguageModelError),
    /// The cache refused.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Sampling failed.
    #[error(transparent)]
    Sample(#[from] SampleError),
}

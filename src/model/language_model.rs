//! [`LanguageModel`]: what the engine needs of a model, so that its protocol can be tested with a scripted one.

use std::sync::atomic::AtomicBool;

use super::device::describe_cpu;
use super::{
    CacheError, CacheShape, ForwardError, KvCache, ModelError, SourceError, TemplateError,
    TextStream, TokenizerError,
};
use crate::kernels::cuda::AcceleratorError;
use crate::trace::ModelSummary;

/// A model could not be loaded, prompted or run.
#[derive(Debug, thiserror::Error)]
pub enum LanguageModelError {
    /// No such model.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its weights cannot be used.
    #[error(transparent)]
    Weights(#[from] ModelError),
    /// Its tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Its chat template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A forward pass failed.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The device that was asked for cannot be used.
    #[error(transparent)]
    Device(#[from] AcceleratorError),
    /// Tokenizer and weights do not belong together.
    #[error(
        "the tokenizer has {tokenizer} tokens but the model only {model}: they are not of the same model"
    )]
    Vocabulary {
        /// Ids in the tokenizer.
        tokenizer: usize,
        /// Rows of the embedding.
        model: usize,
    },
    /// A problem would end itself, or speak for the model.
    #[error(
        "the problem holds `{token}`, which this model reads as a control token and not as text; leave it out"
    )]
    SpecialToken {
        /// The token's text.
        token: String,
    },
}

/// How a forward pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// Logits are ready.
    Done,
    /// The stop flag was raised; the cache is as it was before.
    Stopped,
}

/// A decoder with its tokenizer and chat template.
pub trait LanguageModel {
    /// Its shape, as shown to people and written into traces.
    fn summary(&self) -> ModelSummary;

    /// The prompt around a problem: chat template, then tokenizer.
    ///
    /// # Errors
    /// A template or tokenizer that fails, or a problem that spells out a token of the chat template, with the way out.
    fn encode_prompt(&self, problem: &str) -> Result<Vec<u32>, LanguageModelError>;

    /// Turns token ids into text, UTF-8-safely.
    fn text_stream(&self) -> TextStream;

    /// Whether the token ends the text.
    fn is_end(&self, token: u32) -> bool;

    /// Where it runs, in words for people: `CPU, 2 threads`.
    fn device(&self) -> String {
        describe_cpu(None)
    }

    /// What of its files is not used, why, and what that means, in words for people; nothing by default.
    fn note(&self) -> Option<&str> {
        None
    }

    /// An empty cache where the model runs; on the host by default.
    ///
    /// # Errors
    /// [`CacheError`] if a size is zero or the memory cannot be had.
    fn new_cache(&self, shape: CacheShape) -> Result<KvCache, CacheError> {
        KvCache::new(shape)
    }

    /// Rotary frequencies, `[head_dim / 2]`, for policies that read positions off keys; none by default.
    fn rope_frequencies(&self) -> Option<&[f32]> {
        None
    }

    /// Feeds `tokens` and writes the logits of the last one, `[vocab]`.
    ///
    /// # Errors
    /// A full cache or a failed operation; the cache is then as it was before.
    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<Forward, LanguageModelError>;
}

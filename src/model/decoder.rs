//! The decoder: tokens in, logits out, keys and values into a [`KvCache`] of ours.
//!
//! The large matrices go through the tensor library; everything between them works on plain slices, because one new
//! token's vectors are too short for a tensor operation each.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::exp;
use crate::kernels::norm::{rms_norm, rms_norm_in_place};
use crate::kernels::{Attention, AttentionScratch, CacheView};

use super::config::ModelConfig;
use super::info::ModelInfo;
use super::kv_cache::{CacheError, CacheShape, KvCache};
use super::rope::{Rope, rotate};
use super::weights::{DecoderWeights, LayerWeights};

/// A pass could not be made. The cache is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// No token was given.
    #[error("there is no token to process")]
    NoTokens,
    /// A token id beyond the vocabulary.
    #[error(
        "the token id {id} is outside the vocabulary of {vocab}; the tokenizer belongs to another model"
    )]
    TokenOutOfRange {
        /// The id.
        id: u32,
        /// Number of ids.
        vocab: usize,
    },
    /// The sequence would be longer than the model was trained for.
    #[error(
        "{seen} tokens and {asked} more exceed the model's context of {context}; shorten the prompt or the answer"
    )]
    ContextExceeded {
        /// Tokens fed so far.
        seen: usize,
        /// Tokens asked for.
        asked: usize,
        /// The model's limit.
        context: usize,
    },
    /// The cache is full, or was made for another model.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The cache was made for another model.
    #[error("the cache has the shape of another model: {found:?}")]
    CacheMismatch {
        /// Its shape.
        found: CacheShape,
    },
    /// The stop flag was raised between two layers.
    #[error("stopped")]
    Stopped,
    /// The tensor library refused.
    #[error("a product failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

/// Buffers of a pass, reused from pass to pass; they grow to the longest chunk.
#[derive(Debug, Default)]
pub struct Scratch {
    residual: Vec<f32>,
    normed: Vec<f32>,
    /// Per token queries, keys and values.
    qkv: Vec<f32>,
    attended: Vec<f32>,
    projected: Vec<f32>,
    gate_up: Vec<f32>,
    gated: Vec<f32>,
    part: Vec<f32>,
    cos: Vec<f32>,
    sin: Vec<f32>,
    logits: Vec<f32>,
    attention: AttentionScratch,
}

/// A llama-family decoder with its weights.
#[derive(Debug)]
pub struct Decoder {
    config: ModelConfig,
    info: ModelInfo,
    weights: DecoderWeights,
    rope: Rope,
}

/// Which tokens' logits a pass returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Last,
    All,
}

fn resized(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

impl Decoder {
    pub(crate) fn new(
        config: ModelConfig,
        info: ModelInfo,
        weights: DecoderWeights,
        rope: Rope,
    ) -> Self {
        Self {
            config,
            info,
            weights,
            rope,
        }
    }

    /// Its parts, to be put together on another device.
    pub(super) fn into_parts(self) -> (ModelConfig, ModelInfo, DecoderWeights, Rope) {
        (self.config, self.info, self.weights, self.rope)
    }

    /// Sizes and constants.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The model in numbers for people.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Rotary frequencies, `[head_dim / 2]`: features `i` and `i + head_dim / 2` turn together.
    pub fn rope_frequencies(&self) -> &[f32] {
        self.rope.frequencies()
    }

    /// An empty cache for this model with `capacity` slots per head that remembers the last `window` queries.
    ///
    /// # Errors
    /// [`CacheError`] if a size is zero or the memory cannot be had.
    pub fn cache(&self, capacity: usize, window: usize) -> Result<KvCache, CacheError> {
        KvCache::new(self.config.cache_shape(capacity, window))
    }

    /// Feeds `tokens` and returns the logits after the last one, `[vocab]`.
    ///
    /// Their keys and values are appended to `cache` at the positions `cache.seen() ..`; each token attends to all held
    /// entries, to the chunk's earlier tokens and to itself. `stop` is looked at before each layer.
    ///
    /// # Errors
    /// [`ForwardError`]; the cache is then as it was before the call.
    pub fn forward<'s>(
        &self,
        tokens: &[u32],
        cache: &mut KvCache,
        scratch: &'s mut Scratch,
        stop: &AtomicBool,
    ) -> Result<&'s [f32], ForwardError> {
        self.pass(tokens, cache, scratch, stop, Wanted::Last)
    }

    /// As [`Decoder::forward`], with the logits after every token, `[tokens, vocab]`.
    ///
    /// # Errors
    /// [`ForwardError`]; the cache is then as it was before the call.
    pub fn forward_all<'s>(
        &self,
        tokens: &[u32],
        cache: &mut KvCache,
        scratch: &'s mut Scratch,
        stop: &AtomicBool,
    ) -> Result<&'s [f32], ForwardError> {
        self.pass(tokens, cache, scratch, stop, Wanted::All)
    }

    fn pass<'s>(
        &self,
        tokens: &[u32],
        cache: &mut KvCache,
        scratch: &'s mut Scratch,
        stop: &AtomicBool,
        wanted: Wanted,
    ) -> Result<&'s [f32], ForwardError> {
        check(&self.config, tokens, cache)?;
        let (count, hidden) = (tokens.len(), self.config.hidden);
        self.rope
            .angles(cache.seen(), count, &mut scratch.cos, &mut scratch.sin);
        self.weights
            .embedding
            .embed(tokens, resized(&mut scratch.residual, count * hidden))?;
        for (index, weights) in self.weights.layers.iter().enumerate() {
            let outcome = if stop.load(Ordering::Relaxed) {
                Err(ForwardError::Stopped)
            } else {
                self.layer(index, weights, count, cache, scratch)
            };
            if let Err(error) = outcome {
                cache.rollback();
                return Err(error);
            }
        }
        let logits = self.logits(count, scratch, wanted);
        match &logits {
            Ok(_) => cache.commit(count),
            Err(_) => cache.rollback(),
        }
        logits
    }

    fn logits<'s>(
        &self,
        count: usize,
        scratch: &'s mut Scratch,
        wanted: Wanted,
    ) -> Result<&'s [f32], ForwardError> {
        let (hidden, vocab) = (self.config.hidden, self.config.vocab);
        let first = match wanted {
            Wanted::All => 0,
            Wanted::Last => count - 1,
        };
        let rows = count - first;
        let normed = resized(&mut scratch.normed, rows * hidden);
        let residual = &scratch.residual[first * hidden..count * hidden];
        rms_norm(
            residual,
            &self.weights.final_norm,
            self.config.rms_eps,
            normed,
        );
        let logits = resized(&mut scratch.logits, rows * vocab);
        self.weights.output.forward(normed, rows, logits)?;
        Ok(logits)
    }

    fn layer(
        &self,
        index: usize,
        weights: &LayerWeights,
        count: usize,
        cache: &mut KvCache,
        scratch: &mut Scratch,
    ) -> Result<(), ForwardError> {
        let config = &self.config;
        let (hidden, eps) = (config.hidden, config.rms_eps);
        let width = config.query_width() + 2 * config.kv_width();
        let residual = &mut scratch.residual[..count * hidden];
        let normed = resized(&mut scratch.normed, count * hidden);

        rms_norm(residual, &weights.attention_norm, eps, normed);
        let qkv = resized(&mut scratch.qkv, count * width);
        weights.qkv.forward(normed, count, qkv, &mut scratch.part)?;
        let norms = (weights.query_norm.as_deref(), weights.key_norm.as_deref());
        rotate_heads(config, norms, qkv, &scratch.cos, &scratch.sin);
        cache.append(index, count, qkv, width);

        let attended = resized(&mut scratch.attended, count * config.query_width());
        let buffers = &mut scratch.attention;
        attend_over(config, index, count, qkv, cache, attended, buffers);

        let projected = resized(&mut scratch.projected, count * hidden);
        weights
            .attention_output
            .forward(attended, count, projected, &mut scratch.part)?;
        add(residual, projected);

        rms_norm(residual, &weights.feed_forward_norm, eps, normed);
        let inner = config.intermediate;
        let gate_up = resized(&mut scratch.gate_up, count * 2 * inner);
        weights
            .gate_up
            .forward(normed, count, gate_up, &mut scratch.part)?;
        let gated = resized(&mut scratch.gated, count * inner);
        for (both, gated) in gate_up
            .chunks_exact(2 * inner)
            .zip(gated.chunks_exact_mut(inner))
        {
            let (gate, up) = both.split_at(inner);
            gated.copy_from_slice(gate);
            exp::silu_times(gated, up);
        }
        weights
            .down
            .forward(gated, count, projected, &mut scratch.part)?;
        add(residual, projected);
        Ok(())
    }
}

/// Whether a pass of `tokens` can be made.
pub(super) fn check(
    config: &ModelConfig,
    tokens: &[u32],
    cache: &KvCache,
) -> Result<(), ForwardError> {
    if tokens.is_empty() {
        return Err(ForwardError::NoTokens);
    }
    let shape = cache.shape();
    if [
        shape.layers,
        shape.query_heads,
        shape.kv_heads,
        shape.head_dim,
    ] != [
        config.layers,
        config.query_heads,
        config.kv_heads,
        config.head_dim,
    ] {
        return Err(ForwardError::CacheMismatch { found: shape });
    }
    if let Some(&id) = tokens.iter().find(|&&id| id as usize >= config.vocab) {
        return Err(ForwardError::TokenOutOfRange {
            id,
            vocab: config.vocab,
        });
    }
    if tokens.len() > config.context.saturating_sub(cache.seen()) {
        return Err(ForwardError::ContextExceeded {
            seen: cache.seen(),
            asked: tokens.len(),
            context: config.context,
        });
    }
    Ok(cache.room_for(tokens.len())?)
}

/// Attends over one layer of a cache that has the rows `qkv`, `[tokens, (query_heads + 2 * kv_heads) * head_dim]`, appended.
pub(super) fn attend_over(
    config: &ModelConfig,
    layer: usize,
    tokens: usize,
    qkv: &[f32],
    cache: &mut KvCache,
    attended: &mut [f32],
    scratch: &mut AttentionScratch,
) {
    let width = config.query_width() + 2 * config.kv_width();
    let (capacity, len) = (cache.capacity(), cache.len(layer));
    let (keys, values, received) = cache.layer(layer);
    let view = CacheView {
        keys,
        values,
        capacity,
        len,
    };
    let attention = Attention {
        query_heads: config.query_heads,
        kv_heads: config.kv_heads,
        head_dim: config.head_dim,
    };
    match received {
        None => attention.attend(qkv, width, tokens, view, attended, scratch),
        Some(received) => {
            attention.attend_and_count(qkv, width, tokens, view, (attended, received), scratch);
        }
    }
}

/// Head norms, of queries and of keys where the architecture has them, and rotary positions on queries and keys.
pub(super) fn rotate_heads(
    config: &ModelConfig,
    norms: (Option<&[f32]>, Option<&[f32]>),
    qkv: &mut [f32],
    cos: &[f32],
    sin: &[f32],
) {
    let half = config.head_dim / 2;
    let width = config.query_width() + 2 * config.kv_width();
    let angles = cos.chunks_exact(half).zip(sin.chunks_exact(half));
    for (row, (cos, sin)) in qkv.chunks_exact_mut(width).zip(angles) {
        let (queries, rest) = row.split_at_mut(config.query_width());
        let keys = &mut rest[..config.kv_width()];
        for (heads, norm) in [(queries, norms.0), (keys, norms.1)] {
            for head in heads.chunks_exact_mut(config.head_dim) {
                if let Some(norm) = norm {
                    rms_norm_in_place(head, norm, config.rms_eps);
                }
                rotate(head, cos, sin);
            }
        }
    }
}

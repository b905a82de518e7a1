//! One run, step by step: prefill, decode steps, compressions, and the records they leave.
//!
//! Knows no channels and no threads, so that the worker, benchmarks and tests drive the same code.

mod live_settings;
mod snapshot;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::compress::{Compression, CompressionContext, compress, show_queries};
use super::error::EngineError;
use super::sampler::Sampler;
use super::segments::SegmentFinder;
use crate::config::{CacheSettings, Sampling};
use crate::error_chain::chain;
use crate::model::{CacheShape, Forward, KvCache, LanguageModel, TextStream};
use crate::policy::calibration::Calibration;
use crate::policy::schedule::Schedule;
use crate::policy::{ActivePolicy, RunContext, find};
use crate::trace::{
    FinishReason, Position, RecordLevel, SegmentKind, TokenRecord, TraceHeader, TraceRecord,
};

pub use snapshot::{Snapshot, can_resume};

/// Query rows kept at least, so that the window slider can move without losing history.
const LEAST_QUERY_ROWS: usize = 64;

/// Prompt tokens per forward pass: few enough that a stop is felt within a fraction of a second, and that statistics of
/// queries find every one of them in the cache.
const PREFILL_CHUNK: usize = LEAST_QUERY_ROWS;

/// What one call of [`Generation::advance`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advance {
    /// Part of the prompt was read.
    Prefilled,
    /// One token was decoded.
    Decoded,
    /// The stop flag was raised; nothing changed, and calling again goes on.
    Interrupted,
    /// The run is over.
    Finished(FinishReason),
}

/// What a run starts from.
#[derive(Clone, Debug)]
pub struct GenerationRequest {
    /// The problem as typed.
    pub problem: String,
    /// Cache settings at the start.
    pub settings: CacheSettings,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// How much of each compression is recorded.
    pub level: RecordLevel,
}

/// Query rows that the cache keeps for a policy and for those that the person may switch to. From the full cache's course
/// a sweep forks policies that look at as many as its window.
fn query_rows(policy: &ActivePolicy, settings: &CacheSettings) -> usize {
    let rows = if policy.info.compresses {
        policy.info.needs.query_rows(settings)
    } else {
        settings.window as usize
    };
    rows.max(LEAST_QUERY_ROWS)
}

/// Whether a prompt of so many tokens can be answered within a model's context.
///
/// # Errors
/// An empty prompt, or one that leaves no room.
pub fn check_prompt(prompt: usize, context: usize) -> Result<(), EngineError> {
    if prompt == 0 {
        return Err(EngineError::EmptyProblem);
    }
    if prompt >= context {
        return Err(EngineError::PromptTooLong { prompt, context });
    }
    Ok(())
}

/// A run under way.
pub struct Generation<'m> {
    model: &'m mut dyn LanguageModel,
    header: Arc<TraceHeader>,
    cache: KvCache,
    schedule: Schedule,
    policy: ActivePolicy,
    run: RunContext,
    settings: CacheSettings,
    revision: u32,
    pending: Option<live_settings::Pending>,
    sampling: Sampling,
    sampler: Sampler,
    text: TextStream,
    segments: SegmentFinder,
    prompt: Vec<u32>,
    longest: usize,
    generated: u32,
    events: u32,
    drawn: Option<TokenRecord>,
    logits: Vec<f32>,
    out: Vec<TraceRecord>,
    /// The last compression, while its scores are on their way; its record comes before all that follows.
    unsettled: Option<Compression>,
    /// When the run began, moved on by every pause.
    started: Instant,
    compressing: Duration,
    finished: bool,
}

impl<'m> Generation<'m> {
    /// Prepares a run: encodes the prompt, checks the settings against it, allocates the cache.
    ///
    /// # Errors
    /// An empty problem, a prompt longer than the context, illegal settings, or too little memory.
    pub fn begin(
        model: &'m mut dyn LanguageModel,
        request: GenerationRequest,
    ) -> Result<Self, EngineError> {
        if request.problem.trim().is_empty() {
            return Err(EngineError::EmptyProblem);
        }
        request.settings.check()?;
        request.sampling.check()?;
        let summary = model.summary();
        let prompt = model.encode_prompt(&request.problem)?;
        let context = summary.context as usize;
        check_prompt(prompt.len(), context)?;
        request.settings.check_with_prompt(prompt.len() as u32)?;
        let longest = context.min(prompt.len() + request.sampling.max_tokens as usize);
        let schedule = Schedule::new(&request.settings, prompt.len())?;
        let run = RunContext {
            model: summary.clone(),
            prompt_tokens: prompt.len() as u32,
            frequencies: model.rope_frequencies().map(<[f32]>::to_vec),
            calibration: None,
        };
        let policy = find(&request.settings.policy)?.start(&run)?;
        let capacity = schedule.capacity(&request.settings, longest);
        let window = query_rows(&policy, &request.settings);
        let shape = CacheShape::of(&summary, capacity, window);
        let mut cache = if policy.info.watches() {
            KvCache::new(shape)?
        } else {
            model.new_cache(shape)?
        };
        cache.probe_prompt(prompt.len());
        cache.count_attention(policy.info.needs.attention);
        let header = Arc::new(TraceHeader {
            recorded_by: concat!("rkv-scope ", env!("CARGO_PKG_VERSION")).to_owned(),
            model: summary,
            settings: request.settings.clone(),
            sampling: request.sampling.clone(),
            problem: request.problem,
            prompt_tokens: prompt.len() as u32,
            device: model.device(),
            level: request.level,
            calibration: None,
        });
        let mut out = vec![TraceRecord::Segment {
            at: Position(0),
            kind: SegmentKind::Prompt,
        }];
        out.push(TraceRecord::Segment {
            at: Position(prompt.len() as u32),
            kind: SegmentKind::Reasoning,
        });
        Ok(Self {
            text: model.text_stream(),
            model,
            header,
            cache,
            schedule,
            policy,
            run,
            settings: request.settings,
            revision: 0,
            pending: None,
            sampler: Sampler::new(&request.sampling),
            sampling: request.sampling,
            segments: SegmentFinder::default(),
            prompt,
            longest,
            generated: 0,
            events: 0,
            drawn: None,
            logits: vec![],
            out,
            unsettled: None,
            started: Instant::now(),
            compressing: Duration::ZERO,
            finished: false,
        })
    }

    /// Gives policies that want them the query statistics of an earlier run. For a run that has not begun to read.
    ///
    /// # Errors
    /// The statistics are of another model.
    pub fn calibrate(&mut self, calibration: Arc<Calibration>) -> Result<(), EngineError> {
        Arc::make_mut(&mut self.header).calibration = Some(calibration.checksum());
        self.run.calibration = Some(calibration);
        self.policy = self.policy.info.start(&self.run)?;
        Ok(())
    }

    /// What the run started from.
    pub fn header(&self) -> &Arc<TraceHeader> {
        &self.header
    }

    /// The cache as it stands.
    pub fn cache(&self) -> &KvCache {
        &self.cache
    }

    /// Tokens, the prompt's included, after which the run ends at the latest: by its limit or the model's context.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Tokens generated so far.
    pub fn generated(&self) -> u32 {
        self.generated
    }

    /// Whether the prompt has been read.
    pub fn is_decoding(&self) -> bool {
        self.cache.seen() >= self.prompt.len()
    }

    /// Time spent compressing and time since the start, pauses left out.
    pub fn times(&self) -> (Duration, Duration) {
        (self.compressing, self.started.elapsed())
    }

    /// Leaves a pause out of every time that the run tells: a run that a person held is not a slow one.
    pub fn leave_out(&mut self, pause: Duration) {
        self.started += pause;
    }

    /// Waits for the scores of the last compression, if they are still on their way from a device. The next step does so
    /// by itself; who stops stepping and wants to see the compression calls this.
    ///
    /// # Errors
    /// The device failed. The compression is then recorded without scores.
    pub fn settle(&mut self) -> Result<(), EngineError> {
        let Some(compression) = self.unsettled.take() else {
            return Ok(());
        };
        let started = Instant::now();
        let (record, arrived) = compression.settle();
        self.compressing += started.elapsed();
        self.out.push(TraceRecord::Compression(Box::new(record)));
        Ok(arrived?)
    }

    /// Takes the records since the last call.
    ///
    /// The last compression's comes with those of the next step, unless it was [settled](Self::settle). The last token
    /// waits while a character is unfinished: should the run end here, its bytes belong to that token.
    pub fn take_records(&mut self) -> Vec<TraceRecord> {
        let waits = self.text.is_unfinished() && !self.finished;
        let last = self.out.iter().rposition(is_tokens).filter(|_| waits);
        let whole = last.unwrap_or(self.out.len());
        self.out.drain(..whole).collect()
    }

    /// Ends the run early; what was recorded stays valid. Returns why it ended: if the device fails at the last, that.
    pub fn finish(&mut self, mut reason: FinishReason) -> FinishReason {
        if let Err(error) = self.settle()
            && !matches!(reason, FinishReason::Failed(_))
        {
            reason = FinishReason::Failed(chain(&error));
        }
        if !self.finished {
            self.finished = true;
            let rest = self.text.finish();
            if !rest.is_empty()
                && let Some(TraceRecord::Tokens(batch)) =
                    self.out.iter_mut().rfind(|record| is_tokens(record))
                && let Some(last) = batch.last_mut()
            {
                last.text.push_str(&rest);
            }
            self.out.push(TraceRecord::End {
                at: Position(self.cache.seen() as u32),
                reason: reason.clone(),
                seconds: self.started.elapsed().as_secs_f32(),
            });
        }
        reason
    }

    /// Reads a part of the prompt or decodes one token.
    ///
    /// # Errors
    /// The model, the cache or the draw failed; the caller ends the run with [`Self::finish`].
    pub fn advance(&mut self, stop: &AtomicBool) -> Result<Advance, EngineError> {
        if self.is_decoding() {
            self.decode(stop)
        } else {
            self.prefill(stop)
        }
    }

    fn prefill(&mut self, stop: &AtomicBool) -> Result<Advance, EngineError> {
        let seen = self.cache.seen();
        let count = (self.prompt.len() - seen)
            .min(PREFILL_CHUNK)
            .min(self.prefill_room());
        let chunk = self.prompt[seen..seen + count].to_vec();
        Ok(match self.feed(&chunk, stop)? {
            Advance::Decoded => Advance::Prefilled,
            other => other,
        })
    }

    fn decode(&mut self, stop: &AtomicBool) -> Result<Advance, EngineError> {
        if self.generated >= self.sampling.max_tokens {
            return Ok(self.finished(FinishReason::MaxTokens));
        }
        if self.cache.seen() >= self.longest {
            return Ok(self.finished(FinishReason::ContextFull));
        }
        // A draw that an interruption left behind is not drawn again: the sequence must not depend on it.
        let mut token = if let Some(token) = self.drawn.take() {
            token
        } else {
            let draw = self.sampler.draw(&self.logits)?;
            TokenRecord {
                id: draw.token,
                text: String::new(),
                logprob: draw.logprob,
                entropy: draw.entropy,
                micros: 0,
            }
        };
        if self.model.is_end(token.id) {
            return Ok(self.finished(FinishReason::EndOfText));
        }
        if self
            .model
            .forward(&[token.id], &mut self.cache, stop, &mut self.logits)?
            == Forward::Stopped
        {
            self.drawn = Some(token);
            return Ok(Advance::Interrupted);
        }
        // The device has this step to do: time to wait for what the last compression sent.
        let settled = self.settle();
        self.observe(1);
        token.text = self.text.push(token.id);
        token.micros = self.started.elapsed().as_micros() as u64;
        self.generated += 1;
        let answer_next = self.segments.answer_begins_after(&token.text);
        self.out.push(TraceRecord::Tokens(vec![token]));
        if answer_next {
            let at = Position(self.cache.seen() as u32);
            self.out.push(TraceRecord::Segment {
                at,
                kind: SegmentKind::Answer,
            });
        }
        settled?;
        self.compress_if_due()?;
        Ok(Advance::Decoded)
    }

    /// Feeds tokens of the caller's choice as if the model had drawn them, compressing when due.
    ///
    /// The prompt comes this way, and so do benchmarks and teacher-forced runs.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn feed(&mut self, tokens: &[u32], stop: &AtomicBool) -> Result<Advance, EngineError> {
        let mut rest = tokens;
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(self.prefill_room().min(rest.len()));
            if self
                .model
                .forward(chunk, &mut self.cache, stop, &mut self.logits)?
                == Forward::Stopped
            {
                return Ok(Advance::Interrupted);
            }
            let settled = self.settle();
            self.observe(chunk.len());
            let micros = self.started.elapsed().as_micros() as u64;
            let records = chunk
                .iter()
                .map(|&id| TokenRecord {
                    id,
                    text: self.text.push(id),
                    logprob: 0.0,
                    entropy: 0.0,
                    micros,
                })
                .collect();
            self.out.push(TraceRecord::Tokens(records));
            settled?;
            self.compress_if_due()?;
            rest = later;
        }
        Ok(Advance::Decoded)
    }

    /// Shows the policy the queries of the last `tokens` tokens, if it asks for them.
    fn observe(&mut self, tokens: usize) {
        if self.policy.info.needs.statistics {
            let policy = &mut self.policy.policy;
            show_queries(&self.cache, tokens, &mut |pass| policy.observe(pass));
        }
    }

    fn finished(&mut self, reason: FinishReason) -> Advance {
        Advance::Finished(self.finish(reason))
    }

    fn compress_if_due(&mut self) -> Result<(), EngineError> {
        self.take_up_settings_if_due()?;
        let (seen, slots) = (self.cache.seen(), self.cache.longest());
        if !self.schedule.due(&self.settings, seen, slots) {
            return Ok(());
        }
        let started = Instant::now();
        let compression = compress(
            &mut self.cache,
            &mut self.policy,
            &self.settings,
            CompressionContext {
                event: self.events,
                revision: self.revision,
                prompt_tokens: self.prompt.len() as u32,
                level: self.header.level,
                seed: self.sampling.seed,
            },
        )?;
        self.compressing += started.elapsed();
        self.events += 1;
        let settled = compression.is_settled();
        self.unsettled = Some(compression);
        if settled { self.settle() } else { Ok(()) }
    }
}

fn is_tokens(record: &TraceRecord) -> bool {
    matches!(record, TraceRecord::Tokens(_))
}

//! A run under the full cache as it stood at one moment, from which runs under other settings go on.
//!
//! Until its first compression a run does what the full cache does, bit for bit: the trigger alone looks
//! at the settings. So of many policies over one problem the common beginning is decoded once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Generation, LEAST_QUERY_ROWS, Sampler};
use crate::config::CacheSettings;
use crate::engine::EngineError;
use crate::engine::segments::SegmentFinder;
use crate::model::{KvCache, LanguageModel, TextStream};
use crate::policy::schedule::Schedule;
use crate::trace::TraceHeader;

/// A moment of a greedy run that nothing was evicted from.
#[derive(Clone)]
pub struct Snapshot {
    header: Arc<TraceHeader>,
    cache: KvCache,
    text: TextStream,
    segments: SegmentFinder,
    prompt: Vec<u32>,
    longest: usize,
    generated: u32,
    logits: Vec<f32>,
}

impl Generation<'_> {
    /// The run as it stands; `None` once something was evicted, before the prompt was read, or where
    /// draws are random, since the place in the random sequence is not known.
    ///
    /// # Errors
    /// Too little memory.
    pub fn snapshot(&self) -> Result<Option<Snapshot>, EngineError> {
        let random = self.sampling.temperature > 0.0;
        if self.events > 0 || !self.is_decoding() || self.drawn.is_some() || random {
            return Ok(None);
        }
        Ok(Some(Snapshot {
            header: Arc::clone(&self.header),
            cache: self
                .cache
                .resized(self.cache.longest().max(1), self.cache.shape().window)?,
            text: self.text.clone(),
            segments: self.segments.clone(),
            prompt: self.prompt.clone(),
            longest: self.longest,
            generated: self.generated,
            logits: self.logits.clone(),
        }))
    }
}

impl<'m> Generation<'m> {
    /// Goes on from a snapshot under `settings`, compressing at once if it is due.
    ///
    /// The snapshot must be from the moment of the first compression under these settings
    /// ([`Schedule::first_due`]) or before. Records of the time before are the snapshot's run's.
    ///
    /// # Errors
    /// As [`Generation::begin`].
    pub fn resume(
        model: &'m mut dyn LanguageModel,
        snapshot: &Snapshot,
        settings: CacheSettings,
    ) -> Result<Self, EngineError> {
        settings.check_with_prompt(snapshot.prompt.len() as u32)?;
        let schedule = Schedule::new(&settings, snapshot.prompt.len())?;
        let capacity = schedule.capacity(&settings, snapshot.longest);
        let window = (settings.window as usize).max(LEAST_QUERY_ROWS);
        let header = TraceHeader {
            settings: settings.clone(),
            ..TraceHeader::clone(&snapshot.header)
        };
        let mut run = Self {
            cache: snapshot.cache.resized(capacity, window)?,
            text: snapshot.text.clone(),
            segments: snapshot.segments.clone(),
            prompt: snapshot.prompt.clone(),
            longest: snapshot.longest,
            generated: snapshot.generated,
            logits: snapshot.logits.clone(),
            sampler: Sampler::new(&header.sampling),
            sampling: header.sampling.clone(),
            header: Arc::new(header),
            model,
            schedule,
            settings,
            revision: 0,
            pending: None,
            events: 0,
            drawn: None,
            out: vec![],
            started: Instant::now(),
            compressing: Duration::ZERO,
            finished: false,
        };
        run.compress_if_due()?;
        Ok(run)
    }
}

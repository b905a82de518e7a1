//! A run under the full cache as it stood at one moment, from which runs under other settings go on.
//!
//! Until its first compression a run does what the full cache does, bit for bit: the trigger alone looks
//! at the settings. So of many policies over one problem the common beginning is decoded once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Generation, Sampler, query_rows};
use crate::config::CacheSettings;
use crate::engine::EngineError;
use crate::engine::segments::SegmentFinder;
use crate::model::{KvCache, LanguageModel, TextStream};
use crate::policy::schedule::Schedule;
use crate::policy::{PolicyInfo, RunContext, find};
use crate::trace::{TraceHeader, TraceRecord};

/// A moment of a greedy run that nothing was evicted from.
pub struct Snapshot {
    header: Arc<TraceHeader>,
    cache: KvCache,
    text: TextStream,
    segments: SegmentFinder,
    prompt: Vec<u32>,
    longest: usize,
    generated: u32,
    logits: Vec<f32>,
    /// Records that wait for the rest of a character.
    held: Vec<TraceRecord>,
    run: RunContext,
}

/// Whether the policy needs nothing of the time before its first compression that a run under the full
/// cache does not gather anyway.
pub fn can_resume(info: &PolicyInfo) -> bool {
    !info.needs.attention && !info.needs.statistics
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
            held: self.out.clone(),
            run: self.run.clone(),
        }))
    }
}

impl<'m> Generation<'m> {
    /// Goes on from a snapshot under `settings`, compressing at once if it is due.
    ///
    /// The snapshot must be from the moment of the first compression under these settings
    /// ([`Schedule::first_due`]) or before, and the policy one that [`can_resume`]. Records of the time before
    /// are the snapshot's run's.
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
        let policy = find(&settings.policy)?.start(&snapshot.run)?;
        let capacity = schedule.capacity(&settings, snapshot.longest);
        let window = query_rows(&policy, &settings);
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
            out: snapshot.held.clone(),
            unsettled: None,
            policy,
            run: snapshot.run.clone(),
            started: Instant::now(),
            compressing: Duration::ZERO,
            finished: false,
        };
        run.compress_if_due()?;
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::super::{Advance, GenerationRequest};
    use super::*;
    use crate::config::{Sampling, Trigger};
    use crate::model::SharedModel;
    use crate::policy::POLICIES;
    use crate::trace::{RecordLevel, TraceStore};

    fn request(settings: CacheSettings) -> GenerationRequest {
        GenerationRequest {
            problem: "Leo has 57 stamps. Leo buys 26 more. How many stamps does Leo have?"
                .to_owned(),
            settings,
            sampling: Sampling {
                max_tokens: 70,
                ..Sampling::default()
            },
            level: RecordLevel::Components,
        }
    }

    fn finish(mut run: Generation<'_>, before: Vec<TraceRecord>) -> TraceStore {
        let mut store = TraceStore::new(run.header().clone());
        let stop = AtomicBool::new(false);
        let mut records = before;
        loop {
            records.extend(run.take_records());
            for record in records.drain(..) {
                store.apply(record).unwrap();
            }
            if matches!(run.advance(&stop).unwrap(), Advance::Finished(_)) {
                return store;
            }
        }
    }

    /// Tokens with their probabilities, and who left at which compression: everything but the clock.
    fn told(store: &TraceStore) -> impl PartialEq + std::fmt::Debug + use<> {
        let tokens = store.tokens();
        let logprobs: Vec<u32> = (0..tokens.len() as u32)
            .map(|p| tokens.logprob(crate::trace::Position(p)).to_bits())
            .collect();
        let events: Vec<_> = store
            .events()
            .iter()
            .map(|e| (e.event, e.seen, e.evicted.clone(), e.scores.clone()))
            .collect();
        (tokens.ids().to_vec(), logprobs, events)
    }

    #[test]
    fn every_policy_goes_on_from_the_full_caches_course_as_if_it_had_run_alone() {
        let mut model = SharedModel::load("reasoner", &mut |_, _| {})
            .unwrap()
            .handle();
        let stop = AtomicBool::new(false);
        let resumable: Vec<_> = POLICIES
            .iter()
            .filter(|info| info.compresses && can_resume(info))
            .collect();
        let ids: Vec<&str> = resumable.iter().map(|info| info.id).collect();
        assert_eq!(
            ids,
            [
                "rkv",
                "rkv-global",
                "snapkv",
                "task-aware",
                "tova",
                "longflow",
                "longflow-exact",
                "vase-attnv",
                "vase-dkv",
                "thinkv",
                "knorm",
                "keydiff",
                "streamingllm",
                "recency-prompt",
                "random-prompt"
            ]
        );
        for info in resumable {
            for trigger in [Trigger::CacheFull, Trigger::Published] {
                let settings = CacheSettings {
                    budget: 52,
                    buffer: 12,
                    trigger,
                    ..info.default_settings()
                };
                let alone = finish(
                    Generation::begin(&mut *model, request(settings.clone())).unwrap(),
                    vec![],
                );
                let prompt = alone.header().prompt_tokens as usize;
                let first = Schedule::new(&settings, prompt)
                    .unwrap()
                    .first_due(&settings, prompt + 70)
                    .unwrap();
                assert_eq!(alone.events()[0].seen as usize, first, "{}", info.id);

                let full = CacheSettings {
                    policy: "full".to_owned(),
                    ..settings.clone()
                };
                let mut run = Generation::begin(&mut *model, request(full)).unwrap();
                while run.cache().seen() < first {
                    run.advance(&stop).unwrap();
                }
                let before = run.take_records();
                let snapshot = run.snapshot().unwrap().unwrap();
                drop(run);
                let resumed = Generation::resume(&mut *model, &snapshot, settings).unwrap();
                let resumed = finish(resumed, before);
                assert!(alone.events().len() > 1, "{}", info.id);
                assert_eq!(told(&resumed), told(&alone), "{} {trigger}", info.id);
            }
        }
    }

    #[test]
    fn a_run_that_has_evicted_or_draws_at_random_gives_no_snapshot() {
        let mut model = SharedModel::load("reasoner", &mut |_, _| {})
            .unwrap()
            .handle();
        let stop = AtomicBool::new(false);
        let small = CacheSettings {
            budget: 12,
            buffer: 8,
            ..CacheSettings::default()
        };
        let mut run = Generation::begin(&mut *model, request(small)).unwrap();
        assert!(run.snapshot().unwrap().is_none(), "the prompt is not read");
        while !run.is_decoding() {
            run.advance(&stop).unwrap();
        }
        assert!(
            run.snapshot().unwrap().is_none(),
            "the prompt was compressed"
        );
        drop(run);
        let mut random = request(CacheSettings::default());
        random.sampling.temperature = 0.7;
        let mut run = Generation::begin(&mut *model, random).unwrap();
        while !run.is_decoding() {
            run.advance(&stop).unwrap();
        }
        assert!(run.snapshot().unwrap().is_none());
    }
}

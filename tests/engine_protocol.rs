//! The engine's protocol, with a scripted model: what a front end may count on.
#![cfg(feature = "infer")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rkv_scope::config::{CacheSettings, Sampling};
use rkv_scope::engine::{
    EngineCommand, EngineConfig, EngineEvent, EngineHandle, RunId, RunRequest, RunState, spawn,
};
use rkv_scope::model::{
    Forward, KvCache, LanguageModel, LanguageModelError, TextStart, TextStream, Tokenizer,
};
use rkv_scope::trace::{FinishReason, ModelSummary, RecordLevel, TraceRecord, TraceStore};

const RUN: RunId = RunId(7);
const VOCAB: usize = 300;

/// A model that writes ever on: keys and queries are made from the token ids.
struct Scripted {
    tokenizer: Tokenizer,
    delay: Duration,
    panic_at: Option<usize>,
    forwards: Arc<AtomicUsize>,
    /// The tokens it writes before it ends; noise for ever if there are none.
    writes: Vec<u32>,
}

impl Scripted {
    fn new() -> Self {
        let json = include_bytes!("../assets/reasoner/tokenizer.json");
        Self {
            tokenizer: Tokenizer::from_json_bytes(json).unwrap(),
            delay: Duration::ZERO,
            panic_at: None,
            forwards: Arc::default(),
            writes: vec![],
        }
    }
}

impl LanguageModel for Scripted {
    fn summary(&self) -> ModelSummary {
        ModelSummary {
            name: "scripted".to_owned(),
            architecture: "scripted".to_owned(),
            layers: 2,
            query_heads: 4,
            kv_heads: 2,
            head_dim: 8,
            context: 4096,
            cache_element_bytes: 4,
            weights: "none".to_owned(),
        }
    }

    fn encode_prompt(&self, problem: &str) -> Result<Vec<u32>, LanguageModelError> {
        Ok(problem.bytes().map(|b| u32::from(b) + 10).collect())
    }

    fn text_stream(&self) -> TextStream {
        self.tokenizer.stream()
    }

    fn is_end(&self, token: u32) -> bool {
        token == 0
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<Forward, LanguageModelError> {
        let count = self.forwards.fetch_add(1, Ordering::SeqCst);
        assert!(self.panic_at != Some(count), "the script says panic");
        let until = Instant::now() + self.delay;
        while Instant::now() < until {
            if stop.load(Ordering::Acquire) {
                return Ok(Forward::Stopped);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let shape = cache.shape();
        let noise = |i: usize| ((i * 2_654_435_761) % 1000) as f32 / 500.0 - 1.0;
        let stride = (shape.query_heads + 2 * shape.kv_heads) * shape.head_dim;
        for layer in 0..shape.layers {
            let rows: Vec<f32> = (0..tokens.len() * stride)
                .map(|i| noise(i * 31 + cache.seen() * 977 + layer * 13))
                .collect();
            cache.append(layer, tokens.len(), &rows, stride);
        }
        cache.commit(tokens.len());
        logits.clear();
        logits.extend((0..VOCAB).map(|i| noise(i + cache.seen() * 17)));
        logits[0] = -100.0;
        if !self.writes.is_empty() {
            let next = self.writes.get(count).copied().unwrap_or(0);
            logits[next as usize] = 100.0;
        }
        Ok(Forward::Done)
    }
}

fn engine(model: Scripted) -> EngineHandle {
    let model = std::sync::Mutex::new(Some(model));
    let config = EngineConfig {
        model: Some("scripted".to_owned()),
        waker: Arc::new(|| {}),
        loader: Box::new(move |_, _| Ok(Box::new(model.lock().unwrap().take().unwrap()))),
    };
    spawn(config).unwrap()
}

fn request(max_tokens: u32) -> RunRequest {
    RunRequest {
        run: RUN,
        problem: "a problem of some length".to_owned(),
        settings: CacheSettings {
            budget: 32,
            buffer: 16,
            ..CacheSettings::default()
        },
        sampling: Sampling {
            max_tokens,
            ..Sampling::default()
        },
        level: RecordLevel::Components,
        record_to: None,
    }
}

/// What a front end would have gathered.
#[derive(Default)]
struct Seen {
    store: Option<TraceStore>,
    states: Vec<RunState>,
    failures: Vec<String>,
    rejected: Vec<u32>,
    gone: bool,
}

impl Seen {
    /// Drains events until `done` or a minute has gone by.
    fn until(&mut self, engine: &EngineHandle, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !done(self) {
            assert!(
                Instant::now() < deadline,
                "waited for a minute; states {:?}",
                self.states
            );
            match engine.recv_timeout(Duration::from_millis(50)) {
                Some(EngineEvent::RunStarted { header, .. }) => {
                    self.store = Some(TraceStore::new(header));
                }
                Some(EngineEvent::Records { batch, run }) => {
                    assert_eq!(run, RUN);
                    for record in batch {
                        self.store.as_mut().unwrap().apply(record).unwrap();
                    }
                }
                Some(EngineEvent::State { state, .. }) => self.states.push(state),
                Some(EngineEvent::Failed { message, .. }) => self.failures.push(message),
                Some(EngineEvent::ParamsRejected { revision, .. }) => self.rejected.push(revision),
                Some(EngineEvent::Gone) => self.gone = true,
                Some(_) | None => {}
            }
        }
    }

    fn finished(&self) -> Option<&FinishReason> {
        self.states.iter().find_map(|s| match s {
            RunState::Finished(reason) => Some(reason),
            _ => None,
        })
    }

    fn tokens(&self) -> usize {
        self.store.as_ref().map_or(0, |s| s.tokens().len())
    }
}

fn start(engine: &EngineHandle, request: RunRequest) {
    engine
        .send(EngineCommand::Start(Box::new(request)))
        .unwrap();
}

/// Sends the run's first change of settings.
fn steer(engine: &EngineHandle, settings: CacheSettings) {
    engine
        .send(EngineCommand::SetParams {
            run: RUN,
            revision: 1,
            settings,
        })
        .unwrap();
}

#[test]
fn a_run_streams_records_that_rebuild_it() {
    let engine = engine(Scripted::new());
    start(&engine, request(200));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.finished(), Some(&FinishReason::MaxTokens));
    let store = seen.store.unwrap();
    assert_eq!(
        store.tokens().len(),
        store.header().prompt_tokens as usize + 200
    );
    assert!(store.events().len() >= 10);
    assert!(
        store
            .events()
            .iter()
            .all(|e| e.slots_before.iter().all(|&n| n == 48))
    );
    assert_eq!(
        store.latest().slots().round() as u32,
        store.latest().slots() as u32
    );
}

#[test]
fn the_same_seed_gives_the_same_tokens_through_pauses_and_interruptions() {
    let sampled = || {
        let mut request = request(60);
        request.sampling.temperature = 0.9;
        request.sampling.seed = 5;
        request
    };
    let plain = {
        let engine = engine(Scripted::new());
        start(&engine, sampled());
        let mut seen = Seen::default();
        seen.until(&engine, |s| s.finished().is_some());
        seen.store.unwrap().tokens().ids().to_vec()
    };
    let engine = engine(Scripted {
        delay: Duration::from_millis(3),
        ..Scripted::new()
    });
    start(&engine, sampled());
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 30);
    engine.send(EngineCommand::Pause(RUN)).unwrap();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    // A stop meant for another run interrupts a step and must change nothing.
    engine.send(EngineCommand::Resume(RUN)).unwrap();
    engine.send(EngineCommand::Stop(RunId(99))).unwrap();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.store.unwrap().tokens().ids(), plain);
}

#[test]
fn stop_is_felt_during_prefill() {
    let engine = engine(Scripted {
        delay: Duration::from_secs(30),
        ..Scripted::new()
    });
    start(&engine, request(10));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.states.contains(&RunState::Prefill));
    engine.send(EngineCommand::Stop(RUN)).unwrap();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.finished(), Some(&FinishReason::Stopped));
    assert_eq!(seen.tokens(), 0);
}

#[test]
fn pause_holds_and_step_decodes_just_so_many() {
    let engine = engine(Scripted::new());
    let mut first = request(100_000);
    first.sampling.max_tokens = 3000;
    start(&engine, first);
    let mut seen = Seen::default();
    engine.send(EngineCommand::Pause(RUN)).unwrap();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    let before = {
        seen.until(&engine, |s| s.store.is_some());
        std::thread::sleep(Duration::from_millis(60));
        while let Some(EngineEvent::Records { batch, .. }) = engine.try_recv() {
            for record in batch {
                seen.store.as_mut().unwrap().apply(record).unwrap();
            }
        }
        seen.tokens()
    };
    let paused = seen.states.len();
    // The prompt may not have been read when the pause came: a step reads it, then decodes.
    engine
        .send(EngineCommand::Step {
            run: RUN,
            tokens: 3,
        })
        .unwrap();
    seen.until(&engine, |s| s.states[paused..].contains(&RunState::Paused));
    let prompt = seen.store.as_ref().unwrap().header().prompt_tokens as usize;
    seen.until(&engine, |s| s.tokens() >= before.max(prompt) + 3);
    assert_eq!(seen.tokens(), before.max(prompt) + 3);
}

#[test]
fn a_storm_of_settings_ends_with_the_last_one_in_force() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
    start(&engine, request(150));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 25);
    let mut sent = 0;
    for revision in 1..=1000u32 {
        let settings = CacheSettings {
            budget: 24 + revision % 40,
            buffer: 16,
            lambda: f64::from(revision) / 1000.0,
            ..CacheSettings::default()
        };
        if engine
            .send(EngineCommand::SetParams {
                run: RUN,
                revision,
                settings,
            })
            .is_ok()
        {
            sent = revision;
        }
    }
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    let (_, revision, settings) = store.params().last().unwrap();
    assert_eq!(*revision, sent);
    assert_eq!(settings.lambda, f64::from(sent) / 1000.0);
    assert_eq!(store.events().last().unwrap().revision, sent);
}

#[test]
fn illegal_live_settings_are_refused_and_the_run_goes_on() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
    start(&engine, request(80));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 25);
    let settings = CacheSettings {
        kernel: 6,
        ..CacheSettings::default()
    };
    steer(&engine, settings);
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.rejected, [1]);
    assert_eq!(seen.finished(), Some(&FinishReason::MaxTokens));
    assert!(seen.store.unwrap().params().is_empty());
}

/// The full cache has no compression at which a change could be taken up; it is recorded all the same.
#[test]
fn switching_to_the_full_cache_is_recorded_and_nothing_leaves_any_more() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
    start(&engine, request(300));
    let mut seen = Seen::default();
    seen.until(&engine, |s| {
        s.store.as_ref().is_some_and(|s| s.events().len() >= 2)
    });
    let full = CacheSettings {
        policy: "full".to_owned(),
        ..request(0).settings
    };
    steer(&engine, full.clone());
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    let (at, _, settings) = store.params().last().unwrap();
    assert_eq!(settings, &full);
    assert!(store.events().iter().all(|event| event.seen <= at.0));
}

#[test]
fn bytes_of_an_unfinished_character_at_the_end_are_not_lost() {
    let mut model = Scripted::new();
    let half = model.tokenizer.encode("é", TextStart::AsWritten).unwrap()[0];
    let letter = model.tokenizer.encode("x", TextStart::AsWritten).unwrap()[0];
    model.writes = vec![letter, half];
    let engine = engine(model);
    start(&engine, request(50));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.finished(), Some(&FinishReason::EndOfText));
    let store = seen.store.unwrap();
    let written = store.header().prompt_tokens as usize..store.tokens().len();
    assert_eq!(store.tokens().text_of(written), "x\u{fffd}");
}

#[test]
fn a_larger_budget_takes_effect_beyond_the_first_capacity() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(1),
        ..Scripted::new()
    });
    start(&engine, request(400));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 60);
    let settings = CacheSettings {
        budget: 200,
        buffer: 64,
        ..CacheSettings::default()
    };
    steer(&engine, settings);
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    assert_eq!(store.events().last().unwrap().slots_before[0], 264);
    assert_eq!(seen.failures, Vec::<String>::new());
}

#[test]
fn a_panic_becomes_a_failure_and_what_was_recorded_stays() {
    let engine = engine(Scripted {
        panic_at: Some(40),
        ..Scripted::new()
    });
    start(&engine, request(500));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.gone);
    assert_eq!(seen.failures.len(), 1);
    assert!(
        seen.failures[0].contains("the script says panic"),
        "{}",
        seen.failures[0]
    );
    assert!(
        !seen
            .states
            .contains(&RunState::Finished(FinishReason::MaxTokens))
    );
    assert!(seen.tokens() > 20);
}

#[test]
fn an_empty_problem_and_one_beyond_the_context_are_refused() {
    let engine = engine(Scripted::new());
    for (problem, needle) in [("  \n".to_owned(), "empty"), ("x".repeat(5000), "4096")] {
        start(
            &engine,
            RunRequest {
                problem,
                ..request(10)
            },
        );
        let mut seen = Seen::default();
        seen.until(&engine, |s| !s.failures.is_empty());
        assert!(seen.failures[0].contains(needle), "{}", seen.failures[0]);
    }
}

#[test]
fn dropping_the_handle_ends_the_thread() {
    let model = Scripted {
        delay: Duration::from_millis(5),
        ..Scripted::new()
    };
    let forwards = Arc::clone(&model.forwards);
    let engine = engine(model);
    start(&engine, request(100_000));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 10);
    drop(engine);
    let after = forwards.load(Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(forwards.load(Ordering::SeqCst), after);
}

#[test]
fn a_front_end_that_does_not_listen_stalls_nothing_and_loses_nothing() {
    let model = Scripted::new();
    let forwards = Arc::clone(&model.forwards);
    let engine = engine(model);
    start(&engine, request(2000));
    let deadline = Instant::now() + Duration::from_mins(1);
    while forwards.load(Ordering::SeqCst) < 2001 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.store.unwrap().tokens().len(), 24 + 2000);
}

#[test]
fn records_are_written_while_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let engine = engine(Scripted::new());
    start(
        &engine,
        RunRequest {
            record_to: Some(path.clone()),
            ..request(120)
        },
    );
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    let loaded = rkv_scope::trace::load(&path).unwrap();
    assert!(loaded.problem.is_none());
    assert_eq!(loaded.store, seen.store.unwrap());
    assert!(matches!(
        loaded.store.end(),
        Some((_, FinishReason::MaxTokens, _))
    ));
}

#[test]
fn a_folder_that_cannot_be_written_is_a_warning_and_the_run_goes_on() {
    let engine = engine(Scripted::new());
    let path = std::path::PathBuf::from("/nonexistent-folder/run.rkvt");
    start(
        &engine,
        RunRequest {
            record_to: Some(path),
            ..request(30)
        },
    );
    let mut warned = None;
    let mut finished = false;
    while !finished {
        match engine.recv_timeout(Duration::from_secs(30)) {
            Some(EngineEvent::Warning { message, .. }) => warned = Some(message),
            Some(EngineEvent::State {
                state: RunState::Finished(reason),
                ..
            }) => {
                assert_eq!(reason, FinishReason::MaxTokens);
                finished = true;
            }
            Some(EngineEvent::Records { batch, .. }) => {
                assert!(batch.iter().all(|r| !matches!(
                    r,
                    TraceRecord::End {
                        reason: FinishReason::Failed(_),
                        ..
                    }
                )));
            }
            Some(_) => {}
            None => panic!("no event in half a minute"),
        }
    }
    let warned = warned.unwrap();
    assert!(warned.contains("/nonexistent-folder/run.rkvt"), "{warned}");
}

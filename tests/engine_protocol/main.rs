//! The engine's protocol, with a scripted model: what a front end may count on.
#![cfg(feature = "infer")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

mod failures;
mod live_settings;
mod runs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use rkv_scope::config::{CacheSettings, Sampling, SlotOrder};
use rkv_scope::engine::{
    EngineCommand, EngineConfig, EngineEvent, EngineHandle, RunId, RunRequest, RunState, spawn,
};
use rkv_scope::model::{
    Forward, KvCache, LanguageModel, LanguageModelError, TextStart, TextStream, Tokenizer, check,
};
use rkv_scope::trace::{FinishReason, ModelSummary, RecordLevel, TraceRecord, TraceStore};

const RUN: RunId = RunId(7);
const VOCAB: usize = 300;

/// A model that writes ever on: keys and queries are made from the token ids.
struct Scripted {
    tokenizer: Tokenizer,
    context: u32,
    panic_at: Option<usize>,
    forwards: Arc<AtomicUsize>,
    hold: Option<Hold>,
    /// The tokens it writes before it ends; noise for ever if there are none.
    writes: Vec<u32>,
}

/// A forward pass, counted from 0, in which the model waits: a test that acts meanwhile cannot come too late.
struct Hold {
    at: usize,
    reached: Sender<()>,
    go_on: Receiver<()>,
}

/// The test's side of a [`Hold`].
struct Held {
    reached: Receiver<()>,
    go_on: Sender<()>,
}

impl Held {
    /// Acts while the model waits, then lets it go on.
    fn meanwhile(self, act: impl FnOnce()) {
        self.reached.recv_timeout(Duration::from_mins(1)).unwrap();
        act();
        drop(self.go_on);
    }
}

impl Scripted {
    fn new() -> Self {
        let json = include_bytes!("../../assets/reasoner/tokenizer.json");
        Self {
            tokenizer: Tokenizer::from_json_bytes(json).unwrap(),
            context: 4096,
            panic_at: None,
            forwards: Arc::default(),
            hold: None,
            writes: vec![],
        }
    }

    fn held_at(forward: usize) -> (Self, Held) {
        let (reached, is_reached) = bounded(1);
        let (go_on, goes_on) = bounded(0);
        let model = Self {
            hold: Some(Hold {
                at: forward,
                reached,
                go_on: goes_on,
            }),
            ..Self::new()
        };
        let held = Held {
            reached: is_reached,
            go_on,
        };
        (model, held)
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
            context: self.context,
            cache_element_bytes: 4,
            weights: "none".to_owned(),
            fingerprint: None,
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
        if let Some(hold) = self.hold.take_if(|hold| hold.at == count) {
            // A test that is gone lets go, too.
            let _ = hold.reached.send(());
            let _ = hold.go_on.recv();
        }
        if stop.load(Ordering::Acquire) {
            return Ok(Forward::Stopped);
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
        finder: Box::new(|name| match name {
            "scripted" => Ok(()),
            _ => check(name),
        }),
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

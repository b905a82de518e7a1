//! A real checkpoint, where one is at hand: `RKV_SMOLLM2` names SmolLM2-135M-Instruct as GGUF.
#![cfg(feature = "infer")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and print outside its test functions too"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rkv_scope::config::{CacheSettings, DeviceChoice, Sampling};
use rkv_scope::engine::{
    EngineCommand, EngineConfig, EngineEvent, RunId, RunRequest, RunState, spawn,
};
use rkv_scope::trace::{FinishReason, RecordLevel, TraceStore};

fn checkpoint() -> Option<PathBuf> {
    let path = std::env::var_os("RKV_SMOLLM2").map(PathBuf::from);
    if path.is_none() {
        println!("skipped: RKV_SMOLLM2 does not name a SmolLM2-135M-Instruct GGUF file");
    }
    path
}

fn run(model: &std::path::Path, settings: CacheSettings, max_tokens: u32) -> TraceStore {
    let config = EngineConfig::new(
        Some(model.to_str().unwrap().to_owned()),
        DeviceChoice::Cpu,
        Arc::new(|| {}),
    );
    let engine = spawn(config).unwrap();
    let request = RunRequest {
        run: RunId(1),
        problem: "A farmer has 12 cows and buys 7 more. How many cows does the farmer have? Think step by step."
            .to_owned(),
        settings,
        sampling: Sampling { max_tokens, ..Sampling::default() },
        level: RecordLevel::Components,
        record_to: None,
    };
    engine
        .send(EngineCommand::Start(Box::new(request)))
        .unwrap();
    let mut store = None;
    loop {
        match engine.recv_timeout(Duration::from_mins(5)) {
            Some(EngineEvent::RunStarted { header, .. }) => store = Some(TraceStore::new(header)),
            Some(EngineEvent::Records { batch, .. }) => {
                for record in batch {
                    store.as_mut().unwrap().apply(record).unwrap();
                }
            }
            Some(EngineEvent::State {
                state: RunState::Finished(reason),
                ..
            }) => {
                assert!(!matches!(reason, FinishReason::Failed(_)), "{reason:?}");
                return store.unwrap();
            }
            Some(EngineEvent::Failed { message, .. }) => panic!("{message}"),
            Some(_) => {}
            None => panic!("no event for five minutes"),
        }
    }
}

#[test]
fn smollm2_answers_in_words_and_keeps_to_its_budget() {
    let Some(model) = checkpoint() else { return };
    let settings = CacheSettings {
        budget: 64,
        buffer: 32,
        ..CacheSettings::default()
    };
    let store = run(&model, settings, 120);
    let prompt = store.header().prompt_tokens as usize;
    let text = store.tokens().text_of(prompt..store.tokens().len());
    assert!(text.split_whitespace().count() > 10, "{text:?}");
    assert!(text.contains("cows"), "{text:?}");
    assert!(!text.contains('\u{fffd}'), "{text:?}");
    assert!(store.events().len() >= 2);
    assert!(
        store
            .events()
            .iter()
            .flat_map(|e| &e.slots_after)
            .all(|&n| n == 64)
    );
    assert!(
        store
            .tokens()
            .text_of(0..prompt)
            .contains("<|im_start|>user")
    );
}

#[test]
fn a_budget_that_holds_everything_changes_nothing() {
    let Some(model) = checkpoint() else { return };
    let full = CacheSettings {
        policy: "full".to_owned(),
        ..CacheSettings::default()
    };
    let wide = CacheSettings {
        budget: 4000,
        buffer: 128,
        ..CacheSettings::default()
    };
    let ids = |settings| run(&model, settings, 60).tokens().ids().to_vec();
    assert_eq!(ids(full), ids(wide));
}

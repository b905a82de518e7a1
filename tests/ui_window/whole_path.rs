//! The main job with nothing made up: the embedded model, the real engine, the real window.
#![cfg(feature = "infer")]

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::app::{AppConfig, RunFolder};
use rkv_scope::config::DeviceChoice;
use rkv_scope::engine::{EngineConfig, spawn};
use rkv_scope::export::{Format, What};
use rkv_scope::model::{self, Forward, KvCache, LanguageModel, LanguageModelError, TextStream};
use rkv_scope::trace::{EventIndex, ModelSummary, Position, load};
use rkv_scope::ui::{Tab, UiCommand};

use super::stage::{Stage, compared, read, window};

const PROBLEM: &str = "A farm has 24 eggs. It gets 5 baskets with 12 eggs in each. It sells 37 of them. \
                       How many eggs does it have left?";

/// The embedded model, which waits once for the test: a slow window must not find the run over.
struct Held {
    model: Box<dyn LanguageModel>,
    /// Tokens seen when it waits.
    at: usize,
    reached: Sender<()>,
    go_on: Receiver<()>,
}

impl LanguageModel for Held {
    fn summary(&self) -> ModelSummary {
        self.model.summary()
    }

    fn encode_prompt(&self, problem: &str) -> Result<Vec<u32>, LanguageModelError> {
        self.model.encode_prompt(problem)
    }

    fn text_stream(&self) -> TextStream {
        self.model.text_stream()
    }

    fn is_end(&self, token: u32) -> bool {
        self.model.is_end(token)
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<Forward, LanguageModelError> {
        if cache.seen() == self.at {
            // A test that is gone lets go, too.
            let _ = self.reached.try_send(());
            let _ = self.go_on.recv();
        }
        self.model.forward(tokens, cache, stop, logits)
    }
}

fn wait(harness: &mut Harness<'static, Stage>, what: &str, done: impl Fn(&Stage) -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !done(harness.state()) {
        assert!(Instant::now() < deadline, "{what} never happened");
        harness.step();
        std::thread::sleep(Duration::from_millis(5));
    }
    harness.run_steps(3);
}

#[test]
fn a_typed_problem_is_reasoned_about_scrubbed_steered_and_exported() {
    let kept = tempfile::tempdir().unwrap();
    let runs = RunFolder::new(kept.path().join("runs"));
    // Full for the first time at 96 + 32 tokens.
    let (reached, is_reached) = bounded(1);
    let (go_on, goes_on) = bounded::<()>(0);
    let config = AppConfig {
        engine: Some(Box::new(move |name, waker| {
            let (reached, go_on) = (reached.clone(), goes_on.clone());
            spawn(EngineConfig {
                loader: Box::new(move |name, progress| {
                    Ok(Box::new(Held {
                        model: model::load(name, progress)?,
                        at: 96 + 32 + 1,
                        reached: reached.clone(),
                        go_on: go_on.clone(),
                    }))
                }),
                ..EngineConfig::new(name, DeviceChoice::Cpu, waker)
            })
        })),
        model: Some("reasoner".to_owned()),
        runs: Some(runs.clone()),
        ..AppConfig::default()
    };
    let mut harness = window([1280.0, 900.0], Theme::Dark, config);
    wait(&mut harness, "loading", |stage| {
        stage.app().status().model.is_some()
    });
    harness.get_by_label("Problem").focus();
    harness.step();
    harness.get_by_label("Problem").type_text(PROBLEM);
    harness.step();
    harness.key_press(Key::Enter);
    harness.step();
    wait(&mut harness, "the first compression", |_| {
        is_reached.try_recv().is_ok()
    });

    // A slider moved while it runs is in force once the cache is due and in the trace.
    harness
        .get_by_role_and_label(Role::SpinButton, "Budget")
        .set_value_accesskit(64.0);
    harness.run_steps(2);
    drop(go_on);
    wait(&mut harness, "the end", |stage| {
        stage
            .app()
            .session()
            .is_some_and(|s| s.store.end().is_some())
    });
    let store = read(&harness).clone();
    assert_eq!(store.events()[0].slots_after[0], 96);
    assert_eq!(store.events().last().unwrap().slots_after[0], 64);
    assert!(
        store
            .params()
            .iter()
            .any(|(_, _, settings)| settings.budget == 64)
    );
    harness.get_by_label_contains("boxed{");
    // It is on the disk, too, though nobody has saved it.
    let on_disk = runs.runs().pop().unwrap();
    assert!(on_disk.finished && on_disk.problem.starts_with("A farm has 24 eggs"));
    assert_eq!(load(&on_disk.path).unwrap().store, store);

    // Scrubbing back shows the cache as it was.
    let ctx = harness.ctx.clone();
    let back = UiCommand::GoToEvent(EventIndex(0));
    harness
        .state_mut()
        .app_mut()
        .execute(&ctx, vec![back, UiCommand::Select(Some(Position(50)))]);
    harness.run_steps(3);
    let cursor = harness.state().app().session().unwrap().cursor();
    assert_eq!(cursor, store.events()[0].seen as usize);
    harness.get_by_label_contains("96 slots per head now");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heatmap.png");
    let export = UiCommand::Export {
        what: What::Heatmap,
        format: Format::Png,
        to: Some(path.clone()),
    };
    harness.state_mut().app_mut().execute(&ctx, vec![export]);
    wait(&mut harness, "the export", |_| path.exists());
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn two_policies_run_one_after_another_and_part() {
    let config = AppConfig {
        engine: Some(Box::new(|model, waker| {
            spawn(EngineConfig::new(model, DeviceChoice::Cpu, waker))
        })),
        model: Some("reasoner".to_owned()),
        ..AppConfig::default()
    };
    let mut harness = window([1280.0, 900.0], Theme::Dark, config);
    wait(&mut harness, "loading", |stage| {
        stage.app().status().model.is_some()
    });
    let ctx = harness.ctx.clone();
    let commands = vec![
        UiCommand::SetProblem(PROBLEM.to_owned()),
        UiCommand::ShowTab(Tab::Compare),
    ];
    harness.state_mut().app_mut().execute(&ctx, commands);
    harness.step();
    harness
        .get_by_label("Budget of A")
        .set_value_accesskit(48.0);
    harness.run_steps(2);
    harness.get_by_label("Run comparison").click();
    harness.step();
    wait(&mut harness, "the end of both", |stage| {
        let comparison = stage.app().comparison();
        let ended = comparison.stores().filter(|s| s.end().is_some()).count();
        ended == 2 && !stage.app().status().busy()
    });
    let stores = compared(&harness);
    assert_eq!(rkv_scope::compare::check(&stores[0], &stores[1]), Ok(()));
    let policies = [0, 1].map(|i| stores[i].header().settings.policy.clone());
    assert_ne!(policies[0], policies[1]);
    for store in &stores {
        assert_eq!(store.header().settings.budget, 48, "one budget for all");
        assert_eq!(store.events().last().unwrap().slots_after[0], 48);
    }
    let overlap = rkv_scope::compare::Overlap::of(&stores[0], &stores[1]);
    let mean = overlap.mean(usize::MAX).unwrap();
    assert!(
        (0.2..1.0).contains(&mean),
        "they keep different tokens: {mean}"
    );
    match rkv_scope::compare::divergence(&stores[0], &stores[1]) {
        Some(parting) => {
            let said = format!("parts from A at {}", parting.said(&stores[0], &stores[1]));
            harness.get_by_label(&said);
        }
        None => {
            harness.get_by_label("the same text as A");
        }
    }
}

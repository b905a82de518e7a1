//! What fails in a run, in its recording, in a model or in the engine itself: it is told, and what was written stays.

use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rkv_scope::app::RunFolder;
use rkv_scope::engine::EngineEvent;
use rkv_scope::trace::{FinishReason, Position, TraceRecord, unfinished};
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::engine_status::Link;
use rkv_scope::ui::notifications::Level;

use super::live::{ask, plan, running};
use super::stage::{Stage, execute, read, wait, with_engine, with_engine_and_runs};

#[test]
fn what_a_run_that_fails_wrote_last_is_shown_and_so_is_its_end() {
    let (mut harness, engine, run) = running();
    let store = |harness: &Harness<'static, Stage>| read(harness).clone();
    let written = store(&harness).tokens().len();
    let message = "the disk of the weights is gone".to_owned();
    let failed = FinishReason::Failed(message.clone());
    engine.say(EngineEvent::Failed {
        run: Some(run),
        message,
    });
    let last = rkv_scope::trace::synthetic::token(" last");
    let end = TraceRecord::End {
        at: Position(written as u32 + 1),
        reason: failed.clone(),
        seconds: 1.0,
    };
    let batch = vec![TraceRecord::Tokens(vec![last]), end];
    engine.say(EngineEvent::Records { run, batch });
    engine.finish(run, failed);
    harness.run();
    let store = store(&harness);
    assert_eq!(store.tokens().len(), written + 1);
    assert!(store.end().is_some());
}

#[test]
fn when_the_engine_dies_the_run_stays_and_it_can_start_again() {
    let (mut harness, engine, run) = running();
    let tokens = read(&harness).tokens().len();
    let message = "the model failed: out of memory".to_owned();
    engine.say(EngineEvent::Failed {
        run: Some(run),
        message: message.clone(),
    });
    engine.say(EngineEvent::Gone);
    harness.run();
    harness.get_by_label(&message);
    assert_eq!(harness.state().app().status().link, Link::Down);
    assert_eq!(read(&harness).tokens().len(), tokens);
    harness.get_by_label("Start it again").click();
    harness.run();
    assert_eq!(harness.state().app().status().link, Link::Up);
    // The button has done its work, and an old wish does not stop the new engine.
    assert!(harness.query_by_label("Start it again").is_none());
    engine.loaded();
    harness.run();
    execute(&mut harness, vec![UiCommand::RestartEngine]);
    assert!(harness.state().app().status().model.is_some());
}

#[test]
fn the_run_in_which_the_engine_died_is_among_the_earlier_ones() {
    let place = tempfile::tempdir().unwrap();
    let runs = RunFolder::new(place.path().to_owned());
    let (mut harness, engine) = with_engine_and_runs([1280.0, 800.0], Theme::Dark, Some(runs));
    let request = ask(&mut harness, &engine);
    std::fs::write(unfinished(&request.record_to.unwrap()), "").unwrap();
    engine.say(EngineEvent::Gone);
    harness.run();
    harness.get_by_label("File").click();
    harness.run();
    let earlier = harness.get_by_label_contains("Earlier runs");
    assert!(!earlier.accesskit_node().is_disabled(), "there is one");
}

#[test]
fn a_run_that_is_on_no_disk_is_kept_when_the_engine_dies() {
    let place = tempfile::tempdir().unwrap();
    let folder = || RunFolder::new(place.path().to_owned());
    let (mut harness, engine) = with_engine_and_runs([1280.0, 800.0], Theme::Dark, Some(folder()));
    let run = ask(&mut harness, &engine).run;
    engine.begin(run, &plan(), plan().records().len() / 2);
    let message = "the trace could not be written".to_owned();
    engine.say(EngineEvent::Warning { run, message });
    engine.say(EngineEvent::Gone);
    harness.run();
    wait(&mut harness, |_| folder().runs().len() == 1);
}

/// `--screenshot-to` gives up at an error, and these leave all that was asked for.
#[test]
fn what_is_there_but_not_whole_is_a_warning() {
    let (mut harness, engine, run) = running();
    engine.say(EngineEvent::ModelLoaded {
        model: plan().header().model,
        device: "CPU, 2 threads".to_owned(),
        note: Some("the model's chat template cannot be parsed".to_owned()),
    });
    let message = "the trace could not be written".to_owned();
    engine.say(EngineEvent::Warning { run, message });
    harness.run();
    let notes = harness.state().app().notifications().notes();
    assert_eq!(notes.len(), 2);
    assert!(notes.iter().all(|note| note.level == Level::Warning));
}

#[test]
fn a_model_asked_of_a_dead_engine_is_refused_not_waited_for() {
    let (mut harness, engine, _run) = running();
    engine.say(EngineEvent::Gone);
    harness.run();
    execute(
        &mut harness,
        vec![UiCommand::LoadModel("other.gguf".to_owned())],
    );
    assert!(harness.state().app().status().loading.is_none());
    harness.get_by_label_contains("start it again before loading a model");
}

#[test]
fn a_model_that_could_not_be_loaded_is_not_the_one_that_a_restart_loads() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    for (model, loads) in [("other.gguf", true), ("broken.gguf", false)] {
        let load = UiCommand::LoadModel(model.to_owned());
        execute(&mut harness, vec![load]);
        engine.say(EngineEvent::ModelUnloaded);
        if loads {
            engine.loaded();
        } else {
            let message = "a tensor is damaged".to_owned();
            engine.say(EngineEvent::Failed { run: None, message });
        }
        harness.run();
    }
    engine.say(EngineEvent::Gone);
    harness.run();
    execute(&mut harness, vec![UiCommand::RestartEngine]);
    let models = engine.models.lock().unwrap();
    assert_eq!(models.last().unwrap().as_deref(), Some("other.gguf"));
}

#[test]
fn what_of_a_model_is_not_used_stays_in_sight() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.say(EngineEvent::ModelLoaded {
        model: plan().header().model,
        device: "CPU, 2 threads".to_owned(),
        note: Some("the model's chat template cannot be parsed".to_owned()),
    });
    harness.run();
    harness.get_by_label("the model's chat template cannot be parsed");
}

#[test]
fn a_recording_that_fails_stays_in_sight_with_the_way_out() {
    let (mut harness, engine, run) = running();
    let message =
        "the trace could not be written; the run goes on and can be saved elsewhere".to_owned();
    engine.say(EngineEvent::Warning { run, message });
    harness.run();
    harness.step();
    harness.get_by_label("Save the trace").click();
    harness.run();
    harness.get_by_label("Path of the .rkvt file:");
}

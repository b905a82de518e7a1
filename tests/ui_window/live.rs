use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::config::CacheSettings;
use rkv_scope::engine::{EngineCommand, EngineEvent, EngineStats, RunId, RunRequest, RunState};
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{FinishReason, Position};
use rkv_scope::ui::{Tab, UiCommand};

use super::stage::{Engine, Stage, execute, read, with_engine};

pub fn plan() -> Synthetic {
    Synthetic {
        tokens: 400,
        lambda_changes_at: None,
        ..Synthetic::default()
    }
}

/// A problem is asked, once the model is there.
pub fn ask(harness: &mut Harness<'static, Stage>, engine: &Engine) -> Box<RunRequest> {
    engine.loaded();
    harness.run();
    let problem = UiCommand::SetProblem("What is 5 + 5?".to_owned());
    execute(harness, vec![problem, UiCommand::Run]);
    engine.next_start()
}

pub fn running() -> (Harness<'static, Stage>, Engine, RunId) {
    half_way(&plan())
}

/// A window whose run has come half-way.
fn half_way(plan: &Synthetic) -> (Harness<'static, Stage>, Engine, RunId) {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    let request = ask(&mut harness, &engine);
    engine.begin(request.run, plan, plan.records().len() / 2);
    harness.run();
    (harness, engine, request.run)
}

/// A run whose first half does not fit into the window.
fn long() -> Synthetic {
    Synthetic {
        tokens: 3000,
        ..plan()
    }
}

/// The run goes on by a few records.
fn write_on(harness: &mut Harness<'static, Stage>, engine: &Engine, run: RunId, after: usize) {
    let batch = long().records().into_iter().skip(after).take(20).collect();
    engine.say(EngineEvent::Records { run, batch });
    harness.run();
}

fn reads_the_prompt(harness: &Harness<'static, Stage>) -> bool {
    let prompt = harness.query_all_by_label_contains("Please reason step by step");
    prompt.count() > 0
}

#[test]
fn tokens_stream_in_and_the_cursor_follows_them() {
    let (mut harness, engine, run) = running();
    let seen = |harness: &Harness<'static, Stage>| {
        let session = harness.state().app().session().expect("a run is shown");
        (session.cursor(), session.store.tokens().len())
    };
    let (cursor, tokens) = seen(&harness);
    assert!(tokens > 0 && cursor == tokens);
    let rest = plan()
        .records()
        .into_iter()
        .skip(plan().records().len() / 2)
        .collect();
    engine.say(EngineEvent::Records { run, batch: rest });
    engine.finish(run, FinishReason::EndOfText);
    harness.run();
    let (cursor, more) = seen(&harness);
    assert!(more > tokens && cursor == more);
    assert!(!harness.state().app().status().busy());
}

#[test]
fn a_change_that_waits_for_its_compression_is_told_beside_what_is_in_force() {
    let (mut harness, engine, run) = running();
    let waits = |harness: &Harness<'static, Stage>| {
        let said = harness.query_all_by_label_contains("when next due R-KV · budget 900");
        said.count() > 0
    };
    assert!(!waits(&harness));
    let settings = CacheSettings {
        budget: 900,
        ..plan().settings
    };
    execute(&mut harness, vec![UiCommand::SetSettings(settings.clone())]);
    assert!(waits(&harness));
    execute(&mut harness, vec![UiCommand::SetSettings(plan().settings)]);
    assert!(!waits(&harness));
    execute(&mut harness, vec![UiCommand::SetSettings(settings)]);
    assert!(waits(&harness));
    engine.finish(run, FinishReason::Stopped);
    harness.run();
    assert!(!waits(&harness), "no compression of this run is to come");
}

#[test]
fn a_page_that_was_dragged_away_from_the_end_stays_where_it_is() {
    let (mut harness, engine, run) = half_way(&long());
    assert!(!reads_the_prompt(&harness));
    let bar = harness
        .get_all_by_role(Role::ScrollBar)
        .map(|bar| bar.rect())
        .find(|bar| (500.0..1000.0).contains(&bar.center().x))
        .expect("the text does not fit");
    let (low, high) = (bar.center_bottom(), bar.center_top());
    let step = egui::vec2(0.0, 3.0);
    harness.hover_at(low - step);
    harness.run();
    harness.drag_at(low - step);
    harness.run();
    harness.hover_at(high + step);
    harness.run();
    harness.drop_at(high + step);
    harness.run();
    assert!(reads_the_prompt(&harness));
    let written = long().records().len() / 2;
    for records in [0, 20, 40] {
        write_on(&mut harness, &engine, run, written + records);
        assert!(reads_the_prompt(&harness), "after {records} more");
    }
    harness.get_by_label("Back to the newest token").click();
    harness.run();
    assert!(!reads_the_prompt(&harness));
}

#[test]
fn a_token_pinned_in_another_tab_is_what_is_read_though_the_run_went_on_meanwhile() {
    let (mut harness, engine, run) = half_way(&long());
    execute(&mut harness, vec![UiCommand::ShowTab(Tab::Reflections)]);
    let written = long().records().len() / 2;
    write_on(&mut harness, &engine, run, written);
    let pin = UiCommand::Select(Some(Position(3)));
    execute(&mut harness, vec![pin, UiCommand::ShowTab(Tab::Reading)]);
    assert!(reads_the_prompt(&harness));
    write_on(&mut harness, &engine, run, written + 20);
    assert!(reads_the_prompt(&harness), "the next token changes nothing");
}

#[test]
fn sliders_reach_the_run_with_growing_revisions() {
    let (mut harness, engine, run) = running();
    for budget in [96, 64] {
        let mut settings = plan().settings;
        settings.budget = budget;
        execute(&mut harness, vec![UiCommand::SetSettings(settings)]);
    }
    for (revision, budget) in [(1, 96), (2, 64)] {
        let EngineCommand::SetParams {
            run: of,
            revision: got,
            settings,
        } = engine.next()
        else {
            panic!("not settings")
        };
        assert_eq!((of, got, settings.budget), (run, revision, budget));
    }
}

#[test]
fn a_refused_change_leaves_the_sliders_at_what_is_in_force() {
    let (mut harness, engine, run) = running();
    let mut settings = plan().settings;
    for budget in [150, 1500] {
        settings.budget = budget;
        execute(&mut harness, vec![UiCommand::SetSettings(settings.clone())]);
        engine.next();
    }
    let message = "the cache would not fit into memory".to_owned();
    engine.say(EngineEvent::ParamsRejected {
        run,
        revision: 2,
        message,
    });
    harness.run();
    harness.get_by_label_contains("the new settings are not in force");
    let budget = harness.get_by_role_and_label(Role::SpinButton, "Budget");
    assert_eq!(budget.value().as_deref(), Some("150"));
    // What is moved next does not bring the refused value along.
    harness
        .get_by_role_and_label(Role::SpinButton, "Lambda λ")
        .set_value_accesskit(0.3);
    harness.run();
    let EngineCommand::SetParams {
        revision, settings, ..
    } = engine.next()
    else {
        panic!("not settings")
    };
    assert_eq!((revision, settings.budget), (3, 150));
}

#[test]
fn a_run_can_be_held_stepped_and_stopped() {
    let (mut harness, engine, run) = running();
    harness.get_by_label("Pause").click();
    harness.run();
    assert_eq!(engine.next(), EngineCommand::Pause(run));
    engine.say(EngineEvent::State {
        run,
        state: RunState::Paused,
    });
    harness.run();
    harness.get_by_label("Step").click();
    harness.run();
    assert_eq!(engine.next(), EngineCommand::Step { run, tokens: 1 });
    harness.get_by_label("Stop").click();
    harness.run();
    assert_eq!(engine.next(), EngineCommand::Stop(run));
}

/// A click that takes no longer than a frame.
fn click_at_once(harness: &mut Harness<'static, Stage>, name: &str) {
    let pos = harness.get_by_label(name).rect().center();
    let button = |pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    let events = [egui::Event::PointerMoved(pos), button(true), button(false)];
    harness.input_mut().events.extend(events);
    harness.step();
}

#[test]
fn the_second_click_of_a_double_click_on_run_does_not_stop_the_run() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.state_mut().app_mut().show_run(plan().store());
    let problem = UiCommand::SetProblem("What is 5 + 5?".to_owned());
    execute(&mut harness, vec![problem]);
    click_at_once(&mut harness, "Run");
    engine.next_start();
    harness.step();
    click_at_once(&mut harness, "Stop");
    assert!(engine.commands.try_recv().is_err());
    harness.step();
    click_at_once(&mut harness, "Stop");
    assert!(matches!(engine.next(), EngineCommand::Stop(_)));
}

#[test]
fn the_buttons_stay_under_the_pointer_when_the_speed_comes_and_goes() {
    let (mut harness, engine, run) = running();
    let places = |harness: &Harness<'static, Stage>| {
        ["Step", "Stop"].map(|name| harness.get_by_label(name).rect())
    };
    let before = places(&harness);
    let stats = EngineStats {
        tokens_per_second: 123.0,
        compression_share: 0.01,
    };
    engine.say(EngineEvent::Stats { run, stats });
    harness.run();
    assert_eq!(
        harness.get_all_by_label("123 tok/s").count(),
        2,
        "in the bar above and in the status bar"
    );
    assert_eq!(places(&harness), before);
    engine.say(EngineEvent::State {
        run,
        state: RunState::Paused,
    });
    harness.run();
    assert_eq!(places(&harness), before);
}

#[test]
fn the_speed_of_a_run_is_not_shown_as_that_of_the_next() {
    let (mut harness, engine, run) = running();
    let stats = EngineStats {
        tokens_per_second: 123.0,
        compression_share: 0.01,
    };
    engine.say(EngineEvent::Stats { run, stats });
    engine.finish(run, FinishReason::EndOfText);
    harness.run();
    execute(&mut harness, vec![UiCommand::Run]);
    let request = engine.next_start();
    engine.begin(request.run, &plan(), plan().records().len() / 2);
    harness.run();
    assert_eq!(harness.query_all_by_label("123 tok/s").count(), 0);
}

#[test]
fn another_tab_forgets_what_the_pointer_was_over() {
    let (mut harness, _engine, _run) = running();
    execute(&mut harness, vec![UiCommand::Hover(Some(Position(3)))]);
    execute(&mut harness, vec![UiCommand::ShowTab(Tab::Reflections)]);
    assert_eq!(harness.state().app().selection().hovered, None);
}

#[test]
fn events_of_an_older_run_change_nothing() {
    let (mut harness, engine, run) = running();
    let tokens = read(&harness).tokens().len();
    let old = RunId(run.0 - 1);
    engine.say(EngineEvent::Records {
        run: old,
        batch: plan().records(),
    });
    engine.finish(old, FinishReason::Stopped);
    harness.run();
    let app = harness.state().app();
    assert_eq!(app.session().unwrap().store.tokens().len(), tokens);
    assert!(app.status().busy());
}

#[test]
fn escape_leaves_a_field_or_a_menu_first_and_lets_go_of_the_token_next() {
    let (mut harness, _engine, _run) = running();
    let pinned = Some(Position(3));
    let escape = |harness: &mut Harness<'static, Stage>| {
        harness.key_press(Key::Escape);
        harness.run();
        harness.state().app().selection().pinned
    };
    execute(&mut harness, vec![UiCommand::Select(pinned)]);
    harness.get_by_label("Problem").focus();
    harness.run();
    assert!(harness.get_by_label("Problem").is_focused());
    assert_eq!(escape(&mut harness), pinned);
    assert!(!harness.get_by_label("Problem").is_focused());
    harness.get_by_label("File").click();
    harness.run();
    harness.get_by_label("Dark theme");
    assert_eq!(escape(&mut harness), pinned);
    assert!(harness.query_by_label("Dark theme").is_none());
    assert_eq!(escape(&mut harness), None);
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::app::AppConfig;
use rkv_scope::engine::EngineEvent;
use rkv_scope::trace::FinishReason;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::model_menu::KnownModelName;

use super::stage::{Engine, Stage, strict_window, viewer, with_engine, with_engine_and};

#[test]
fn a_viewer_offers_to_open_a_trace_and_nothing_it_cannot_do() {
    let harness = viewer();
    harness.get_by_label("See what a reasoning model forgets");
    harness.get_by_label("Open a trace…");
    assert!(harness.query_by_label("Run").is_none());
}

#[test]
fn while_the_model_loads_the_page_says_so() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    let stage = "reading weights".to_owned();
    engine.say(EngineEvent::ModelLoading {
        fraction: 0.4,
        stage,
    });
    harness.run();
    harness.get_by_label("Loading the model: reading weights");
}

#[test]
fn an_empty_problem_cannot_run_and_the_page_says_why() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness.get_by_label("Type a problem first, or take one of the examples");
    harness.get_by_label("Run").click();
    harness.run();
    assert!(engine.commands.try_recv().is_err());
}

#[test]
fn a_typed_problem_runs_with_enter() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    let field = harness.get_by_label("Problem");
    field.focus();
    harness.run();
    harness
        .get_by_label("Problem")
        .type_text("What is (12 + 7) * 3?");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let request = engine.next_start();
    assert_eq!(request.problem, "What is (12 + 7) * 3?");
}

#[test]
fn what_is_typed_at_once_is_the_problem_and_digits_switch_no_tab() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness.key_press(Key::Num5);
    harness.event(egui::Event::Text("5 + 5?".to_owned()));
    harness.run();
    assert_eq!(
        harness.get_by_label("Problem").value().as_deref(),
        Some("5 + 5?")
    );
    // The field has let go.
    harness.key_press(Key::Escape);
    harness.run();
    harness.key_press(Key::Num5);
    harness.run();
    harness.get_by_label("See what a reasoning model forgets");
}

#[test]
fn a_run_that_is_opened_takes_the_keys_from_the_field() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    let plan = Synthetic::default();
    harness.state_mut().app_mut().show_run(plan.store());
    harness.run();
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(harness.state().app().session().unwrap().cursor(), 1);
}

#[test]
fn a_small_window_shows_all_ways_to_begin_without_scrolling() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    let status = harness.get_by_label_contains("no run yet").rect();
    for way in ["Compare policies…", "Sweep budgets…", "Open a trace…"] {
        let button = harness.get_by_label(way).rect();
        assert!(button.bottom() < status.top(), "{way} at {button}");
    }
}

#[test]
fn the_menu_of_models_tells_which_are_here_now() {
    let fetched = Arc::new(AtomicBool::new(false));
    let now = Arc::clone(&fetched);
    let list = move || {
        vec![KnownModelName {
            name: "larger".to_owned(),
            about: "A larger model".to_owned(),
            to_fetch: (!now.load(Ordering::Relaxed)).then_some(1_500_000_000),
        }]
    };
    let config = AppConfig {
        known_models: Some(Box::new(list)),
        ..AppConfig::default()
    };
    let (mut harness, engine) = with_engine_and([1280.0, 800.0], Theme::Dark, config);
    engine.loaded();
    harness.run();
    for here in [false, true] {
        fetched.store(here, Ordering::Relaxed);
        harness.get_by_label("synthetic-reasoner ⏷").click();
        harness.run();
        harness.get_by_label_contains("larger");
        let to_fetch = harness.query_all_by_label_contains("not here").count();
        assert_eq!(to_fetch, usize::from(!here));
        harness.key_press(Key::Escape);
        harness.run();
    }
}

#[test]
fn an_example_runs_with_one_click() {
    let (mut harness, engine) = with_engine([1280.0, 1000.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness
        .get_by_label_contains("Example: Leo has 57 stamps")
        .click();
    harness.run();
    let request = engine.next_start();
    assert!(request.problem.starts_with("Leo has 57 stamps"));
}

/// A window with a drawn problem in its field.
fn drawn() -> (Harness<'static, Stage>, Engine) {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness.get_by_label("Draw a problem").click();
    harness.run();
    (harness, engine)
}

#[test]
fn a_problem_is_drawn_into_the_field_and_its_right_answer_told() {
    let (mut harness, engine) = drawn();
    let drawn = harness.get_by_label("Problem").value().unwrap();
    assert!(!drawn.is_empty());
    harness.get_by_label_contains("the right answer is");
    // The field has the keys: what is typed now makes another problem, of which nothing is known.
    harness.get_by_label("Problem").type_text(" And then?");
    harness.run();
    assert!(
        harness
            .query_by_label_contains("the right answer is")
            .is_none()
    );
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(engine.next_start().problem, format!("{drawn} And then?"));
}

/// Enter runs what stands in the field: a whole made-up run.
fn run(harness: &mut Harness<'static, Stage>, engine: &Engine) {
    harness.key_press(Key::Enter);
    harness.run();
    let request = engine.next_start();
    let problem = request.problem;
    let plan = Synthetic {
        problem,
        ..Synthetic::default()
    };
    engine.begin(request.run, &plan, plan.records().len());
    engine.finish(request.run, FinishReason::EndOfText);
    harness.run();
}

#[test]
fn the_answer_to_a_drawn_problem_is_held_against_what_is_right() {
    let (mut harness, engine) = drawn();
    let told = harness.get_by_label_contains("the right answer is");
    let told = told.value().unwrap();
    let right = told.rsplit(' ').next().unwrap().to_owned();
    run(&mut harness, &engine);
    harness.get_by_label(&format!("1750000, not {right}"));
}

#[test]
fn a_problem_out_of_the_menu_has_the_keys() {
    let (mut harness, engine) = drawn();
    run(&mut harness, &engine);
    for (item, by_key) in [
        ("Leo has 57 stamps", false),
        ("Draw a problem", false),
        ("Ben has 24 marbles", true),
    ] {
        let before = harness.get_by_label("Problem").value();
        harness.get_by_label("examples ⏷").click();
        harness.run();
        if by_key {
            harness.get_by_label_contains(item).focus();
            harness.run();
            harness.key_press(Key::Enter);
        } else {
            harness.get_by_label_contains(item).click();
        }
        harness.run();
        let put = harness.get_by_label("Problem").value().unwrap();
        assert_ne!(Some(&put), before.as_ref());
        assert!(engine.commands.is_empty(), "{item} runs by itself");
        harness.event(egui::Event::Text(" And then?".to_owned()));
        harness.run();
        let now = harness.get_by_label("Problem").value().unwrap();
        assert_eq!(now, format!("{put} And then?"), "{item}");
    }
}

#[test]
fn the_fonts_have_every_sign_of_the_window_itself() {
    for theme in [Theme::Dark, Theme::Light] {
        let mut harness = strict_window([1280.0, 900.0], theme);
        let ctx = harness.ctx.clone();
        let commands = vec![
            UiCommand::ToggleHelp,
            UiCommand::Open(None),
            UiCommand::ToggleNotifications,
        ];
        harness.state_mut().app_mut().execute(&ctx, commands);
        harness.run();
        harness.get_by_label("Nothing so far.");
    }
}

//! The Compare tab while the engine writes into its panes.

use egui::Key;
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rkv_scope::config::Sampling;
use rkv_scope::engine::{EngineCommand, EngineEvent, RunRequest};
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{FinishReason, TraceRecord, TraceStore};
use rkv_scope::ui::command::CompareCommand;
use rkv_scope::ui::compare::PaneState;
use rkv_scope::ui::{Tab, UiCommand};

use super::compare::{a, plan};
use super::stage::{Engine, Stage, execute, with_engine};

/// A window in which the comparison of two policies has been started.
fn started() -> (Harness<'static, Stage>, Engine, RunRequest) {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    let problem = Synthetic::default().header().problem;
    let commands = vec![
        UiCommand::SetProblem(problem),
        UiCommand::ShowTab(Tab::Compare),
    ];
    execute(&mut harness, commands);
    harness.get_by_label("Run comparison").click();
    harness.run();
    let request = start(&engine);
    (harness, engine, request)
}

fn start(engine: &Engine) -> RunRequest {
    match engine.next() {
        EngineCommand::Start(request) => *request,
        other => panic!("not a start: {other:?}"),
    }
}

fn states(harness: &Harness<'static, Stage>) -> Vec<PaneState> {
    let panes = &harness.state().app().comparison().panes;
    panes.iter().map(|pane| pane.state.clone()).collect()
}

/// Tokens in the first pane that has some.
fn tokens_of_first(harness: &Harness<'static, Stage>) -> Option<usize> {
    let comparison = harness.state().app().comparison();
    comparison.stores().next().map(|s| s.tokens().len())
}

#[test]
fn policies_run_one_after_another_on_the_same_terms() {
    let (mut harness, engine, first) = started();
    assert_eq!(states(&harness), [PaneState::Running, PaneState::Waiting]);
    harness.get_by_label("Waiting for its turn");
    let plan_a = plan(1, &first.settings.policy, 96);
    engine.begin(first.run, &plan_a, plan_a.records().len());
    harness.run();
    let tokens = tokens_of_first(&harness);
    assert_eq!(tokens, Some(plan_a.store().tokens().len()), "it streams in");
    engine.finish(first.run, FinishReason::EndOfText);
    harness.run();
    let second = start(&engine);
    assert_ne!(second.settings.policy, first.settings.policy);
    assert_eq!(second.settings.budget, first.settings.budget);
    assert_eq!(
        (&second.problem, &second.sampling),
        (&first.problem, &first.sampling)
    );
    assert!(second.run > first.run);
    assert_eq!(states(&harness), [PaneState::Done, PaneState::Running]);
    let plan_b = plan(2, &second.settings.policy, 96);
    engine.begin(second.run, &plan_b, plan_b.records().len());
    engine.finish(second.run, FinishReason::EndOfText);
    harness.run();
    assert_eq!(states(&harness), [PaneState::Done, PaneState::Done]);
    assert!(!harness.state().app().status().busy());
    harness.get_by_label_contains("parts from A at token");
}

#[test]
fn later_panes_solve_the_problem_that_was_asked_for_whatever_is_typed_meanwhile() {
    let (mut harness, engine, first) = started();
    let sampling = Sampling {
        seed: 99,
        temperature: 0.7,
        ..first.sampling.clone()
    };
    let commands = vec![
        UiCommand::SetProblem("The next one I think of".to_owned()),
        UiCommand::SetSampling(sampling),
    ];
    execute(&mut harness, commands);
    engine.finish(first.run, FinishReason::EndOfText);
    harness.run();
    let second = start(&engine);
    assert_eq!(
        (second.problem, second.sampling, second.level),
        (first.problem, first.sampling, first.level)
    );
}

#[test]
fn one_budget_for_all_goes_by_the_row_whose_slider_was_moved() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    let commands = vec![
        UiCommand::SetProblem("What is 5 + 5?".to_owned()),
        UiCommand::ShowTab(Tab::Compare),
    ];
    execute(&mut harness, commands);
    harness.get_by_label("All settings of B").click();
    harness.run();
    let slider = harness
        .get_all_by_label("Budget")
        .find(|node| node.accesskit_node().role() == Role::Slider)
        .expect("B's budget has a slider");
    slider.focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    execute(&mut harness, vec![UiCommand::Run]);
    let first = start(&engine);
    assert!(first.settings.budget > 96, "A goes by B's slider");
    engine.finish(first.run, FinishReason::EndOfText);
    harness.run();
    assert_eq!(start(&engine).settings.budget, first.settings.budget);
}

#[test]
fn stopping_keeps_what_was_recorded_and_it_can_run_again() {
    let (mut harness, engine, first) = started();
    let plan = plan(1, &first.settings.policy, 96);
    engine.begin(first.run, &plan, plan.records().len() / 2);
    harness.run();
    harness.get_by_label("Stop comparison").click();
    harness.run();
    assert_eq!(engine.next(), EngineCommand::Stop(first.run));
    engine.finish(first.run, FinishReason::Stopped);
    harness.run();
    assert_eq!(states(&harness), [PaneState::Done, PaneState::Cancelled]);
    let kept = tokens_of_first(&harness);
    assert!(kept.is_some_and(|tokens| tokens > 100));

    harness.get_by_label("Set up…").click();
    harness.run();
    harness.get_by_label("Run comparison").click();
    harness.run();
    let again = start(&engine);
    assert_eq!(again.settings, first.settings);
    assert_eq!(states(&harness), [PaneState::Running, PaneState::Waiting]);
}

#[test]
fn a_policy_that_fails_leaves_the_others_their_turn() {
    let (mut harness, engine, first) = started();
    engine.say(EngineEvent::Failed {
        run: Some(first.run),
        message: "budget is 4, but the window takes all of it".to_owned(),
    });
    harness.run();
    let second = start(&engine);
    assert!(matches!(states(&harness)[0], PaneState::Failed(_)));
    let plan = plan(2, &second.settings.policy, 96);
    engine.begin(second.run, &plan, plan.records().len());
    engine.finish(second.run, FinishReason::EndOfText);
    harness.run();
    assert_eq!(states(&harness)[1], PaneState::Done);
}

#[test]
fn the_next_policy_waits_for_the_last_words_of_one_that_failed() {
    let (mut harness, engine, first) = started();
    let plan = plan(1, &first.settings.policy, 96);
    engine.begin(first.run, &plan, plan.records().len() / 2);
    let message = "out of memory".to_owned();
    let run = first.run;
    engine.say(EngineEvent::Failed {
        run: Some(run),
        message: message.clone(),
    });
    harness.run();
    assert!(engine.commands.is_empty(), "its end has not come yet");
    let not_written = "the trace could not be written".to_owned();
    engine.say(EngineEvent::Warning {
        run,
        message: not_written.clone(),
    });
    engine.finish(run, FinishReason::Failed(message.clone()));
    harness.run();
    start(&engine);
    assert_eq!(states(&harness)[0], PaneState::Failed(message));
    harness.get_by_label(&not_written);
}

#[test]
fn a_record_that_does_not_fit_ends_its_run_and_leaves_the_others_their_turn() {
    let (mut harness, engine, first) = started();
    let plan_a = plan(1, &first.settings.policy, 96);
    let half = plan_a.records().len() / 2;
    engine.begin(first.run, &plan_a, half);
    let mut once_more = plan_a.records().into_iter().take(half);
    let again = once_more.find(|record| matches!(record, TraceRecord::Compression(_)));
    engine.say(EngineEvent::Records {
        run: first.run,
        batch: vec![again.unwrap()],
    });
    harness.run();
    assert_eq!(engine.next(), EngineCommand::Stop(first.run));
    engine.finish(first.run, FinishReason::Stopped);
    harness.run();
    let second = start(&engine);
    engine.finish(second.run, FinishReason::EndOfText);
    harness.run();
    let states = states(&harness);
    assert!(matches!(&states[0], PaneState::Failed(_)));
    assert_eq!(states[1], PaneState::Done);
    assert_eq!(harness.state().app().comparison().live(), None);
    assert!(!harness.state().app().status().busy());
}

/// A window whose engine has a model, with a kept pane.
fn beside(kept: TraceStore) -> (Harness<'static, Stage>, Engine) {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness.state_mut().app_mut().add_pane(kept);
    harness.run();
    (harness, engine)
}

#[test]
fn no_policy_runs_beside_a_pane_of_another_model() {
    let smaller = Synthetic {
        layers: 4,
        ..plan(1, "rkv", 96)
    };
    let (mut harness, engine) = beside(smaller.store());
    execute(&mut harness, vec![UiCommand::Run]);
    harness.get_by_label_contains("load its model, or close the pane");
    assert!(engine.commands.try_recv().is_err());
    assert_eq!(states(&harness), [PaneState::Done]);
    // The way out that was named.
    let close = UiCommand::Compare(CompareCommand::Close(0));
    execute(&mut harness, vec![close, UiCommand::Run]);
    start(&engine);
}

#[test]
fn a_run_of_a_model_that_was_loaded_meanwhile_is_stopped_before_it_is_compared() {
    let (mut harness, engine) = beside(a());
    execute(&mut harness, vec![UiCommand::Run]);
    let first = start(&engine);
    let larger = Synthetic {
        layers: 9,
        ..plan(2, &first.settings.policy, 96)
    };
    engine.begin(first.run, &larger, 40);
    harness.run();
    assert_eq!(engine.next(), EngineCommand::Stop(first.run));
    engine.finish(first.run, FinishReason::Stopped);
    harness.run();
    let states = states(&harness);
    assert_eq!(
        (&states[0], &states[2]),
        (&PaneState::Done, &PaneState::Cancelled)
    );
    assert!(matches!(&states[1], PaneState::Failed(why) if why.contains("9 layers")));
    assert_eq!(harness.state().app().comparison().stores().count(), 1);
    assert!(!harness.state().app().status().busy());
}

#[test]
fn sliders_of_the_other_tabs_leave_a_comparison_alone() {
    let (mut harness, engine, first) = started();
    let mut settings = first.settings.clone();
    settings.budget = 33;
    execute(&mut harness, vec![UiCommand::SetSettings(settings)]);
    assert!(
        engine.commands.try_recv().is_err(),
        "the run keeps its settings"
    );
}

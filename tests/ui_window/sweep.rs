//! The Sweep tab, with a sweep that the test plays.

use std::sync::atomic::Ordering;

use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::app::RunFolder;
use rkv_scope::sweep::{ArmKey, ResultsFile, RunOutcome, SweepEvent};
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::command::SweepCommand;
use rkv_scope::ui::sweep::SweepForm;

use super::played_sweep::{Played, made_up, outcomes, plan, with_sweeps, with_sweeps_that};
use super::stage::{Stage, wait};

fn open_tab(harness: &mut Harness<'static, Stage>) {
    harness.get_by_label("Sweep budgets…").click();
    harness.run();
}

fn start(harness: &mut Harness<'static, Stage>) {
    harness.get_by_label("Start the sweep").click();
    harness.run();
}

#[test]
fn a_sweep_is_started_watched_and_its_problems_opened() {
    let folder = tempfile::tempdir().unwrap();
    let kept = RunFolder::new(folder.path().to_owned());
    let runs = Some(kept.clone());
    let (mut harness, played) = with_sweeps_that([1280.0, 800.0], Theme::Dark, runs, |request| {
        Ok(made_up(request))
    });
    open_tab(&mut harness);
    harness.get_by_label("SnapKV").click();
    harness.run();
    start(&mut harness);
    let request = played.started.lock().unwrap()[0].clone();
    assert_eq!(
        request.arms.len(),
        1 + 2 * 7,
        "R-KV and StreamingLLM at seven budgets"
    );

    let plan = played.begin();
    let all = outcomes(&plan);
    for outcome in &all[..45] {
        played.say(SweepEvent::Ran(outcome.clone()));
    }
    harness.run_steps(4);
    let said = harness.get_by_label_contains("45 of 750 runs").rect();
    let axis = harness.get_by_label("Axis: budget").rect();
    assert!(said.right() <= axis.left(), "{said} lies under {axis}");
    for outcome in &all[45..] {
        played.say(SweepEvent::Ran(outcome.clone()));
    }
    played.say(SweepEvent::Ended { stopped: false });
    harness.run_steps(4);
    harness.get_by_label_contains("All 750 runs are done");
    harness.get_by_label("Accuracy of 14 points");

    harness.get_by_label("R-KV 32").click();
    harness.run();
    harness.get_by_label("R-KV at budget 32");
    harness.get_by_label("Problems: lost").click();
    harness.run();
    let arm = ArmKey {
        policy: "rkv".to_owned(),
        budget: Some(32),
    };
    let full = |problem: u32| {
        all.iter()
            .find(|o| o.problem == problem && o.arm.is_full())
            .unwrap()
    };
    let lost: Vec<&RunOutcome> = all
        .iter()
        .filter(|o| o.arm == arm && !o.right && full(o.problem).right)
        .collect();
    harness.get_by_label(&format!("{} problems", lost.len()));
    let first = lost[0];
    assert!(kept.runs().is_empty());
    let expected = &plan.problems[first.problem as usize].answer;
    let name = format!("{}. lost: 7, not {expected}", first.problem + 1);
    harness.get_by_role_and_label(Role::Button, &name).click();
    for _ in 0..400 {
        harness.step();
        let shown = harness.query_by_label("Start the sweep").is_none();
        if shown && kept.runs().len() == 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    harness.run();
    let replayed = played.replayed.lock().unwrap().clone();
    let asked: Vec<(u32, &str)> = replayed
        .iter()
        .map(|r| (r.index, r.settings.policy.as_str()))
        .collect();
    assert_eq!(asked, [(first.problem, "full"), (first.problem, "rkv")]);
    assert_eq!(replayed[1].settings.budget, 32);
    assert_eq!(kept.runs().len(), 2, "they are among the earlier runs");
    let under_way = harness.query_by_label_contains("again …");
    assert!(under_way.is_none(), "they are there");
    let ctx = harness.ctx.clone();
    let read = UiCommand::Compare(rkv_scope::ui::command::CompareCommand::Read(1));
    harness.state_mut().app_mut().execute(&ctx, vec![read]);
    harness.run();
    let shown = harness.state().app().session().expect("both are in panes");
    assert_eq!(shown.store.header().settings, replayed[1].settings);
}

#[test]
fn in_a_small_window_the_problems_of_a_point_take_the_forms_place() {
    let (mut harness, played) = with_sweeps([900.0, 650.0], Theme::Dark);
    open_tab(&mut harness);
    start(&mut harness);
    let plan = played.begin();
    for outcome in outcomes(&plan) {
        played.say(SweepEvent::Ran(outcome));
    }
    played.say(SweepEvent::Ended { stopped: false });
    harness.run_steps(4);
    for esc in [false, true] {
        assert!(harness.query_by_label("Start the sweep").is_some());
        harness.get_by_label("R-KV 32").click();
        harness.run();
        harness.get_by_label("R-KV at budget 32");
        assert!(harness.query_by_label("Start the sweep").is_none());
        if esc {
            harness.key_press(egui::Key::Escape);
        } else {
            harness.get_by_label("Back to the form").click();
        }
        harness.run();
    }
    harness.get_by_label("Start the sweep");
}

#[test]
fn stopping_asks_the_sweep_and_says_that_it_can_go_on() {
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    start(&mut harness);
    played.begin();
    harness.run_steps(3);
    harness.get_by_label("Stop the sweep").click();
    harness.run_steps(3);
    assert!(played.stop.load(Ordering::Acquire));
    harness.get_by_label("Stopping…");
    played.say(SweepEvent::Ended { stopped: true });
    harness.run_steps(3);
    harness.get_by_label_contains("goes on from here");
    harness.get_by_label("Start the sweep");
}

#[test]
fn a_sweep_that_cannot_work_is_told_before_it_starts() {
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    let budgets = harness.get_by_label("Budgets");
    budgets.focus();
    budgets.type_text(", 0");
    harness.run();
    harness.get_by_label_contains("budget is 0");
    start(&mut harness);
    assert!(played.started.lock().unwrap().is_empty());
}

#[test]
fn a_failure_is_shown_and_results_stay() {
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Light);
    open_tab(&mut harness);
    start(&mut harness);
    let plan = played.begin();
    for outcome in outcomes(&plan).into_iter().take(44) {
        played.say(SweepEvent::Ran(outcome));
    }
    played.say(SweepEvent::Failed("the disk is full".to_owned()));
    harness.run_steps(4);
    harness.get_by_label("the disk is full");
    let of = rkv_scope::ui::quantity::count(plan.runs() as u64);
    harness.get_by_label_contains(&format!("44 of {of} runs; failed"));
}

#[test]
fn a_sweep_whose_file_is_taken_leaves_the_results_and_offers_a_free_name() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("sweep.jsonl");
    std::fs::write(&taken, "x").unwrap();
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    start(&mut harness);
    for outcome in outcomes(&played.begin()) {
        played.say(SweepEvent::Ran(outcome));
    }
    played.say(SweepEvent::Ended { stopped: false });
    harness.run_steps(4);
    let field = |harness: &Harness<'static, Stage>| {
        let field = harness.get_by_role_and_label(Role::TextInput, "RESULTS FILE");
        field.value().unwrap_or_default()
    };
    harness
        .get_by_role_and_label(Role::TextInput, "RESULTS FILE")
        .set_text_value_accesskit(&taken.display().to_string());
    harness.run();
    start(&mut harness);
    let why = "it holds another sweep".to_owned();
    played.say(SweepEvent::NeedsOtherFile(why.clone()));
    harness.run_steps(4);
    harness.get_by_label("Accuracy of 21 points");
    harness.get_by_label(&why);
    harness
        .get_by_label_contains("sweep-2.jsonl instead")
        .click();
    harness.run_steps(4);
    let free = folder.path().join("sweep-2.jsonl").display().to_string();
    assert_eq!(field(&harness), free);
    assert!(harness.query_by_label(&why).is_none());
}

#[test]
fn figures_lie_beside_the_results_and_none_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    let results = folder.path().join("sweep.jsonl").display().to_string();
    harness
        .get_by_role_and_label(Role::TextInput, "RESULTS FILE")
        .set_text_value_accesskit(&results);
    harness.run();
    start(&mut harness);
    for outcome in outcomes(&played.begin()) {
        played.say(SweepEvent::Ran(outcome));
    }
    played.say(SweepEvent::Ended { stopped: false });
    harness.run_steps(4);
    for name in ["accuracy-budget.svg", "accuracy-budget-2.svg"] {
        harness.get_by_label("Save as svg").click();
        let path = folder.path().join(name);
        wait(&mut harness, |_| path.exists());
        assert!(path.exists(), "{name}");
        harness.run();
    }
}

#[test]
fn results_that_are_read_do_not_take_the_place_of_a_sweep_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.jsonl");
    let request = SweepForm::default().request("reasoner").unwrap();
    let plan = plan(&request);
    let (mut file, _) = ResultsFile::open(&path, &plan).unwrap();
    file.append(&outcomes(&plan)[0]).unwrap();
    drop(file);
    let show = UiCommand::Sweep(SweepCommand::Open(path));
    let run = UiCommand::Sweep(SweepCommand::Start(Box::new(request)));

    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    let ctx = harness.ctx.clone();
    harness
        .state_mut()
        .app_mut()
        .execute(&ctx, vec![run.clone(), show.clone()]);
    wait(&mut harness, |stage| {
        let notes = stage.app().notifications().notes();
        notes.iter().any(|note| note.text.contains("is under way"))
    });
    harness.get_by_label("Stop the sweep");
    assert!(!played.stop.load(Ordering::Acquire));

    // Nor does one start that they would take the place of.
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    let ctx = harness.ctx.clone();
    harness.state_mut().app_mut().execute(&ctx, vec![show, run]);
    wait(&mut harness, |stage| stage.app().sweep().plan.is_some());
    assert!(played.started.lock().unwrap().is_empty());
}

#[test]
fn a_sweep_whose_thread_is_gone_has_failed_and_another_can_start() {
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    start(&mut harness);
    played.begin();
    harness.run_steps(3);
    harness.get_by_label("Stop the sweep");
    drop(played);
    harness.run_steps(3);
    harness.get_by_label_contains("broke off without a word");
    harness.get_by_label("Start the sweep");
}

#[test]
fn a_run_whose_doing_again_panics_is_told_and_can_be_tried_again() {
    let size = [1280.0, 800.0];
    let (mut harness, played) =
        with_sweeps_that(size, Theme::Dark, None, |_request| panic!("no such layer"));
    open_tab(&mut harness);
    start(&mut harness);
    played.begin();
    played.say(SweepEvent::Ended { stopped: true });
    harness.run_steps(3);
    let told = |harness: &Harness<'static, Stage>| {
        harness
            .query_all_by_label_contains("failed unexpectedly (no such layer)")
            .count()
    };
    for times in 1..=2 {
        let arm = ArmKey {
            policy: "rkv".to_owned(),
            budget: Some(32),
        };
        let again = UiCommand::Sweep(SweepCommand::OpenRun { problem: 0, arm });
        let ctx = harness.ctx.clone();
        harness.state_mut().app_mut().execute(&ctx, vec![again]);
        for _ in 0..400 {
            harness.step();
            // The message of the first attempt may still be there.
            if told(&harness) == times {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(told(&harness), times);
        assert_eq!(played.replayed.lock().unwrap().len(), times);
        harness.run_steps(3);
    }
}

#[test]
fn a_run_that_was_done_again_is_offered_to_a_person_who_has_left_the_tab() {
    let (mut harness, played) = with_sweeps([1280.0, 800.0], Theme::Dark);
    open_tab(&mut harness);
    start(&mut harness);
    played.begin();
    played.say(SweepEvent::Ended { stopped: true });
    harness.run_steps(3);
    let arm = ArmKey {
        policy: "rkv".to_owned(),
        budget: Some(32),
    };
    let again = UiCommand::Sweep(SweepCommand::OpenRun { problem: 0, arm });
    let left = UiCommand::ShowTab(rkv_scope::ui::Tab::Reading);
    let ctx = harness.ctx.clone();
    harness
        .state_mut()
        .app_mut()
        .execute(&ctx, vec![again, left]);
    wait(&mut harness, |stage| {
        let notes = stage.app().notifications().notes();
        notes.iter().any(|note| note.text.contains("run again;"))
    });
    assert!(harness.state().app().comparison().panes.is_empty());
    harness.get_by_label("Open it").click();
    harness.run();
    assert_eq!(harness.state().app().comparison().panes.len(), 2);
}

#[test]
fn a_viewer_without_a_model_shows_results_only() {
    let mut harness = super::stage::viewer();
    let ctx = harness.ctx.clone();
    let tab = UiCommand::ShowTab(rkv_scope::ui::Tab::Sweep);
    harness.state_mut().app_mut().execute(&ctx, vec![tab]);
    harness.run();
    assert!(harness.query_by_label("Start the sweep").is_none());
    harness.get_by_label("Show");
}

/// The tab half-way through, with a point chosen, for pictures.
pub fn half_way(theme: Theme) -> (Harness<'static, Stage>, Played) {
    let (mut harness, played) = with_sweeps([1280.0, 800.0], theme);
    open_tab(&mut harness);
    start(&mut harness);
    let plan = played.begin();
    let all = outcomes(&plan);
    for outcome in all.iter().take(all.len() * 2 / 3) {
        played.say(SweepEvent::Ran(outcome.clone()));
    }
    // The table is made anew a few times a second, not with every result.
    for _ in 0..100 {
        harness.step();
        if harness.query_by_label("R-KV 64").is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    harness.get_by_label("R-KV 64").click();
    harness.run_steps(4);
    (harness, played)
}

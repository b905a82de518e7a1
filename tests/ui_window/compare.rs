//! The Compare tab: panes of one problem on one cursor.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::compare::{MOST_RUNS, Meters, Overlap, divergence, held_difference};
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{RecordLevel, TraceStore};
use rkv_scope::ui::command::CompareCommand;
use rkv_scope::ui::examples::EXAMPLES;
use rkv_scope::ui::{Tab, UiCommand};

use super::stage::{Stage, compared, enter_trace_path, execute, viewer, wait, wait_for_text};

/// Another seed is another text after the first step, and other tokens kept.
pub fn plan(seed: u64, policy: &str, budget: u32) -> Synthetic {
    Synthetic {
        seed,
        tokens: 520,
        settings: CacheSettings {
            policy: policy.to_owned(),
            budget,
            buffer: 48,
            ..CacheSettings::default()
        },
        lambda_changes_at: None,
        ..Synthetic::default()
    }
}

pub fn a() -> TraceStore {
    plan(1, "rkv", 96).store()
}

fn b() -> TraceStore {
    plan(2, "snapkv", 128).store()
}

/// A viewer with runs in its panes.
pub fn comparing(stores: Vec<TraceStore>) -> Harness<'static, Stage> {
    let mut harness = viewer();
    for store in stores {
        harness.state_mut().app_mut().add_pane(store);
    }
    harness.run();
    harness
}

fn cursor(harness: &Harness<'static, Stage>) -> usize {
    harness.state().app().comparison().cursor()
}

/// The label of the plot under the panes.
fn said_of_overlap(names: &str, [a, b]: [&TraceStore; 2], cursor: usize) -> String {
    let overlap = Overlap::of(a, b);
    let share = overlap.at(cursor).expect("something is held");
    let last = a.tokens().len().min(b.tokens().len());
    if cursor > last {
        format!("Overlap of {names} after {last} tokens, the last both reached: {share:.2}")
    } else {
        format!("Overlap of {names} at the cursor: {share:.2}")
    }
}

/// As small as in a default laptop window cut in half.
fn small(mut harness: Harness<'static, Stage>) -> Harness<'static, Stage> {
    harness.set_size(egui::vec2(900.0, 650.0));
    harness.run();
    harness
}

#[test]
fn a_shortened_line_has_one_tooltip() {
    let mut harness = small(comparing(vec![a(), b(), a()]));
    let said = " · kernel 7";
    let lines = harness.query_all_by_label_contains(said).count();
    harness
        .query_all_by_label_contains(said)
        .next()
        .unwrap()
        .hover();
    harness.run_steps(8);
    let now = harness.query_all_by_label_contains(said).count();
    assert_eq!(now, lines + 1);
}

#[test]
fn a_small_window_keeps_the_legend_of_the_colours() {
    let harness = small(comparing(vec![a(), b()]));
    for name in ["A only", "B only", "both", "neither"] {
        harness.get_by_label_contains(&format!("Legend: held by {name}"));
    }
}

#[test]
fn scores_that_were_not_recorded_are_told_with_the_letter_of_the_run() {
    let bare = Synthetic {
        level: RecordLevel::Summary,
        ..plan(2, "rkv", 96)
    };
    let mut harness = comparing(vec![a(), bare.store()]);
    harness.get_by_label("Colour panes by: scores").click();
    harness.run();
    harness.get_by_label("no scores in B").hover();
    harness.run_steps(8);
    harness.get_by_label_contains("B: This run recorded only which tokens left");
}

#[test]
fn where_the_texts_part_is_told_and_one_click_away() {
    let mut harness = comparing(vec![a(), b()]);
    let parting = divergence(&a(), &b()).expect("other seeds write other texts");
    let said = format!("parts from A at {}", parting.said(&a(), &b()));
    harness.get_by_label(&said);
    harness.get_by_label("Go to where B parts from A").click();
    harness.run();
    assert_eq!(cursor(&harness), parting.position.index() + 1);
    let pinned = harness.state().app().comparison().selection.pinned;
    assert_eq!(pinned, Some(parting.position));
}

#[test]
fn the_lens_tells_who_holds_how_much_at_the_cursor() {
    let mut harness = comparing(vec![a(), b()]);
    for at in [160, 300] {
        execute(&mut harness, vec![UiCommand::SetCursor(at)]);
        let sum = held_difference(&a().view(at), &b().view(at)).totals();
        let all = (sum.only_a + sum.only_b + sum.both + sum.neither) as f64;
        for (name, n) in [
            ("held by A only", sum.only_a),
            ("held by B only", sum.only_b),
            ("held by both", sum.both),
            ("held by neither", sum.neither),
        ] {
            let share = rkv_scope::ui::quantity::percent(n as f64 / all);
            harness.get_by_label(&format!("Legend: {name}, {share}"));
        }
    }
}

#[test]
fn beyond_the_shorter_run_the_lens_and_the_overlap_speak_of_the_last_moment_of_both() {
    let longer = Synthetic {
        tokens: 900,
        ..plan(2, "snapkv", 128)
    };
    let (a, b) = (a(), longer.store());
    let last = a.tokens().len();
    let forgets_on = b.events().iter().any(|event| event.seen as usize > last);
    assert!(forgets_on, "what B drops after A has ended must not count");
    let harness = comparing(vec![a.clone(), b.clone()]);
    assert_eq!(cursor(&harness), b.tokens().len());

    let sum = held_difference(&a.view(last), &b.view(last)).totals();
    let all = (sum.only_a + sum.only_b + sum.both + sum.neither) as f64;
    let share = rkv_scope::ui::quantity::percent(sum.only_b as f64 / all);
    harness.get_by_label(&format!("Legend: held by B only, {share}"));
    let at_end = cursor(&harness);
    harness.get_by_label(&said_of_overlap("A and B", [&a, &b], at_end));
    let jaccard = sum.jaccard().expect("something is held");
    let overlap = Overlap::of(&a, &b).at(at_end).expect("something is held");
    assert!((jaccard - f64::from(overlap)).abs() < 1e-6);
}

#[test]
fn the_numbers_of_a_run_are_those_of_its_trace() {
    let harness = comparing(vec![a(), b()]);
    for (pane, store) in [("A", a()), ("B", b())] {
        let meters = Meters::of(&store);
        harness.get_by_label(&format!("{pane}: peak slots {}", meters.summary.peak_slots));
        harness.get_by_label(&format!("{pane}: tokens {}", meters.summary.tokens));
        let percent = rkv_scope::ui::quantity::percent;
        let mean = percent(meters.summary.time_averaged_ratio);
        harness.get_by_label(&format!("{pane}: mean ratio {mean}"));
    }
    harness.get_by_label("A: answer 1750000");
    harness.get_by_label("B: answer 1750000 = A");
}

#[test]
fn a_wrong_answer_to_an_example_is_said_to_be_wrong() {
    let asked = |seed: u64, policy: &str, budget: u32| {
        let problem = EXAMPLES[0].problem.to_owned();
        let plan = plan(seed, policy, budget);
        Synthetic { problem, ..plan }.store()
    };
    let harness = comparing(vec![asked(1, "rkv", 96), asked(2, "snapkv", 128)]);
    harness.get_by_label("A: wrong answer 1750000");
    harness.get_by_label("B: wrong answer 1750000 = A");
}

#[test]
fn one_cursor_moves_all_panes_and_the_overlap() {
    let mut harness = comparing(vec![a(), b()]);
    let end = a().tokens().len().max(b().tokens().len());
    assert_eq!(cursor(&harness), end);
    // Steps stop at the compressions of either run.
    let mut events: Vec<usize> = [a(), b()]
        .iter()
        .flat_map(|store| {
            store
                .events()
                .iter()
                .map(|e| e.seen as usize)
                .collect::<Vec<_>>()
        })
        .collect();
    events.sort_unstable();
    events.dedup();
    for want in events.into_iter().rev().take(4) {
        harness.key_press(Key::ArrowLeft);
        harness.run();
        assert_eq!(cursor(&harness), want);
        harness.get_by_label(&said_of_overlap("A and B", [&a(), &b()], want));
        let slots = [a(), b()].map(|store| store.view(want).slots().round());
        harness.get_by_label(&format!("held: A {} · B {}", slots[0], slots[1]));
    }
    harness
        .get_by_label("Timeline cursor, tokens")
        .set_value_accesskit(200.0);
    harness.run();
    assert_eq!(cursor(&harness), 200);
}

#[test]
fn each_pane_has_its_survival_and_the_pair_can_be_chosen() {
    let c = plan(3, "streamingllm", 96).store();
    let mut harness = comparing(vec![a(), b(), c.clone()]);
    for (pane, store) in [("A", a()), ("B", b()), ("C", c.clone())] {
        let events = store.events().len();
        harness.get_by_label(&format!("Survival in {pane} over {events} compressions"));
    }
    harness.get_by_label("Compared pair").click();
    harness.run();
    harness.get_by_label("B and C").click();
    harness.run();
    harness.get_by_label(&said_of_overlap("B and C", [&b(), &c], cursor(&harness)));
    harness.get_by_label_contains("Legend: held by C only");
}

#[test]
fn a_run_of_another_problem_is_refused_by_name() {
    let mut harness = comparing(vec![a()]);
    let other = Synthetic::default();
    let mut header = other.header();
    header.problem = "What is 5 + 5?".to_owned();
    let store = TraceStore::new(std::sync::Arc::new(header));
    harness.state_mut().app_mut().add_pane(store);
    harness.run();
    assert_eq!(harness.state().app().comparison().panes.len(), 1);
    harness.get_by_label_contains("solve different problems");
}

#[test]
fn traces_go_through_files_into_panes_and_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = comparing(vec![a(), b()]);
    let base = folder.path().join("both.rkvt");
    let save = UiCommand::Compare(CompareCommand::SaveAll(Some((2, base))));
    execute(&mut harness, vec![save]);
    let paths = ["both-A.rkvt", "both-B.rkvt"].map(|name| folder.path().join(name));
    wait(&mut harness, |_| paths.iter().all(|path| path.exists()));

    let mut other = viewer();
    let open = CompareCommand::Open {
        pane: None,
        paths: paths.to_vec(),
    };
    execute(
        &mut other,
        vec![UiCommand::ShowTab(Tab::Compare), UiCommand::Compare(open)],
    );
    wait(&mut other, |stage| {
        stage.app().comparison().panes.len() == 2
    });
    let stores = compared(&other);
    assert_eq!(stores, [a(), b()]);
    // Dropped on a pane, a trace takes its place.
    let pane = other.state().app().comparison().panes[1].generation;
    let open = CompareCommand::Open {
        pane: Some(pane),
        paths: vec![paths[0].clone()],
    };
    execute(&mut other, vec![UiCommand::Compare(open)]);
    wait(&mut other, |stage| {
        stage.app().comparison().stores().nth(1) == Some(&a())
    });
    other.run();
    other.get_by_label("the same text as A");
}

#[test]
fn a_path_for_which_no_pane_is_free_stays_where_it_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one-more.rkvt");
    rkv_scope::trace::save(&path, &b()).unwrap();
    let mut harness = comparing(vec![a(); MOST_RUNS]);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    enter_trace_path(&mut harness, &path);
    wait_for_text(&mut harness, "panes are taken");
    let field = harness.get_by_role_and_label(Role::TextInput, "Path of the .rkvt file:");
    assert_eq!(field.value(), Some(path.display().to_string()));
    let app = harness.state().app();
    assert!(
        app.notifications().notes().is_empty(),
        "told where it was typed"
    );
}

#[test]
fn the_pane_that_was_to_be_saved_is_saved_though_another_was_closed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let c = plan(3, "streamingllm", 96).store();
    let mut harness = comparing(vec![a(), b(), c]);
    let pane = harness.state().app().comparison().panes[1].generation;
    let save = |path| UiCommand::Compare(CompareCommand::Save { pane, path });
    // The dialog stands meanwhile.
    execute(&mut harness, vec![save(None)]);
    let close = |pane| UiCommand::Compare(CompareCommand::Close(pane));
    let path = folder.path().join("b.rkvt");
    execute(&mut harness, vec![close(0), save(Some(path.clone()))]);
    wait(&mut harness, |stage| {
        stage.app().comparison().panes[0].path.is_some()
    });
    assert_eq!(rkv_scope::trace::load(&path).unwrap().store, b());
    let late = folder.path().join("late.rkvt");
    execute(&mut harness, vec![close(0), save(Some(late.clone()))]);
    harness.get_by_label_contains("in no pane any more");
    assert!(!late.exists());
}

#[test]
fn a_trace_replaces_the_pane_it_was_meant_for_though_another_was_closed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.rkvt");
    let (c, d) = (
        plan(3, "streamingllm", 96).store(),
        plan(4, "h2o", 96).store(),
    );
    rkv_scope::trace::save(&path, &d).unwrap();
    let mut harness = comparing(vec![a(), b(), c.clone()]);
    let pane = Some(harness.state().app().comparison().panes[1].generation);
    let open = |paths| UiCommand::Compare(CompareCommand::Open { pane, paths });
    let close = UiCommand::Compare(CompareCommand::Close(0));
    // The dialog stands meanwhile.
    execute(&mut harness, vec![open(vec![]), close, open(vec![path])]);
    wait(&mut harness, |stage| {
        stage.app().comparison().stores().any(|store| *store == d)
    });
    let stores = compared(&harness);
    assert_eq!(stores, [d, c]);
}

#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn a_dropped_trace_goes_into_the_pane_under_the_pointer_else_the_next_free_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dropped.rkvt");
    let c = plan(3, "streamingllm", 96).store();
    rkv_scope::trace::save(&path, &c).unwrap();
    let mut harness = comparing(vec![a()]);
    let drop = |harness: &mut Harness<'static, Stage>| {
        let file = std::sync::Arc::new(Dropped(path.clone()));
        harness.input_mut().dropped_files.push(file);
        harness.step();
    };
    drop(&mut harness);
    wait(&mut harness, |stage| {
        stage.app().comparison().panes.len() == 2
    });
    harness.get_by_label("A: answer 1750000").hover();
    harness.run();
    drop(&mut harness);
    wait(&mut harness, |stage| {
        stage.app().comparison().stores().next() == Some(&c)
    });
    assert_eq!(harness.state().app().comparison().panes.len(), 2);
}

#[test]
fn several_traces_that_are_dropped_open_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = viewer();
    for (name, store) in [("a.rkvt", a()), ("b.rkvt", b())] {
        let path = folder.path().join(name);
        rkv_scope::trace::save(&path, &store).unwrap();
        let file = std::sync::Arc::new(Dropped(path));
        harness.input_mut().dropped_files.push(file);
    }
    harness.step();
    wait(&mut harness, |stage| {
        stage.app().comparison().panes.len() == 2
    });
    let stores = compared(&harness);
    assert_eq!(stores, [a(), b()]);
    harness.run();
    harness.get_by_label("Go to where B parts from A");
}

#[test]
fn the_run_of_the_reading_tab_can_be_taken_and_read_again() {
    let mut harness = viewer();
    harness.state_mut().app_mut().show_run(a());
    harness.run();
    harness.key_press(Key::Num5);
    harness.run();
    harness.get_by_label("Take the run in Reading").click();
    harness.run();
    assert_eq!(
        harness.state().app().comparison().stores().next(),
        Some(&a())
    );
    execute(
        &mut harness,
        vec![UiCommand::Compare(CompareCommand::Read(0))],
    );
    harness.get_by_label_contains("slots per head now");
}

#[test]
fn however_low_the_window_is_its_panes_come_to_rest() {
    for size in [[760.0, 480.0], [1280.0, 480.0], [1280.0, 560.0]] {
        let mut harness = comparing(vec![a(), b()]);
        harness.set_size(size.into());
        harness.run();
        for cursor in [520, 100, 430] {
            // Fails if it never stops to draw.
            execute(&mut harness, vec![UiCommand::SetCursor(cursor)]);
        }
    }
}

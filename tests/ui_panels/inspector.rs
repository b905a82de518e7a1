use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rkv_scope::trace::{HeadId, Position, TraceRecord};
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::inspector::{InspectorState, show};

use super::stage::{Stage, empty, plan, run, window};

pub fn inspector(
    size: [f32; 2],
    theme: Theme,
    stage: Stage<InspectorState>,
) -> Harness<'static, Stage<InspectorState>> {
    inspector_that_knows(None, size, theme, stage)
}

fn inspector_that_knows(
    right_answer: Option<i64>,
    size: [f32; 2],
    theme: Theme,
    stage: Stage<InspectorState>,
) -> Harness<'static, Stage<InspectorState>> {
    window(size, theme, stage, move |ui, stage| {
        let view = stage.store.view(stage.cursor);
        show(
            ui,
            &mut stage.panel,
            &view,
            &stage.derived,
            &stage.selection,
            right_answer,
            &mut stage.commands,
        );
    })
}

pub fn pinned(position: u32) -> Stage<InspectorState> {
    let mut stage = Stage::new(run());
    stage.selection.pinned = Some(Position(position));
    stage
}

/// A token that some heads hold and others dropped.
pub fn contested() -> u32 {
    let store = run();
    let heads = store.header().model.heads();
    let holders = store.latest().holders();
    (60..holders.len())
        .find(|&p| holders[p] > 1 && holders[p] < heads - 2)
        .expect("heads disagree somewhere") as u32
}

#[test]
fn it_tells_which_heads_hold_the_token_and_when_the_others_dropped_it() {
    let position = contested();
    let mut window = inspector([320.0, 900.0], Theme::Dark, pinned(position));
    window.run();
    let store = run();
    let view = store.latest();
    for layer in 0..6 {
        for head in 0..3 {
            let id = HeadId { layer, head };
            let said = match view.dropped_at(id, Position(position)) {
                None => "held".to_owned(),
                Some(event) => format!("left at {}", event.0 + 1),
            };
            window.get_by_label(&format!("Layer {layer} head {head}: {said}"));
        }
    }
    let holding = view.holders()[position as usize];
    window.get_by_label(&format!("{holding} of 18 heads"));
}

#[test]
fn a_cell_of_the_matrix_singles_its_head_out() {
    let mut window = inspector([320.0, 900.0], Theme::Dark, pinned(contested()));
    window.run();
    window.get_by_label_contains("Layer 2 head 1").click();
    window.run();
    let head = HeadId { layer: 2, head: 1 };
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::SelectHead(Some(head)))
    );
}

#[test]
fn the_matrix_is_one_tab_stop_in_which_the_arrows_go_from_head_to_head() {
    let mut window = inspector([320.0, 900.0], Theme::Dark, pinned(contested()));
    window.run();
    window
        .get_by_label_contains("the arrow keys single one out")
        .focus();
    window.run();
    window.key_press(Key::ArrowDown);
    window.run();
    let asked = |window: &Harness<'static, Stage<InspectorState>>| {
        window
            .state()
            .commands
            .iter()
            .rev()
            .find_map(|command| match command {
                UiCommand::SelectHead(head) => *head,
                _ => None,
            })
    };
    let first = HeadId { layer: 0, head: 0 };
    assert_eq!(asked(&window), Some(first), "the first of them");
    window.state_mut().selection.head = Some(first);
    window.key_press(Key::ArrowRight);
    window.run();
    assert_eq!(asked(&window), Some(HeadId { layer: 0, head: 1 }));
    window.state_mut().selection.head = Some(first);
    window.key_press(Key::ArrowUp);
    window.run();
    assert_eq!(asked(&window), Some(first), "there is none above");
    window.key_press(Key::Space);
    window.run();
    let released = UiCommand::SelectHead(None);
    assert_eq!(window.state().commands.last(), Some(&released));
}

#[test]
fn worth_names_the_compression_it_comes_from() {
    let position = contested();
    let mut window = inspector([320.0, 900.0], Theme::Dark, pinned(position));
    window.run();
    let event = run().latest().token_scores()[position as usize]
        .unwrap()
        .event;
    window.get_by_label(&format!("at compression {}", event.0 + 1));
    for name in ["Importance:", "Redundancy:", "Score Z:"] {
        window.get_by_label_contains(name);
    }
}

#[test]
fn a_near_duplicate_can_be_followed() {
    let store = run();
    let view = store.latest();
    let scores = view.token_scores();
    let (token, other) = (60..scores.len())
        .find_map(|p| {
            let event = scores[p]?.event;
            let rows = view.head_rows(event, HeadId::default())?;
            let row = rows.iter().find(|r| r.position.index() == p)?;
            Some((p as u32, row.duplicate_of?))
        })
        .expect("a run that repeats itself has near duplicates");
    let mut window = inspector([320.0, 1200.0], Theme::Dark, pinned(token));
    window.run();
    let links = window.query_all_by_label_contains("newest near duplicate “");
    let link = links.into_iter().find(|n| {
        n.accesskit_node()
            .label()
            .unwrap()
            .contains(&format!(" at {},", other.0))
    });
    link.expect("the duplicate is listed").click();
    window.run();
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::Select(Some(other)))
    );
}

#[test]
fn without_a_token_it_shows_the_run() {
    let mut window = inspector([320.0, 700.0], Theme::Dark, Stage::new(run()));
    window.run();
    window.get_by_label("No token chosen");
    for name in [
        "prompt still held",
        "peak bytes",
        "mean ratio",
        "final ratio",
    ] {
        window.get_by_label(name);
    }
}

#[test]
fn the_answer_is_held_against_what_is_right() {
    for (right, said) in [
        (None, "1750000"),
        (Some(1_750_000), "1750000, right"),
        (Some(7), "1750000, not 7"),
    ] {
        let stage = Stage::new(run());
        let window = inspector_that_knows(right, [320.0, 700.0], Theme::Dark, stage);
        window.get_by_label("answer");
        window.get_by_label(said);
    }
}

#[test]
fn a_run_that_goes_on_has_no_answer_yet() {
    let mut store = empty();
    let mut records = plan().records();
    assert!(matches!(records.pop(), Some(TraceRecord::End { .. })));
    for record in records {
        store.apply(record).unwrap();
    }
    let size = [320.0, 700.0];
    let window = inspector_that_knows(Some(7), size, Theme::Dark, Stage::new(store));
    window.get_by_label("mean ratio");
    assert!(window.query_by_label("answer").is_none());
}

#[test]
fn a_token_after_the_cursor_is_not_written_yet() {
    let mut window = inspector(
        [320.0, 700.0],
        Theme::Dark,
        Stage {
            cursor: 50,
            ..pinned(contested())
        },
    );
    window.run();
    window.get_by_label_contains("not written yet");
    window.get_by_label("AT THE CURSOR");
}

#[test]
fn an_empty_run_says_what_to_do() {
    let window = inspector([320.0, 400.0], Theme::Dark, Stage::new(empty()));
    window.get_by_label("No token yet");
}

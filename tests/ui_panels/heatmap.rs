use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::analysis::{HeadCell, HeadTable};
use rkv_scope::trace::{EventIndex, HeadId, Position};
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::heatmap::{HeatmapState, show};

use super::stage::{Stage, empty, run, summary_only, window};

pub fn heatmap(
    size: [f32; 2],
    theme: Theme,
    stage: Stage<HeatmapState>,
) -> Harness<'static, Stage<HeatmapState>> {
    window(size, theme, stage, |ui, stage| {
        let view = stage.store.view(stage.cursor);
        show(
            ui,
            &mut stage.panel,
            &view,
            &stage.derived,
            &stage.selection,
            &mut stage.commands,
        );
    })
}

#[test]
fn every_cell_is_exactly_one_of_scored_window_gone_or_unwritten() {
    let store = run();
    let view = store.latest();
    let event = EventIndex(3);
    let table = HeadTable::of(&view, event).unwrap();
    let record = &store.events()[3];
    for row in 0..table.heads() {
        let head = table.head(row);
        let slots = record.slots_before[head.layer as usize] as usize;
        assert_eq!(table.rows(row).len() + table.window(row).len(), slots);
        assert_eq!(table.window(row).len(), record.window as usize);
        let leaving = table.rows(row).iter().filter(|r| r.evicted).count();
        assert_eq!(leaving, record.evicted[row].len());
        for p in (0..store.tokens().len() as u32).map(Position) {
            let held_before =
                store.evictions().held_after(row, p, Some(EventIndex(2))) && p.0 < record.seen;
            match table.cell(row, p) {
                HeadCell::Unwritten => assert!(p.0 >= record.seen),
                HeadCell::Gone => assert!(!held_before),
                HeadCell::Window | HeadCell::Scored(_) => assert!(held_before),
            }
        }
    }
}

#[test]
fn in_a_narrow_window_the_number_of_the_compression_stays_beside_the_zoom() {
    let stage = Stage::new(run());
    let events = stage.store.events().len();
    let mut harness = heatmap([670.0, 420.0], Theme::Dark, stage);
    harness.run();
    let number = format!("compression {events} of {events}");
    let said = harness.get_by_label(&number).rect();
    let zoom = harness.get_by_label("Zoom out, heatmap").rect();
    assert!(said.right() <= zoom.left(), "{said} lies under {zoom}");
}

#[test]
fn the_buttons_of_the_zoom_stay_together_however_narrow_the_window_is() {
    for width in [500.0, 560.0, 600.0, 630.0, 670.0, 900.0] {
        let mut harness = heatmap([width, 420.0], Theme::Dark, Stage::new(run()));
        harness.run();
        let [out, closer] =
            ["out", "in"].map(|way| harness.get_by_label(&format!("Zoom {way}, heatmap")).rect());
        assert!(out.right() < closer.left(), "{out} and {closer}");
        assert_eq!(out.top(), closer.top(), "at {width}");
    }
}

#[test]
fn what_a_column_of_many_tokens_shows_is_told() {
    let said = |width: f32| {
        let mut harness = heatmap([width, 420.0], Theme::Dark, Stage::new(run()));
        harness.run();
        harness
            .query_by_label("a column: the highest of 2 tokens")
            .is_some()
    };
    assert!(said(480.0));
    assert!(!said(900.0), "every token has a column of its own");
}

#[test]
fn the_cut_divides_kept_from_evicted_when_each_head_decides_alone() {
    let store = run();
    let table = HeadTable::of(&store.latest(), EventIndex(2)).unwrap();
    for row in 0..table.heads() {
        let cut = table.cut(row).unwrap();
        for candidate in table.rows(row) {
            let score = candidate.score.unwrap();
            assert!(if candidate.evicted {
                score <= cut + 1e-6
            } else {
                score >= cut - 1e-6
            });
        }
    }
}

#[test]
fn a_click_pins_token_and_head() {
    let mut window = heatmap([900.0, 560.0], Theme::Dark, Stage::new(run()));
    window.run();
    window
        .get_by_label_contains("Heatmap of importance")
        .click();
    window.run();
    let commands = &window.state().commands;
    assert!(
        commands
            .iter()
            .any(|c| matches!(c, UiCommand::Select(Some(_))))
    );
    let head = commands.iter().find_map(|c| match c {
        UiCommand::SelectHead(head) => *head,
        _ => None,
    });
    assert_eq!(
        head.map(|h| h.layer),
        Some(3),
        "the middle of six layers: {head:?}"
    );
    assert_ne!(head, Some(HeadId::default()));
}

#[test]
fn qualities_and_their_colour_scale_are_named() {
    let mut window = heatmap([900.0, 560.0], Theme::Dark, Stage::new(run()));
    window.run();
    window.get_by_label_contains("Colour scale of importance, × an even share, logarithmic");
    window.get_by_label("score Z").click();
    window.run();
    window.get_by_label_contains("Colour scale of score Z minus the cut");
    window.get_by_label_contains("Heatmap of score Z");
    window.get_by_label("held").click();
    window.run();
    window.get_by_label("left long ago");
}

#[test]
fn a_run_without_scores_says_so_and_offers_what_there_is() {
    let mut window = heatmap([900.0, 560.0], Theme::Dark, Stage::new(summary_only()));
    window.run();
    window.get_by_label("No importance was recorded");
    window.get_by_label("Show who holds what").click();
    window.run();
    window.get_by_label_contains("Heatmap of held");
}

#[test]
fn before_the_first_compression_it_offers_to_go_there() {
    let stage = Stage {
        cursor: 20,
        ..Stage::new(run())
    };
    let mut window = heatmap([900.0, 560.0], Theme::Dark, stage);
    window.run();
    window.get_by_label("Go to the first compression").click();
    window.run();
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::GoToEvent(EventIndex(0)))
    );
}

#[test]
fn a_token_is_let_go_when_its_cells_are_gone_from_under_the_pointer() {
    let mut window = heatmap([900.0, 560.0], Theme::Dark, Stage::new(run()));
    window.run();
    window
        .get_by_label_contains("Heatmap of importance")
        .hover();
    window.run();
    let hovered = window.state().commands.iter().find_map(|c| match c {
        UiCommand::Hover(Some(position)) => Some(*position),
        _ => None,
    });
    window.state_mut().selection.hovered = Some(hovered.expect("a cell is under the pointer"));
    window.state_mut().commands.clear();
    window.state_mut().cursor = 20;
    window.run();
    window.get_by_label("Before the first compression");
    assert!(window.state().commands.contains(&UiCommand::Hover(None)));
}

#[test]
fn an_empty_run_says_what_to_do() {
    let window = heatmap([600.0, 400.0], Theme::Dark, Stage::new(empty()));
    window.get_by_label("Nothing to show yet");
}

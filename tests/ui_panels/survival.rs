use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::trace::EventIndex;
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::survival::{SurvivalState, show};

use super::stage::{Stage, empty, run, window};

pub fn survival(
    size: [f32; 2],
    theme: Theme,
    stage: Stage<SurvivalState>,
) -> Harness<'static, Stage<SurvivalState>> {
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
fn a_click_pins_the_token_under_the_pointer() {
    let mut window = survival([800.0, 500.0], Theme::Dark, Stage::new(run()));
    window.run();
    let rect = window.get_by_label_contains("Survival of").rect();
    window.get_by_label_contains("Survival of").click();
    window.run();
    let total = window.state().store.events().last().unwrap().seen;
    let pinned = window.state().commands.iter().find_map(|c| match c {
        UiCommand::Select(Some(p)) => Some(p.0),
        _ => None,
    });
    assert!(
        pinned.expect("a click selects").abs_diff(total / 2) <= 1,
        "{rect:?}"
    );
}

#[test]
fn a_row_number_goes_to_its_compression() {
    let mut window = survival([800.0, 500.0], Theme::Dark, Stage::new(run()));
    window.run();
    window.get_by_label("Go to compression 2").click();
    window.run();
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::GoToEvent(EventIndex(1)))
    );
}

#[test]
fn without_a_compression_it_says_why_it_is_empty() {
    let window = survival([600.0, 400.0], Theme::Dark, Stage::new(empty()));
    window.get_by_label("Nothing to show yet");
}

#[test]
fn zooming_in_shows_fewer_tokens_and_dragging_moves_along() {
    let mut window = survival([800.0, 500.0], Theme::Dark, Stage::new(run()));
    window.run();
    let under = |window: &mut Harness<'static, Stage<SurvivalState>>, at: egui::Pos2| {
        window.state_mut().commands.clear();
        window.hover_at(at);
        window.run();
        window.state().commands.iter().find_map(|c| match c {
            UiCommand::Hover(Some(p)) => Some(p.0),
            _ => None,
        })
    };
    let rect = window.get_by_label_contains("Survival of").rect();
    let (left, right) = (
        rect.left_center() + egui::vec2(4.0, 0.0),
        rect.right_center() - egui::vec2(4.0, 0.0),
    );
    let span = |window: &mut _| {
        let (from, to) = (under(window, left).unwrap(), under(window, right).unwrap());
        (from, to - from)
    };
    let (_, whole) = span(&mut window);
    window.get_by_label("Zoom in, survival").click();
    window.run();
    let (from, half) = span(&mut window);
    assert!(half.abs_diff(whole / 2) <= 2, "{half} of {whole}");
    window.drag_at(rect.center());
    window.run();
    window.hover_at(rect.center() - egui::vec2(100.0, 0.0));
    window.run();
    window.drop_at(rect.center() - egui::vec2(100.0, 0.0));
    window.run();
    let (moved, still) = span(&mut window);
    assert!(
        moved > from + 20,
        "dragging to the left shows later tokens: {from} to {moved}"
    );
    assert!(still.abs_diff(half) <= 1, "dragging does not zoom");
}

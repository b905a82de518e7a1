use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rkv_scope::trace::Position;
use rkv_scope::ui::UiCommand;
use rkv_scope::ui::timeline::{TimelineState, Transport, show};

use super::stage::{Stage, empty, run, window};

pub fn timeline(
    size: [f32; 2],
    theme: Theme,
    stage: Stage<TimelineState>,
    transport: Transport,
) -> Harness<'static, Stage<TimelineState>> {
    window(size, theme, stage, move |ui, stage| {
        let view = stage.store.view(stage.cursor);
        show(
            ui,
            &mut stage.panel,
            &view,
            &[],
            &stage.selection,
            transport,
            &mut stage.commands,
        );
    })
}

fn at(cursor: usize) -> Harness<'static, Stage<TimelineState>> {
    let stage = Stage {
        cursor,
        ..Stage::new(run())
    };
    let mut window = timeline([860.0, 240.0], Theme::Dark, stage, Transport::default());
    window.run();
    window
}

#[test]
fn the_transport_asks_for_steps_and_play() {
    let mut window = at(384);
    for name in [
        "Previous compression",
        "Play timeline",
        "Next compression",
        "go to end",
    ] {
        window.get_by_label(name).click();
        window.run();
    }
    let asked: Vec<_> = window
        .state()
        .commands
        .iter()
        .filter(|c| !matches!(c, UiCommand::Hover(_)))
        .cloned()
        .collect();
    assert_eq!(
        asked,
        [
            UiCommand::StepEvent(-1),
            UiCommand::TogglePlay,
            UiCommand::StepEvent(1),
            UiCommand::Follow
        ]
    );
}

#[test]
fn what_finds_no_room_is_left_out_whole() {
    let mut ends = std::collections::BTreeSet::new();
    for width in (560..=860).step_by(20) {
        let size = [width as f32, 240.0];
        let mut window = timeline(size, Theme::Dark, Stage::new(run()), Transport::default());
        window.run();
        let Some(sizes) = window.query_by_label_contains("held ") else {
            continue;
        };
        let right = sizes.rect().right();
        assert!(right <= width as f32 - 14.0, "{right} of {width}");
        let node = sizes.accesskit_node();
        let said = node.label().or_else(|| node.value()).unwrap();
        let last = said.rsplit(" · ").next().unwrap().to_owned();
        ends.insert(last.split(' ').next_back().unwrap().to_owned());
    }
    assert_eq!(ends.len(), 3, "held, peak and full: {ends:?}");
}

#[test]
fn however_narrow_it_is_the_picture_ends_with_the_panel() {
    let transport = Transport {
        following: true,
        live: true,
        ..Transport::default()
    };
    for width in [400.0, 440.0, 500.0, 560.0] {
        let stage = Stage::new(run());
        let mut window = timeline([width, 240.0], Theme::Dark, stage, transport);
        window.run();
        let picture = window.get_by_label_contains("Timeline cursor").rect();
        assert!(picture.right() <= width, "{picture} of {width}");
        let place = window.query_by_label_contains("compression ");
        if let Some(place) = place {
            assert!(place.rect().right() <= width, "{width}");
        }
    }
}

#[test]
fn where_there_is_room_the_zoom_has_buttons() {
    let mut window = timeline(
        [1200.0, 240.0],
        Theme::Dark,
        Stage::new(run()),
        Transport::default(),
    );
    window.run();
    let total = window.state().store.tokens().len();
    let sizes = window.get_by_label_contains("held ").rect();
    window.get_by_label("Zoom in, timeline").click();
    window.run();
    let (from, to) = window.state().panel.visible(total);
    assert!(to - from < total as f64 / 1.9, "{from} to {to}");
    let all = window.get_by_label("Show all, timeline");
    assert!(all.rect().right() <= sizes.left());
    all.click();
    window.run();
    assert_eq!(window.state().panel.visible(total), (0.0, total as f64));
}

#[test]
fn it_says_where_the_cursor_stands_and_what_is_held() {
    let window = at(384);
    let view = window.state().store.view(384);
    let events = window.state().store.events().len();
    window.get_by_label(&format!(
        "compression {} of {events} · 384 tokens seen",
        view.event_count()
    ));
    let sizes = window.get_by_label_contains("peak 128");
    let said = sizes
        .accesskit_node()
        .value()
        .or(sizes.accesskit_node().label())
        .unwrap();
    assert!(
        said.starts_with(&format!("held {}", view.slots().round())),
        "{said}"
    );
}

#[test]
fn pressing_in_the_picture_moves_the_cursor_there() {
    let mut window = at(10);
    let rect = window.get_by_label_contains("Timeline cursor").rect();
    let total = window.state().store.tokens().len();
    window.drag_at(rect.center());
    window.run();
    let asked = window.state().commands.iter().find_map(|c| match c {
        UiCommand::SetCursor(to) => Some(*to),
        _ => None,
    });
    let asked = asked.expect("a press scrubs");
    assert!(asked.abs_diff(total / 2) <= 1, "{asked} of {total}");
}

#[test]
fn a_screen_reader_can_set_the_cursor() {
    let mut window = at(10);
    let node = window.get_by_label_contains("Timeline cursor");
    assert_eq!(node.accesskit_node().numeric_value(), Some(10.0));
    let (id, tree) = node.accesskit_node().locate();
    let request = egui::accesskit::ActionRequest {
        action: egui::accesskit::Action::SetValue,
        target_node: id,
        target_tree: tree,
        data: Some(egui::accesskit::ActionData::NumericValue(200.0)),
    };
    window.event(egui::Event::AccessKitActionRequest(request));
    window.run();
    assert!(window.state().commands.contains(&UiCommand::SetCursor(200)));
}

#[test]
fn hovering_points_at_the_token_and_leaving_lets_go() {
    let mut window = at(384);
    let rect = window.get_by_label_contains("Timeline cursor").rect();
    window.hover_at(rect.left_center() + egui::vec2(1.0, 0.0));
    window.run();
    assert!(
        window
            .state()
            .commands
            .contains(&UiCommand::Hover(Some(Position(0))))
    );
    window.remove_cursor();
    window.run();
    assert_eq!(
        window.state().commands.last(),
        Some(&UiCommand::Hover(None))
    );
}

#[test]
fn a_change_of_settings_is_marked_with_what_changed() {
    let mut window = at(384);
    let changed = window.get_by_label_contains("Settings changed at token 300");
    assert!(
        changed
            .accesskit_node()
            .label()
            .unwrap()
            .contains("lambda λ 0.10 → 0.60")
    );
    changed.click();
    window.run();
    assert!(window.state().commands.contains(&UiCommand::SetCursor(300)));
}

#[test]
fn before_the_first_token_it_says_so() {
    let window = timeline(
        [600.0, 240.0],
        Theme::Dark,
        Stage::new(empty()),
        Transport::default(),
    );
    window.get_by_label("no tokens yet");
    window.get_by_label("The timeline starts with the first token");
}

#[test]
fn a_double_click_shows_the_whole_run_again_and_moves_nothing() {
    let mut window = at(384);
    let total = window.state().store.tokens().len();
    let rect = window.get_by_label_contains("Timeline cursor").rect();
    // Beside the cursor, so that a press there would move it.
    let place = rect.left_center() + egui::vec2(rect.width() * 0.6, 0.0);
    window.hover_at(place);
    window.run();
    window.event(egui::Event::Zoom(4.0));
    window.run();
    let (from, to) = window.state().panel.visible(total);
    assert!(to - from < total as f64 / 2.0, "{from} to {to} of {total}");
    window.state_mut().commands.clear();
    // In one frame: a slow one lasts longer than a double click may.
    let button = |pressed| egui::Event::PointerButton {
        pos: place,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    let events = [true, false, true, false].map(button);
    window.input_mut().events.extend(events);
    window.run();
    assert_eq!(window.state().panel.visible(total), (0.0, total as f64));
    let moves = |c: &&UiCommand| matches!(c, UiCommand::SetCursor(_));
    assert_eq!(window.state().commands.iter().filter(moves).count(), 0);
}

#[test]
fn however_far_it_is_zoomed_into_a_long_run_it_draws_no_more_than_it_shows() {
    use rkv_scope::trace::synthetic::Synthetic;
    let plan = Synthetic {
        layers: 1,
        kv_heads: 1,
        tokens: 16_000,
        ..Synthetic::default()
    };
    let stage = Stage {
        cursor: 8000,
        ..Stage::new(plan.store())
    };
    let mut window = timeline([860.0, 240.0], Theme::Dark, stage, Transport::default());
    window.run();
    let shapes = |window: &Harness<'static, Stage<TimelineState>>| window.output().shapes.len();
    let whole = shapes(&window);
    let rect = window.get_by_label_contains("Timeline cursor").rect();
    window.hover_at(rect.center());
    window.run();
    for _ in 0..4 {
        window.event(egui::Event::Zoom(8.0));
        window.run();
    }
    let (from, to) = window.state().panel.visible(16_000);
    assert!(to - from < 100.0, "{from} to {to}");
    assert!(
        whole < 4000 && shapes(&window) < 4000,
        "{whole}, {}",
        shapes(&window)
    );
}

#[test]
fn with_the_keys_it_keeps_the_arrows() {
    let mut window = at(100);
    window.get_by_label_contains("Timeline cursor").focus();
    window.run();
    window.key_press(egui::Key::ArrowRight);
    window.run();
    assert!(window.get_by_label_contains("Timeline cursor").is_focused());
}

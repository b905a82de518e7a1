//! The smallest window that the program lets one make.

use egui::accesskit::Role;
use egui::{Key, Pos2, Rect, Theme, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::engine::EngineEvent;
use rkv_scope::trace::Position;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::ui::{Tab, UiCommand};

use super::stage::{Engine, Stage, execute, with_engine};

const SIZE: [f32; 2] = [760.0, 480.0];
const NAME: &str = "DeepSeek-R1-Distill-Qwen-1.5B-as-somebody-has-named-it-Q4_K_M.gguf";

fn smallest() -> (Harness<'static, Stage>, Engine) {
    let (mut harness, engine) = with_engine(SIZE, Theme::Dark);
    let mut model = Synthetic::default().header().model;
    NAME.clone_into(&mut model.name);
    engine.say(EngineEvent::ModelLoaded {
        model,
        device: "NVIDIA GeForce RTX 4090 Laptop GPU, 16 GiB".to_owned(),
        note: None,
    });
    harness.run();
    (harness, engine)
}

/// The field can be typed into, and neither it nor what stands around it is cut off or covered.
fn assert_the_bar_is_whole(harness: &Harness<'static, Stage>, buttons: &[&str]) {
    let window = Rect::from_min_size(Pos2::ZERO, vec2(SIZE[0], SIZE[1]));
    let field = harness.get_by_label("Problem").rect();
    assert!(field.width() >= 120.0, "{field}");
    assert!(window.contains_rect(field), "{field}");
    let model = format!("{NAME} ⏷");
    let named = |name: &str| harness.get_by_role_and_label(Role::Button, name).rect();
    let mut places: Vec<Rect> = buttons.iter().map(|name| named(name)).collect();
    places.extend([named("File"), named(&model), named("messages")]);
    for (i, place) in places.iter().enumerate() {
        assert!(window.contains_rect(*place), "{i}: {place}");
        let others = places[..i].iter().chain([&field]);
        for other in others {
            let common = place.intersect(*other);
            assert!(!common.is_positive(), "{i}: {place} over {other}");
        }
    }
}

#[test]
fn a_problem_can_be_typed_beside_a_model_with_a_long_name() {
    let (mut harness, engine) = smallest();
    execute(&mut harness, vec![UiCommand::ShowTab(Tab::Compare)]);
    assert_the_bar_is_whole(&harness, &["Run"]);
    let commands = vec![
        UiCommand::ShowTab(Tab::Reading),
        UiCommand::SetProblem("What is 5 + 5?".to_owned()),
        UiCommand::Run,
    ];
    execute(&mut harness, commands);
    let request = engine.next_start();
    let plan = Synthetic::default();
    engine.begin(request.run, &plan, plan.records().len() / 2);
    harness.run();
    assert_the_bar_is_whole(&harness, &["Pause", "Step", "Stop"]);
}

#[test]
fn a_pinned_token_is_inspected_in_place_of_the_settings() {
    let (mut harness, _engine) = smallest();
    let app = harness.state_mut().app_mut();
    app.show_run(Synthetic::default().store());
    harness.run();
    assert!(harness.query_by_label("CACHE POLICY").is_some());
    let pin = UiCommand::Select(Some(Position(12)));
    execute(&mut harness, vec![pin]);
    harness.get_by_label("position 12");
    assert!(harness.query_by_label("CACHE POLICY").is_none());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("position 12").is_none());
    harness.get_by_label("CACHE POLICY");
}

#[test]
fn the_help_is_read_to_its_end_by_scrolling() {
    let (mut harness, _engine) = smallest();
    execute(&mut harness, vec![UiCommand::ToggleHelp]);
    let window = Rect::from_min_size(Pos2::ZERO, vec2(SIZE[0], SIZE[1]));
    let seen = |harness: &Harness<'static, Stage>, label: &str| {
        let help = harness.get_by_role_and_label(Role::Window, "Help").rect();
        assert!(window.contains_rect(help), "{help}");
        help.contains_rect(harness.get_by_label(label).rect())
    };
    assert!(seen(&harness, "HOW TO READ IT"));
    assert!(!seen(&harness, "this help"));
    harness.get_by_label("this help").scroll_to_me();
    harness.run();
    assert!(seen(&harness, "this help"));
}

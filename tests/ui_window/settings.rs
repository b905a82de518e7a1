use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::config::Sampling;
use rkv_scope::engine::{EngineCommand, EngineEvent};
use rkv_scope::ui::UiCommand;

use super::stage::{Stage, execute, with_engine};

#[test]
fn settings_that_cannot_work_say_so_beside_the_sliders_and_hold_the_run_back() {
    let (mut harness, engine) = with_engine([1280.0, 900.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness.get_by_label("Problem").focus();
    harness.run();
    harness.get_by_label("Problem").type_text("What is 2 + 2?");
    harness.run();
    harness
        .get_by_role_and_label(Role::SpinButton, "Budget")
        .set_value_accesskit(4.0);
    harness.run();
    let messages: Vec<_> = harness.get_all_by_label_contains("budget is 4").collect();
    assert_eq!(
        messages.len(),
        2,
        "beside the sliders, and beside the button"
    );
    drop(messages);
    harness.get_by_label("Run").click();
    harness.run();
    assert!(engine.commands.try_recv().is_err());
    harness
        .get_by_role_and_label(Role::SpinButton, "Budget")
        .set_value_accesskit(64.0);
    harness.run();
    harness.get_by_label("Run").click();
    harness.run();
    assert!(matches!(engine.next(), EngineCommand::Start(_)));
}

#[test]
fn choices_are_pressed_by_name() {
    let (mut harness, _engine) = with_engine([1280.0, 900.0], Theme::Light);
    harness.get_by_label("Protect: prompt").click_accesskit();
    harness.run();
    harness.get_by_label("Reset to defaults").click_accesskit();
    harness.run();
    assert!(harness.query_by_label("Protect: prompt").is_some());
}

#[test]
fn a_number_and_the_enter_after_it_in_one_slow_frame_belong_to_the_field() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness
        .get_by_role_and_label(Role::SpinButton, "Budget")
        .focus();
    harness.run();
    let key = |key| egui::Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    };
    let events = [
        key(egui::Key::Num5),
        egui::Event::Text("5".to_owned()),
        key(egui::Key::Enter),
    ];
    harness.input_mut().events.extend(events);
    harness.run();
    assert!(
        harness
            .query_by_label("The same problem, several policies")
            .is_none(),
        "5 is the key of the Compare tab"
    );
    harness
        .get_all_by_label_contains("budget is")
        .next()
        .expect("the field has taken it");
}

#[test]
fn a_number_is_shown_as_it_is_in_force_and_a_look_into_its_field_changes_nothing() {
    let (mut harness, engine) = with_engine([1280.0, 800.0], Theme::Dark);
    engine.loaded();
    harness.run();
    let value = |harness: &Harness<'static, Stage>| {
        harness
            .get_by_role_and_label(Role::SpinButton, "Lambda λ")
            .value()
    };
    harness
        .get_by_role_and_label(Role::SpinButton, "Lambda λ")
        .set_value_accesskit(0.125);
    harness.run();
    assert_eq!(value(&harness).as_deref(), Some("0.125"));
    harness
        .get_by_role_and_label(Role::SpinButton, "Lambda λ")
        .click();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(value(&harness).as_deref(), Some("0.125"));
    let ctx = harness.ctx.clone();
    let commands = vec![
        UiCommand::SetProblem("What is 2 + 2?".to_owned()),
        UiCommand::Run,
    ];
    harness.state_mut().app_mut().execute(&ctx, commands);
    let request = engine.next_start();
    assert_eq!(request.settings.lambda, 0.125);
}

#[test]
fn a_seed_is_any_number_of_64_bits_and_a_text_that_is_none_leaves_it_alone() {
    let (mut harness, engine) = with_engine([1280.0, 1400.0], Theme::Dark);
    engine.loaded();
    harness.run();
    // The first whole number that a floating-point one cannot hold.
    let seed = (1 << 53) + 1;
    let sampling = Sampling {
        seed,
        ..Sampling::default()
    };
    execute(&mut harness, vec![UiCommand::SetSampling(sampling)]);
    harness.get_by_label("Sampling and recording").click();
    harness.run();
    harness
        .get_by_role_and_label(Role::TextInput, "Seed")
        .click();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let asked = |harness: &mut Harness<'static, Stage>| {
        let problem = UiCommand::SetProblem("What is 2 + 2?".to_owned());
        execute(harness, vec![problem, UiCommand::Run]);
        let request = engine.next_start();
        let message = "made up".to_owned();
        let run = Some(request.run);
        engine.say(EngineEvent::Failed { run, message });
        harness.run();
        request.sampling.seed
    };
    assert_eq!(asked(&mut harness), seed);
    for (text, stays) in [("18446744073709551615", u64::MAX), ("12 or so", u64::MAX)] {
        harness
            .get_by_role_and_label(Role::TextInput, "Seed")
            .set_text_value_accesskit(text);
        harness.run();
        assert_eq!(asked(&mut harness), stays, "{text}");
    }
    harness.get_by_label_contains("“12 or so” is no seed");
}

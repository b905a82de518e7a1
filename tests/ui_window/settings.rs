use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::config::{CacheSettings, Protection, Sampling, Scope, SlotOrder, Trigger};
use rkv_scope::engine::{EngineCommand, EngineEvent, RunRequest};
use rkv_scope::trace::RecordLevel;
use rkv_scope::ui::UiCommand;

use super::stage::{Engine, Stage, execute, with_engine};

/// What the next run starts with. It fails at once, so that another can follow.
fn started(harness: &mut Harness<'static, Stage>, engine: &Engine) -> Box<RunRequest> {
    let problem = UiCommand::SetProblem("What is 2 + 2?".to_owned());
    execute(harness, vec![problem, UiCommand::Run]);
    let request = engine.next_start();
    let message = "made up".to_owned();
    let run = Some(request.run);
    engine.say(EngineEvent::Failed { run, message });
    harness.run();
    request
}

fn press(harness: &mut Harness<'static, Stage>, label: &str) {
    harness.get_by_label(label).click_accesskit();
    harness.run();
}

/// What a control is to change.
type Change<T> = fn(&mut T);

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
fn the_next_run_starts_with_the_choices_that_were_pressed_and_after_a_reset_with_the_defaults() {
    let (mut harness, engine) = with_engine([1280.0, 900.0], Theme::Light);
    engine.loaded();
    harness.run();
    // Each row ends with what is not its default: a reset has something to take back.
    let choices: [(&str, Change<CacheSettings>); 12] = [
        ("Scope: layer", |s| s.scope = Scope::Layer),
        ("Scope: head", |s| s.scope = Scope::Head),
        ("Scope: global", |s| s.scope = Scope::Global),
        ("Protect: sinks", |s| s.protection = Protection::Sinks),
        ("Protect: none", |s| s.protection = Protection::None),
        ("Protect: prompt", |s| s.protection = Protection::Prompt),
        ("Compress when: published code", |s| {
            s.trigger = Trigger::Published;
        }),
        ("Compress when: cache full", |s| {
            s.trigger = Trigger::CacheFull;
        }),
        ("Compress when: published code", |s| {
            s.trigger = Trigger::Published;
        }),
        ("Slot order: by score", |s| s.order = SlotOrder::Reference),
        ("Slot order: by time", |s| s.order = SlotOrder::Time),
        ("Slot order: by score", |s| s.order = SlotOrder::Reference),
    ];
    let mut want = CacheSettings::default();
    for (label, change) in choices {
        press(&mut harness, label);
        change(&mut want);
        assert_eq!(started(&mut harness, &engine).settings, want, "{label}");
    }
    press(&mut harness, "Reset to defaults");
    let settings = started(&mut harness, &engine).settings;
    assert_eq!(settings, CacheSettings::default());
}

#[test]
fn another_policy_brings_its_own_defaults_and_a_reset_goes_back_to_those() {
    let (mut harness, engine) = with_engine([1280.0, 900.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness
        .get_by_role_and_label(Role::ComboBox, "Cache policy")
        .click();
    harness.run();
    harness.get_by_label("TOVA").click();
    harness.run();
    let tova = started(&mut harness, &engine).settings;
    assert_eq!(
        (&*tova.policy, tova.scope, tova.window),
        ("tova", Scope::Layer, 1)
    );
    press(&mut harness, "Scope: head");
    let chosen = CacheSettings {
        scope: Scope::Head,
        ..tova.clone()
    };
    assert_eq!(started(&mut harness, &engine).settings, chosen);
    press(&mut harness, "Reset to defaults");
    assert_eq!(started(&mut harness, &engine).settings, tova);
}

#[test]
fn the_next_run_draws_and_records_as_its_fields_say() {
    let (mut harness, engine) = with_engine([1280.0, 1400.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness.get_by_label("Sampling and recording").click();
    harness.run();
    let numbers: [(&str, f64, Change<Sampling>); 7] = [
        ("Temperature", 0.7, |s| s.temperature = 0.7),
        ("Top-p", 0.9, |s| s.top_p = Some(0.9)),
        ("Top-k", 20.0, |s| s.top_k = Some(20)),
        ("Most tokens", 77.0, |s| s.max_tokens = 77),
        ("Top-p", 1.0, |s| s.top_p = None),
        ("Top-k", 0.0, |s| s.top_k = None),
        ("Temperature", 0.0, |s| s.temperature = 0.0),
    ];
    let mut want = Sampling::default();
    for (label, number, change) in numbers {
        harness
            .get_by_role_and_label(Role::SpinButton, label)
            .set_value_accesskit(number);
        harness.run();
        change(&mut want);
        let sampling = started(&mut harness, &engine).sampling;
        assert_eq!(sampling, want, "{label} {number}");
    }
    for (label, want) in [
        ("Record: scores", RecordLevel::Scores),
        ("Record: evictions", RecordLevel::Summary),
        ("Record: all", RecordLevel::Components),
    ] {
        press(&mut harness, label);
        assert_eq!(started(&mut harness, &engine).level, want, "{label}");
    }
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
    assert_eq!(started(&mut harness, &engine).sampling.seed, seed);
    for (text, stays) in [("18446744073709551615", u64::MAX), ("12 or so", u64::MAX)] {
        harness
            .get_by_role_and_label(Role::TextInput, "Seed")
            .set_text_value_accesskit(text);
        harness.run();
        let asked = started(&mut harness, &engine).sampling.seed;
        assert_eq!(asked, stays, "{text}");
    }
    harness.get_by_label_contains("“12 or so” is no seed");
}

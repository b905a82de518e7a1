use std::path::Path;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{Position, RecordLevel, TraceStore};
use rkv_scope::ui::command::SaveTo;
use rkv_scope::ui::{ColourMode, Tab, UiCommand};

use super::stage::{
    Stage, enter_trace_path, execute, read, replaying, viewer, wait, wait_for_text,
};

fn cursor(harness: &Harness<'static, Stage>) -> usize {
    harness
        .state()
        .app()
        .session()
        .expect("a run is shown")
        .cursor()
}

#[test]
fn the_text_is_there_with_its_headings_and_its_saving() {
    let mut harness = replaying(&Synthetic::default());
    harness.get_by_label_contains("boxed{1750000}");
    harness.key_press(Key::Home);
    harness.run();
    harness.get_by_label_contains("Please reason step by step");
    harness.get_by_label_contains("1 slot per head now");
    harness.get_by_label_contains("full (");
}

#[test]
fn arrows_walk_the_compressions_and_shift_arrows_the_tokens() {
    let mut harness = replaying(&Synthetic::default());
    let store = Synthetic::default().store();
    let last = store.events().last().expect("it has compressions").seen as usize;
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(cursor(&harness), last);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    assert_eq!(cursor(&harness), last - 1);
    harness.key_press(Key::End);
    harness.run();
    assert_eq!(cursor(&harness), store.tokens().len());
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(cursor(&harness), 1);
}

#[test]
fn the_settings_of_a_replay_are_those_in_force_at_the_cursor() {
    let mut harness = replaying(&Synthetic::default());
    let lambda = |harness: &Harness<'static, Stage>| {
        harness
            .get_by_role_and_label(Role::SpinButton, "Lambda λ")
            .value()
    };
    assert_eq!(lambda(&harness).as_deref(), Some("0.60"));
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(lambda(&harness).as_deref(), Some("0.10"));
}

#[test]
fn a_click_pins_a_token_and_escape_lets_go() {
    let mut harness = replaying(&Synthetic::default());
    harness.get_by_label_contains("so the area is").click();
    harness.run();
    let pinned = harness.state().app().selection().pinned;
    let text = pinned.map(|p| read(&harness).tokens().text(p).to_owned());
    assert!(text.is_some_and(|text| !text.is_empty()), "{pinned:?}");
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowRight);
    harness.run();
    let next = pinned.map(|Position(p)| Position(p + 1));
    assert_eq!(harness.state().app().selection().pinned, next);
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().app().selection().pinned, None);
}

#[test]
fn the_colours_change_by_name() {
    let mut harness = replaying(&Synthetic::default());
    harness.get_by_label("Colour: redundancy").click();
    harness.run();
    assert_eq!(harness.state().app().mode(), ColourMode::Redundancy);
    harness.get_by_label_contains("Legend: redundancy");
}

#[test]
fn keys_with_control_open_the_dialogs() {
    let mut harness = replaying(&Synthetic::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    harness.run();
    harness.get_by_label("What: survival").click();
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("What: survival").is_none());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    harness.get_by_label("Path of the .rkvt file:");
}

#[test]
fn a_path_that_is_being_typed_is_not_lost_to_another_dialog() {
    let mut harness = replaying(&Synthetic::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    let label = "Path of the .rkvt file:";
    let field = harness.get_by_role_and_label(Role::TextInput, label);
    field.focus();
    harness.run();
    harness
        .get_by_role_and_label(Role::TextInput, label)
        .type_text("runs/farm.rkvt");
    harness.run();
    for key in [Key::O, Key::S, Key::E] {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        harness.run();
        let field = harness.get_by_role_and_label(Role::TextInput, label);
        assert_eq!(field.value().as_deref(), Some("runs/farm.rkvt"), "{key:?}");
        harness.get_by_label("or drop a file on the window");
    }
    // From the menu it is asked for the same thing again.
    let ctx = harness.ctx.clone();
    let open = rkv_scope::ui::UiCommand::Open(None);
    harness.state_mut().app_mut().execute(&ctx, vec![open]);
    harness.run();
    let field = harness.get_by_role_and_label(Role::TextInput, label);
    assert_eq!(field.value().as_deref(), Some("runs/farm.rkvt"));
}

#[test]
fn a_path_that_cannot_be_opened_stays_to_be_put_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let store = Synthetic::default().store();
    rkv_scope::trace::save(&path, &store).unwrap();
    let mut harness = viewer();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    let wrong = folder.path().join("no-such.rkvt");
    enter_trace_path(&mut harness, &wrong);
    let wrong = wrong.display().to_string();
    wait_for_text(&mut harness, &wrong);
    let app = harness.state().app();
    assert!(
        app.notifications().notes().is_empty(),
        "told where it was typed"
    );
    let field = harness.get_by_role_and_label(Role::TextInput, "Path of the .rkvt file:");
    assert_eq!(field.value(), Some(wrong));
    enter_trace_path(&mut harness, &path);
    wait(&mut harness, |stage| stage.app().session().is_some());
    harness.run();
    let field = harness.query_by_label("Path of the .rkvt file:");
    assert!(field.is_none());
}

#[test]
fn a_path_that_cannot_be_written_stays_to_be_put_right() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = replaying(&Synthetic::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run();
    let wrong = folder.path().join("no/such/folder/run.rkvt");
    enter_trace_path(&mut harness, &wrong);
    wait_for_text(
        &mut harness,
        &format!("{}", folder.path().join("no").display()),
    );
    let notes = harness.state().app().notifications().notes();
    assert!(notes.is_empty(), "told where it was typed: {notes:?}");
    let field = harness.get_by_role_and_label(Role::TextInput, "Path of the .rkvt file:");
    assert_eq!(field.value(), Some(wrong.display().to_string()));
    enter_trace_path(&mut harness, &folder.path().join("run1"));
    wait_for_text(&mut harness, "Written: ");
    assert!(folder.path().join("run1.rkvt").exists());
    let field = harness.query_by_label("Path of the .rkvt file:");
    assert!(field.is_none());
}

#[test]
fn a_recording_that_breaks_off_does_not_look_as_if_it_went_on() {
    let plan = Synthetic::default();
    let mut store = TraceStore::new(Arc::new(plan.header()));
    let records = plan.records();
    for record in records.iter().take(records.len() / 2) {
        store.apply(record.clone()).unwrap();
    }
    let mut harness = viewer();
    harness.state_mut().app_mut().show_run(store);
    harness.run();
    harness.get_by_label("the recording stops before the run's end");
    harness.get_by_label("The recording stops before the run's end.");
    assert!(harness.query_by_label("so far").is_none());
}

/// A window that has been told to save its run, and has not drawn a frame since.
fn saving(path: &Path) -> Harness<'static, Stage> {
    let mut harness = replaying(&Synthetic::default());
    let ctx = harness.ctx.clone();
    let run = harness.state().app().session().unwrap().generation;
    let path = path.to_owned();
    let save = UiCommand::Save(Some(SaveTo { run, path }));
    harness.state_mut().app_mut().execute(&ctx, vec![save]);
    harness
}

#[test]
fn a_trace_is_saved_and_opened_again_in_the_background() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.rkvt");
    let mut harness = saving(&path);
    wait(&mut harness, |_| path.exists());
    let mut other = viewer();
    let ctx = other.ctx.clone();
    let open = rkv_scope::ui::UiCommand::Open(Some(path.clone()));
    other.state_mut().app_mut().execute(&ctx, vec![open]);
    wait(&mut other, |stage| stage.app().session().is_some());
    assert_eq!(
        other.state().app().session().unwrap().store,
        Synthetic::default().store()
    );
}

#[test]
fn a_trace_is_saved_though_the_window_is_closed_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.rkvt");
    let harness = saving(&path);
    drop(harness);
    let saved = rkv_scope::trace::load(&path).unwrap();
    assert_eq!(saved.store, Synthetic::default().store());
}

#[test]
fn another_run_is_not_saved_under_the_name_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let mut harness = replaying(&Synthetic::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run();
    let other = Synthetic {
        seed: 2,
        ..Synthetic::default()
    };
    harness.state_mut().app_mut().show_run(other.store());
    enter_trace_path(&mut harness, &path);
    harness.run();
    harness.get_by_label_contains("not shown any more");
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_no_trace_is_one_clear_message() {
    let mut harness = viewer();
    let ctx = harness.ctx.clone();
    let open = rkv_scope::ui::UiCommand::Open(Some("no/such/run.rkvt".into()));
    harness.state_mut().app_mut().execute(&ctx, vec![open]);
    wait(&mut harness, |stage| {
        !stage.app().notifications().notes().is_empty()
    });
    harness.run();
    harness.get_by_label_contains("no/such/run.rkvt");
}

#[test]
fn export_offers_what_the_tab_shows() {
    let mut harness = replaying(&Synthetic::default());
    for (tab, path) in [
        (Key::Num3, "heatmap.svg"),
        (Key::Num2, "raster.svg"),
        (Key::Num4, "segments.csv"),
    ] {
        harness.key_press(tab);
        harness.run();
        harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
        harness.run();
        let field = harness.get_by_role_and_label(Role::TextInput, "Path of the file:");
        assert_eq!(field.value().as_deref(), Some(path));
        let measure = harness.query_by_label("The state at the cursor is exported: importance.");
        assert_eq!(measure.is_some(), tab == Key::Num3);
        harness.key_press(Key::Escape);
        harness.run();
    }
}

#[test]
fn an_emptied_path_stays_empty_until_another_format_is_chosen() {
    let mut harness = replaying(&Synthetic::default());
    harness.key_press(Key::Num3);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    harness.run();
    let path = |harness: &Harness<'static, Stage>| {
        let field = harness.get_by_role_and_label(Role::TextInput, "Path of the file:");
        (field.is_focused(), field.value().unwrap_or_default())
    };
    assert_eq!(path(&harness), (true, "heatmap.svg".to_owned()));
    harness
        .get_by_role_and_label(Role::TextInput, "Path of the file:")
        .set_text_value_accesskit("");
    harness.run();
    assert_eq!(path(&harness).1, "");
    harness.get_by_label("Format: PNG").click();
    harness.run();
    assert_eq!(path(&harness).1, "heatmap.png");
}

#[test]
fn plain_keys_do_nothing_behind_a_dialog_or_a_menu() {
    let mut harness = replaying(&Synthetic::default());
    let end = cursor(&harness);
    let press_all = |harness: &mut Harness<'static, Stage>| {
        for key in [Key::ArrowLeft, Key::Home, Key::Num3] {
            harness.key_press(key);
            harness.run();
        }
        assert_eq!(cursor(harness), end);
        let heatmap = harness.query_all_by_label_contains("Heatmap of");
        assert_eq!(heatmap.count(), 0);
        harness.key_press(Key::Escape);
        harness.run();
    };
    for dialog in [UiCommand::ToggleHelp, UiCommand::ShowExport(true)] {
        let exports = dialog == UiCommand::ShowExport(true);
        execute(&mut harness, vec![dialog]);
        if exports {
            // Away from the path's field, which takes the keys itself.
            harness.get_by_label("What: survival").click();
            harness.run();
        }
        press_all(&mut harness);
    }
    for menu in ["File", "Play speed"] {
        harness.get_by_label(menu).click();
        harness.run();
        press_all(&mut harness);
    }
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(cursor(&harness) < end);
}

#[test]
fn the_keys_work_beside_the_list_of_messages() {
    let mut harness = replaying(&Synthetic::default());
    execute(&mut harness, vec![UiCommand::ToggleNotifications]);
    harness.key_press(Key::Num3);
    harness.run();
    harness.get_by_label("Nothing so far.");
    let heatmap = harness.query_all_by_label_contains("Heatmap of");
    assert!(heatmap.count() > 0);
}

#[test]
fn escape_puts_messages_away_once_nothing_else_takes_it() {
    let mut harness = replaying(&Synthetic::default());
    for path in ["no/such/a.rkvt", "no/such/b.rkvt"] {
        execute(&mut harness, vec![UiCommand::Open(Some(path.into()))]);
        wait_for_text(&mut harness, path);
    }
    let told = |harness: &Harness<'static, Stage>| {
        ["no/such/a.rkvt", "no/such/b.rkvt"]
            .map(|path| harness.query_all_by_label_contains(path).count())
    };
    execute(&mut harness, vec![UiCommand::Select(Some(Position(3)))]);
    for left in [[1, 1], [1, 0], [0, 0]] {
        harness.key_press(Key::Escape);
        harness.run();
        assert_eq!(told(&harness), left);
    }
    assert_eq!(harness.state().app().selection().pinned, None);
}

#[test]
fn another_run_is_shown_from_its_first_token_to_its_last() {
    let mut harness = replaying(&Synthetic::default());
    let rect = harness.get_by_label_contains("Timeline cursor").rect();
    let leftmost = |harness: &mut Harness<'static, Stage>| {
        harness.drag_at(rect.left_center() + egui::vec2(1.0, 0.0));
        harness.run();
        harness.drop_at(rect.left_center() + egui::vec2(1.0, 0.0));
        harness.run();
        cursor(harness)
    };
    harness.hover_at(rect.center());
    harness.run();
    harness.event(egui::Event::Zoom(4.0));
    harness.run();
    let zoomed = leftmost(&mut harness);
    assert!(zoomed > 100, "{zoomed}");
    let other = Synthetic {
        seed: 2,
        ..Synthetic::default()
    };
    harness.state_mut().app_mut().show_run(other.store());
    harness.run();
    let whole = leftmost(&mut harness);
    assert!(whole < 10, "{whole}");
}

#[test]
fn another_run_is_shown_whole_in_the_pictures_too() {
    let mut harness = replaying(&Synthetic::default());
    for (tab, picture) in [(Key::Num2, "survival"), (Key::Num3, "heatmap")] {
        harness.key_press(tab);
        harness.run();
        harness.get_by_label(&format!("Zoom in, {picture}")).click();
        harness.run();
        let all = format!("Show all, {picture}");
        assert!(harness.query_by_label(&all).is_some());
        let other = Synthetic::default().store();
        harness.state_mut().app_mut().show_run(other);
        harness.run();
        assert!(harness.query_by_label(&all).is_none(), "{picture}");
    }
}

/// `--screenshot-to` gives up at an error, and the readable part of a damaged trace is worth a picture.
#[test]
fn damage_is_a_warning_beside_what_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.rkvt");
    rkv_scope::trace::save(&path, &Synthetic::default().store()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let mut harness = viewer();
    let ctx = harness.ctx.clone();
    let open = rkv_scope::ui::UiCommand::Open(Some(path));
    harness.state_mut().app_mut().execute(&ctx, vec![open]);
    wait(&mut harness, |stage| stage.app().session().is_some());
    let notes = harness.state().app().notifications().notes();
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].level, rkv_scope::ui::notifications::Level::Warning);
    harness.run();
    harness.get_by_label_contains("can be read only up to byte");
}

#[test]
fn keys_move_the_timeline_that_is_in_sight_and_no_other() {
    let mut harness = replaying(&Synthetic::default());
    let end = cursor(&harness);
    execute(&mut harness, vec![UiCommand::ShowTab(Tab::Sweep)]);
    for key in [Key::Home, Key::ArrowLeft, Key::Space] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(cursor(&harness), end);
    harness.key_press(Key::Num1);
    harness.run();
    assert!(!harness.state().app().selection().playback.playing);
    // Reached by Tab, it is the same timeline.
    harness.get_by_label_contains("Timeline cursor").focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(cursor(&harness) < end);
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(cursor(&harness), 1);
}

#[test]
fn colours_that_nothing_was_recorded_for_say_so() {
    let level = RecordLevel::Summary;
    let mut harness = replaying(&Synthetic {
        level,
        ..Synthetic::default()
    });
    let why = "This run recorded only which tokens left (Record: evictions).";
    harness.get_by_label_contains(why);
    execute(
        &mut harness,
        vec![UiCommand::SetColourMode(ColourMode::Held)],
    );
    assert!(harness.query_by_label_contains(why).is_none());
}

//! Pictures kept beside the tests; renew them with `UPDATE_SNAPSHOTS=1 cargo test`.

use egui::Theme;
use egui_kittest::{SnapshotOptions, SnapshotResults};
use rkv_scope::app::AppConfig;
use rkv_scope::trace::Position;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::ui::UiCommand;

use super::stage::{window, with_engine};

/// Software drivers differ in a few pixels of rounded corners.
fn options() -> SnapshotOptions {
    SnapshotOptions::new().threshold(1.5).max_failed_pixels(40)
}

#[test]
fn first_page() {
    let (mut harness, engine) = with_engine([1100.0, 760.0], Theme::Dark);
    engine.loaded();
    harness.run();
    harness.snapshot_options("first_page_dark", &options());
}

#[test]
fn reading() {
    let mut results = SnapshotResults::new();
    for (theme, name) in [
        (Theme::Dark, "reading_dark"),
        (Theme::Light, "reading_light"),
    ] {
        let mut harness = window([1280.0, 800.0], theme, AppConfig::default());
        harness
            .state_mut()
            .app_mut()
            .show_run(Synthetic::default().store());
        let ctx = harness.ctx.clone();
        let commands = vec![
            UiCommand::SetCursor(420),
            UiCommand::Select(Some(Position(300))),
        ];
        harness.state_mut().app_mut().execute(&ctx, commands);
        harness.run();
        harness.snapshot_options(name, &options());
        results.extend_harness(&mut harness);
    }
}

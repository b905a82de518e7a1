//! Pictures of the window for the eye, written only on request.

use std::path::{Path, PathBuf};

use egui::Theme;
use egui_kittest::Harness;
use rkv_scope::app::AppConfig;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::Position;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::ui::{ColourMode, Tab, UiCommand};

use super::stage::{Stage, window, with_engine};
use super::sweep::half_way;

fn save(folder: &Path, name: &str, harness: &mut Harness<'static, Stage>) {
    harness.run();
    let image = harness.render().expect("the software renderer draws");
    image
        .save(folder.join(format!("{name}.png")))
        .expect("the folder can be written");
}

#[test]
fn pictures() {
    let Some(folder) = std::env::var_os("RKV_PICTURES").map(PathBuf::from) else {
        return;
    };
    let settings = CacheSettings {
        budget: 96,
        buffer: 32,
        ..CacheSettings::default()
    };
    let plan = Synthetic {
        tokens: 640,
        settings,
        ..Synthetic::default()
    };
    for (theme, tag) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let (mut harness, engine) = with_engine([1280.0, 800.0], theme);
        engine.loaded();
        save(&folder, &format!("first_page_{tag}"), &mut harness);
        save(&folder, &format!("sweep_{tag}"), &mut half_way(theme));
        let mut harness = window([1440.0, 900.0], theme, AppConfig::default());
        harness.state_mut().app_mut().show_run(plan.store());
        save(&folder, &format!("reading_{tag}"), &mut harness);
        for (name, commands) in [
            (
                "cursor",
                vec![
                    UiCommand::SetCursor(420),
                    UiCommand::Select(Some(Position(300))),
                ],
            ),
            ("held", vec![UiCommand::SetColourMode(ColourMode::Held)]),
            ("survival", vec![UiCommand::ShowTab(Tab::Survival)]),
            ("heatmap", vec![UiCommand::ShowTab(Tab::Heatmap)]),
            ("reflections", vec![UiCommand::ShowTab(Tab::Reflections)]),
            (
                "export",
                vec![
                    UiCommand::ShowTab(Tab::Reading),
                    UiCommand::ShowExport(true),
                ],
            ),
            (
                "help",
                vec![UiCommand::ShowExport(false), UiCommand::ToggleHelp],
            ),
        ] {
            let ctx = harness.ctx.clone();
            harness.state_mut().app_mut().execute(&ctx, commands);
            save(&folder, &format!("{name}_{tag}"), &mut harness);
        }
    }
}

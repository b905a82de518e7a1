//! Pictures of the window for the eye: `RKV_PICTURES=folder cargo test --test ui_window pictures -- --ignored`.

use std::path::{Path, PathBuf};

use egui::Theme;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rkv_scope::app::AppConfig;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::Position;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::ui::{ColourMode, Tab, UiCommand};

use super::compare::plan;
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
#[ignore = "writes pictures into the folder named by RKV_PICTURES"]
fn pictures() {
    let folder = PathBuf::from(std::env::var("RKV_PICTURES").unwrap());
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
        let (mut sweep, _played) = half_way(theme);
        save(&folder, &format!("sweep_{tag}"), &mut sweep);
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

#[test]
#[ignore = "writes pictures into the folder named by RKV_PICTURES"]
fn pictures_of_comparisons() {
    let folder = PathBuf::from(std::env::var("RKV_PICTURES").unwrap());
    let stores = [
        plan(1, "rkv", 96).store(),
        plan(2, "snapkv", 96).store(),
        plan(3, "streamingllm", 64).store(),
        plan(1, "full", 4000).store(),
    ];
    for (theme, tag) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (size, name) in [([1280.0, 800.0], "small"), ([1920.0, 1200.0], "large")] {
            for panes in [1, 2, 3, 4] {
                let mut harness = window(size, theme, AppConfig::default());
                for store in &stores[..panes] {
                    harness.state_mut().app_mut().add_pane(store.clone());
                }
                let name = format!("compare_{panes}_{name}_{tag}");
                let ctx = harness.ctx.clone();
                let cursor = vec![UiCommand::SetCursor(300)];
                harness.state_mut().app_mut().execute(&ctx, cursor);
                save(&folder, &name, &mut harness);
            }
        }
        let (mut harness, engine) = with_engine([1280.0, 800.0], theme);
        engine.loaded();
        harness.run();
        let ctx = harness.ctx.clone();
        let tab = vec![UiCommand::ShowTab(Tab::Compare)];
        harness.state_mut().app_mut().execute(&ctx, tab);
        save(&folder, &format!("compare_setup_{tag}"), &mut harness);
        harness.get_by_label("All settings of A").click();
        save(&folder, &format!("compare_details_{tag}"), &mut harness);
        let problem = Synthetic::default().header().problem;
        let run = vec![UiCommand::SetProblem(problem), UiCommand::Run];
        harness.state_mut().app_mut().execute(&ctx, run);
        harness.run();
        let request = engine.next_start();
        let plan = plan(1, "rkv", 96);
        engine.begin(request.run, &plan, plan.records().len() / 2);
        save(&folder, &format!("compare_running_{tag}"), &mut harness);
    }
}

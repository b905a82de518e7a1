//! Pictures of the panels for the eye: `RKV_PICTURES=folder cargo test --test ui_panels pictures -- --ignored`.

use std::path::PathBuf;

use egui::Theme;
use egui_kittest::Harness;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{HeadId, Position};
use rkv_scope::ui::heatmap::{HeatmapState, Quality};
use rkv_scope::ui::reflections::{List, ReflectionsState};
use rkv_scope::ui::timeline::Transport;

use super::heatmap::heatmap;
use super::inspector::{contested, inspector, pinned};
use super::reflections::reflections;
use super::stage::{Stage, empty, plan, run, summary_only};
use super::survival::survival;
use super::timeline::timeline;

fn save<S>(folder: &std::path::Path, name: &str, mut window: Harness<'_, S>) {
    window.run();
    let image = window.render().expect("the software renderer draws");
    image
        .save(folder.join(format!("{name}.png")))
        .expect("the folder can be written");
}

#[test]
#[ignore = "writes pictures into the folder named by RKV_PICTURES"]
fn pictures() {
    let folder = PathBuf::from(std::env::var("RKV_PICTURES").unwrap());
    for (theme, tag) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut stage = Stage {
            cursor: 384,
            ..Stage::new(run())
        };
        stage.selection.pinned = Some(Position(231));
        let live = Transport {
            live: true,
            following: true,
            playing: false,
            steps: None,
        };
        save(
            &folder,
            &format!("timeline_{tag}"),
            timeline([860.0, 240.0], theme, stage, live),
        );
        save(
            &folder,
            &format!("survival_{tag}"),
            survival(
                [860.0, 560.0],
                theme,
                Stage {
                    cursor: 384,
                    ..Stage::new(run())
                },
            ),
        );
        for &(quality, name) in Quality::ALL {
            let mut stage: Stage<HeatmapState> = Stage {
                cursor: 384,
                ..Stage::new(run())
            };
            stage.panel.quality = quality;
            stage.selection.pinned = Some(Position(231));
            stage.selection.head = Some(HeadId { layer: 2, head: 1 });
            let name = format!("heatmap_{}_{tag}", name.replace(' ', "_"));
            save(&folder, &name, heatmap([860.0, 560.0], theme, stage));
        }
        for (list, name) in [
            (List::Segments, "segments"),
            (List::Spans, "spans"),
            (List::Clusters, "clusters"),
            (List::Cues, "cues"),
        ] {
            let mut stage: Stage<ReflectionsState> = Stage::new(run());
            stage.panel.list = list;
            let name = format!("reflections_{name}_{tag}");
            save(&folder, &name, reflections([700.0, 520.0], theme, stage));
        }
        let mut stage = pinned(contested());
        stage.selection.head = Some(HeadId { layer: 2, head: 1 });
        save(
            &folder,
            &format!("inspector_{tag}"),
            inspector([320.0, 900.0], theme, stage),
        );
    }
    let dark = Theme::Dark;
    save(
        &folder,
        "inspector_run",
        inspector([320.0, 640.0], dark, Stage::new(run())),
    );
    save(
        &folder,
        "heatmap_none",
        heatmap([860.0, 560.0], dark, Stage::new(summary_only())),
    );
    save(
        &folder,
        "timeline_empty",
        timeline(
            [860.0, 240.0],
            dark,
            Stage::new(empty()),
            Transport::default(),
        ),
    );
    // Many layers and a long run, as a real model has.
    let large = || {
        let settings = CacheSettings {
            budget: 256,
            buffer: 128,
            ..CacheSettings::default()
        };
        Synthetic {
            layers: 30,
            kv_heads: 3,
            tokens: 4000,
            settings,
            ..plan()
        }
        .store()
    };
    let transport = Transport {
        playing: true,
        ..Transport::default()
    };
    save(
        &folder,
        "timeline_large",
        timeline([1180.0, 230.0], dark, Stage::new(large()), transport),
    );
    save(
        &folder,
        "survival_large",
        survival([860.0, 560.0], dark, Stage::new(large())),
    );
    save(
        &folder,
        "heatmap_large",
        heatmap([860.0, 560.0], dark, Stage::new(large())),
    );
    let mut stage = Stage::new(large());
    stage.selection.pinned = Some(Position(3000));
    save(
        &folder,
        "inspector_large",
        inspector([320.0, 900.0], dark, stage),
    );
}

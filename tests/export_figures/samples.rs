//! Figures to be looked at, on request.

use super::*;

/// Pictures to look at: `EXPORT_SAMPLES=folder cargo test --test export_figures samples -- --ignored`.
#[test]
#[ignore = "writes pictures into the folder named by EXPORT_SAMPLES"]
fn samples() {
    let folder = std::path::PathBuf::from(std::env::var("EXPORT_SAMPLES").unwrap());
    let short = Synthetic::default().store();
    let long = Synthetic {
        layers: 28,
        kv_heads: 4,
        tokens: 6000,
        settings: CacheSettings {
            budget: 512,
            buffer: 128,
            ..CacheSettings::default()
        },
        ..Synthetic::default()
    }
    .store();
    for (name, store) in [("short", &short), ("long", &long)] {
        for measure in Measure::ALL {
            let options = ExportOptions {
                measure: Some(*measure),
                ..ExportOptions::default()
            };
            let path = folder.join(format!("{name}-heatmap-{measure}.png"));
            export::write_file(What::Heatmap, Format::Png, &store.latest(), &options, &path)
                .unwrap();
        }
        for theme in [Theme::Light, Theme::Dark] {
            let options = ExportOptions {
                theme,
                ..ExportOptions::default()
            };
            for what in [What::Raster, What::Tokens, What::Heatmap] {
                let path = folder.join(format!("{name}-{what}-{theme:?}.png"));
                export::write_file(what, Format::Png, &store.latest(), &options, &path).unwrap();
            }
        }
    }
}

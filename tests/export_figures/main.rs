//! Figures: legible, whole, deterministic, the same as SVG and PNG.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod samples;
mod token_page;

use rkv_scope::config::{CacheSettings, Protection, Scope};
use rkv_scope::export::{self, ExportError, ExportOptions, Format, Measure, Theme, What};
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{EventIndex, RecordLevel, TraceStore};

fn bytes(store: &TraceStore, what: What, format: Format, options: &ExportOptions) -> Vec<u8> {
    let mut out = vec![];
    export::write(what, format, &store.latest(), options, &mut out).unwrap();
    out
}

fn svg(store: &TraceStore, what: What, options: &ExportOptions) -> String {
    String::from_utf8(bytes(store, what, Format::Svg, options)).unwrap()
}

/// Every text of an SVG as (left, top, right, bottom), as our fonts draw it.
fn text_boxes(svg: &str) -> Vec<(String, [f32; 4])> {
    use resvg::usvg::{Node, Tree};
    let tree = Tree::from_str(svg, &export::fonts::options()).unwrap();
    let mut boxes = vec![];
    let mut walk = vec![tree.root()];
    while let Some(group) = walk.pop() {
        for node in group.children() {
            match node {
                Node::Group(group) => walk.push(group),
                Node::Text(text) => {
                    let content: String = text.chunks().iter().map(|c| c.text()).collect();
                    let b = text.abs_bounding_box();
                    boxes.push((content, [b.left(), b.top(), b.right(), b.bottom()]));
                }
                _ => {}
            }
        }
    }
    boxes
}

#[test]
fn no_text_is_clipped_or_overlaps_another() {
    for (layers, kv_heads, tokens) in [(1, 1, 300), (6, 3, 700), (28, 2, 3000), (3, 8, 260)] {
        let store = Synthetic {
            layers,
            kv_heads,
            tokens,
            ..Synthetic::default()
        }
        .store();
        for what in [What::Heatmap, What::Raster, What::Tokens] {
            let figure = export::figure(what, &store.latest(), &ExportOptions::default()).unwrap();
            let boxes = text_boxes(&svg(&store, what, &ExportOptions::default()));
            assert!(boxes.len() > 8);
            for (i, (text, a)) in boxes.iter().enumerate() {
                let inside =
                    a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= figure.width && a[3] <= figure.height;
                assert!(
                    inside,
                    "{what} {layers}x{kv_heads}: {text:?} at {a:?} leaves the page"
                );
                for (other, b) in &boxes[i + 1..] {
                    let apart = a[2] <= b[0] + 0.5
                        || b[2] <= a[0] + 0.5
                        || a[3] <= b[1] + 0.5
                        || b[3] <= a[1] + 0.5;
                    assert!(
                        apart,
                        "{what} {layers}x{kv_heads}: {text:?} {a:?} overlaps {other:?} {b:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_heatmap_says_what_it_shows() {
    let store = Synthetic::default().store();
    let options = ExportOptions {
        event: Some(EventIndex(2)),
        ..ExportOptions::default()
    };
    let text = svg(&store, What::Heatmap, &options);
    let boxes = text_boxes(&text);
    let all = boxes
        .iter()
        .map(|(text, _)| text.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    for part in [
        "synthetic-reasoner",
        "R-KV",
        "budget 128",
        "buffer 64",
        "compression 3 of",
        "event 2",
        "position",
        "layer 5",
        "not in the cache",
        "window, no score",
        "leaves now",
    ] {
        assert!(all.contains(part), "{part} is missing in {all}");
    }
    assert!(
        text.contains("data:image/png;base64,"),
        "the matrix is one picture"
    );
    assert!(
        text.len() < 200_000,
        "and not a rectangle per cell: {}",
        text.len()
    );
}

#[test]
fn the_heatmap_marks_the_tokens_that_stay_whatever_their_score() {
    let mut plan = Synthetic::default();
    let options = ExportOptions {
        event: Some(EventIndex(0)),
        ..ExportOptions::default()
    };
    let marked = |plan: &Synthetic, options: &ExportOptions| {
        said(&plan.store(), What::Heatmap, options).contains("\nprotected\n")
    };
    plan.settings.protection = Protection::None;
    assert!(!marked(&plan, &options));
    plan.settings.protection = Protection::Prompt;
    assert!(marked(&plan, &options));
    let prompt = plan.header().prompt_tokens as usize;
    let behind = ExportOptions {
        tokens: Some(prompt..prompt + 20),
        ..options
    };
    assert!(!marked(&plan, &behind), "none of them is shown");
}

/// The texts of a figure, a line each.
fn said(store: &TraceStore, what: What, options: &ExportOptions) -> String {
    let boxes = text_boxes(&svg(store, what, options));
    let texts: Vec<String> = boxes.into_iter().map(|(text, _)| text).collect();
    texts.join("\n")
}

#[test]
fn the_heatmap_shows_the_measure_asked_for_and_says_so() {
    let store = Synthetic::default().store();
    for (measure, title, scale) in [
        (
            Measure::Importance,
            "Importance of each token",
            "importance, × an even share",
        ),
        (
            Measure::Redundancy,
            "Redundancy of each token",
            "redundancy, × an even share",
        ),
        (
            Measure::Score,
            "Score of each token",
            "score − cut: above 0 stays",
        ),
        (
            Measure::Held,
            "Tokens that each KV head holds",
            "share held",
        ),
    ] {
        let options = ExportOptions {
            measure: Some(measure),
            ..ExportOptions::default()
        };
        let all = said(&store, What::Heatmap, &options);
        for part in [title, scale, "R-KV, budget 128"] {
            assert!(all.contains(part), "{part} is missing in {all}");
        }
    }
}

/// A run under R-KV that goes on under SnapKV after 400 tokens, recorded without redundancy from there on.
fn changed() -> TraceStore {
    use rkv_scope::trace::{Component, TraceRecord};
    let plan = Synthetic::default();
    let mut store = TraceStore::new(std::sync::Arc::new(plan.header()));
    for mut record in plan.records() {
        match &mut record {
            TraceRecord::ParamsChanged { settings, .. } => {
                "snapkv".clone_into(&mut settings.policy);
            }
            TraceRecord::Compression(record) if record.revision == 1 => {
                record
                    .scores
                    .retain(|block| block.component == Component::Importance);
            }
            _ => {}
        }
        store.apply(record).unwrap();
    }
    store
}

#[test]
fn figures_name_the_policies_that_were_in_force() {
    let store = changed();
    for what in [What::Raster, What::Tokens] {
        let all = said(&store, what, &ExportOptions::default());
        assert!(all.contains("R-KV, then SnapKV, budget 128"), "{all}");
        assert!(all.contains("settings changed at token 400"), "{all}");
    }
    let at = |event| ExportOptions {
        event: Some(EventIndex(event)),
        ..ExportOptions::default()
    };
    let first = said(&store, What::Heatmap, &at(0));
    assert!(
        first.contains("R-KV, budget 128") && !first.contains("SnapKV"),
        "{first}"
    );
    let last = store.events().len() as u32 - 1;
    let late = said(&store, What::Heatmap, &at(last));
    assert!(
        late.contains("SnapKV, budget 128") && !late.contains("R-KV"),
        "{late}"
    );

    let redundancy = |event| ExportOptions {
        measure: Some(Measure::Redundancy),
        ..at(event)
    };
    said(&store, What::Heatmap, &redundancy(0));
    let mut out = vec![];
    let error = export::write(
        What::Heatmap,
        Format::Svg,
        &store.latest(),
        &redundancy(last),
        &mut out,
    )
    .unwrap_err()
    .to_string();
    let number = format!(
        "compression {} (event {last}) holds no redundancy",
        last + 1
    );
    for part in [&*number, "SnapKV, in force there", "importance, held"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn compressions_count_from_one_at_the_bottom() {
    use rkv_scope::export::figure::Item;
    let store = Synthetic {
        tokens: 400,
        ..Synthetic::default()
    }
    .store();
    let count = store.events().len();
    let options = ExportOptions::default();
    let figure = export::figure(What::Raster, &store.latest(), &options).unwrap();
    let picture = figure.items.iter().find_map(|item| match item {
        Item::Image(area, bitmap) => Some((area, bitmap)),
        _ => None,
    });
    let (area, bitmap) = picture.unwrap();
    let boxes = text_boxes(&svg(&store, What::Raster, &options));
    assert!(boxes.iter().any(|(text, _)| text == "compression"));
    let mut rows: Vec<(usize, f32)> = boxes
        .iter()
        .filter(|(_, b)| b[2] < area[0])
        .filter_map(|(text, b)| Some((text.parse().ok()?, b[1])))
        .collect();
    rows.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
    let numbers: Vec<usize> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "from below");

    // The newest tokens are not written yet at the first compression.
    let picture = resvg::tiny_skia::Pixmap::decode_png(&bitmap.png().unwrap()).unwrap();
    assert_eq!(picture.height(), count as u32);
    let newest = |row: u32| {
        let pixel = picture.pixel(picture.width() - 1, row).unwrap();
        export::palette::Rgb(pixel.red(), pixel.green(), pixel.blue())
    };
    let missing = Theme::Light.palette().missing;
    assert_eq!(newest(picture.height() - 1), missing);
    assert_ne!(newest(0), missing);
}

#[test]
fn pictures_are_the_same_every_time_and_of_the_size_they_say() {
    let store = Synthetic {
        tokens: 320,
        ..Synthetic::default()
    }
    .store();
    for what in [What::Heatmap, What::Raster, What::Tokens] {
        for theme in [Theme::Light, Theme::Dark] {
            let options = ExportOptions {
                theme,
                ..ExportOptions::default()
            };
            let png = bytes(&store, what, Format::Png, &options);
            assert_eq!(png, bytes(&store, what, Format::Png, &options));
            let pixmap = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
            let figure = export::figure(what, &store.latest(), &options).unwrap();
            assert_eq!(pixmap.width(), (figure.width * 2.0) as u32);
            assert_eq!(pixmap.height(), (figure.height * 2.0) as u32);
        }
    }
}

#[test]
fn every_column_of_a_long_run_has_its_pixel() {
    let plan = Synthetic {
        layers: 1,
        kv_heads: 2,
        tokens: 3000,
        settings: CacheSettings {
            budget: 512,
            buffer: 256,
            ..CacheSettings::default()
        },
        ..Synthetic::default()
    };
    let store = plan.store();
    let options = ExportOptions {
        measure: Some(Measure::Held),
        ..ExportOptions::default()
    };
    let png = bytes(&store, What::Heatmap, Format::Png, &options);
    let pixmap = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    assert!(pixmap.width() >= 2900, "{}", pixmap.width());
}

#[test]
fn a_column_of_several_positions_shows_the_brightest_of_them_and_says_so() {
    let store = Synthetic {
        layers: 1,
        kv_heads: 1,
        tokens: 4500,
        settings: CacheSettings {
            budget: 512,
            buffer: 256,
            ..CacheSettings::default()
        },
        ..Synthetic::default()
    }
    .store();
    for (measure, shared) in [
        (Measure::Importance, "highest"),
        (Measure::Redundancy, "highest"),
        (Measure::Score, "mean"),
        (Measure::Held, "mean"),
    ] {
        let options = ExportOptions {
            measure: Some(measure),
            ..ExportOptions::default()
        };
        let all = said(&store, What::Heatmap, &options);
        let part = format!("each column is the {shared} of 2 positions");
        assert!(all.contains(&part), "{measure}: {all}");
    }
}

#[test]
fn a_figure_of_the_score_says_whose_mean_decided() {
    for (scope, whose) in [
        (Scope::Head, None),
        (Scope::Layer, Some("the layer's heads")),
        (Scope::Global, Some("all heads")),
    ] {
        let mut plan = Synthetic::default();
        plan.settings.scope = scope;
        let options = ExportOptions {
            measure: Some(Measure::Score),
            ..ExportOptions::default()
        };
        let all = said(&plan.store(), What::Heatmap, &options);
        let mean = whose.map(|whose| format!("the mean over {whose}, which decide together"));
        match mean {
            Some(mean) => assert!(all.contains(&mean), "{all}"),
            None => assert!(!all.contains("the mean over"), "{all}"),
        }
        assert_eq!(all.contains(&format!("scope {scope}")), whose.is_some());
    }
}

#[test]
fn asking_for_the_impossible_gives_one_clear_error() {
    let store = Synthetic {
        tokens: 400,
        level: RecordLevel::Scores,
        ..Synthetic::default()
    }
    .store();
    let fail = |what, format, options: &ExportOptions| -> String {
        let mut out = vec![];
        let error = export::write(what, format, &store.latest(), options, &mut out).unwrap_err();
        assert!(out.is_empty(), "nothing is written before an error");
        error.to_string()
    };
    let defaults = ExportOptions::default();
    let text = fail(What::Scores, Format::Png, &defaults);
    assert!(
        text.contains("scores") && text.contains("csv, json"),
        "{text}"
    );
    let far = ExportOptions {
        event: Some(EventIndex(99)),
        ..defaults.clone()
    };
    assert!(fail(What::Heatmap, Format::Svg, &far).contains("no event 99"));
    let measure = ExportOptions {
        measure: Some(Measure::Redundancy),
        ..defaults.clone()
    };
    assert!(fail(What::Heatmap, Format::Csv, &measure).contains("--level components"));
    let layer = ExportOptions {
        layer: Some(6),
        ..defaults.clone()
    };
    assert!(fail(What::Heatmap, Format::Csv, &layer).contains("6 layers"));
    let range = ExportOptions {
        tokens: Some(5000..6000),
        ..defaults.clone()
    };
    assert!(fail(What::Tokens, Format::Svg, &range).contains("5000 to 6000"));

    let early = store.view(50);
    for what in [What::Heatmap, What::Raster] {
        let error = export::write(what, Format::Png, &early, &defaults, &mut vec![]).unwrap_err();
        assert!(
            matches!(error, ExportError::NoCompression { cursor: 50, .. }),
            "{error}"
        );
    }
    export::write(What::Tokens, Format::Png, &early, &defaults, &mut vec![]).unwrap();
}

#[test]
fn text_of_any_kind_is_drawn() {
    use rkv_scope::trace::{Position, SegmentKind, TokenRecord, TraceRecord};
    let mut store = TraceStore::new(std::sync::Arc::new(Synthetic::default().header()));
    let texts = [
        "<|x|>",
        "\u{0}\u{1b}",
        "日本語のトークン",
        "🙂",
        "\t}",
        "\r\n",
        "\n\n\n",
        "",
        "e\u{301}",
        "&amp;",
    ];
    let long = "x".repeat(500);
    let tokens = texts
        .iter()
        .copied()
        .chain([long.as_str()])
        .map(|text| TokenRecord {
            id: 1,
            text: text.to_owned(),
            logprob: f32::NAN,
            entropy: f32::INFINITY,
            micros: 0,
        });
    store
        .apply(TraceRecord::Segment {
            at: Position(0),
            kind: SegmentKind::Prompt,
        })
        .unwrap();
    store.apply(TraceRecord::Tokens(tokens.collect())).unwrap();
    bytes(&store, What::Tokens, Format::Png, &ExportOptions::default());
    let csv = String::from_utf8(bytes(
        &store,
        What::Tokens,
        Format::Csv,
        &ExportOptions::default(),
    ))
    .unwrap();
    assert!(!csv.contains("NaN") && !csv.contains("inf"), "{csv}");
}

//! The text as a page: its legend tells what is there, and names stand beside their parts.

use std::sync::Arc;

use rkv_scope::export::figure::{Figure, Item, Text};
use rkv_scope::export::{self, ExportOptions, Theme, What};
use rkv_scope::trace::synthetic::{Synthetic, token};
use rkv_scope::trace::{Component, Position, RecordLevel, SegmentKind, TraceRecord, TraceStore};

use super::{svg, text_boxes};

fn page(store: &TraceStore) -> Figure {
    export::figure(What::Tokens, &store.latest(), &ExportOptions::default()).unwrap()
}

fn texts(figure: &Figure) -> impl Iterator<Item = &Text> {
    figure.items.iter().filter_map(|item| match item {
        Item::Text(text) => Some(text),
        _ => None,
    })
}

fn says(figure: &Figure, part: &str) -> bool {
    texts(figure).any(|text| text.content.contains(part))
}

/// Rectangles of a colour.
fn filled(figure: &Figure, colour: export::palette::Rgb) -> usize {
    let is = |item: &&Item| matches!(item, Item::Rect(_, _, fill) if *fill == colour);
    figure.items.iter().filter(is).count()
}

#[test]
fn the_texts_legend_is_the_windows() {
    let store = Synthetic::default().store();
    let text = svg(&store, What::Tokens, &ExportOptions::default());
    let boxes = text_boxes(&text);
    let of = |name: &str| boxes.iter().find(|(text, _)| text == name).unwrap().1;
    let (importance, redundancy) = (of("importance"), of("redundancy"));
    assert!(
        importance[3] - importance[1] > importance[2] - importance[0],
        "upwards"
    );
    assert!(
        redundancy[2] - redundancy[0] > redundancy[3] - redundancy[1],
        "to the right"
    );
    let palette = Theme::Light.palette();
    let figure = export::figure(What::Tokens, &store.latest(), &ExportOptions::default()).unwrap();
    let corner = |importance: f32, redundancy: f32| {
        let colour = palette.both(importance, redundancy);
        let found = figure.items.iter().find_map(|item| match item {
            export::figure::Item::Rect(area, _, fill) if *fill == colour => Some(*area),
            _ => None,
        });
        found.unwrap()
    };
    let (neither, important, redundant) = (corner(0.0, 0.0), corner(1.0, 0.0), corner(0.0, 1.0));
    assert!(important[1] < neither[1] && important[0] == neither[0]);
    assert!(redundant[0] > neither[0] && redundant[1] == neither[1]);
}

#[test]
fn the_text_says_what_a_token_without_a_colour_is() {
    let at = |level: RecordLevel, tokens: u32| {
        let plan = Synthetic {
            level,
            tokens,
            ..Synthetic::default()
        };
        page(&plan.store())
    };
    let levels = [
        (RecordLevel::Components, "not scored yet"),
        (RecordLevel::Scores, "not recorded: level scores"),
        (RecordLevel::Summary, "not recorded: level summary"),
    ];
    for (level, what) in levels {
        let whole = at(level, 700);
        for (_, said) in levels {
            assert_eq!(says(&whole, said), said == what, "{level:?}: {said}");
        }
        // A square of colours that no token has would be no legend.
        let coloured = level == RecordLevel::Components;
        assert_eq!(says(&whole, "percentile"), coloured, "{level:?}");
        assert_eq!(says(&whole, "redundancy"), coloured, "{level:?}");
        let uncompressed = at(level, 150);
        assert!(says(&uncompressed, "not scored yet"), "{level:?}");
        assert!(!says(&uncompressed, "percentile"), "{level:?}");
    }
}

#[test]
fn the_legend_leaves_out_what_no_token_has() {
    let plan = Synthetic::default();
    let only = |kept: Component| {
        let mut store = TraceStore::new(Arc::new(plan.header()));
        for mut record in plan.records() {
            if let TraceRecord::Compression(record) = &mut record {
                record.scores.retain(|block| block.component == kept);
            }
            store.apply(record).unwrap();
        }
        page(&store)
    };
    let palette = Theme::Light.palette();
    let (important, redundant) = (palette.both(1.0, 0.0), palette.both(0.0, 1.0));
    let importance = only(Component::Importance);
    assert!(texts(&importance).any(|text| text.content == "importance"));
    assert!(!texts(&importance).any(|text| text.content == "redundancy"));
    assert!(filled(&importance, important) > 0 && says(&importance, "percentile"));
    assert_eq!(filled(&importance, redundant), 0);
    let score = only(Component::Score);
    assert!(says(&score, "scored by neither importance nor redundancy"));
    assert!(!says(&score, "percentile"));
}

#[test]
fn the_name_of_a_part_stands_beside_its_first_words() {
    let mut store = TraceStore::new(Arc::new(Synthetic::default().header()));
    for (at, kind, texts) in [
        (0, SegmentKind::Prompt, ["2", "+", "2"]),
        (3, SegmentKind::Reasoning, ["so", "\n\n", "\n"]),
        (6, SegmentKind::Answer, ["\n\n", "\nfour", "."]),
    ] {
        let at = Position(at);
        store.apply(TraceRecord::Segment { at, kind }).unwrap();
        let tokens = texts.map(token).to_vec();
        store.apply(TraceRecord::Tokens(tokens)).unwrap();
    }
    let figure = page(&store);
    let height = |content: &str| {
        let found = texts(&figure).find(|text| text.content == content);
        found.unwrap().y
    };
    for (name, first) in [("prompt", "2"), ("reasoning", "so"), ("answer", "four")] {
        assert_eq!(height(name), height(first), "{name}");
    }
}

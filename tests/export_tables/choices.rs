//! Less than the whole run: some heads, one compression, an earlier moment.

use rkv_scope::export::{self, ExportOptions, Format, What};
use rkv_scope::trace::{EventIndex, TraceView};
use serde_json::Value;

use super::store;

fn object(view: &TraceView<'_>, what: What, options: &ExportOptions) -> Value {
    let mut out = vec![];
    export::write(what, Format::Json, view, options, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn rows(view: &TraceView<'_>, what: What, options: &ExportOptions) -> Vec<Value> {
    object(view, what, options).as_array().unwrap().clone()
}

#[test]
fn a_layer_a_head_and_a_compression_have_their_own_rows_and_no_others() {
    let store = store();
    let view = store.latest();
    let all = rows(&view, What::Scores, &ExportOptions::default());
    let map = |options: &ExportOptions| {
        let map = object(&view, What::Heatmap, options);
        map["rows"].as_array().unwrap().clone()
    };
    let heads = map(&ExportOptions::default());
    let cases: [[Option<u32>; 3]; 5] = [
        [Some(1), None, None],
        [None, Some(0), None],
        [Some(1), Some(0), None],
        [None, None, Some(1)],
        [Some(0), Some(1), Some(2)],
    ];
    for [layer, head, event] in cases {
        let is = |row: &Value, column: &str, wanted: Option<u32>| {
            wanted.is_none_or(|wanted| row[column] == wanted)
        };
        let of_head = |row: &Value| is(row, "layer", layer) && is(row, "head", head);
        let mut want = all.clone();
        want.retain(|row| of_head(row) && is(row, "event", event));
        assert!(!want.is_empty() && want.len() < all.len());
        let options = ExportOptions {
            layer,
            head,
            event: event.map(EventIndex),
            ..ExportOptions::default()
        };
        let case = format!("layer {layer:?}, head {head:?}, event {event:?}");
        assert_eq!(rows(&view, What::Scores, &options), want, "{case}");
        // A heatmap is of one compression, that of the whole run of the last.
        if event.is_none() {
            let mut want = heads.clone();
            want.retain(of_head);
            assert_eq!(map(&options), want, "{case}");
        }
    }
}

#[test]
fn an_export_at_an_earlier_moment_tells_what_had_been_seen_by_then_and_no_more() {
    let store = store();
    let cursor = store.events()[1].seen as usize - 1;
    let (view, latest) = (store.view(cursor), store.latest());
    let options = ExportOptions::default();

    let tokens = rows(&view, What::Tokens, &options);
    assert_eq!(tokens.len(), cursor);
    for (token, held) in tokens.iter().zip(view.holders()) {
        assert_eq!(token["held_heads"], held);
        assert!(token["scored_at"].is_null() || token["scored_at"] == 0);
    }
    assert_ne!(
        view.holders(),
        latest.holders()[..cursor],
        "more was forgotten later"
    );

    let segments = rows(&view, What::Segments, &options);
    assert_eq!(segments.last().unwrap()["to"], cursor);
    let text: String = segments
        .iter()
        .map(|segment| segment["text"].as_str().unwrap())
        .collect();
    assert_eq!(text, store.tokens().text_of(0..cursor));

    for what in [What::Events, What::Scores] {
        let mut first = rows(&latest, what, &options);
        first.retain(|row| row["event"] == 0);
        assert_eq!(rows(&view, what, &options), first, "{what}");
    }
}

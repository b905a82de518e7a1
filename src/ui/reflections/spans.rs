//! Repeated spans with their copies, and which copy was spared.

use egui::{ScrollArea, Ui};

use super::findings::Counted;
use super::row::{self, Row};
use super::segments::go;
use crate::analysis::{RepeatedSpan, Segmentation};
use crate::trace::{Position, TraceView};
use crate::ui::command::UiCommand;
use crate::ui::selection::Selection;

/// Lists the spans, each over its copies.
pub fn show(
    ui: &mut Ui,
    view: &TraceView<'_>,
    segments: &Segmentation,
    counted: &Counted,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    row::heading(
        ui,
        [
            ("repeated text and its copies", ""),
            ("at", "position of the copy's first token"),
            ("", ""),
            (
                "held now",
                "share of the copy's (head, token) pairs that are held at the cursor",
            ),
        ],
    );
    if counted.spans.is_empty() {
        ui.weak("No text has been repeated so far.");
        return;
    }
    // A title row per span and a row per copy.
    let mut rows = vec![];
    for (index, (span, _)) in counted.spans.iter().enumerate() {
        rows.push((index, None));
        rows.extend((0..span.copies.len()).map(|copy| (index, Some(copy))));
    }
    ScrollArea::vertical()
        .id_salt("spans")
        .auto_shrink(false)
        .show_rows(ui, row::HEIGHT, rows.len(), |ui, range| {
            for &(index, copy) in &rows[range] {
                let (span, held) = &counted.spans[index];
                match copy {
                    None => title(ui, view, span, commands),
                    Some(copy) => {
                        one(ui, view, segments, span, held, copy, selection, commands);
                    }
                }
            }
        });
}

fn title(ui: &mut Ui, view: &TraceView<'_>, span: &RepeatedSpan, commands: &mut Vec<UiCommand>) {
    let first = span.copies[0];
    let tokens = first..first + span.length;
    let words = row::words(view.store(), tokens.clone());
    let text = format!("{} × {} tokens: “{words}”", span.copies.len(), span.length);
    let label = format!("Repeated {text}");
    let row = Row {
        text,
        title: true,
        ..Row::default()
    };
    let response = row::show(ui, &row, &label);
    go(&response, view, tokens, commands);
    response.on_hover_text(words);
}

#[expect(clippy::too_many_arguments, reason = "what a copy's row is made of")]
fn one(
    ui: &mut Ui,
    view: &TraceView<'_>,
    segments: &Segmentation,
    span: &RepeatedSpan,
    held: &[f64],
    copy: usize,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let start = span.copies[copy];
    let tokens = start..start + span.length;
    let segment = segments.at(Position(start as u32));
    let reflection = segment.and_then(|segment| segment.class.reflection());
    let kind = segment.map_or("", |segment| segment.class.name());
    let fate = if RepeatedSpan::spared(held) == Some(copy) {
        "spared"
    } else if held[copy] <= 0.0 {
        "dropped"
    } else {
        ""
    };
    let label = format!(
        "Copy {} of {} at {start}, {kind} {fate}",
        copy + 1,
        span.copies.len()
    );
    let response = row::show(
        ui,
        &Row {
            indent: 16.0,
            stripe: reflection.is_some(),
            kind: reflection.map_or(kind, |kind| kind.name()),
            text: context(view, start),
            number: start.to_string(),
            remark: fate.to_owned(),
            held: Some(held[copy]),
            chosen: selection
                .pinned
                .is_some_and(|p| tokens.contains(&p.index())),
            ..Row::default()
        },
        label.trim_end(),
    );
    go(&response, view, tokens, commands);
    response.on_hover_text(
        "The words before this copy. Spared: the copy that most (layer, KV head) pairs still hold; dropped: \
         no pair holds any of it. Click to pin its first token, double-click to read it.",
    );
}

/// The words before a copy: what tells it from the others.
fn context(view: &TraceView<'_>, start: usize) -> String {
    let before = row::words(view.store(), start.saturating_sub(12)..start);
    format!("{before} …")
}

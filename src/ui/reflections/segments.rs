//! The text's segments, one row each.

use egui::{ScrollArea, Ui};

use super::findings::Counted;
use super::row::{self, Row};
use crate::analysis::{Segment, Segmentation, Tally};
use crate::trace::TraceView;
use crate::ui::command::UiCommand;
use crate::ui::quantity::{counted as counted_words, percent};
use crate::ui::selection::{Selection, Tab};

/// Lists the segments, those after the cursor paler.
pub fn show(
    ui: &mut Ui,
    only_reflections: bool,
    view: &TraceView<'_>,
    segments: &Segmentation,
    counted: &Counted,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    row::heading(
        ui,
        [
            ("segment", ""),
            ("tokens", "tokens of the segment"),
            (
                "evicted",
                "of its (head, token) pairs that could be evicted (a candidate of at least one compression), \
                 the share that was",
            ),
            (
                "held now",
                "share of all its (head, token) pairs that are held at the cursor",
            ),
        ],
    );
    let list = segments.list();
    let shown: Vec<usize> = (0..list.len())
        .filter(|&i| !only_reflections || list[i].class.reflection().is_some())
        .collect();
    if shown.is_empty() {
        ui.weak("No reflection so far: no sentence has one of the cues.");
        return;
    }
    ScrollArea::vertical()
        .id_salt("segments")
        .auto_shrink(false)
        .show_rows(ui, row::HEIGHT, shown.len(), |ui, range| {
            for &index in &shown[range] {
                one(ui, view, index, list[index], counted, selection, commands);
            }
        });
}

fn one(
    ui: &mut Ui,
    view: &TraceView<'_>,
    index: usize,
    segment: Segment,
    counted: &Counted,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let later = segment.start >= view.cursor();
    let known = counted.of(index, &segment).filter(|_| !later);
    let kind = segment.class.reflection();
    let name = kind.map_or_else(|| segment.class.name(), |kind| kind.name());
    let text = row::words(view.store(), segment.tokens());
    let evicted = known.filter(|row| row.tally.eligible > 0).map_or_else(
        || "–".to_owned(),
        |row| percent(row.tally.evicted as f64 / row.tally.eligible as f64),
    );
    let label = format!(
        "{}{} at {}: {text}",
        segment.class.name(),
        kind.map(|kind| format!(" ({kind})")).unwrap_or_default(),
        segment.start
    );
    let response = row::show(
        ui,
        &Row {
            stripe: kind.is_some(),
            kind: name,
            text,
            number: segment.tokens().len().to_string(),
            remark: evicted,
            held: known.map(|row| row.held),
            later,
            chosen: selection
                .pinned
                .is_some_and(|p| segment.tokens().contains(&p.index())),
            ..Row::default()
        },
        &label,
    );
    go(&response, view, segment.tokens(), commands);
    response.on_hover_ui(|ui| {
        ui.set_max_width(420.0);
        ui.label(format!(
            "Tokens {} to {}{}",
            segment.start,
            segment.end - 1,
            known.map_or_else(String::new, |row| format!(
                ", {} with a twin; {} of {} pairs that could be evicted were{}",
                counted_words(row.repeated as u64, "token"),
                row.tally.evicted,
                row.tally.eligible,
                pace(&row.tally)
            ))
        ));
        ui.weak("Click to pin its first token, double-click to read it.");
    });
}

/// How fast its pairs went. The expectation itself is no number of pairs: it may exceed them.
fn pace(tally: &Tally) -> String {
    let blind = tally.expected;
    if blind > 0.0 {
        let times = tally.evicted as f64 / blind;
        format!(", at {times:.2} times the pace of a blind choice")
    } else {
        String::new()
    }
}

/// A click pins the first token and moves the cursor on if it stands before; a double click reads on.
pub fn go(
    response: &egui::Response,
    view: &TraceView<'_>,
    tokens: std::ops::Range<usize>,
    commands: &mut Vec<UiCommand>,
) {
    if response.clicked() {
        if tokens.end > view.cursor() {
            commands.push(UiCommand::SetCursor(tokens.end));
        }
        let first = crate::trace::Position(tokens.start as u32);
        commands.push(UiCommand::Select(Some(first)));
    }
    if response.double_clicked() {
        commands.push(UiCommand::ShowTab(Tab::Reading));
    }
}

//! What the pointer says over a cell.

use egui::{Grid, RichText, Ui};

use super::Quality;
use crate::analysis::{HeadCell, HeadTable};
use crate::config::Scope;
use crate::trace::{Component, Position, TraceStore, quoted};
use crate::ui::quantity::{at_most_times, count, event_number, score, signed, times};
use crate::ui::theme::Palette;

/// The token, the head, exact numbers, and what the key repeats.
pub fn show(ui: &mut Ui, store: &TraceStore, table: &HeadTable, row: usize, position: Position) {
    let palette = Palette::of(ui.ctx());
    let head = table.head(row);
    ui.horizontal(|ui| {
        ui.label(
            RichText::new(quoted(store, position))
                .monospace()
                .color(palette.text),
        );
        ui.label(
            RichText::new(format!("position {}", count(u64::from(position.0)))).color(palette.weak),
        );
    });
    ui.label(
        RichText::new(format!("layer {}, KV head {}", head.layer, head.head)).color(palette.weak),
    );
    let number = event_number(table.event());
    let note = |ui: &mut Ui, text: String| {
        ui.label(RichText::new(text).color(palette.weak));
    };
    match table.cell(row, position) {
        HeadCell::Unwritten => note(ui, format!("not written yet at compression {number}")),
        HeadCell::Window => {
            note(
                ui,
                "in the observation window: kept without a score".to_owned(),
            );
        }
        HeadCell::Gone => {
            let left = store.evictions().evicted_at(row, position);
            note(
                ui,
                left.map_or_else(
                    || "not in the cache".to_owned(),
                    |e| format!("not in the cache: left at compression {}", event_number(e)),
                ),
            );
        }
        HeadCell::Scored(candidate) => {
            Grid::new("cell numbers")
                .num_columns(2)
                .spacing([12.0, 2.0])
                .show(ui, |ui| {
                    let mut line = |name: &str, value: Option<String>| {
                        if let Some(value) = value {
                            ui.label(RichText::new(name).color(palette.weak));
                            ui.label(RichText::new(value).monospace().color(palette.text));
                            ui.end_row();
                        }
                    };
                    let value = |quality: Quality| quality.value(table, row, candidate);
                    let record = store.events().get(table.event().index());
                    let bound = record
                        .zip(candidate.importance)
                        .is_some_and(|(record, value)| {
                            record.is_floor(Component::Importance, row, value)
                        });
                    let importance = value(Quality::Importance);
                    line("importance", importance.map(|v| at_most_times(v, bound)));
                    line("redundancy", value(Quality::Redundancy).map(times));
                    line("score Z", candidate.score.map(score));
                    let shared = match table.scope() {
                        Scope::Head => None,
                        Scope::Layer => Some("mean of the layer's heads"),
                        Scope::Global => Some("mean of all heads"),
                    };
                    if let Some(shared) = shared {
                        line(shared, table.deciding(row, candidate).map(score));
                    }
                    line("the cut", table.cut(row).map(score));
                    line("Z − cut", value(Quality::Score).map(signed));
                });
            note(
                ui,
                if candidate.evicted {
                    format!("leaves at compression {number}")
                } else {
                    format!("stays after compression {number}")
                },
            );
            if let Some(other) = candidate.duplicate_of {
                note(
                    ui,
                    format!(
                        "near duplicate of {} at {}",
                        quoted(store, other),
                        count(u64::from(other.0))
                    ),
                );
            }
        }
    }
}

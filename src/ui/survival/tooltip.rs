//! What the pointer says over a cell of the raster.

use egui::{RichText, Ui};

use super::SurvivalRows;
use crate::trace::{EventIndex, Position, TraceStore};
use crate::ui::quantity::event_number;
use crate::ui::theme::Palette;
use crate::ui::token_text::quoted;

/// The token, its place and how many heads held it after a compression.
pub fn survival_tooltip(
    ui: &mut Ui,
    store: &TraceStore,
    rows: &SurvivalRows,
    event: EventIndex,
    position: Position,
) {
    let palette = Palette::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.label(
            RichText::new(quoted(store, position))
                .monospace()
                .color(palette.text),
        );
        ui.label(RichText::new(format!("position {}", position.0)).color(palette.weak));
    });
    let number = event_number(event);
    let said = match rows.holders(event, position) {
        None => format!("not written yet at compression {number}"),
        Some(0) => format!(
            "gone from all {} heads after compression {number}",
            rows.heads()
        ),
        Some(held) => {
            format!(
                "held by {held} of {} heads after compression {number}",
                rows.heads()
            )
        }
    };
    ui.label(RichText::new(said).color(palette.weak));
    if let Some(dropped) = dropped_now(rows, event, position).filter(|&n| n > 0) {
        ui.label(RichText::new(format!("{dropped} dropped it here")).color(palette.weak));
    }
}

/// Heads that dropped the token at this very compression.
fn dropped_now(rows: &SurvivalRows, event: EventIndex, position: Position) -> Option<u16> {
    let after = rows.holders(event, position)?;
    let before = event
        .0
        .checked_sub(1)
        .and_then(|e| rows.holders(EventIndex(e), position))
        .unwrap_or(rows.heads());
    Some(before.saturating_sub(after))
}

//! What the pointer says over a cell of the raster.

use egui::{RichText, Ui};

use crate::trace::{EventIndex, Position, TraceStore, quoted};
use crate::ui::quantity::{count, event_number};
use crate::ui::theme::Palette;

/// The token, its place and how many heads held it after a compression.
pub fn survival_tooltip(ui: &mut Ui, store: &TraceStore, event: EventIndex, position: Position) {
    let palette = Palette::of(ui.ctx());
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
    let number = event_number(event);
    let heads = store.header().model.heads();
    let held = holders(store, event, position);
    let said = match held {
        None => format!("not written yet at compression {number}"),
        Some(0) => format!("gone from all {heads} heads after compression {number}"),
        Some(held) => format!("held by {held} of {heads} heads after compression {number}"),
    };
    ui.label(RichText::new(said).color(palette.weak));
    let before = event.0.checked_sub(1).map(EventIndex);
    let dropped = held.map(|held| store.evictions().holders_of(position, before) - held);
    if let Some(dropped) = dropped.filter(|&n| n > 0) {
        ui.label(RichText::new(format!("{dropped} dropped it here")).color(palette.weak));
    }
}

/// Heads that held the token after a compression; `None` if it was not written yet.
fn holders(store: &TraceStore, event: EventIndex, position: Position) -> Option<u32> {
    let record = store.events().get(event.index())?;
    let written = position.0 < record.seen;
    written.then(|| store.evictions().holders_of(position, Some(event)))
}

//! One row per compression.

use std::io::Write;

use super::ExportError;
use super::table::{Cell, Notation, TableWriter};
use crate::trace::TraceView;

/// Slots are per head, means over layers; `evicted` counts (head, token) pairs.
const COLUMNS: [&str; 19] = [
    "event",
    "seen",
    "revision",
    "slots_before",
    "slots_after",
    "evicted",
    "micros",
    "policy",
    "budget",
    "buffer",
    "lambda",
    "window",
    "kernel",
    "threshold",
    "scope",
    "protection",
    "sinks",
    "order",
    "trigger",
];

pub(super) fn write(
    view: &TraceView<'_>,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let store = view.store();
    let mut table = TableWriter::begin(out, notation, &COLUMNS)?;
    for record in &store.events()[..view.event_count()] {
        let settings = store.settings_of(record.revision);
        table.row(&[
            Cell::Int(record.event.into()),
            Cell::Int(record.seen.into()),
            Cell::Int(record.revision.into()),
            Cell::Double(record.mean_slots_before()),
            Cell::Double(record.mean_slots_after()),
            Cell::Int(record.evicted.iter().map(|list| list.len() as u64).sum()),
            Cell::Int(record.micros.into()),
            Cell::Text(&settings.policy),
            Cell::Int(settings.budget.into()),
            Cell::Int(settings.buffer.into()),
            Cell::Double(settings.lambda),
            Cell::Int(settings.window.into()),
            Cell::Int(settings.kernel.into()),
            Cell::Double(settings.threshold),
            Cell::Text(settings.scope.name()),
            Cell::Text(settings.protection.name()),
            Cell::Int(settings.sinks.into()),
            Cell::Text(settings.order.name()),
            Cell::Text(settings.trigger.name()),
        ])?;
    }
    Ok(table.end()?)
}

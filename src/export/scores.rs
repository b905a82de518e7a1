//! One row per candidate of a head at a compression, streamed: a long run has millions.

use std::io::Write;

use super::table::{Cell, Notation, TableWriter};
use super::{ExportError, ExportOptions, heads};
use crate::analysis::HeadTable;
use crate::config::Scope;
use crate::trace::{EventIndex, TraceView};

/// Scores as recorded: importance and redundancy are mostly softmax shares of one head (sums for H2O and LongFlow), not
/// times an even share as in the tables of tokens and of the heatmap. `score` is the head's own, `deciding_score` the one by
/// which the token was judged: of heads that decide together their mean, else the same. `protected` tokens stay whatever it
/// is: they were no candidates of a choice.
const COLUMNS: [&str; 11] = [
    "event",
    "layer",
    "head",
    "position",
    "importance",
    "redundancy",
    "score",
    "evicted",
    "duplicate_of",
    "protected",
    "deciding_score",
];

pub(super) fn write(
    view: &TraceView<'_>,
    options: &ExportOptions,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let store = view.store();
    let header = store.header();
    let heads = heads::chosen(&header.model, options)?;
    let events = if options.event.is_some() {
        let event = options.event(view, super::What::Scores)?.0;
        event..event + 1
    } else {
        0..view.event_count() as u32
    };
    let mut table = TableWriter::begin(out, notation, &COLUMNS)?;
    for event in events.map(EventIndex) {
        let Some(record) = store.events().get(event.index()) else {
            continue;
        };
        let settings = store.settings_of(record.revision);
        let protected = settings.protected(header.prompt_tokens);
        // Heads that decide alone need not be read where they were not asked for.
        let together = match settings.scope {
            Scope::Head => None,
            Scope::Layer | Scope::Global => HeadTable::of(view, event),
        };
        for head in &heads {
            let place = head.row(header.model.kv_heads);
            for row in view.head_rows(event, *head).unwrap_or_default() {
                let deciding = together
                    .as_ref()
                    .map_or(row.score, |together| together.deciding(place, &row));
                table.row(&[
                    Cell::Int(event.0.into()),
                    Cell::Int(head.layer.into()),
                    Cell::Int(head.head.into()),
                    Cell::Int(row.position.0.into()),
                    Cell::float(row.importance),
                    Cell::float(row.redundancy),
                    Cell::float(row.score),
                    Cell::Bool(row.evicted),
                    row.duplicate_of
                        .map_or(Cell::Null, |p| Cell::Int(p.0.into())),
                    Cell::Bool(row.position.0 < protected),
                    Cell::float(deciding),
                ])?;
            }
        }
    }
    Ok(table.end()?)
}

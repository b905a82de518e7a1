//! One row per candidate of a head at a compression, streamed: a long run has millions.

use std::io::Write;

use super::table::{Cell, Notation, TableWriter};
use super::{ExportError, ExportOptions, heads};
use crate::trace::{EventIndex, TraceView};

/// Scores as recorded: importance and redundancy are mostly softmax shares of one head (sums for H2O and LongFlow), not
/// times an even share as in the tables of tokens and of the heatmap.
const COLUMNS: [&str; 9] = [
    "event",
    "layer",
    "head",
    "position",
    "importance",
    "redundancy",
    "score",
    "evicted",
    "duplicate_of",
];

pub(super) fn write(
    view: &TraceView<'_>,
    options: &ExportOptions,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let heads = heads::chosen(&view.store().header().model, options)?;
    let events = if options.event.is_some() {
        let event = options.event(view, super::What::Scores)?.0;
        event..event + 1
    } else {
        0..view.event_count() as u32
    };
    let mut table = TableWriter::begin(out, notation, &COLUMNS)?;
    for event in events {
        for head in &heads {
            for row in view.head_rows(EventIndex(event), *head).unwrap_or_default() {
                table.row(&[
                    Cell::Int(event.into()),
                    Cell::Int(head.layer.into()),
                    Cell::Int(head.head.into()),
                    Cell::Int(row.position.0.into()),
                    Cell::float(row.importance),
                    Cell::float(row.redundancy),
                    Cell::float(row.score),
                    Cell::Bool(row.evicted),
                    row.duplicate_of
                        .map_or(Cell::Null, |p| Cell::Int(p.0.into())),
                ])?;
            }
        }
    }
    Ok(table.end()?)
}

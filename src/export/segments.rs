//! One row per segment of the text: what it is and how much of it is left.

use std::io::Write;

use super::table::{Cell, Notation, TableWriter};
use super::{ExportError, ExportOptions};
use crate::analysis::{Exposure, Ledger, Repeats, SHORTEST_REPEAT, SegmentRow, Segmentation};
use crate::trace::TraceView;

/// `to` is one past the last position. Pairs are (layer, KV head, token) triples: `eligible` were a
/// candidate of a compression, `evicted` were dropped. `expected` is no number of pairs but
/// the log-rank expectation: the sum over compressions of the share dropped, over pairs still held (see [`crate::analysis`]);
/// `evicted` over it is the pace against a blind choice. `repeated` tokens have a twin in a repetition of at least [`SHORTEST_REPEAT`].
const COLUMNS: [&str; 12] = [
    "segment",
    "kind",
    "reflection",
    "from",
    "to",
    "tokens",
    "repeated",
    "held_share",
    "eligible",
    "evicted",
    "expected",
    "text",
];

pub(super) fn write(
    view: &TraceView<'_>,
    options: &ExportOptions,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let store = view.store();
    let range = match options.tokens {
        None => 0..view.cursor(),
        Some(_) => options.positions(view.cursor())?,
    };
    let segments = Segmentation::of(store, options.cues.clone());
    let mut repeats = Repeats::new(SHORTEST_REPEAT);
    repeats.extend(store, &mut || true);
    let mut exposure = Exposure::default();
    exposure.extend(store, &mut || true);
    let ledger = Ledger::of(&exposure, view);
    let mut table = TableWriter::begin(out, notation, &COLUMNS)?;
    for (index, segment) in segments.seen(view.cursor()).enumerate() {
        if segment.end <= range.start || segment.start >= range.end {
            continue;
        }
        let row = SegmentRow::of(segment, &repeats, &ledger);
        let kind = segment.class.reflection();
        table.row(&[
            Cell::Int(index as u64),
            Cell::Text(segment.class.name()),
            kind.map_or(Cell::Null, |kind| Cell::Text(kind.name())),
            Cell::Int(segment.start as u64),
            Cell::Int(segment.end as u64),
            Cell::Int(row.tally.tokens),
            Cell::Int(row.repeated as u64),
            Cell::Double(row.held),
            Cell::Int(row.tally.eligible),
            Cell::Int(row.tally.evicted),
            Cell::Double(row.tally.expected),
            Cell::Text(store.tokens().text_of(segment.tokens())),
        ])?;
    }
    Ok(table.end()?)
}

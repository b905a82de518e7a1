//! One row per token.

use std::io::Write;

use super::table::{Cell, Notation, TableWriter};
use super::{ExportError, ExportOptions, Measure};
use crate::analysis::Segmentation;
use crate::trace::{Component, Position, TokenScore, TraceView};

/// Importance and redundancy are relative to an even share (1 = average), means over the heads that
/// had the token when it was last scored (`scored_at`); the score is the mean of what decided. `part` is that of the
/// text (prompt, reasoning, answer); `segment`, `kind` and `reflection` are those of the table of segments.
const COLUMNS: [&str; 17] = [
    "position",
    "id",
    "text",
    "part",
    "segment",
    "kind",
    "reflection",
    "logprob",
    "entropy",
    "micros",
    "held_heads",
    "heads",
    "evicted_share",
    Measure::Importance.column(),
    Measure::Redundancy.column(),
    "score",
    "scored_at",
];

pub(super) fn write(
    view: &TraceView<'_>,
    options: &ExportOptions,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let store = view.store();
    let tokens = store.tokens();
    let range = match options.tokens {
        None => 0..view.cursor(),
        Some(_) => options.positions(view.cursor())?,
    };
    let heads = store.header().model.heads();
    let (holders, scores) = (view.holders(), view.token_scores());
    // What the policy does not have is left empty: a nought would be a measurement.
    let part = |score: Option<TokenScore>, component, value: fn(TokenScore) -> f32| {
        let score = score?;
        let record = store.events().get(score.event.index())?;
        record.block(component).map(|_| value(score))
    };
    let segments = Segmentation::of(store, options.cues.clone());
    let mut table = TableWriter::begin(out, notation, &COLUMNS)?;
    // Nobody drew the prompt's tokens.
    let prompt = store.header().prompt_tokens as usize;
    let drawn = |p: usize, number: f32| {
        if p < prompt {
            Cell::Null
        } else {
            Cell::Float(number)
        }
    };
    for p in range {
        let position = Position(p as u32);
        let score = scores[p];
        let segment = segments
            .index_of(position)
            .map(|index| (index, &segments.list()[index]));
        table.row(&[
            Cell::Int(p as u64),
            tokens
                .id(position)
                .map_or(Cell::Null, |id| Cell::Int(id.into())),
            Cell::Text(tokens.text(position)),
            store
                .segment_at(position)
                .map_or(Cell::Null, |part| Cell::Text(part.name())),
            segment.map_or(Cell::Null, |(index, _)| Cell::Int(index as u64)),
            segment.map_or(Cell::Null, |(_, found)| Cell::Text(found.class.name())),
            segment
                .and_then(|(_, found)| found.class.reflection())
                .map_or(Cell::Null, |kind| Cell::Text(kind.name())),
            drawn(p, tokens.logprob(position)),
            drawn(p, tokens.entropy(position)),
            Cell::Int(tokens.micros(position)),
            Cell::Int(holders[p].into()),
            Cell::Int(heads.into()),
            // One division: a difference of shares would not be the float nearest to 13/24.
            Cell::Float(heads.saturating_sub(holders[p]) as f32 / heads.max(1) as f32),
            Cell::float(part(score, Component::Importance, |s| s.importance)),
            Cell::float(part(score, Component::Redundancy, |s| s.redundancy)),
            Cell::float(score.and_then(|s| s.score)),
            score.map_or(Cell::Null, |s| Cell::Int(s.event.0.into())),
        ])?;
    }
    Ok(table.end()?)
}

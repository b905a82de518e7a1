//! Compressions by position: the share of heads that hold each token after each compression.

use std::io::Write;

use serde_json::json;

use super::figure::Figure;
use super::matrix::Matrix;
use super::matrix_figure::{MatrixFigure, RowGroup};
use super::scale::Scale;
use super::table::{Cell, Notation};
use super::{ExportError, ExportOptions, What, caption};
use crate::trace::TraceView;

/// Share of heads that hold each token after each compression.
///
/// # Errors
/// No compression had run.
pub(super) fn matrix(view: &TraceView<'_>, options: &ExportOptions) -> Result<Matrix, ExportError> {
    let events = &view.store().events()[..view.event_count()];
    let Some(last) = events.last() else {
        return Err(ExportError::NoCompression {
            cursor: view.cursor(),
            what: What::Raster,
        });
    };
    let range = options.positions(last.seen as usize)?;
    let heads = view.store().header().model.heads().max(1);
    let mut holders = vec![heads; range.len()];
    let mut values = Vec::with_capacity(range.len() * events.len());
    for event in events {
        for position in event.evicted.iter().flatten() {
            if let Some(count) = (*position as usize)
                .checked_sub(range.start)
                .and_then(|i| holders.get_mut(i))
            {
                *count = count.saturating_sub(1);
            }
        }
        values.extend(
            holders.iter().zip(range.clone()).map(|(&count, p)| {
                (p < event.seen as usize).then_some(count as f32 / heads as f32)
            }),
        );
    }
    Ok(Matrix {
        first: range.start,
        columns: range.len(),
        values,
    })
}

pub(super) fn draw(view: &TraceView<'_>, options: &ExportOptions) -> Result<Figure, ExportError> {
    let matrix = matrix(view, options)?;
    let palette = options.theme.palette();
    // As in the window: compressions are counted from 1, and the first is at the bottom.
    let rows = matrix.rows();
    let groups = (0..rows)
        .map(|event| RowGroup {
            start: rows - 1 - event,
            len: 1,
            label: (event + 1).to_string(),
        })
        .collect();
    let title = || "Share of KV heads that hold each token after each compression".to_owned();
    let figure = MatrixFigure {
        title: options.title.clone().unwrap_or_else(title),
        notes: vec![caption::run(view), caption::moment(view)],
        matrix: matrix.upside_down(),
        groups,
        parted: false,
        rows_name: "compression",
        scale: Scale::UNIT,
        scale_name: "share of (layer, KV head) pairs that hold the token",
        ramp: &palette.amber_ramp,
        missing: ("not written yet", palette.missing),
        palette,
    };
    Ok(figure.draw())
}

pub(super) fn write(
    view: &TraceView<'_>,
    options: &ExportOptions,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let matrix = matrix(view, options)?;
    let names = ["event", "seen"];
    let keys: Vec<[Cell<'_>; 2]> = view.store().events()[..view.event_count()]
        .iter()
        .map(|event| [Cell::Int(event.event.into()), Cell::Int(event.seen.into())])
        .collect();
    match notation {
        Notation::Csv => matrix.write_csv(names, &keys, out),
        Notation::Json => {
            let mut about = serde_json::Map::new();
            about.insert(
                "measure".to_owned(),
                json!("share of heads that hold the token"),
            );
            about.insert(
                "heads".to_owned(),
                json!(view.store().header().model.heads()),
            );
            matrix.write_json(about, names, &keys, out)
        }
    }
}

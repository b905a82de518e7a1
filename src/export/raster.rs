//! Compressions by position: the share of heads that hold each token after each compression.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use serde_json::json;

use super::figure::Figure;
use super::matrix::{self, Gather, Reduced, Reducer};
use super::matrix_figure::{MOST_CELLS, MatrixFigure, RowGroup};
use super::scale::Scale;
use super::table::{Cell, Notation};
use super::{ExportError, ExportOptions, What, caption};
use crate::trace::{CompressionRecord, TraceView};

/// Share of heads that hold each token after each compression. Its rows come one by one: all of a run that compresses at
/// every token would take gigabytes.
pub(super) struct Raster<'a> {
    events: &'a [Arc<CompressionRecord>],
    positions: Range<usize>,
    heads: u32,
}

impl<'a> Raster<'a> {
    /// # Errors
    /// No compression had run.
    pub(super) fn of(view: &TraceView<'a>, options: &ExportOptions) -> Result<Self, ExportError> {
        let events = &view.store().events()[..view.event_count()];
        let Some(last) = events.last() else {
            return Err(ExportError::no_compression(view, What::Raster));
        };
        Ok(Self {
            events,
            positions: options.positions(last.seen as usize)?,
            heads: view.store().header().model.heads().max(1),
        })
    }

    /// A row per compression.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    fn rows(&self) -> impl Iterator<Item = Vec<Option<f32>>> {
        let first = self.positions.start;
        let mut holders = vec![self.heads; self.positions.len()];
        self.events.iter().map(move |event| {
            for position in event.evicted.iter().flatten() {
                let column = (*position as usize).checked_sub(first);
                if let Some(count) = column.and_then(|column| holders.get_mut(column)) {
                    *count = count.saturating_sub(1);
                }
            }
            let written = |p: usize| p < event.seen as usize;
            let each = holders.iter().zip(self.positions.clone());
            each.map(|(&count, p)| written(p).then_some(count as f32 / self.heads as f32))
                .collect()
        })
    }

    /// As a picture of at most `most` (rows, columns) cells, the last compression on top; it has room for `columns`
    /// positions if that is more than there are.
    pub(super) fn reduced(&self, columns: usize, most: (usize, usize)) -> Reduced {
        let first = self.positions.start;
        let columns = columns.max(self.positions.len());
        let shown = first..first + columns;
        let mut reducer = Reducer::new(shown, self.len(), most, Gather::Mean);
        for (event, values) in self.rows().enumerate() {
            reducer.add(self.len() - 1 - event, &values);
        }
        reducer.finish()
    }
}

pub(super) fn draw(view: &TraceView<'_>, options: &ExportOptions) -> Result<Figure, ExportError> {
    let raster = Raster::of(view, options)?;
    let palette = options.theme.palette();
    // As in the window: compressions are counted from 1, and the first is at the bottom.
    let rows = raster.len();
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
        cells: raster.reduced(0, MOST_CELLS),
        groups,
        parted: false,
        rows_name: "compression",
        scale: Scale::UNIT,
        scale_name: "share of (layer, KV head) pairs that hold the token",
        ramp: &palette.amber_ramp,
        missing: ("not written yet", palette.missing),
        marks: None,
        protected: 0,
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
    let raster = Raster::of(view, options)?;
    let positions = &raster.positions;
    let names = ["event", "seen"];
    let rows = raster.events.iter().zip(raster.rows());
    let rows = rows.map(|(event, values)| {
        let key = [Cell::Int(event.event.into()), Cell::Int(event.seen.into())];
        (key, values)
    });
    match notation {
        Notation::Csv => matrix::write_csv(positions, names, rows, out),
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
            matrix::write_json(positions, about, names, rows, out)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::matrix::Matrix;
    use crate::trace::EventIndex;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn the_picture_is_that_of_the_whole_matrix() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let options = ExportOptions::default();
        let raster = Raster::of(&view, &options).unwrap();
        let tokens = raster.positions.len();
        let heads = store.evictions().heads() as f32;
        for columns in [tokens, tokens + 90] {
            let mut values = vec![];
            for record in store.events().iter().rev() {
                let seen = record.seen as usize;
                let last = Some(EventIndex(record.event));
                let holders = store.evictions().holders(last, seen);
                values.extend(holders.iter().map(|&held| Some(held as f32 / heads)));
                values.extend(vec![None; columns - seen]);
            }
            let whole = Matrix {
                positions: 0..columns,
                values,
            };
            for most in [(1000, 1000), (4, 100), (3, 7), (1, 1)] {
                let want = whole.reduce(most, Gather::Mean);
                assert_eq!(raster.reduced(columns, most), want);
            }
        }
    }
}

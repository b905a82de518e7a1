//! Heads by position at one compression.

use std::io::Write;

use serde_json::json;

use super::figure::Figure;
use super::matrix::{self, Matrix};
use super::matrix_figure::{MOST_CELLS, Mark, Marks, MatrixFigure, RowGroup};
use super::palette::mix;
use super::table::{Cell, Notation};
use super::{ExportError, ExportOptions, Measure, What, caption, heads};
use crate::analysis::HeadTable;
use crate::config::Scope;
use crate::policy::shown_name;
use crate::trace::{CompressionRecord, EventIndex, HeadId, HeadRow, Position, TraceView};

/// The value of a head's candidate; the head is its row in the table.
type Value = fn(Measure, &HeadTable, usize, &HeadRow) -> Option<f32>;

/// In a table: what was recorded.
fn written(measure: Measure, table: &HeadTable, row: usize, token: &HeadRow) -> Option<f32> {
    match measure {
        Measure::Importance => table.importance(row, token),
        Measure::Redundancy => table.redundancy(row, token),
        Measure::Score => token.score,
        Measure::Held => None,
    }
}

/// In a figure: of a score by how much the one that decided exceeds the cut, as in the window, for only that tells who stays.
fn drawn(measure: Measure, table: &HeadTable, row: usize, token: &HeadRow) -> Option<f32> {
    match measure {
        Measure::Score => table.over_cut(row, token),
        Measure::Importance | Measure::Redundancy | Measure::Held => {
            written(measure, table, row, token)
        }
    }
}

struct Heatmap<'a> {
    event: EventIndex,
    record: &'a CompressionRecord,
    measure: Measure,
    heads: Vec<HeadId>,
    matrix: Matrix,
    /// What the cells are besides, by row and position.
    marks: Vec<Mark>,
}

impl<'a> Heatmap<'a> {
    fn of(
        view: &TraceView<'a>,
        options: &ExportOptions,
        value: Value,
    ) -> Result<Self, ExportError> {
        let store = view.store();
        let event = options.event(view, What::Heatmap)?;
        let record: &CompressionRecord = &store.events()[event.index()];
        let mut recorded = Measure::ALL
            .iter()
            .copied()
            .filter(|m| m.is_recorded(record));
        let measure = match options.measure {
            None => recorded.next().unwrap_or(Measure::Held),
            Some(measure) if measure.is_recorded(record) => measure,
            Some(measure) => {
                return Err(ExportError::NotRecorded {
                    measure,
                    event: record.event,
                    policy: shown_name(&store.settings_of(record.revision).policy).to_owned(),
                    level: store.header().level,
                    recorded: recorded.collect(),
                });
            }
        };
        let model = &store.header().model;
        let heads = heads::chosen(model, options)?;
        let range = options.positions(record.seen as usize)?;
        let columns = range.len();
        let mut values = vec![None; heads.len() * columns];
        let mut marks = vec![Mark::Plain; heads.len() * columns];
        let table = HeadTable::of(view, event).ok_or(ExportError::UnknownEvent {
            event: event.0,
            count: view.event_count(),
        })?;
        let column = |position: u32| {
            let shown = range.contains(&(position as usize));
            shown.then(|| position as usize - range.start)
        };
        let rows = values.chunks_exact_mut(columns);
        let rows = rows.zip(marks.chunks_exact_mut(columns)).zip(&heads);
        for ((row, marks), &head) in rows {
            let place = head.row(model.kv_heads);
            if measure == Measure::Held {
                for (cell, p) in row.iter_mut().zip(range.clone()) {
                    let position = Position(p as u32);
                    let held = store.evictions().held_after(place, position, Some(event));
                    *cell = Some(f32::from(u8::from(held)));
                }
            }
            for token in table.rows(place) {
                let Some(column) = column(token.position.0) else {
                    continue;
                };
                if measure != Measure::Held {
                    let value = value(measure, &table, place, token);
                    row[column] = value.filter(|value| value.is_finite());
                }
                if token.evicted {
                    marks[column] = Mark::Leaves;
                } else if row[column].is_none() {
                    marks[column] = Mark::Window;
                }
            }
            for column in table.window(place).iter().filter_map(|&p| column(p)) {
                marks[column] = Mark::Window;
            }
        }
        let matrix = Matrix {
            positions: range,
            values,
        };
        Ok(Self {
            event,
            record,
            measure,
            heads,
            matrix,
            marks,
        })
    }

    fn keys(&self) -> Vec<[Cell<'static>; 2]> {
        self.heads
            .iter()
            .map(|id| [Cell::Int(id.layer.into()), Cell::Int(id.head.into())])
            .collect()
    }

    /// Heads of a layer belong together; a single layer is labelled by its heads.
    fn groups(&self) -> Vec<RowGroup> {
        let single = self.heads.iter().all(|id| id.layer == self.heads[0].layer);
        let mut groups: Vec<(u32, RowGroup)> = vec![];
        for (row, id) in self.heads.iter().enumerate() {
            match groups.last_mut() {
                Some((layer, group)) if *layer == id.layer && !single => group.len += 1,
                _ => {
                    let label = if single {
                        format!("head {}", id.head)
                    } else {
                        format!("layer {}", id.layer)
                    };
                    groups.push((
                        id.layer,
                        RowGroup {
                            start: row,
                            len: 1,
                            label,
                        },
                    ));
                }
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }
}

pub(super) fn draw(view: &TraceView<'_>, options: &ExportOptions) -> Result<Figure, ExportError> {
    let map = Heatmap::of(view, options, drawn)?;
    let palette = options.theme.palette();
    let scale = map
        .measure
        .scale(map.matrix.values.iter().flatten().copied());
    let mut notes = vec![
        caption::at(map.record, view.store()),
        caption::compression(map.record, view),
    ];
    if let (Some(layer), true) = (
        map.heads.first().map(|id| id.layer),
        options.layer.is_some(),
    ) {
        notes.push(format!("layer {layer} only"));
    }
    if let Some(head) = options.head {
        notes.push(format!("KV head {head} only"));
    }
    let header = view.store().header();
    let settings = view.store().settings_of(map.record.revision);
    let together = match settings.scope {
        Scope::Head => None,
        Scope::Layer => Some("the layer's heads"),
        Scope::Global => Some("all heads"),
    };
    if let Some(heads) = together.filter(|_| map.measure == Measure::Score) {
        notes.push(format!(
            "the score is the mean over {heads}, which decide together"
        ));
    }
    // Rows that stand for several heads have no marks.
    let missing = if map.heads.len() > MOST_CELLS.0 {
        "no score: dropped before, or in the window"
    } else {
        "not in the cache"
    };
    // Apart from the pale middle of a score's ramp and the pale end of the others.
    let absent = mix(palette.missing, palette.weak, 0.12);
    let figure = MatrixFigure {
        title: options
            .title
            .clone()
            .unwrap_or_else(|| map.measure.title().to_owned()),
        notes,
        groups: map.groups(),
        parted: true,
        rows_name: "KV heads",
        scale,
        scale_name: map.measure.scale_name(),
        ramp: map.measure.ramp(palette),
        missing: (missing, absent),
        marks: Some(Marks {
            cells: map.marks,
            window: mix(palette.missing, palette.weak, 0.45),
        }),
        protected: settings.protected(header.prompt_tokens) as usize,
        palette,
        cells: map.matrix.reduce(MOST_CELLS, map.measure.gather()),
    };
    Ok(figure.draw())
}

pub(super) fn write(
    view: &TraceView<'_>,
    options: &ExportOptions,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let map = Heatmap::of(view, options, written)?;
    let positions = &map.matrix.positions;
    let rows = map.keys().into_iter().zip(map.matrix.rows());
    match notation {
        Notation::Csv => {
            let measure = Cell::Text(map.measure.column());
            let rows = rows.map(|([layer, head], values)| ([layer, head, measure], values));
            let names = ["layer", "head", "measure"];
            matrix::write_csv(positions, names, rows, out)
        }
        Notation::Json => {
            let mut about = serde_json::Map::new();
            about.insert("measure".to_owned(), json!(map.measure.column()));
            about.insert("unit".to_owned(), json!(map.measure.unit()));
            about.insert("event".to_owned(), json!(map.event.0));
            about.insert("seen".to_owned(), json!(map.record.seen));
            let settings = view.store().settings_of(map.record.revision);
            about.insert("policy".to_owned(), json!(settings.policy));
            matrix::write_json(positions, about, ["layer", "head"], rows, out)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn a_figure_of_the_score_tells_who_stays_and_a_table_what_was_scored() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let options = ExportOptions {
            measure: Some(Measure::Score),
            ..ExportOptions::default()
        };
        let of = |value| Heatmap::of(&view, &options, value).unwrap();
        let (figure, table) = (of(drawn), of(written));
        let (mut stay, mut leave) = (0, 0);
        for (cell, mark) in figure.matrix.values.iter().zip(&figure.marks) {
            match (cell, mark) {
                (Some(over), Mark::Plain) => {
                    assert!(*over >= -1e-6, "{over} stays");
                    stay += 1;
                }
                (Some(over), Mark::Leaves) => {
                    assert!(*over <= 1e-6, "{over} leaves");
                    leave += 1;
                }
                _ => assert_eq!(*cell, None),
            }
        }
        assert!(stay > 0 && leave > 0);
        let rows = view.head_rows(table.event, table.heads[0]).unwrap();
        for row in rows {
            assert_eq!(table.matrix.values[row.position.index()], row.score);
        }
    }
}

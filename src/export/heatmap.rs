//! Heads by position at one compression.

use std::io::Write;

use serde_json::json;

use super::figure::Figure;
use super::matrix::{self, Matrix};
use super::matrix_figure::{MOST_CELLS, Mark, Marks, MatrixFigure, RowGroup};
use super::palette::mix;
use super::table::{Cell, Notation};
use super::{ExportError, ExportOptions, Measure, What, caption, heads};
use crate::config::Scope;
use crate::trace::{Component, CompressionRecord, EventIndex, HeadId, Position, TraceView};

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
    fn of(view: &TraceView<'a>, options: &ExportOptions) -> Result<Self, ExportError> {
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
                    policy: caption::name(&store.settings_of(record.revision).policy).to_owned(),
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
        let before = event.0.checked_sub(1).map(EventIndex);
        let rows = values.chunks_exact_mut(columns);
        let rows = rows.zip(marks.chunks_exact_mut(columns)).zip(&heads);
        for ((row, marks), &head) in rows {
            let place = head.row(model.kv_heads);
            let scored = view.head_rows(event, head).unwrap_or_default();
            // Behind its candidates a head holds tokens that it did not score; after a window that has grown, with gaps.
            let window = scored.last().map_or(0, |last| last.position.index() + 1);
            for (mark, p) in marks.iter_mut().zip(range.clone()) {
                let position = Position(p as u32);
                if store.evictions().evicted_at(place, position) == Some(event) {
                    *mark = Mark::Leaves;
                } else if p >= window && store.evictions().held_after(place, position, before) {
                    *mark = Mark::Window;
                }
            }
            if measure == Measure::Held {
                for (cell, p) in row.iter_mut().zip(range.clone()) {
                    let position = Position(p as u32);
                    let held = store.evictions().held_after(place, position, Some(event));
                    *cell = Some(f32::from(u8::from(held)));
                }
                continue;
            }
            let to_even = |component| record.to_even_share(component, head.layer, place);
            let (importance, redundancy) = (
                to_even(Component::Importance),
                to_even(Component::Redundancy),
            );
            for token in scored {
                let value = match measure {
                    Measure::Importance => token.importance.map(|value| value * importance),
                    Measure::Redundancy => token.redundancy.map(|value| value * redundancy),
                    Measure::Score | Measure::Held => token.score,
                };
                if range.contains(&token.position.index()) {
                    row[token.position.index() - range.start] = value.filter(|v| v.is_finite());
                }
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
    let map = Heatmap::of(view, options)?;
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
    let scope = settings.scope;
    if map.measure == Measure::Score && scope != Scope::Head {
        let whose = if scope == Scope::Layer {
            "a layer's"
        } else {
            "all"
        };
        notes.push(format!(
            "each head's own score; the mean of {whose} heads decided"
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
        scale_name: map.measure.unit(),
        ramp: map.measure.ramp(palette),
        missing: (missing, absent),
        marks: Some(Marks {
            cells: map.marks,
            window: mix(palette.missing, palette.weak, 0.45),
        }),
        protected: settings.protected(header.prompt_tokens) as usize,
        palette,
        cells: map.matrix.reduce(MOST_CELLS),
    };
    Ok(figure.draw())
}

pub(super) fn write(
    view: &TraceView<'_>,
    options: &ExportOptions,
    notation: Notation,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let map = Heatmap::of(view, options)?;
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
            about.insert("measure".to_owned(), json!(map.measure.name()));
            about.insert("unit".to_owned(), json!(map.measure.unit()));
            about.insert("event".to_owned(), json!(map.event.0));
            about.insert("seen".to_owned(), json!(map.record.seen));
            let settings = view.store().settings_of(map.record.revision);
            about.insert("policy".to_owned(), json!(settings.policy));
            matrix::write_json(positions, about, ["layer", "head"], rows, out)
        }
    }
}

//! A matrix as a figure: title, plot, axes, colour bar.
//!
//! The plot is at most [`PLOT_WIDTH`] units wide. Up to 2048 columns have whole pixels of their own at
//! two pixels per unit, up to [`MOST_COLUMNS`] at four; beyond that, neighbours are averaged.

use super::bitmap::Bitmap;
use super::figure::{Anchor, Figure, Item, Text};
use super::fonts::{self, Font};
use super::matrix::Reduced;
use super::palette::{Palette, Ramp, Rgb};
use super::scale::{Scale, round_step};

/// Widest plot, in units.
pub(super) const PLOT_WIDTH: f32 = 1024.0;
/// Narrowest figure: a title needs room.
const FIGURE_WIDTH: f32 = 620.0;
/// Columns of a picture at most.
const MOST_COLUMNS: usize = 4096;
/// Rows and columns of a picture at most.
pub(super) const MOST_CELLS: (usize, usize) = (1200, MOST_COLUMNS);
/// Room around a figure.
pub(super) const MARGIN: f32 = 24.0;
/// Least distance between the middles of labels beside rows.
const BETWEEN_LABELS: f32 = 13.0;
/// Em of a label.
pub(super) const LABEL: f32 = 12.0;
/// Em of a number beside an axis.
pub(super) const TICK: f32 = 11.0;

/// A label beside a group of rows. Groups are given in the order in which labels are chosen where not all fit.
pub(super) struct RowGroup {
    /// First row.
    pub start: usize,
    /// Number of rows.
    pub len: usize,
    /// What it is called.
    pub label: String,
}

/// Everything about a matrix figure.
pub(super) struct MatrixFigure<'a> {
    pub title: String,
    pub notes: Vec<String>,
    /// At most [`MOST_CELLS`].
    pub cells: Reduced,
    pub groups: Vec<RowGroup>,
    /// Whether groups are parted by a gap in the plot.
    pub parted: bool,
    pub rows_name: &'a str,
    pub scale: Scale,
    pub scale_name: &'a str,
    pub ramp: &'a Ramp,
    /// What a cell without a value means, and its colour.
    pub missing: (&'a str, Rgb),
    pub palette: &'a Palette,
}

struct Plot {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    row: f32,
    column: f32,
}

impl MatrixFigure<'_> {
    pub(super) fn draw(self) -> Figure {
        let reduced = &self.cells;
        let columns = reduced.columns.max(1);
        let rows = (reduced.values.len() / columns).max(1);
        let mut figure = Figure::new(self.palette.page);
        figure.scale = if columns > 2048 { 4.0 } else { 2.0 };
        let column = match columns {
            0..=1024 => ((2.0 * PLOT_WIDTH / columns as f32).floor() / 2.0).min(16.0),
            1025..=2048 => 0.5,
            _ => 0.25,
        };
        let row = match rows {
            0..=24 => 14.0f32.min((560.0 / rows as f32).floor()),
            25..=700 => ((2.0 * 560.0 / rows as f32).floor() / 2.0).clamp(1.0, 14.0),
            _ => 0.5,
        };
        let gutter = self
            .groups
            .iter()
            .map(|group| fonts::width(&group.label, Font::Sans, TICK))
            .fold(0.0, f32::max);
        let (width, height) = (columns as f32 * column, rows as f32 * row);
        let left = MARGIN + LABEL + 10.0 + gutter + 8.0;
        figure.width = (left + width + MARGIN + 12.0).max(FIGURE_WIDTH);
        let top = self.heading(&mut figure);
        let plot = Plot {
            left,
            top,
            width,
            height,
            row,
            column,
        };
        self.picture(&mut figure, &plot, reduced);
        self.row_labels(&mut figure, &plot, reduced);
        let bottom = self.column_axis(&mut figure, &plot, reduced);
        let bottom = self.legend(&mut figure, left, bottom + 22.0);
        figure.height = (bottom + MARGIN).ceil();
        figure.width = figure.width.ceil();
        figure
    }

    fn heading(&self, figure: &mut Figure) -> f32 {
        let room = figure.width - 2.0 * MARGIN;
        heading(figure, self.palette, &self.title, &self.notes, room)
    }

    fn picture(&self, figure: &mut Figure, plot: &Plot, reduced: &Reduced) {
        let pixels = reduced
            .values
            .iter()
            .map(|value| match value {
                Some(value) => self.ramp.at(self.scale.unit(*value)),
                None => self.missing.1,
            })
            .collect();
        let area = [plot.left, plot.top, plot.width, plot.height];
        figure.items.push(Item::Image(
            area,
            Bitmap::new(reduced.columns as u32, pixels),
        ));
        if self.parted && plot.row >= 4.0 && reduced.down == 1 {
            for group in self.groups.iter().skip(1) {
                let y = plot.top + group.start as f32 * plot.row;
                figure.line(
                    [plot.left, y, plot.left + plot.width, y],
                    1.0,
                    self.palette.page,
                );
            }
        }
    }

    fn row_labels(&self, figure: &mut Figure, plot: &Plot, reduced: &Reduced) {
        let per_row = plot.row / reduced.down as f32;
        let mut last = f32::INFINITY;
        let longest = self.groups.first().map_or(1.0, |g| g.len as f32) * per_row;
        let step = round_step(
            self.groups.len(),
            (self.groups.len() as f32 * longest / BETWEEN_LABELS) as usize,
        );
        for (i, group) in self.groups.iter().enumerate() {
            let middle = plot.top + (group.start as f32 + group.len as f32 / 2.0) * per_row;
            if i % step != 0 || (middle - last).abs() < BETWEEN_LABELS {
                continue;
            }
            last = middle;
            let at = (plot.left - 8.0, middle + 4.0);
            figure.label(at, TICK, self.palette.weak, Anchor::End, &group.label);
        }
        figure.items.push(Item::Text(Text {
            x: MARGIN + LABEL,
            y: plot.top
                + (plot.height / 2.0).max(fonts::width(self.rows_name, Font::Sans, LABEL) / 2.0),
            size: LABEL,
            fill: self.palette.weak,
            font: Font::Sans,
            anchor: Anchor::Middle,
            length: None,
            upwards: true,
            content: self.rows_name.to_owned(),
        }));
    }

    /// Ticks below the plot; returns the lower end of the axis.
    fn column_axis(&self, figure: &mut Figure, plot: &Plot, reduced: &Reduced) -> f32 {
        let y = plot.top + plot.height;
        figure.line(
            [plot.left, y + 3.0, plot.left + plot.width, y + 3.0],
            1.0,
            self.palette.line,
        );
        let per_position = plot.column / reduced.across as f32;
        let step = round_step(reduced.positions.len(), (plot.width / 64.0) as usize);
        let mut position = reduced.positions.start.next_multiple_of(step);
        while position < reduced.positions.end {
            let x = plot.left + ((position - reduced.positions.start) as f32 + 0.5) * per_position;
            figure.line([x, y + 3.0, x, y + 7.0], 1.0, self.palette.line);
            let at = (x, y + 20.0);
            figure.label(
                at,
                TICK,
                self.palette.weak,
                Anchor::Middle,
                &position.to_string(),
            );
            position += step;
        }
        let name = match reduced.across {
            1 => "position in the sequence".to_owned(),
            n => format!("position in the sequence (each column is the mean of {n} positions)"),
        };
        let room = figure.width - plot.left - MARGIN;
        let mut y = y + 20.0;
        for line in fonts::wrap(&name, Font::Sans, LABEL, room) {
            y += 18.0;
            figure.label(
                (plot.left, y),
                LABEL,
                self.palette.weak,
                Anchor::Start,
                &line,
            );
        }
        y
    }

    fn legend(&self, figure: &mut Figure, left: f32, top: f32) -> f32 {
        let bar = ColourBar {
            name: self.scale_name,
            scale: self.scale,
            ramp: self.ramp,
            missing: self.cells.gaps.then_some(self.missing),
        };
        bar.draw(figure, self.palette, left, top)
    }
}

/// A colour bar with its numbers, and the key of empty cells where there are some.
pub(super) struct ColourBar<'a> {
    pub name: &'a str,
    pub scale: Scale,
    pub ramp: &'a Ramp,
    pub missing: Option<(&'a str, Rgb)>,
}

impl ColourBar<'_> {
    /// Draws it; returns its lower end.
    pub(super) fn draw(&self, figure: &mut Figure, palette: &Palette, left: f32, top: f32) -> f32 {
        const BAR: [f32; 2] = [280.0, 12.0];
        const STEPS: usize = 140;
        figure.label(
            (left, top + 10.0),
            LABEL,
            palette.weak,
            Anchor::Start,
            self.name,
        );
        let bar = top + 18.0;
        let pixels = (0..STEPS)
            .map(|i| self.ramp.at(i as f32 / (STEPS - 1) as f32))
            .collect();
        figure.items.push(Item::Image(
            [left, bar, BAR[0], BAR[1]],
            Bitmap::new(STEPS as u32, pixels),
        ));
        let ticks = bar + BAR[1];
        for (unit, text) in self.scale.marks(5) {
            let x = left + unit * BAR[0];
            figure.line([x, ticks, x, ticks + 4.0], 1.0, palette.faint);
            figure.label((x, ticks + 16.0), TICK, palette.weak, Anchor::Middle, &text);
        }
        let Some((meaning, colour)) = self.missing else {
            return ticks + 16.0;
        };
        let key = left + BAR[0] + 40.0;
        figure.rect([key, bar, 18.0, BAR[1]], colour);
        for edge in [
            [key, bar, key + 18.0, bar],
            [key, bar + BAR[1], key + 18.0, bar + BAR[1]],
            [key, bar, key, bar + BAR[1]],
            [key + 18.0, bar, key + 18.0, bar + BAR[1]],
        ] {
            figure.line(edge, 0.75, palette.line);
        }
        let text = key + 26.0;
        let needed = text + fonts::width(meaning, Font::Sans, TICK) + MARGIN;
        figure.width = figure.width.max(needed);
        figure.label(
            (text, bar + 10.0),
            TICK,
            palette.weak,
            Anchor::Start,
            meaning,
        );
        ticks + 16.0
    }
}

/// Title and notes at the top left; returns where the figure's body begins.
pub(super) fn heading(
    figure: &mut Figure,
    palette: &Palette,
    title: &str,
    notes: &[String],
    room: f32,
) -> f32 {
    let mut y = MARGIN - 6.0;
    for line in fonts::wrap(title, Font::Sans, 18.0, room) {
        y += 22.0;
        figure.label((MARGIN, y), 18.0, palette.text, Anchor::Start, &line);
    }
    y += 4.0;
    for note in notes {
        for line in fonts::wrap(note, Font::Sans, LABEL, room) {
            y += 17.0;
            figure.label((MARGIN, y), LABEL, palette.weak, Anchor::Start, &line);
        }
    }
    y + 18.0
}

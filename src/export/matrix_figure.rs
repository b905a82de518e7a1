//! A matrix as a figure: title, plot, axes, colour bar.
//!
//! The plot is at most [`PLOT_WIDTH`] units wide. Up to 2048 columns have whole pixels of their own at
//! two pixels per unit, up to [`MOST_COLUMNS`] at four; beyond that, neighbours share one.

use super::bitmap::Bitmap;
use super::figure::{Anchor, Figure, Item, Text};
use super::fonts::{self, Font};
use super::matrix::{Gather, Reduced};
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
/// Lines of pixels of a row that has a strike.
const STRUCK_OF: usize = 7;
/// Lowest row that can have one, in units.
const LEAST_STRUCK: f32 = 4.0;
/// Room around a figure.
pub(super) const MARGIN: f32 = 24.0;
/// Least distance between the middles of labels beside rows.
const BETWEEN_LABELS: f32 = 13.0;
/// Room above a plot for the name of its protected tokens.
const PROTECTED: f32 = 14.0;
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

/// What a cell is besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    Plain,
    /// Held without a score.
    Window,
    /// Leaves now: struck.
    Leaves,
}

/// Marks of cells, for a matrix whose rows all have their place in the figure.
pub(super) struct Marks {
    /// By row and position; empty if there are none.
    pub cells: Vec<Mark>,
    /// Colour of cells in the window.
    pub window: Rgb,
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
    pub marks: Option<Marks>,
    /// Tokens before this position stay whatever their score; 0 where that is not shown.
    pub protected: usize,
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
        let protected = self.protected_columns();
        let room = if protected > 0.0 { PROTECTED } else { 0.0 };
        let top = self.heading(&mut figure) + room;
        let plot = Plot {
            left,
            top,
            width,
            height,
            row,
            column,
        };
        if protected > 0.0 {
            let (y, end) = (top - 5.0, left + protected * column);
            figure.line([left, y, end, y], 2.0, self.palette.weak);
            let at = (left, y - 5.0);
            figure.label(at, TICK, self.palette.weak, Anchor::Start, "protected");
        }
        self.picture(&mut figure, &plot, reduced);
        self.row_labels(&mut figure, &plot, reduced);
        let bottom = self.column_axis(&mut figure, &plot, reduced);
        let bottom = self.legend(&mut figure, left, bottom + 22.0, plot.row);
        figure.height = (bottom + MARGIN).ceil();
        figure.width = figure.width.ceil();
        figure
    }

    /// Columns of the picture that protected tokens take.
    fn protected_columns(&self) -> f32 {
        let shown = &self.cells.positions;
        let protected = self.protected.min(shown.end).saturating_sub(shown.start);
        protected as f32 / self.cells.across as f32
    }

    fn heading(&self, figure: &mut Figure) -> f32 {
        let room = figure.width - 2.0 * MARGIN;
        heading(figure, self.palette, &self.title, &self.notes, room)
    }

    fn picture(&self, figure: &mut Figure, plot: &Plot, reduced: &Reduced) {
        // A strike is the middle one of several lines of pixels for a row.
        let struck = plot.row >= LEAST_STRUCK && self.any(|mark, _| mark == Mark::Leaves);
        let lines = if struck { STRUCK_OF } else { 1 };
        let mut pixels = Vec::with_capacity(reduced.values.len() * lines);
        let columns = reduced.columns.max(1);
        for (row, values) in reduced.values.chunks(columns).enumerate() {
            for line in 0..lines {
                let middle = struck && line == lines / 2;
                pixels.extend(values.iter().enumerate().map(|(column, value)| {
                    let mark = self.mark(row, column);
                    let colour = self.colour(*value, mark);
                    if middle && mark == Mark::Leaves {
                        self.palette.ink(colour)
                    } else {
                        colour
                    }
                }));
            }
        }
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

    fn colour(&self, value: Option<f32>, mark: Mark) -> Rgb {
        match (value, &self.marks) {
            (Some(value), _) => self.ramp.at(self.scale.unit(value)),
            (None, Some(marks)) if mark == Mark::Window => marks.window,
            (None, _) => self.missing.1,
        }
    }

    /// The mark of a cell of the picture, which is that of its first position.
    fn mark(&self, row: usize, column: usize) -> Mark {
        let cells = &self.cells;
        let place = row * cells.positions.len() + column * cells.across;
        let marks = self.marks.as_ref().filter(|_| cells.down == 1);
        let mark = marks.and_then(|marks| marks.cells.get(place));
        mark.copied().unwrap_or(Mark::Plain)
    }

    /// Whether a cell of the picture is of some kind.
    fn any(&self, is: impl Fn(Mark, Option<f32>) -> bool) -> bool {
        let columns = self.cells.columns.max(1);
        let mut values = self.cells.values.iter().enumerate();
        values.any(|(i, value)| is(self.mark(i / columns, i % columns), *value))
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
        let shared = match reduced.gather {
            Gather::Mean => "mean",
            Gather::Highest => "highest",
        };
        let name = match reduced.across {
            1 => "position in the sequence".to_owned(),
            n => {
                format!("position in the sequence (each column is the {shared} of {n} positions)")
            }
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

    fn legend(&self, figure: &mut Figure, left: f32, top: f32, row: f32) -> f32 {
        let key = |meaning, colour| Key {
            meaning,
            colour,
            struck: None,
        };
        let mut keys = vec![];
        let empty = |mark, value: Option<f32>| value.is_none() && mark != Mark::Window;
        if self.cells.gaps && self.any(empty) {
            keys.push(key(self.missing.0, self.missing.1));
        }
        if let Some(marks) = &self.marks {
            if self.any(|mark, value| value.is_none() && mark == Mark::Window) {
                keys.push(key("window, no score", marks.window));
            }
            if row >= LEAST_STRUCK && self.any(|mark, _| mark == Mark::Leaves) {
                let colour = self.ramp.at(0.3);
                keys.push(Key {
                    struck: Some(self.palette.ink(colour)),
                    ..key("leaves now", colour)
                });
            }
        }
        let bar = ColourBar {
            name: self.scale_name,
            scale: self.scale,
            ramp: self.ramp,
            keys,
        };
        bar.draw(figure, self.palette, left, top)
    }
}

/// What a kind of cell looks like.
pub(super) struct Key<'a> {
    pub meaning: &'a str,
    pub colour: Rgb,
    /// Colour of its strike.
    pub struck: Option<Rgb>,
}

/// A colour bar with its numbers, and keys of the cells that it does not tell of, at most three.
pub(super) struct ColourBar<'a> {
    pub name: &'a str,
    pub scale: Scale,
    pub ramp: &'a Ramp,
    pub keys: Vec<Key<'a>>,
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
        // One stands beside the bar, several from the bar's name downwards.
        let first = if self.keys.len() > 1 { top } else { bar };
        for (i, key) in self.keys.iter().enumerate() {
            let at = [left + BAR[0] + 40.0, first + i as f32 * 18.0];
            key.draw(figure, palette, at, BAR[1]);
        }
        ticks + 16.0
    }
}

impl Key<'_> {
    fn draw(&self, figure: &mut Figure, palette: &Palette, [x, y]: [f32; 2], height: f32) {
        figure.rect([x, y, 18.0, height], self.colour);
        if let Some(ink) = self.struck {
            let middle = y + height / 2.0;
            figure.line([x, middle, x + 18.0, middle], 1.5, ink);
        }
        for edge in [
            [x, y, x + 18.0, y],
            [x, y + height, x + 18.0, y + height],
            [x, y, x, y + height],
            [x + 18.0, y, x + 18.0, y + height],
        ] {
            figure.line(edge, 0.75, palette.line);
        }
        let text = x + 26.0;
        let needed = text + fonts::width(self.meaning, Font::Sans, TICK) + MARGIN;
        figure.width = figure.width.max(needed);
        let at = (text, y + 10.0);
        figure.label(at, TICK, palette.weak, Anchor::Start, self.meaning);
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

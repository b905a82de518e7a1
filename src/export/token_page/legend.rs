//! The legend of the page: the square of both colours, as in the window, and what the marks mean. Where the tokens have only
//! one of the two, or neither, there is no square of both.

use super::{BOX, GUTTER, Look, MARGIN, SIZE, held_bar};
use crate::export::figure::{Anchor, Figure, Item, Text};
use crate::export::fonts::{self, Font};
use crate::export::palette::{Palette, Rgb, mix};

/// Cells along a side of the square, and their size in units.
const STEPS: usize = 6;
const CELL: f32 = 14.0;

/// What the page's colours can tell.
pub(super) struct Legend<'a> {
    /// What a token without a colour is.
    pub uncoloured: &'a str,
    /// Whether some token has an importance.
    pub importance: bool,
    /// Whether some token has a redundancy.
    pub redundancy: bool,
}

impl Legend<'_> {
    /// Draws the colours, where there are any, and the marks; returns the lower end.
    pub(super) fn draw(&self, figure: &mut Figure, palette: &Palette, top: f32) -> f32 {
        let left = MARGIN + GUTTER;
        if !self.importance && !self.redundancy {
            return self.marks(figure, palette, (left, top), 360.0);
        }
        let side = STEPS as f32 * CELL;
        let width = self.colours(figure, palette, left, top + side);
        let key = left + width + 48.0;
        self.marks(figure, palette, (key, top), 250.0);
        let note = "colours run from the 30th to the 98.5th percentile of the tokens shown";
        let at = (key, top + side + 14.0);
        figure.label(at, 11.5, palette.weak, Anchor::Start, note);
        top + side + 16.0
    }

    /// The colour of such a mix on this page.
    fn mix(&self, palette: &Palette, importance: f32, redundancy: f32) -> Rgb {
        let of = |there: bool, value: f32| if there { value } else { 0.0 };
        palette.both(
            of(self.importance, importance),
            of(self.redundancy, redundancy),
        )
    }

    /// Samples of tokens in two columns so far apart; returns the lower end.
    fn marks(
        &self,
        figure: &mut Figure,
        palette: &Palette,
        (left, top): (f32, f32),
        apart: f32,
    ) -> f32 {
        let held = |ground: Rgb, held: f32| Look {
            ground,
            ink: palette.ink(ground),
            held,
        };
        let rows: [(&str, Look); 4] = [
            (self.uncoloured, held(palette.token, 1.0)),
            (
                "every head holds it",
                held(self.mix(palette, 0.8, 0.1), 1.0),
            ),
            (
                "the bar is the share of (layer, KV head) pairs that hold it",
                held(self.mix(palette, 0.2, 0.7), 0.4),
            ),
            (
                "no head holds it: it is forgotten",
                Look {
                    ground: mix(self.mix(palette, 0.1, 0.9), palette.page, 0.72),
                    ink: palette.faint,
                    held: 0.0,
                },
            ),
        ];
        for (i, (meaning, look)) in rows.iter().enumerate() {
            let (column, row) = (i / 2, i % 2);
            let x = left + column as f32 * apart;
            sample(figure, palette, [x, top + row as f32 * 32.0 + 2.0], look);
            let at = (x + 54.0, top + row as f32 * 32.0 + 16.0);
            figure.label(at, 11.5, palette.weak, Anchor::Start, meaning);
        }
        top + 2.0 * 32.0
    }

    /// The colours of every mix, as in the window: importance grows upwards, redundancy to the right. What no token has is
    /// left out. Returns the width.
    fn colours(&self, figure: &mut Figure, palette: &Palette, left: f32, bottom: f32) -> f32 {
        const NAME: f32 = 11.0;
        let along = |there: bool| if there { STEPS } else { 1 };
        for row in 0..along(self.importance) {
            for column in 0..along(self.redundancy) {
                let unit = |i: usize| i as f32 / (STEPS - 1) as f32;
                let fill = palette.both(unit(row), unit(column));
                let (x, y) = (column as f32 * CELL, (row + 1) as f32 * CELL);
                figure.rect([left + x, bottom - y, CELL, CELL], fill);
            }
        }
        let name = |content: &str, (x, y), upwards| {
            Item::Text(Text {
                x,
                y,
                size: NAME,
                fill: palette.weak,
                font: Font::Sans,
                anchor: Anchor::Start,
                length: None,
                upwards,
                content: content.to_owned(),
            })
        };
        let long = |content| fonts::width(content, Font::Sans, NAME) + 4.0;
        let (importance, redundancy) = ("importance", "redundancy");
        if self.redundancy {
            let at = (left, bottom + 14.0);
            figure.items.push(name(redundancy, at, false));
            let from = [left + long(redundancy), bottom + 10.5];
            arrow(figure, palette, from, [1.0, 0.0]);
        }
        if self.importance {
            let at = (left - 6.0, bottom);
            figure.items.push(name(importance, at, true));
            let from = [left - 9.5, bottom - long(importance)];
            arrow(figure, palette, from, [0.0, -1.0]);
        }
        along(self.redundancy) as f32 * CELL
    }
}

/// A token of that look.
fn sample(figure: &mut Figure, palette: &Palette, [x, y]: [f32; 2], look: &Look) {
    figure.chip([x, y, 46.0, BOX], look.ground);
    figure.items.push(Item::Text(Text {
        x: x + 23.0,
        y: y + 14.0,
        size: SIZE,
        fill: look.ink,
        font: Font::Mono,
        anchor: Anchor::Middle,
        length: None,
        upwards: false,
        content: "token".to_owned(),
    }));
    held_bar(figure, palette, [x, y + BOX + 1.5, 46.0], look.held);
    if look.held == 0.0 {
        figure.line([x + 3.0, y + 10.0, x + 43.0, y + 10.0], 1.0, palette.faint);
    }
}

/// Drawn: the typeface has no arrows. `way` is where it points, of length 1.
fn arrow(figure: &mut Figure, palette: &Palette, from: [f32; 2], way: [f32; 2]) {
    const LENGTH: f32 = 14.0;
    const TIP: f32 = 3.0;
    let along = |at: [f32; 2], by: f32| [at[0] + by * way[0], at[1] + by * way[1]];
    let tip = along(from, LENGTH);
    let mut line = |to: [f32; 2]| figure.line([to[0], to[1], tip[0], tip[1]], 1.0, palette.weak);
    line(from);
    let back = along(tip, -TIP);
    for side in [-TIP, TIP] {
        line([back[0] - side * way[1], back[1] + side * way[0]]);
    }
}

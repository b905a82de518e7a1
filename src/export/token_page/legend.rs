//! The legend of the page: the square of both colours, as in the window, and what the marks mean.

use super::{BOX, GUTTER, Look, MARGIN, SIZE, held_bar};
use crate::export::figure::{Anchor, Figure, Item, Text};
use crate::export::fonts::{self, Font};
use crate::export::palette::{Palette, mix};

/// The two-way colour square and the marks; returns the lower end.
/// `plain` says what a token without a colour is.
pub(super) fn draw(figure: &mut Figure, palette: &Palette, top: f32, plain: &str) -> f32 {
    let left = MARGIN + GUTTER;
    let side = square(figure, palette, left, top);
    let key = left + side + 48.0;
    let rows: [(&str, Look); 4] = [
        (
            plain,
            Look {
                ground: palette.token,
                ink: palette.text,
                held: 1.0,
            },
        ),
        (
            "every head holds it",
            Look {
                ground: palette.both(0.8, 0.1),
                ink: palette.text,
                held: 1.0,
            },
        ),
        (
            "the bar is the share of (layer, KV head) pairs that hold it",
            Look {
                ground: palette.both(0.2, 0.7),
                ink: palette.ink(palette.both(0.2, 0.7)),
                held: 0.4,
            },
        ),
        (
            "no head holds it: it is forgotten",
            Look {
                ground: mix(palette.both(0.1, 0.9), palette.page, 0.72),
                ink: palette.faint,
                held: 0.0,
            },
        ),
    ];
    for (i, (meaning, look)) in rows.iter().enumerate() {
        let (column, row) = (i / 2, i % 2);
        let (x, y) = (key + column as f32 * 250.0, top + row as f32 * 32.0 + 2.0);
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
        figure.label(
            (x + 54.0, y + 14.0),
            11.5,
            palette.weak,
            Anchor::Start,
            meaning,
        );
    }
    let note = "colours run from the 30th to the 98.5th percentile of the tokens shown";
    figure.label(
        (key, top + side + 14.0),
        11.5,
        palette.weak,
        Anchor::Start,
        note,
    );
    top + side + 16.0
}

/// The colours of every mix, as in the window: importance grows upwards, redundancy to the right. Returns its side.
fn square(figure: &mut Figure, palette: &Palette, left: f32, top: f32) -> f32 {
    const STEPS: usize = 6;
    const CELL: f32 = 14.0;
    const NAME: f32 = 11.0;
    let side = STEPS as f32 * CELL;
    let bottom = top + side;
    for row in 0..STEPS {
        for column in 0..STEPS {
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
    let at = (left, bottom + 14.0);
    figure.items.push(name(redundancy, at, false));
    let from = [left + long(redundancy), bottom + 10.5];
    arrow(figure, palette, from, [1.0, 0.0]);
    let at = (left - 6.0, bottom);
    figure.items.push(name(importance, at, true));
    let from = [left - 9.5, bottom - long(importance)];
    arrow(figure, palette, from, [0.0, -1.0]);
    side
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

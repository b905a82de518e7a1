//! Looks of curves: colours that colour-blind people can tell apart (Okabe and Ito, Color Universal
//! Design, 2008), and a marker each, so that colour is never alone.

use super::palette::Rgb;

/// How a curve and its points look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesStyle {
    /// On paper.
    pub light: Rgb,
    /// On dark screens.
    pub dark: Rgb,
    /// Shape of the points.
    pub marker: Marker,
}

/// Shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// Round.
    Circle,
    /// Square.
    Square,
    /// Point upwards.
    Up,
    /// Square on its corner.
    Diamond,
    /// Point downwards.
    Down,
    /// Point to the left.
    Left,
    /// Upright cross.
    Plus,
    /// Point to the right.
    Right,
}

const COLOURS: [(Rgb, Rgb); 7] = [
    (Rgb(0xd5, 0x5e, 0x00), Rgb(0xff, 0x92, 0x3d)),
    (Rgb(0x00, 0x72, 0xb2), Rgb(0x5c, 0xb4, 0xf0)),
    (Rgb(0x00, 0x85, 0x64), Rgb(0x2f, 0xcf, 0xa4)),
    (Rgb(0xb4, 0x5a, 0x8c), Rgb(0xec, 0xa3, 0xca)),
    (Rgb(0x8a, 0x6d, 0x00), Rgb(0xf0, 0xe4, 0x42)),
    (Rgb(0x2e, 0x8f, 0xc4), Rgb(0x8f, 0xd6, 0xff)),
    (Rgb(0x4d, 0x4d, 0x4d), Rgb(0xc0, 0xc0, 0xc0)),
];

const MARKERS: [Marker; 8] = [
    Marker::Circle,
    Marker::Square,
    Marker::Up,
    Marker::Diamond,
    Marker::Down,
    Marker::Left,
    Marker::Plus,
    Marker::Right,
];

/// The look of the curve of that index; the first 56 differ.
pub fn style(index: usize) -> SeriesStyle {
    let (light, dark) = COLOURS[index % COLOURS.len()];
    SeriesStyle {
        light,
        dark,
        marker: MARKERS[index % MARKERS.len()],
    }
}

impl Marker {
    /// Corners around the origin, about `radius` away, of equal weight to the eye.
    pub fn corners(self, radius: f32) -> Vec<[f32; 2]> {
        let regular = |sides: usize, turn: f32, scale: f32| {
            (0..sides)
                .map(|i| {
                    let angle = std::f32::consts::TAU * (i as f32 / sides as f32 + turn);
                    [radius * scale * angle.sin(), -radius * scale * angle.cos()]
                })
                .collect()
        };
        match self {
            Self::Circle => regular(24, 0.0, 1.0),
            Self::Square => regular(4, 0.125, 1.25),
            Self::Up => regular(3, 0.0, 1.35),
            Self::Diamond => regular(4, 0.0, 1.3),
            Self::Down => regular(3, 0.5, 1.35),
            Self::Left => regular(3, 0.75, 1.35),
            Self::Plus => {
                let (long, wide) = (radius * 1.25, radius * 0.42);
                [
                    [-wide, -long],
                    [wide, -long],
                    [wide, -wide],
                    [long, -wide],
                    [long, wide],
                    [wide, wide],
                    [wide, long],
                    [-wide, long],
                    [-wide, wide],
                    [-long, wide],
                    [-long, -wide],
                    [-wide, -wide],
                ]
                .to_vec()
            }
            Self::Right => regular(3, 0.25, 1.35),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::palette::{DARK, LIGHT};

    #[test]
    fn no_two_curves_of_a_figure_look_alike() {
        for a in 0..56 {
            for b in 0..a {
                assert_ne!(style(a), style(b), "{a} {b}");
            }
        }
    }

    /// WCAG 2.2, success criterion 1.4.11: 3 to 1 for graphics.
    #[test]
    fn curves_stand_out_from_the_page() {
        for index in 0..COLOURS.len() {
            let style = style(index);
            assert!(style.light.contrast(LIGHT.page) >= 3.0, "{index}");
            assert!(style.dark.contrast(DARK.page) >= 3.0, "{index}");
        }
    }
}

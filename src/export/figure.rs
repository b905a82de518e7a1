//! A figure without a resolution: shapes in units of 1/96 inch, written as SVG or rendered as PNG.

use super::bitmap::Bitmap;
use super::fonts::Font;
use super::palette::Rgb;

/// A drawing, painted in order.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Width in units.
    pub width: f32,
    /// Height in units.
    pub height: f32,
    /// Colour of the page.
    pub page: Rgb,
    /// Pixels per unit of a rendering that shows every column of a matrix.
    pub scale: f32,
    /// What is on it.
    pub items: Vec<Item>,
}

/// A shape. Coordinates grow to the right and down.
#[derive(Clone, Debug)]
pub enum Item {
    /// A filled rectangle: x, y, width, height, radius of its corners.
    Rect([f32; 4], f32, Rgb),
    /// A straight line: from x, y to x, y; its width.
    Line([f32; 4], f32, Rgb),
    /// A line of text.
    Text(Text),
    /// A line through points; its width, and the length of its dashes if it has any.
    Polyline(Vec<[f32; 2]>, f32, Option<f32>, Rgb),
    /// A filled shape; its opacity, 0 to 1, and the colour of its outline if it has one.
    Polygon(Vec<[f32; 2]>, Rgb, f32, Option<Rgb>),
    /// Pixels, drawn crisp: x, y, width, height.
    Image([f32; 4], Bitmap),
}

/// A line of text.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where the anchor is.
    pub x: f32,
    /// The baseline.
    pub y: f32,
    /// Em in units.
    pub size: f32,
    /// Its colour.
    pub fill: Rgb,
    /// Typeface.
    pub font: Font,
    /// Which point of the text `x` is.
    pub anchor: Anchor,
    /// Width to stretch or squeeze to, for viewers without our fonts.
    pub length: Option<f32>,
    /// Turned by a quarter, reading upwards.
    pub upwards: bool,
    /// The text.
    pub content: String,
}

/// Which point of a text its x is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

impl Figure {
    /// An empty figure; size it when the content is known.
    pub fn new(page: Rgb) -> Self {
        Self {
            width: 0.0,
            height: 0.0,
            page,
            scale: 2.0,
            items: vec![],
        }
    }

    /// Adds a rectangle with sharp corners.
    pub fn rect(&mut self, area: [f32; 4], fill: Rgb) {
        self.items.push(Item::Rect(area, 0.0, fill));
    }

    /// Adds a rectangle with round corners.
    pub fn chip(&mut self, area: [f32; 4], fill: Rgb) {
        self.items.push(Item::Rect(area, 2.0, fill));
    }

    /// Adds a line.
    pub fn line(&mut self, ends: [f32; 4], width: f32, stroke: Rgb) {
        self.items.push(Item::Line(ends, width, stroke));
    }

    /// Adds a label in the sans typeface.
    pub fn label(
        &mut self,
        (x, y): (f32, f32),
        size: f32,
        fill: Rgb,
        anchor: Anchor,
        content: &str,
    ) {
        self.items.push(Item::Text(Text {
            x,
            y,
            size,
            fill,
            font: Font::Sans,
            anchor,
            length: None,
            upwards: false,
            content: content.to_owned(),
        }));
    }
}

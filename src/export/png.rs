//! A figure as pixels: its SVG, rendered with our own fonts.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;

use super::figure::Figure;
use super::{ExportError, fonts, svg};

/// Pixels of the largest picture: 256 MiB while it is drawn.
const MOST_PIXELS: f32 = 64e6;

/// The figure as a PNG, at its own scale, or at a smaller one (1 pixel per unit at least) if it is large.
///
/// # Errors
/// [`ExportError::TooLarge`] if even that is too large, [`ExportError::Render`] if the picture cannot be drawn.
pub fn render(figure: &Figure) -> Result<Vec<u8>, ExportError> {
    let area = figure.width * figure.height;
    let mut scale = figure.scale;
    while scale > 1.0 && area * scale * scale > MOST_PIXELS {
        scale = (scale / 2.0).max(1.0);
    }
    if area * scale * scale > MOST_PIXELS {
        return Err(ExportError::TooLarge {
            width: figure.width as u32,
            height: figure.height as u32,
        });
    }
    let render_error = |what: String| ExportError::Render(what);
    let tree = Tree::from_str(&svg::document(figure)?, &fonts::options())
        .map_err(|error| render_error(error.to_string()))?;
    let (w, h) = (
        (figure.width * scale).ceil() as u32,
        (figure.height * scale).ceil() as u32,
    );
    let mut pixmap = Pixmap::new(w, h).ok_or_else(|| render_error(format!("a {w}x{h} picture")))?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    pixmap
        .encode_png()
        .map_err(|error| render_error(error.to_string()))
}

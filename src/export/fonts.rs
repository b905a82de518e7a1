//! The fonts of figures: those of the window, so that a figure looks alike wherever it is rendered.

use std::sync::{Arc, OnceLock};

use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::svg::escape;

/// A typeface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    /// Titles and labels.
    Sans,
    /// Tokens and numbers: every ASCII character has the same width, [`MONO_ADVANCE`].
    Mono,
}

/// Width of a character of [`Font::Mono`], in em (Hack: 1233 of 2048 units).
pub const MONO_ADVANCE: f32 = 1233.0 / 2048.0;

impl Font {
    /// The families to ask for, best first: other viewers may lack the first.
    pub fn families(self) -> &'static str {
        match self {
            Self::Sans => "Ubuntu, 'Helvetica Neue', Arial, sans-serif",
            Self::Mono => "Hack, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
        }
    }
}

/// How SVG is read: our fonts only, so that the result does not depend on the machine.
pub fn options() -> Options<'static> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        for data in [
            epaint_default_fonts::UBUNTU_LIGHT,
            epaint_default_fonts::HACK_REGULAR,
            // Only for characters that the two above lack.
            epaint_default_fonts::NOTO_EMOJI_REGULAR,
            epaint_default_fonts::EMOJI_ICON,
        ] {
            fonts.load_font_source(Source::Binary(Arc::new(data)));
        }
        fonts.set_serif_family("Ubuntu");
        fonts.set_sans_serif_family("Ubuntu");
        fonts.set_monospace_family("Hack");
        Arc::new(fonts)
    });
    Options {
        font_family: "Ubuntu".to_owned(),
        fontdb: Arc::clone(fonts),
        ..Options::default()
    }
}

/// Width of a line of text at `size` units.
pub fn width(text: &str, font: Font, size: f32) -> f32 {
    if font == Font::Mono && text.is_ascii() {
        return text.len() as f32 * MONO_ADVANCE * size;
    }
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg'><text y='100' font-size='{size}' font-family=\"{}\" \
         xml:space='preserve'>{}</text></svg>",
        font.families(),
        escape(text)
    );
    // A font that cannot be read would show in every test; a guess keeps the layout sane.
    Tree::from_str(&svg, &options()).map_or(text.chars().count() as f32 * 0.6 * size, |tree| {
        tree.root().bounding_box().right()
    })
}

/// Breaks text into lines of at most `room` units, between words.
pub fn wrap(text: &str, font: Font, size: f32, room: f32) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), font, size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_our_fonts() {
        let measured = width("0123456789é", Font::Mono, 100.0);
        assert!(
            (measured - 11.0 * MONO_ADVANCE * 100.0).abs() < 30.0,
            "{measured}"
        );
        let (narrow, wide) = (
            width("iiii", Font::Sans, 12.0),
            width("mmmm", Font::Sans, 12.0),
        );
        assert!(narrow > 5.0 && wide > 2.0 * narrow, "{narrow} {wide}");
    }

    #[test]
    fn wrapped_lines_fit() {
        let text = "R-KV, budget 128 + buffer 64, lambda 0.1, window 8, kernel 7, threshold 0.5";
        let lines = wrap(text, Font::Sans, 12.0, 150.0);
        assert!(lines.len() > 2);
        assert!(
            lines
                .iter()
                .all(|line| width(line, Font::Sans, 12.0) <= 150.0)
        );
        assert_eq!(lines.join(" "), text);
    }
}

//! A figure as SVG 1.1.

use std::fmt::Write;

use super::ExportError;
use super::bitmap::base64;
use super::figure::{Anchor, Figure, Item, Text};

/// The figure as one SVG document.
///
/// # Errors
/// [`ExportError::Render`] if an embedded picture cannot be encoded.
pub fn document(figure: &Figure) -> Result<String, ExportError> {
    let (w, h) = (number(figure.width), number(figure.height));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>\n",
        figure.page
    );
    for item in &figure.items {
        match item {
            Item::Rect([x, y, w, h], radius, fill) => {
                let (x, y, w, h) = (number(*x), number(*y), number(*w), number(*h));
                put(
                    &mut svg,
                    format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\""),
                );
                if *radius > 0.0 {
                    put(&mut svg, format_args!(" rx=\"{}\"", number(*radius)));
                }
                put(&mut svg, format_args!(" fill=\"{fill}\"/>\n"));
            }
            Item::Line([x1, y1, x2, y2], width, stroke) => put(
                &mut svg,
                format_args!(
                    "<path d=\"M{} {}L{} {}\" stroke=\"{stroke}\" stroke-width=\"{}\"/>\n",
                    number(*x1),
                    number(*y1),
                    number(*x2),
                    number(*y2),
                    number(*width)
                ),
            ),
            Item::Polyline(points, width, dash, stroke) => {
                put(
                    &mut svg,
                    format_args!(
                        "<path d=\"{}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{}\" \
                         stroke-linejoin=\"round\"",
                        path(points),
                        number(*width)
                    ),
                );
                if let Some(dash) = dash {
                    put(
                        &mut svg,
                        format_args!(" stroke-dasharray=\"{}\"", number(*dash)),
                    );
                }
                svg.push_str("/>\n");
            }
            Item::Polygon(points, fill, opacity, outline) => {
                put(
                    &mut svg,
                    format_args!("<path d=\"{}Z\" fill=\"{fill}\"", path(points)),
                );
                if *opacity < 1.0 {
                    put(
                        &mut svg,
                        format_args!(" fill-opacity=\"{}\"", number(*opacity)),
                    );
                }
                if let Some(outline) = outline {
                    put(&mut svg, format_args!(" stroke=\"{outline}\""));
                }
                svg.push_str("/>\n");
            }
            Item::Text(text) => put_text(&mut svg, text),
            Item::Image([x, y, w, h], bitmap) => put(
                &mut svg,
                format_args!(
                    "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
                     style=\"image-rendering:pixelated\" xlink:href=\"data:image/png;base64,{}\"/>\n",
                    number(*x),
                    number(*y),
                    number(*w),
                    number(*h),
                    base64(&bitmap.png()?)
                ),
            ),
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Straight lines through points.
fn path(points: &[[f32; 2]]) -> String {
    let points: Vec<String> = points
        .iter()
        .map(|[x, y]| format!("{} {}", number(*x), number(*y)))
        .collect();
    format!("M{}", points.join("L"))
}

fn put(svg: &mut String, parts: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = svg.write_fmt(parts);
}

fn put_text(svg: &mut String, text: &Text) {
    let (x, y) = (number(text.x), number(text.y));
    put(
        svg,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-family=\"{}\" font-size=\"{}\" fill=\"{}\" xml:space=\"preserve\"",
            text.font.families(),
            number(text.size),
            text.fill
        ),
    );
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => svg.push_str(" text-anchor=\"middle\""),
        Anchor::End => svg.push_str(" text-anchor=\"end\""),
    }
    if let Some(length) = text.length {
        put(
            svg,
            format_args!(
                " textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"",
                number(length)
            ),
        );
    }
    if text.upwards {
        put(svg, format_args!(" transform=\"rotate(-90 {x} {y})\""));
    }
    put(svg, format_args!(">{}</text>\n", escape(&text.content)));
}

/// At most two decimals, no trailing zeros; what is not finite becomes 0.
fn number(value: f32) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Text as XML; characters that XML cannot hold become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_in_a_token_are_text() {
        assert_eq!(
            escape("<|im_end|> & \"x\"\u{1}"),
            "&lt;|im_end|&gt; &amp; &quot;x&quot;\u{fffd}"
        );
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [1.0, 0.5, -0.001, 12.346, f32::NAN].map(number),
            ["1", "0.5", "0", "12.35", "0"]
        );
    }
}

//! One paragraph laid out: its glyphs, and where each token is.

use std::ops::Range;
use std::sync::Arc;

use egui::text::LayoutJob;
use egui::{Color32, FontId, Galley, Pos2, Rect, TextFormat, Ui, pos2, vec2};

use crate::trace::{Position, TokenColumns};

use super::paint::Painted;

/// Size of the text, in points.
pub const FONT_SIZE: f32 = 14.5;
/// Distance between the rows, in points: room for the bar under each token.
pub const LINE: f32 = 29.0;
/// Height of a token's background.
const BOX: f32 = 21.0;
/// Width of the place kept for a token without glyphs, such as a line end.
const SIGN: f32 = 11.0;

/// The font of the text.
pub fn font() -> FontId {
    FontId::monospace(FONT_SIZE)
}

/// Glyphs of a paragraph and the rectangles of its tokens, relative to its top left corner.
#[derive(Debug)]
pub struct Layout {
    /// The glyphs, uncoloured.
    pub galley: Arc<Galley>,
    /// Where the tokens are, in order; a token broken over two rows has two.
    pub pieces: Vec<Piece>,
    /// Token (offset in the paragraph) of each glyph, row by row.
    pub glyph_tokens: Vec<u32>,
    /// Coloured for some moment, if it was drawn.
    pub painted: Option<Painted>,
}

/// A token, or the part of it on one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Offset in the paragraph.
    pub token: u32,
    /// Its background.
    pub rect: Rect,
    /// It has no glyphs: a line end, or the inside of a character.
    pub blank: bool,
}

impl Layout {
    /// Lays out the tokens of `range` in lines of `width` points.
    pub fn of(ui: &Ui, tokens: &TokenColumns, range: Range<usize>, width: f32) -> Self {
        let mut text = String::new();
        let mut ends = Vec::with_capacity(range.len());
        let mut characters = 0;
        for position in range {
            let token = tokens
                .text(Position(position as u32))
                .trim_end_matches(['\n', '\r']);
            for c in token.chars() {
                // A line end inside a token would start a row that no character count knows of.
                text.push(if c == '\n' || c == '\r' { ' ' } else { c });
                characters += 1;
            }
            ends.push(characters);
        }
        let format = TextFormat {
            font_id: font(),
            color: Color32::WHITE,
            line_height: Some(LINE),
            ..TextFormat::default()
        };
        let mut job = LayoutJob::single_section(text, format);
        job.wrap.max_width = width;
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let mut layout = Self {
            galley,
            pieces: Vec::with_capacity(ends.len()),
            glyph_tokens: Vec::with_capacity(characters),
            painted: None,
        };
        layout.place(&ends);
        layout
    }

    fn place(&mut self, ends: &[usize]) {
        let mut token = 0;
        let mut glyphs = 0;
        let mut end = pos2(0.0, 0.0);
        for row in &self.galley.rows {
            let top = row.pos.y + (row.size.y.max(LINE) - BOX) / 2.0;
            end = pos2(row.pos.x, top);
            for glyph in &row.glyphs {
                while ends.get(token).is_some_and(|&end| end <= glyphs) {
                    if start_of(ends, token) == ends[token] {
                        // No room is kept inside a line, where its neighbours would move; before the
                        // first glyph there is the margin.
                        let rect = if glyphs == 0 {
                            Rect::from_min_size(pos2(-SIGN, top), vec2(SIGN - 1.0, BOX))
                        } else {
                            Rect::from_min_size(end, vec2(0.0, BOX))
                        };
                        self.pieces.push(Piece {
                            token: token as u32,
                            rect,
                            blank: true,
                        });
                    }
                    token += 1;
                }
                let left = row.pos.x + glyph.pos.x;
                let rect = Rect::from_min_size(pos2(left, top), vec2(glyph.advance_width, BOX));
                match self.pieces.last_mut() {
                    Some(last) if last.token == token as u32 && last.rect.top() == top => {
                        last.rect.max.x = rect.right();
                    }
                    _ => self.pieces.push(Piece {
                        token: token as u32,
                        rect,
                        blank: false,
                    }),
                }
                self.glyph_tokens.push(token as u32);
                end = pos2(rect.right(), top);
                glyphs += 1;
            }
        }
        for token in token..ends.len() {
            if start_of(ends, token) == ends[token] {
                self.pieces.push(blank(token, &mut end));
            }
        }
    }

    /// Height of all rows.
    pub fn height(&self) -> f32 {
        self.galley.rows.len().max(1) as f32 * LINE
    }

    /// The token (offset in the paragraph) at a point relative to the top left corner.
    pub fn token_at(&self, point: Pos2) -> Option<u32> {
        self.pieces
            .iter()
            .find(|piece| {
                // The bar under a token belongs to it.
                piece.rect.expand2(vec2(0.0, 4.0)).contains(point)
            })
            .map(|piece| piece.token)
    }

    /// Every rectangle of a token (offset in the paragraph).
    pub fn rects(&self, token: u32) -> impl Iterator<Item = Rect> + '_ {
        let first = self.pieces.partition_point(|piece| piece.token < token);
        self.pieces[first..]
            .iter()
            .take_while(move |p| p.token == token)
            .map(|p| p.rect)
    }
}

/// Characters of the paragraph before a token.
fn start_of(ends: &[usize], token: usize) -> usize {
    token.checked_sub(1).map_or(0, |before| ends[before])
}

fn blank(token: usize, end: &mut Pos2) -> Piece {
    let rect = Rect::from_min_size(*end, vec2(SIGN, BOX));
    end.x = rect.right();
    Piece {
        token: token as u32,
        rect,
        blank: true,
    }
}

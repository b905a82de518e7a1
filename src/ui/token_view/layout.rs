//! One paragraph laid out: its glyphs, and where each token is.

use std::ops::Range;
use std::sync::Arc;

use egui::{Color32, FontId, Galley, Pos2, Rect, TextFormat, Ui, pos2, vec2};

use crate::trace::{Position, TokenColumns};

use super::paint::Painted;
use super::shaping::{Shaped, shape};

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
        let Shaped {
            galley,
            characters: shown,
        } = shape(ui, text, &format, width);
        let mut layout = Self {
            galley,
            pieces: Vec::with_capacity(ends.len()),
            glyph_tokens: Vec::with_capacity(shown.len()),
            painted: None,
        };
        layout.place(&ends, &shown);
        layout
    }

    /// Finds the tokens' places. `ends`: characters up to the end of each token; `characters`: that of each glyph.
    fn place(&mut self, ends: &[usize], characters: &[Option<usize>]) {
        let mut characters = characters.iter().copied();
        let mut token = 0;
        let mut next = 0;
        let mut end = pos2(0.0, 0.0);
        let mut only_space = false;
        for row in &self.galley.rows {
            let top = row.pos.y + (row.size.y.max(LINE) - BOX) / 2.0;
            end = pos2(row.pos.x, top);
            for glyph in &row.glyphs {
                if let Some(character) = characters.next().flatten() {
                    token = ends.partition_point(|&end| end <= character);
                }
                for passed in (next..token).filter(|&passed| is_empty(ends, passed)) {
                    // No room is kept inside a line, where its neighbours would move; before the
                    // first glyph there is the margin.
                    let rect = if self.glyph_tokens.is_empty() {
                        Rect::from_min_size(pos2(-SIGN, top), vec2(SIGN - 1.0, BOX))
                    } else {
                        Rect::from_min_size(end, vec2(0.0, BOX))
                    };
                    self.pieces.push(Piece {
                        token: passed as u32,
                        rect,
                        blank: true,
                    });
                }
                next = next.max(token + 1);
                self.glyph_tokens.push(token as u32);
                if glyph.advance_width <= 0.0 {
                    continue;
                }
                let left = row.pos.x + glyph.pos.x;
                let rect = Rect::from_min_size(pos2(left, top), vec2(glyph.advance_width, BOX));
                match self.pieces.last_mut() {
                    Some(last) if last.token == token as u32 && last.rect.top() == top => {
                        last.rect.max.x = rect.right();
                        only_space &= glyph.chr == ' ';
                    }
                    // The space before a word that begins a row hangs at the end of the row before: no part of it to see.
                    Some(last) if last.token == token as u32 && !last.blank && only_space => {
                        last.rect = rect;
                        only_space = glyph.chr == ' ';
                    }
                    _ => {
                        self.pieces.push(Piece {
                            token: token as u32,
                            rect,
                            blank: false,
                        });
                        only_space = glyph.chr == ' ';
                    }
                }
                end = pos2(rect.right(), top);
            }
        }
        for token in (next..ends.len()).filter(|&token| is_empty(ends, token)) {
            self.pieces.push(blank(token, &mut end));
        }
        // In a word that is written from right to left, later tokens stand further left.
        self.pieces.sort_by_key(|piece| piece.token);
        self.place_the_rest(ends.len());
    }

    /// Tokens without a glyph that takes room, such as an accent by itself, stand where the token before them ends.
    fn place_the_rest(&mut self, tokens: usize) {
        let mut placed = self.pieces.iter().peekable();
        let mut end = pos2(0.0, (LINE - BOX) / 2.0);
        let mut rest = Vec::new();
        for token in 0..tokens as u32 {
            let before = rest.len();
            rest.push(Piece {
                token,
                rect: Rect::from_min_size(end, vec2(0.0, BOX)),
                blank: true,
            });
            while let Some(piece) = placed.next_if(|piece| piece.token == token) {
                end = piece.rect.right_top();
                rest.truncate(before);
            }
        }
        if !rest.is_empty() {
            self.pieces.append(&mut rest);
            self.pieces.sort_by_key(|piece| piece.token);
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

/// Whether a token has no characters.
fn is_empty(ends: &[usize], token: usize) -> bool {
    start_of(ends, token) == ends[token]
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

#[cfg(test)]
mod tests {
    use egui::{Context, RawInput};

    use super::*;
    use crate::trace::synthetic::{Synthetic, token};
    use crate::trace::{TraceRecord, TraceStore};

    fn laid_out(texts: &[&str]) -> Layout {
        laid_out_in(600.0, texts)
    }

    fn laid_out_in(width: f32, texts: &[&str]) -> Layout {
        let mut store = TraceStore::new(Arc::new(Synthetic::default().header()));
        let tokens = texts.iter().map(|text| token(text));
        store.apply(TraceRecord::Tokens(tokens.collect())).unwrap();
        let ctx = Context::default();
        crate::ui::theme::install(&ctx);
        let mut layout = None;
        let mut output = ctx.run_ui(RawInput::default(), |ui| {
            layout = Some(Layout::of(ui, store.tokens(), 0..texts.len(), width));
        });
        output.textures_delta.clear();
        layout.unwrap()
    }

    /// Each letter must occur once in all the texts.
    fn assert_letters_belong_to_their_tokens(texts: &[&str]) {
        let layout = laid_out(texts);
        let mut of = layout.glyph_tokens.iter();
        let mut seen = String::new();
        for row in &layout.galley.rows {
            for glyph in &row.glyphs {
                let coloured_as = *of.next().expect("a token for each glyph");
                if glyph.advance_width <= 0.0 || glyph.chr == ' ' {
                    continue;
                }
                let token = texts.iter().position(|text| text.contains(glyph.chr));
                let token = token.expect("no letter comes from elsewhere") as u32;
                assert_eq!(coloured_as, token, "{:?} in {texts:?}", glyph.chr);
                let x = row.pos.x + glyph.pos.x + glyph.advance_width / 2.0;
                let under = layout.token_at(pos2(x, row.pos.y + LINE / 2.0));
                assert_eq!(under, Some(token), "{:?} in {texts:?}", glyph.chr);
                seen.push(glyph.chr);
            }
        }
        let letters: String = texts.concat().split_whitespace().collect();
        assert_eq!(seen.chars().count(), letters.chars().count(), "{seen}");
    }

    #[test]
    fn letters_belong_to_their_tokens_in_words_from_right_to_left_too() {
        assert_letters_belong_to_their_tokens(&["so", " ", "x", "=", "2"]);
        assert_letters_belong_to_their_tokens(&["של", "ום", " ", "בגד", " ", "B", "C"]);
        assert_letters_belong_to_their_tokens(&["A", " ש", "לום", " B", "C=", "7"]);
    }

    #[test]
    fn a_word_that_begins_a_row_leaves_nothing_at_the_end_of_the_row_before() {
        let layout = laid_out_in(60.0, &["aaaa", " bbbb"]);
        assert_eq!(layout.galley.rows.len(), 2);
        let places: Vec<Rect> = layout.rects(1).collect();
        let [place] = places[..] else {
            panic!("{places:?}");
        };
        assert!(place.top() > LINE && place.left() == 0.0, "{place}");
    }

    #[test]
    fn every_token_has_a_place_and_they_are_in_order() {
        for texts in [
            &["e", "\u{301}", "x", "\n"][..],
            &["", "ש", "ל", "", "ום", "\u{200d}", " ", "B"],
            &["\n"],
        ] {
            let layout = laid_out(texts);
            for token in 0..texts.len() as u32 {
                assert!(layout.rects(token).next().is_some(), "{token} of {texts:?}");
            }
            assert!(layout.pieces.is_sorted_by_key(|piece| piece.token));
        }
    }
}

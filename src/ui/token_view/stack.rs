//! Where each paragraph stands on the page.
//!
//! A long run has more paragraphs than can be laid out in a frame, so the height of one is guessed until it comes in
//! sight; laying it out moves all that stand below it.

use egui::{Rect, Ui, vec2};

use crate::trace::{Position, TraceStore};
use crate::ui::glyph_atlas;

use super::layout::{LINE, Layout, font};
use super::paragraphs::{Paragraph, Paragraphs};

/// Room above a heading's paragraph, in points.
pub const HEADING: f32 = 30.0;
/// Room between paragraphs, in points.
const GAP: f32 = 3.0;
/// Room below the last paragraph, in points.
const FOOT: f32 = 12.0;

/// The paragraphs of a page, one below the other.
#[derive(Default)]
pub struct Stack {
    paragraphs: Paragraphs,
    /// Top of each paragraph and, last, the end of the last one.
    tops: Vec<f32>,
    width: f32,
    scale: f32,
    atlas: u64,
    /// Width of an average character, in points.
    character: f32,
    laid_out: usize,
}

impl Stack {
    /// Takes in what a run has written since, and the width of the rows. Returns whether rows break elsewhere than before.
    pub fn fit(&mut self, ui: &Ui, store: &TraceStore, width: f32) -> bool {
        self.laid_out = 0;
        let scale = ui.ctx().pixels_per_point();
        let atlas = glyph_atlas::generation(ui.ctx());
        let broken_anew = self.width != width || self.scale != scale;
        if broken_anew {
            self.paragraphs.forget_layout();
            self.tops.clear();
        } else if self.atlas != atlas {
            self.paragraphs.forget_glyphs();
        }
        (self.width, self.scale, self.atlas) = (width, scale, atlas);
        self.character = ui
            .fonts_mut(|fonts| fonts.glyph_width(&font(), 'x'))
            .max(1.0);
        if let Some(first) = self.paragraphs.extend(store) {
            self.tops.truncate(first);
        }
        self.restack();
        broken_anew
    }

    /// Width of the rows, in points.
    pub fn width(&self) -> f32 {
        self.width
    }

    /// Paragraphs laid out since the last [`Self::fit`].
    pub fn laid_out(&self) -> usize {
        self.laid_out
    }

    /// How many paragraphs there are.
    pub fn len(&self) -> usize {
        self.paragraphs.list().len()
    }

    /// A paragraph by its number from the top.
    pub fn paragraph(&self, index: usize) -> &Paragraph {
        &self.paragraphs.list()[index]
    }

    /// A paragraph by its number from the top.
    pub fn paragraph_mut(&mut self, index: usize) -> &mut Paragraph {
        &mut self.paragraphs.list_mut()[index]
    }

    /// Top of a paragraph, heading included.
    pub fn top(&self, index: usize) -> f32 {
        self.tops[index]
    }

    /// Top of a paragraph's text.
    pub fn text_top(&self, index: usize) -> f32 {
        self.tops[index] + self.above(index)
    }

    /// The paragraph at a height of the page, or the nearest one.
    pub fn at(&self, y: f32) -> usize {
        let below = self.tops.partition_point(|top| *top <= y);
        below.saturating_sub(1)
    }

    /// Where the page ends.
    pub fn end(&self) -> f32 {
        self.tops.last().copied().unwrap_or(0.0) + FOOT
    }

    /// The place nearest to `top` at which a page that is seen through `height` can stand.
    pub fn within(&self, top: f32, height: f32) -> f32 {
        top.clamp(0.0, (self.end() - height).max(0.0))
    }

    /// Lays a paragraph out, if it was not: from then on its height is no guess.
    pub fn lay_out(&mut self, ui: &Ui, store: &TraceStore, index: usize) {
        let paragraph = &mut self.paragraphs.list_mut()[index];
        if paragraph.layout.is_none() {
            let range = paragraph.tokens.clone();
            paragraph.layout = Some(Layout::of(ui, store.tokens(), range, self.width));
            self.laid_out += 1;
            let next = self.tops[index] + self.height(index);
            if self.tops.get(index + 1).is_some_and(|top| *top != next) {
                self.tops.truncate(index + 1);
                self.restack();
            }
        }
    }

    /// Lays out the paragraph at a height of the page. Returns by how much it has turned out higher than guessed, for the
    /// page to move along, so that the text below stays where it is.
    pub fn grow_above(&mut self, ui: &Ui, store: &TraceStore, y: f32) -> f32 {
        let first = self.tops.partition_point(|top| *top < y);
        let Some(index) = first
            .checked_sub(1)
            .filter(|index| *index + 1 < self.tops.len())
        else {
            return 0.0;
        };
        let before = self.tops[index + 1];
        self.lay_out(ui, store, index);
        self.tops[index + 1] - before
    }

    /// Where a token is on the page; its paragraph is laid out if it was not.
    pub fn rect_of(&mut self, ui: &Ui, store: &TraceStore, position: Position) -> Option<Rect> {
        let index = self.paragraphs.of(position)?;
        self.lay_out(ui, store, index);
        let origin = vec2(0.0, self.text_top(index));
        let paragraph = self.paragraph(index);
        let token = position.0 - paragraph.tokens.start as u32;
        let rect = paragraph.layout.as_ref()?.rects(token).next()?;
        Some(rect.translate(origin))
    }

    /// Fills in the tops that are missing.
    fn restack(&mut self) {
        let count = self.len();
        if self.tops.len() == count + 1 {
            return;
        }
        let from = self.tops.len().saturating_sub(1);
        self.tops.truncate(from);
        let before = from.checked_sub(1);
        let mut y = before.map_or(0.0, |before| self.tops[before] + self.height(before));
        for index in from..count {
            self.tops.push(y);
            y += self.height(index);
        }
        self.tops.push(y);
    }

    fn height(&self, index: usize) -> f32 {
        let paragraph = self.paragraph(index);
        let known = paragraph.layout.as_ref().map(Layout::height);
        let rows = known.or(paragraph.height).unwrap_or_else(|| {
            let per_row = (self.width / self.character).floor().max(1.0) as usize;
            paragraph.places.div_ceil(per_row).max(1) as f32 * LINE
        });
        rows + GAP + self.above(index)
    }

    fn above(&self, index: usize) -> f32 {
        if self.paragraph(index).heading.is_some() {
            HEADING
        } else {
            0.0
        }
    }
}

//! The text cut into paragraphs: at line ends, at the parts of the run, and at most 512 tokens long.
//!
//! Only the last paragraph changes while tokens stream in, so only it is ever laid out again.

use std::ops::Range;

use crate::trace::{Position, SegmentKind, TraceStore};

use super::layout::Layout;

/// Longest paragraph in tokens: bounds what one new token can cause to be laid out again.
pub const LONGEST: usize = 512;

/// A run of tokens that is laid out together.
#[derive(Debug, Default)]
pub struct Paragraph {
    /// Positions in it.
    pub tokens: Range<usize>,
    /// The part of the run that begins with it, if one does.
    pub heading: Option<SegmentKind>,
    /// The part of the run it belongs to.
    pub part: Option<SegmentKind>,
    /// Places that its characters without line ends take in a row, for guessing its height before it is laid out.
    pub places: usize,
    /// Glyphs and token rectangles, once it has been visible.
    pub layout: Option<Layout>,
    /// Height that its rows had when their glyphs were forgotten, so that the page stays where it is.
    pub height: Option<f32>,
    closed: bool,
}

/// All paragraphs of a run so far.
#[derive(Debug, Default)]
pub struct Paragraphs {
    list: Vec<Paragraph>,
    seen: usize,
    segments: usize,
}

impl Paragraphs {
    /// All of them, in order.
    pub fn list(&self) -> &[Paragraph] {
        &self.list
    }

    /// All of them, for laying out.
    pub fn list_mut(&mut self) -> &mut [Paragraph] {
        &mut self.list
    }

    /// The paragraph of a token.
    pub fn of(&self, position: Position) -> Option<usize> {
        let after = self
            .list
            .partition_point(|p| p.tokens.start <= position.index());
        let index = after.checked_sub(1)?;
        self.list[index]
            .tokens
            .contains(&position.index())
            .then_some(index)
    }

    /// Forgets every row, not the cuts.
    pub fn forget_layout(&mut self) {
        for paragraph in &mut self.list {
            (paragraph.layout, paragraph.height) = (None, None);
        }
    }

    /// Forgets every glyph, not how high the rows are.
    pub fn forget_glyphs(&mut self) {
        for paragraph in &mut self.list {
            if let Some(layout) = paragraph.layout.take() {
                paragraph.height = Some(layout.height());
            }
        }
    }

    /// Takes up what the store has gained. Returns the first paragraph that changed, if any did.
    pub fn extend(&mut self, store: &TraceStore) -> Option<usize> {
        let segments = store.segments();
        if segments.len() > self.segments {
            self.rewind(segments[self.segments].0.index());
            self.segments = segments.len();
        }
        let tokens = store.tokens();
        if self.seen == tokens.len() {
            return None;
        }
        let mut first = self.list.len();
        let mut next_segment = segments.partition_point(|(at, _)| at.index() < self.seen);
        let mut part = next_segment.checked_sub(1).map(|i| segments[i].1);
        for position in self.seen..tokens.len() {
            let mut heading = None;
            while let Some((at, kind)) = segments.get(next_segment)
                && at.index() <= position
            {
                part = Some(*kind);
                heading = Some(*kind);
                next_segment += 1;
            }
            let text = tokens.text(Position(position as u32));
            let index = self.push(position, text, heading, part);
            first = first.min(index);
        }
        self.seen = tokens.len();
        Some(first)
    }

    fn push(
        &mut self,
        position: usize,
        text: &str,
        heading: Option<SegmentKind>,
        part: Option<SegmentKind>,
    ) -> usize {
        let line_end = text.contains('\n');
        // Empty lines join the paragraph they end: they are signs to hover, not rows of their own.
        let blank = line_end && text.trim().is_empty();
        let joins = heading.is_none()
            && self
                .list
                .last()
                .is_some_and(|last| last.tokens.len() < LONGEST && (!last.closed || blank));
        if !joins {
            self.list.push(Paragraph {
                tokens: position..position,
                heading,
                part,
                ..Paragraph::default()
            });
        }
        let index = self.list.len() - 1;
        let last = &mut self.list[index];
        last.tokens.end = position + 1;
        last.places += places(text.trim_end_matches(['\n', '\r']));
        // Line ends before any text, as after a heading, end nothing.
        last.closed |= line_end && last.places > 0;
        (last.layout, last.height) = (None, None);
        index
    }

    /// A part of the run was announced after some of its tokens: cuts them again.
    fn rewind(&mut self, at: usize) {
        while let Some(last) = self.list.last()
            && last.tokens.end > at
        {
            self.seen = last.tokens.start;
            self.list.pop();
        }
        self.seen = self
            .seen
            .min(at.max(self.list.last().map_or(0, |p| p.tokens.end)));
    }
}

/// From here on most characters are as wide as high: Chinese, Japanese, Korean, pictures.
const WIDE_FROM: char = '\u{2e80}';

fn places(text: &str) -> usize {
    text.chars().map(|c| 1 + usize::from(c >= WIDE_FROM)).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::TraceRecord;
    use crate::trace::synthetic::{Synthetic, token};

    fn store_of(texts: &[&str]) -> TraceStore {
        let mut store = TraceStore::new(Arc::new(Synthetic::default().header()));
        push(&mut store, texts);
        store
    }

    fn push(store: &mut TraceStore, texts: &[&str]) {
        let tokens = texts.iter().map(|text| token(text));
        store.apply(TraceRecord::Tokens(tokens.collect())).unwrap();
    }

    fn cuts(paragraphs: &Paragraphs) -> Vec<Range<usize>> {
        paragraphs.list().iter().map(|p| p.tokens.clone()).collect()
    }

    #[test]
    fn lines_end_paragraphs_and_empty_lines_join_them() {
        let mut paragraphs = Paragraphs::default();
        paragraphs.extend(&store_of(&[
            "So", " 5", ".\n", "\n", "Wait", ",", "\n\n", "no",
        ]));
        assert_eq!(cuts(&paragraphs), [0..4, 4..7, 7..8]);
        assert_eq!(paragraphs.of(Position(3)), Some(0));
        assert_eq!(paragraphs.of(Position(8)), None);
    }

    #[test]
    fn line_ends_before_any_text_open_the_paragraph() {
        let mut paragraphs = Paragraphs::default();
        paragraphs.extend(&store_of(&["\n", "The", " end\n", "!"]));
        assert_eq!(cuts(&paragraphs), [0..3, 3..4]);
    }

    #[test]
    fn cutting_as_tokens_come_equals_cutting_at_once() {
        let store = Synthetic::default().store();
        let mut whole = Paragraphs::default();
        whole.extend(&store);
        let mut growing = TraceStore::new(Arc::clone(store.header()));
        let mut streamed = Paragraphs::default();
        for record in store.records() {
            growing.apply(record).unwrap();
            streamed.extend(&growing);
        }
        assert_eq!(cuts(&whole), cuts(&streamed));
        let headings = |p: &Paragraphs| p.list().iter().map(|p| p.heading).collect::<Vec<_>>();
        assert_eq!(headings(&whole), headings(&streamed));
    }

    #[test]
    fn a_new_token_touches_the_last_paragraph_only() {
        let mut store = store_of(&["a\n", "b\n", "c"]);
        let mut paragraphs = Paragraphs::default();
        paragraphs.extend(&store);
        push(&mut store, &["d"]);
        assert_eq!(paragraphs.extend(&store), Some(2));
        assert_eq!(paragraphs.extend(&store), None);
    }

    #[test]
    fn no_paragraph_is_longer_than_the_limit() {
        let store = store_of(&vec!["x"; 1500]);
        let mut paragraphs = Paragraphs::default();
        paragraphs.extend(&store);
        assert_eq!(cuts(&paragraphs), [0..512, 512..1024, 1024..1500]);
    }
}

//! Where the answer begins: reasoning models close their thoughts with `</think>`.

use crate::trace::END_OF_THOUGHT;

/// Watches the generated text for the end of the reasoning.
#[derive(Clone, Debug, Default)]
pub struct SegmentFinder {
    tail: String,
    answering: bool,
}

impl SegmentFinder {
    /// Feeds the text of the next token; true once, when the token after it opens the answer.
    pub fn answer_begins_after(&mut self, text: &str) -> bool {
        if self.answering {
            return false;
        }
        self.tail.push_str(text);
        if self.tail.contains(END_OF_THOUGHT) {
            self.answering = true;
            self.tail.clear();
            return true;
        }
        let mut from = self.tail.len().saturating_sub(END_OF_THOUGHT.len());
        while !self.tail.is_char_boundary(from) {
            from -= 1;
        }
        self.tail.drain(..from);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_tag_however_it_is_split() {
        let mut finder = SegmentFinder::default();
        let found: Vec<bool> = ["So é 5.", "<", "/th", "ink>", "The", "</think>"]
            .iter()
            .map(|t| finder.answer_begins_after(t))
            .collect();
        assert_eq!(found, [false, false, false, true, false, false]);
    }
}

//! Where lines and sentences end, in tokens.

use std::ops::Range;

use crate::trace::TokenColumns;

/// One past the last token of the line, with the blank lines that follow it.
pub(super) fn line_end(tokens: &TokenColumns, range: Range<usize>) -> usize {
    let mut ended = false;
    for position in range.clone() {
        let text = tokens.text_of(position..position + 1);
        if ended && !text.trim().is_empty() {
            return position;
        }
        ended |= text.contains('\n');
    }
    range.end
}

/// The sentences of a line; white space at its end belongs to the last.
pub(super) fn sentences(tokens: &TokenColumns, line: Range<usize>) -> Vec<Range<usize>> {
    let text = |position: usize| tokens.text_of(position..position + 1);
    let blank = |position: usize| text(position).trim().is_empty();
    // Where nothing is cut any more. Looked up once, and blanks are left out of what is asked about: a model that loops
    // on line breaks writes thousands of blank tokens, and the last sentence is read anew in every frame.
    let last = line.clone().rfind(|&position| !blank(position));
    let mut found: Vec<Range<usize>> = vec![];
    let mut start = line.start;
    // The sentence so far, without the blank tokens around it.
    let mut words = start..start;
    for position in line.start..last.unwrap_or(line.start) {
        if !blank(position) {
            let from = if words.is_empty() {
                position
            } else {
                words.start
            };
            words = from..position + 1;
        }
        let spaced = text(position + 1).starts_with(char::is_whitespace)
            || text(position).ends_with(char::is_whitespace);
        if spaced && ends_sentence(tokens.text_of(words.clone())) {
            found.push(start..position + 1);
            start = position + 1;
            words = start..start;
        }
    }
    if start < line.end {
        found.push(start..line.end);
    }
    found
}

fn ends_sentence(text: &str) -> bool {
    let text = text.trim();
    let closed = text.trim_end_matches(['"', '”', ')', ']', '*', '$']);
    let numbered = text
        .strip_suffix('.')
        .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
    closed.ends_with(['.', '!', '?']) && !numbered
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::synthetic::{Synthetic, token};
    use crate::trace::{TraceRecord, TraceStore};

    /// The sentences of a line as they are defined, whatever it takes.
    fn as_defined(tokens: &TokenColumns, line: Range<usize>) -> Vec<Range<usize>> {
        let mut found = vec![];
        let mut start = line.start;
        for position in line.clone() {
            let text = tokens.text_of(position..position + 1);
            let rest = tokens.text_of(position + 1..line.end);
            let next = tokens.text_of(position + 1..(position + 2).min(line.end));
            let spaced =
                next.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
            let said = tokens.text_of(start..position + 1);
            if spaced && !rest.trim().is_empty() && ends_sentence(said) {
                found.push(start..position + 1);
                start = position + 1;
            }
        }
        if start < line.end {
            found.push(start..line.end);
        }
        found
    }

    #[test]
    fn cuts_lie_where_they_are_defined_whatever_blank_tokens_there_are() {
        let kinds = [
            "So", " it", ".", "!", " ", " ", "", "\n", "1", "? ", ")", " .",
        ];
        let header = Arc::new(Synthetic::default().header());
        let mut dice = 1u32;
        for _ in 0..400 {
            let mut store = TraceStore::new(Arc::clone(&header));
            let mut batch = vec![];
            for _ in 0..14 {
                dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                batch.push(token(kinds[(dice >> 16) as usize % kinds.len()]));
            }
            store.apply(TraceRecord::Tokens(batch)).unwrap();
            let tokens = store.tokens();
            for line in [0..14, 3..14, 0..9, 5..6] {
                assert_eq!(
                    sentences(tokens, line.clone()),
                    as_defined(tokens, line.clone()),
                    "{:?}",
                    tokens.text_of(line)
                );
            }
        }
    }
}

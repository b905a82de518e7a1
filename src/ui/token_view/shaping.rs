//! Which character each glyph stands for.
//!
//! Nearly all text has one glyph a character, in order. A word that is written from right to left has its glyphs in the order
//! in which they stand on the screen, and egui adds some that show nothing; other scripts have several glyphs for one
//! character. Such text is shaped word by word, so that what is off is off within one word, and not in all that follows.

use std::sync::Arc;

use egui::text::{ByteIndex, LayoutJob, LayoutSection};
use egui::{Galley, TextFormat, Ui};

/// A text with its glyphs.
pub struct Shaped {
    /// The glyphs.
    pub galley: Arc<Galley>,
    /// The character of each glyph, row by row; `None` for a glyph that shows nothing.
    pub characters: Vec<Option<usize>>,
}

/// Lays out a text without line ends in lines of `width` points.
pub fn shape(ui: &Ui, text: String, format: &TextFormat, width: f32) -> Shaped {
    if text.chars().any(is_reversed) {
        return word_by_word(ui, &text, format, width);
    }
    let count = text.chars().count();
    let galley = lay_out(ui, LayoutJob::single_section(text, format.clone()), width);
    if glyphs(&galley).count() == count {
        let characters = (0..count).map(Some).collect();
        return Shaped { galley, characters };
    }
    word_by_word(ui, galley.text(), format, width)
}

fn lay_out(ui: &Ui, mut job: LayoutJob, width: f32) -> Arc<Galley> {
    job.wrap.max_width = width;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The glyphs of a galley: the first character that each stands for, and whether it takes room.
fn glyphs(galley: &Galley) -> impl Iterator<Item = (char, bool)> + '_ {
    let all = galley.rows.iter().flat_map(|row| row.glyphs.iter());
    all.map(|glyph| (glyph.chr, glyph.advance_width > 0.0))
}

fn word_by_word(ui: &Ui, text: &str, format: &TextFormat, width: f32) -> Shaped {
    let mut job = LayoutJob::default();
    let mut characters = Vec::new();
    let mut before = 0;
    for word in words(text) {
        let from = job.text.len();
        job.text.push_str(word);
        // Not `append`, which would join it to the section before.
        job.sections.push(LayoutSection {
            leading_space: 0.0,
            byte_range: ByteIndex(from)..ByteIndex(job.text.len()),
            format: format.clone(),
        });
        let own: Vec<char> = word.chars().collect();
        let found = characters_of(ui, word, &own, format);
        characters.extend(found.into_iter().map(|c| c.map(|c| before + c)));
        before += own.len();
    }
    Shaped {
        galley: lay_out(ui, job, width),
        characters,
    }
}

/// The characters of a word's glyphs, found by shaping it alone: the glyphs of a row no longer know their section.
fn characters_of(ui: &Ui, word: &str, own: &[char], format: &TextFormat) -> Vec<Option<usize>> {
    if word.is_ascii() {
        return (0..own.len()).map(Some).collect();
    }
    let job = LayoutJob::single_section(word.to_owned(), format.clone());
    let shaped: Vec<(char, bool)> = glyphs(&lay_out(ui, job, f32::INFINITY)).collect();
    if shaped.iter().map(|(c, _)| c).eq(own) {
        (0..own.len()).map(Some).collect()
    } else if own.iter().copied().any(is_reversed) {
        backwards(own, &shaped)
    } else {
        forwards(own, &shaped)
    }
}

/// The last letter comes first, each after its marks, which are named after it; then what shows nothing.
fn backwards(own: &[char], shaped: &[(char, bool)]) -> Vec<Option<usize>> {
    let mut end = own.len();
    let character = |&(c, wide): &(char, bool)| {
        let same = |&other: &char| other == c;
        let mut found = own[..end].iter().rposition(same);
        if found.is_none() && wide {
            // One more piece of the letter before; or the word goes on in another font.
            found = if own.get(end) == Some(&c) {
                Some(end)
            } else {
                own.iter().rposition(same)
            };
        }
        let found = found?;
        end = if wide { found } else { found + 1 };
        Some(found)
    };
    shaped.iter().map(character).collect()
}

/// In order, with more than one glyph for some characters.
fn forwards(own: &[char], shaped: &[(char, bool)]) -> Vec<Option<usize>> {
    let mut next: usize = 0;
    let character = |&(c, _): &(char, bool)| {
        let last = next.checked_sub(1);
        let again = last.is_some_and(|last| own[last] == c) && own.get(next) != Some(&c);
        let found = own[next..].iter().position(|&other| other == c);
        match found.filter(|_| !again) {
            Some(ahead) => {
                next += ahead + 1;
                Some(next - 1)
            }
            None => last,
        }
    };
    shaped.iter().map(character).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Reversed,
    Usual,
}

/// The text cut where spaces begin and end, and where the direction changes.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let kind = kind_of(c).or(before);
        if kind != before && at > from {
            words.push(&text[from..at]);
            from = at;
        }
        before = kind;
    }
    if from < text.len() {
        words.push(&text[from..]);
    }
    words
}

/// What a character is; `None` for one that goes with the character before it.
fn kind_of(c: char) -> Option<Kind> {
    match c {
        // Joiners, marks of direction, accents, variants.
        '\u{200c}'..='\u{200f}' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => None,
        _ if is_reversed(c) => Some(Kind::Reversed),
        _ if c.is_whitespace() => Some(Kind::Space),
        _ => Some(Kind::Usual),
    }
}

/// Whether a character is of a script that is written from right to left; the blocks that Unicode keeps for those.
fn is_reversed(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_spaces_and_where_the_direction_changes() {
        assert_eq!(words("ab שלום,x é"), ["ab", " ", "שלום", ",x", " ", "é"]);
        // A joiner inside a Persian word does not cut it.
        assert_eq!(words("می\u{200c}خواهم"), ["می\u{200c}خواهم"]);
        assert!(words("").is_empty());
    }

    #[test]
    fn reversed_glyphs_find_their_letters_and_what_shows_nothing_has_none() {
        let own: Vec<char> = "abab".chars().collect();
        let shaped = [
            ('b', true),
            ('a', true),
            ('b', true),
            ('a', true),
            ('b', false),
            ('a', false),
            ('b', false),
        ];
        let found = backwards(&own, &shaped);
        assert_eq!(found[..4], [Some(3), Some(2), Some(1), Some(0)]);
        assert_eq!(found[4..], [None, None, None]);
        // In two fonts, each part is reversed by itself.
        let parts = [('b', true), ('a', true), ('b', false), ('c', true)];
        let found = backwards(&['a', 'b', 'c'], &parts);
        assert_eq!(found, [Some(1), Some(0), None, Some(2)]);
        // A mark stands before its letter, under the letter's name.
        let marked = backwards(
            &['a', '\u{5b7}', 'b'],
            &[('b', true), ('a', false), ('a', true)],
        );
        assert_eq!(marked, [Some(2), Some(0), Some(0)]);
    }

    #[test]
    fn a_character_in_several_pieces_does_not_move_those_after_it() {
        let own: Vec<char> = "xyz".chars().collect();
        let shaped = [('x', true), ('x', true), ('y', true), ('z', true)];
        assert_eq!(
            forwards(&own, &shaped),
            [Some(0), Some(0), Some(1), Some(2)]
        );
    }
}

//! The words by which a model turns back on what it has written: a list that people can read and change.

use crate::named::named;

/// What a reflection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReflectionKind {
    /// Works from the result back to the start.
    Backwards,
    /// Reads the problem again.
    Reread,
    /// Finds the same by another way.
    Alternative,
    /// Does the same again.
    Check,
    /// Says that something may be wrong.
    Doubt,
}

named!(ReflectionKind {
    Backwards => "backwards",
    Reread => "reread",
    Alternative => "alternative",
    Check => "check",
    Doubt => "doubt",
});

/// A line of a cue list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the cues, {text:?}, {what}; a cue is written KIND: TEXT, with KIND one of {}",
    kinds()
)]
pub struct CueError {
    /// The line, counted from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
    /// What is off.
    pub what: &'static str,
}

fn kinds() -> String {
    let names: Vec<_> = ReflectionKind::ALL.iter().map(|k| k.name()).collect();
    names.join(", ")
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cue {
    kind: ReflectionKind,
    text: String,
    /// Only at the beginning of a sentence.
    first: bool,
}

/// Cues in order of precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CueList {
    cues: Vec<Cue>,
}

/// The list that is built in, `assets/reflections.txt`.
const BUILT_IN: &str = include_str!("../../assets/reflections.txt");

impl Default for CueList {
    fn default() -> Self {
        // A test holds the file to the format.
        Self::parse(BUILT_IN).unwrap_or(Self { cues: vec![] })
    }
}

impl CueList {
    /// The text of the built-in list, remarks included.
    pub fn built_in() -> &'static str {
        BUILT_IN
    }

    /// Reads a list: `KIND: TEXT` a line, `^` before the text for a sentence's beginning, `#` for remarks.
    ///
    /// # Errors
    /// The first line that is neither.
    pub fn parse(text: &str) -> Result<Self, CueError> {
        let mut cues = vec![];
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what| CueError {
                line: index + 1,
                text: line.to_owned(),
                what,
            };
            let (kind, cue) = line.split_once(':').ok_or_else(|| wrong("has no colon"))?;
            let kind = ReflectionKind::from_name(kind.trim())
                .ok_or_else(|| wrong("names no kind of reflection"))?;
            let cue = cue.trim();
            let (first, cue) = cue.strip_prefix('^').map_or((false, cue), |c| (true, c));
            let text = plain(cue);
            if text.is_empty() {
                return Err(wrong("has no text"));
            }
            cues.push(Cue { kind, text, first });
        }
        Ok(Self { cues })
    }

    /// The kind of reflection that a sentence opens, if it opens one.
    pub fn kind_of(&self, sentence: &str) -> Option<ReflectionKind> {
        let sentence = plain(sentence);
        let sentence = sentence.trim_start_matches(|c: char| !c.is_alphanumeric());
        self.cues
            .iter()
            .find(|cue| cue.is_in(sentence))
            .map(|cue| cue.kind)
    }
}

impl Cue {
    fn is_in(&self, sentence: &str) -> bool {
        let alone = |at: usize| {
            let before = sentence[..at].chars().next_back();
            let after = sentence[at + self.text.len()..].chars().next();
            let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            // A cue that ends in a sign, such as `no,`, ends there.
            let word = self.text.ends_with(char::is_alphanumeric);
            !(joins(before) || word && joins(after))
        };
        if self.first {
            sentence.starts_with(&self.text) && alone(0)
        } else {
            sentence.match_indices(&self.text).any(|(at, _)| alone(at))
        }
    }
}

/// Lower case, straight apostrophes, single spaces.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars() {
            match c {
                '’' | '‘' => out.push('\''),
                c => out.extend(c.to_lowercase()),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_can_be_read() {
        let list = CueList::parse(BUILT_IN).unwrap();
        for kind in ReflectionKind::ALL {
            assert!(list.cues.iter().any(|cue| cue.kind == *kind), "{kind}");
        }
        assert_eq!(CueList::default(), list);
    }

    /// Sentences of the embedded reasoner, of DeepSeek-R1's and Qwen3's manner, and plain steps.
    #[test]
    fn sentences_open_the_reflections_a_reader_would_say() {
        let list = CueList::default();
        for (sentence, want) in [
            ("Wait, let me double-check.", Some(ReflectionKind::Check)),
            ("Let me check that again. ", Some(ReflectionKind::Check)),
            ("Hmm, let me verify each step.", Some(ReflectionKind::Check)),
            ("Wait, that is not right.", Some(ReflectionKind::Doubt)),
            ("No, let me redo that.", Some(ReflectionKind::Doubt)),
            (
                "Reading it again: Ivy has 46 shells.",
                Some(ReflectionKind::Reread),
            ),
            (
                "Let me also work backwards.",
                Some(ReflectionKind::Backwards),
            ),
            (
                "Another way is to go backwards.",
                Some(ReflectionKind::Backwards),
            ),
            (
                "Wait, did I answer the question?",
                Some(ReflectionKind::Reread),
            ),
            ("**Wait**, 7 is odd.", Some(ReflectionKind::Doubt)),
            ("Hmm, is it?", Some(ReflectionKind::Doubt)),
            ("Let’s   check", Some(ReflectionKind::Check)),
            (
                "Alternatively, use Vieta.",
                Some(ReflectionKind::Alternative),
            ),
            (
                "But wait, n could be negative.",
                Some(ReflectionKind::Doubt),
            ),
            ("46 + 38 = 84.", None),
            ("He waits for the train, and the waiter waits too.", None),
            ("They wait for 3 hours.", None),
            ("I know that no, one or two are left.", None),
            ("Step 1: 38 more.", None),
            (
                "Okay, I need to find how many shells there are in the end.",
                None,
            ),
            ("Waiting takes 3 hours.", None),
        ] {
            assert_eq!(list.kind_of(sentence), want, "{sentence}");
        }
    }

    #[test]
    fn the_first_line_that_matches_gives_the_kind() {
        let list = CueList::parse("# mine\ndoubt: ^hmm\n check :  let  me\n").unwrap();
        assert_eq!(list.kind_of("Hmm, let me"), Some(ReflectionKind::Doubt));
        assert_eq!(list.kind_of("So let me"), Some(ReflectionKind::Check));
    }

    #[test]
    fn a_line_that_is_no_cue_is_named() {
        for (text, line) in [
            ("check: a\nwait", 2),
            ("think: b", 1),
            ("\n\ncheck:  ^ ", 3),
        ] {
            let error = CueList::parse(text).unwrap_err();
            assert_eq!(error.line, line);
            assert!(error.to_string().contains("backwards, reread"), "{error}");
        }
    }
}

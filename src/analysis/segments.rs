//! The text cut into prompt, reasoning steps, reflections and answer.
//!
//! - Prompt and answer are the recorded parts, one segment each.
//! - The reasoning is cut into sentences, at `.`, `!` or `?` before white space and at line ends; the
//!   number of a list (`1.`) ends none.
//! - A sentence with a cue ([`CueList`]) opens a reflection, which lasts until the line ends or the next
//!   cue opens another. A reflection that only announces itself goes on through the next line: its line
//!   ends with a colon, or holds nothing after the cue's sentence and no digit.
//! - Any other sentence is a step.
//!
//! Cuts lie between tokens. Text is taken up as it streams in; only the last sentence can still change.

use std::ops::Range;

use super::sentences::{line_end, sentences};
use super::{CueList, ReflectionKind};
use crate::trace::{Position, SegmentKind, TokenColumns, TraceStore};

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentClass {
    /// The prompt, chat template included.
    Prompt,
    /// A sentence of the reasoning that goes on with it.
    Step,
    /// Reasoning that turns back on itself.
    Reflection(ReflectionKind),
    /// The answer.
    Answer,
}

impl SegmentClass {
    /// The name used in files and in the window.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Step => "step",
            Self::Reflection(_) => "reflection",
            Self::Answer => "answer",
        }
    }

    /// The kind of reflection, if it is one.
    pub fn reflection(self) -> Option<ReflectionKind> {
        match self {
            Self::Reflection(kind) => Some(kind),
            _ => None,
        }
    }
}

/// A stretch of tokens of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First position.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// What it is.
    pub class: SegmentClass,
}

impl Segment {
    /// Its positions.
    pub fn tokens(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Its tokens among the first `cursor`.
    pub fn seen(&self, cursor: usize) -> Range<usize> {
        self.start.min(cursor)..self.end.min(cursor)
    }
}

/// All segments of a run so far: they follow each other without gaps.
#[derive(Clone, Debug, Default)]
pub struct Segmentation {
    cues: CueList,
    list: Vec<Segment>,
    parts: usize,
    resume: Resume,
    tokens: usize,
}

/// Where taking up goes on: the start of the last sentence, and how things stood there.
#[derive(Clone, Copy, Debug, Default)]
struct Resume {
    token: usize,
    segments: usize,
    /// End of the last segment before it, which the sentence may have lengthened.
    end: usize,
    /// It belongs to a reflection that began before it, or announced itself in the line before.
    reflecting: bool,
}

impl Segmentation {
    /// A segmentation by these cues.
    pub fn new(cues: CueList) -> Self {
        Self {
            cues,
            ..Self::default()
        }
    }

    /// The segmentation of a whole run.
    pub fn of(store: &TraceStore, cues: CueList) -> Self {
        let mut segments = Self::new(cues);
        segments.extend(store);
        segments
    }

    /// The words it goes by.
    pub fn cues(&self) -> &CueList {
        &self.cues
    }

    /// All segments, in order.
    pub fn list(&self) -> &[Segment] {
        &self.list
    }

    /// Those among the first `cursor` tokens, the last cut there.
    pub fn seen(&self, cursor: usize) -> impl Iterator<Item = Segment> + '_ {
        self.list
            .iter()
            .take_while(move |segment| segment.start < cursor)
            .map(move |segment| Segment {
                end: segment.end.min(cursor),
                ..*segment
            })
    }

    /// Index of a token's segment.
    pub fn index_of(&self, position: Position) -> Option<usize> {
        let after = self.list.partition_point(|s| s.start <= position.index());
        let index = after.checked_sub(1)?;
        (position.index() < self.list[index].end).then_some(index)
    }

    /// A token's segment.
    pub fn at(&self, position: Position) -> Option<&Segment> {
        self.index_of(position).map(|index| &self.list[index])
    }

    /// Takes up what the run has gained.
    pub fn extend(&mut self, store: &TraceStore) {
        let tokens = store.tokens();
        if (self.tokens, self.parts) == (tokens.len(), store.segments().len()) {
            return;
        }
        if self.parts != store.segments().len() || self.tokens > tokens.len() {
            self.list.clear();
            self.resume = Resume::default();
        }
        (self.tokens, self.parts) = (tokens.len(), store.segments().len());
        let resume = self.resume;
        self.list.truncate(resume.segments);
        if let Some(last) = self.list.last_mut() {
            last.end = resume.end;
        }
        for (range, kind) in parts(store) {
            let range = range.start.max(resume.token)..range.end;
            if range.is_empty() {
                continue;
            }
            match kind {
                SegmentKind::Prompt => self.whole(range, SegmentClass::Prompt),
                SegmentKind::Answer => self.whole(range, SegmentClass::Answer),
                SegmentKind::Reasoning => self.reasoning(tokens, range),
            }
        }
    }

    fn whole(&mut self, range: Range<usize>, class: SegmentClass) {
        match self.list.last_mut() {
            Some(last) if last.class == class => last.end = range.end,
            _ => self.list.push(Segment {
                start: range.start,
                end: range.end,
                class,
            }),
        }
        self.resume_at(range.end, false);
    }

    fn resume_at(&mut self, token: usize, reflecting: bool) {
        self.resume = Resume {
            token,
            segments: self.list.len(),
            end: self.list.last().map_or(0, |last| last.end),
            reflecting,
        };
    }

    fn reasoning(&mut self, tokens: &TokenColumns, range: Range<usize>) {
        let mut reflecting = self.resume.reflecting && self.resume.token == range.start;
        let mut start = range.start;
        while start < range.end {
            let end = line_end(tokens, start..range.end);
            reflecting = self.line(tokens, start..end, reflecting);
            start = end;
        }
    }

    /// Takes up a line, or the rest of one, that belongs to a reflection from its start on or not; returns whether it
    /// announces what the next one does.
    fn line(&mut self, tokens: &TokenColumns, line: Range<usize>, mut reflecting: bool) -> bool {
        let mut cue_sentence = None;
        for sentence in sentences(tokens, line.clone()) {
            // What ends before it is cut for good, however long a line a model writes.
            self.resume_at(sentence.start, reflecting);
            let text = tokens.text_of(sentence.clone());
            let class = match self.cues.kind_of(text) {
                Some(kind) => {
                    reflecting = true;
                    cue_sentence = Some(sentence.clone());
                    SegmentClass::Reflection(kind)
                }
                None if reflecting => {
                    if let Some(last) = self.list.last_mut() {
                        last.end = sentence.end;
                    }
                    continue;
                }
                None => SegmentClass::Step,
            };
            self.list.push(Segment {
                start: sentence.start,
                end: sentence.end,
                class,
            });
        }
        let text = tokens.text_of(line.clone());
        let only_cue = cue_sentence.is_some_and(|sentence| {
            let says = tokens.text_of(sentence.clone());
            sentence.end == line.end && !says.contains(|c: char| c.is_ascii_digit())
        });
        reflecting && (text.trim_end().ends_with(':') || only_cue)
    }
}

/// The recorded parts; without a record the header's prompt, then reasoning.
fn parts(store: &TraceStore) -> Vec<(Range<usize>, SegmentKind)> {
    let end = store.tokens().len();
    let mut starts: Vec<(usize, SegmentKind)> = store
        .segments()
        .iter()
        .map(|(at, kind)| (at.index().min(end), *kind))
        .collect();
    if starts.is_empty() {
        let prompt = (store.header().prompt_tokens as usize).min(end);
        starts = vec![(0, SegmentKind::Prompt), (prompt, SegmentKind::Reasoning)];
    }
    if starts[0].0 > 0 {
        starts.insert(0, (0, SegmentKind::Prompt));
    }
    let ends: Vec<usize> = starts[1..].iter().map(|(at, _)| *at).chain([end]).collect();
    starts
        .iter()
        .zip(ends)
        .map(|(&(at, kind), end)| (at..end.max(at), kind))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::synthetic::{Synthetic, token};
    use crate::trace::{TraceHeader, TraceRecord};

    /// Words with the space before them, signs and line ends on their own, as vocabularies have them.
    fn words(text: &str) -> Vec<String> {
        let mut words: Vec<String> = vec![];
        for c in text.chars() {
            let joins = words.last().is_some_and(|word| {
                c.is_alphanumeric() && word.ends_with(|l: char| l.is_alphanumeric() || l == ' ')
            });
            match words.last_mut() {
                Some(word) if joins => word.push(c),
                _ => words.push(c.to_string()),
            }
        }
        words
    }

    fn run(prompt: &str, reasoning: &str, answer: &str) -> Vec<TraceRecord> {
        let mut records = vec![];
        let mut at = 0;
        for (kind, text) in [
            (SegmentKind::Prompt, prompt),
            (SegmentKind::Reasoning, reasoning),
            (SegmentKind::Answer, answer),
        ] {
            records.push(TraceRecord::Segment {
                at: Position(at),
                kind,
            });
            for word in words(text) {
                records.push(TraceRecord::Tokens(vec![token(&word)]));
                at += 1;
            }
        }
        records
    }

    fn header() -> Arc<TraceHeader> {
        Arc::new(Synthetic::default().header())
    }

    fn cut(reasoning: &str) -> Vec<(String, String)> {
        let mut store = TraceStore::new(header());
        for record in run("Wait, a prompt. Hmm.", reasoning, "Wait: 5.") {
            store.apply(record).unwrap();
        }
        let segments = Segmentation::of(&store, CueList::default());
        let list = segments.list();
        assert_eq!(list.first().unwrap().class, SegmentClass::Prompt);
        assert_eq!(list.last().unwrap().class, SegmentClass::Answer);
        assert!(list.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(
            (list[0].start, list.last().unwrap().end),
            (0, store.tokens().len())
        );
        list[1..list.len() - 1]
            .iter()
            .map(|segment| {
                let name = match segment.class {
                    SegmentClass::Reflection(kind) => kind.name(),
                    class => class.name(),
                };
                let text = store.tokens().text_of(segment.tokens());
                (name.to_owned(), text.trim().to_owned())
            })
            .collect()
    }

    fn pairs(found: &[(String, String)]) -> Vec<(&str, &str)> {
        found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect()
    }

    #[test]
    fn a_trace_of_the_embedded_reasoner() {
        let found = cut(
            "Okay, I start with 46.\nStep 1: 38 more. 46 + 38 = 74. Wait, that is not right. 46 + 38 = 84.\n\
             So the answer is 55.\nLet me check that again. Reading it again: Ivy has 46. 84 - 29 = 55. \
             That is right.\nLet me also work backwards. 55 + 29 = 84. That agrees.\n",
        );
        assert_eq!(
            pairs(&found),
            [
                ("step", "Okay, I start with 46."),
                ("step", "Step 1: 38 more."),
                ("step", "46 + 38 = 74."),
                ("doubt", "Wait, that is not right. 46 + 38 = 84."),
                ("step", "So the answer is 55."),
                ("check", "Let me check that again."),
                (
                    "reread",
                    "Reading it again: Ivy has 46. 84 - 29 = 55. That is right."
                ),
                (
                    "backwards",
                    "Let me also work backwards. 55 + 29 = 84. That agrees."
                ),
            ]
        );
    }

    #[test]
    fn an_announcement_goes_on_through_the_next_line() {
        let found = cut(
            "x = 3.5 here.\n\nWait, let me double-check that.\n\n2 x is 7. Good.\n\nSo x is right.\n\
             Hmm, 7 / 2 is 3.5.\nNext I add 1.\nLet me verify:\n1. First, 7.\nDone.",
        );
        assert_eq!(
            pairs(&found),
            [
                ("step", "x = 3.5 here."),
                (
                    "check",
                    "Wait, let me double-check that.\n\n2 x is 7. Good."
                ),
                ("step", "So x is right."),
                ("doubt", "Hmm, 7 / 2 is 3.5."),
                ("step", "Next I add 1."),
                ("check", "Let me verify:\n1. First, 7."),
                ("step", "Done."),
            ]
        );
    }

    #[test]
    fn streaming_in_ends_where_reading_at_once_does() {
        let text = "A is 1.\nWait, let me double-check that.\n\n2. Two. Good.\n\nSo. Hmm, no. It is 3. Let me verify:\n\
             4. Then. Fine.\nEnd.";
        let mut stores = vec![TraceStore::new(header())];
        for record in run("P.", text, "A.") {
            let mut next = stores.last().unwrap().clone();
            next.apply(record).unwrap();
            stores.push(next);
        }
        let mut streamed = Segmentation::default();
        for store in &stores {
            streamed.extend(store);
            let at_once = Segmentation::of(store, CueList::default());
            assert_eq!(
                streamed.list(),
                at_once.list(),
                "{} tokens",
                store.tokens().len()
            );
        }
    }

    #[test]
    fn a_long_loop_on_line_breaks_belongs_to_the_last_sentence() {
        let mut store = TraceStore::new(Arc::new(TraceHeader {
            prompt_tokens: 0,
            ..Synthetic::default().header()
        }));
        let words = ["A", ".", " B", "."].map(token).to_vec();
        store.apply(TraceRecord::Tokens(words)).unwrap();
        let breaks = vec![token("\n"); 30_000];
        store.apply(TraceRecord::Tokens(breaks)).unwrap();
        let segments = Segmentation::of(&store, CueList::default());
        let ends: Vec<usize> = segments.list().iter().map(|s| s.end).collect();
        assert_eq!(ends, [2, 30_004]);
    }

    #[test]
    fn without_recorded_parts_the_prompt_is_the_headers() {
        let mut store = TraceStore::new(Arc::new(TraceHeader {
            prompt_tokens: 2,
            ..Synthetic::default().header()
        }));
        let batch = ["P", ".", "A", ".", " B", "."].map(token).to_vec();
        store.apply(TraceRecord::Tokens(batch)).unwrap();
        let segments = Segmentation::of(&store, CueList::default());
        let classes: Vec<_> = segments.list().iter().map(|s| (s.start, s.class)).collect();
        assert_eq!(
            classes,
            [
                (0, SegmentClass::Prompt),
                (2, SegmentClass::Step),
                (4, SegmentClass::Step)
            ]
        );
        assert_eq!(segments.at(Position(5)).map(|s| s.start), Some(4));
        assert_eq!(segments.at(Position(6)), None);
    }
}

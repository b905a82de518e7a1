//! The groups whose evictions are compared, and which tokens belong to each.
//!
//! Apart from the report, as the window, the tables and the figures name and explain the same groups without one.

use super::SegmentClass;
use crate::named::named;

/// Tokens that are looked at together. Groups overlap: a reflection may be a repetition too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Reflections of every kind.
    Reflections,
    /// Text that occurs more than once, token for token, every copy.
    Repetitions,
    /// Copies that were repeated again later, over the compressions since they were.
    OlderCopies,
    /// Of every repeated text the last copy so far, over the compressions since it was written.
    NewestCopies,
    /// Reflections and repetitions together.
    Either,
    /// The prompt.
    Prompt,
    /// Reasoning that is no reflection.
    Steps,
    /// The answer.
    Answer,
    /// Keys with a newer near duplicate, as the policy found them. Counted once for every compression a
    /// pair was open to; the policy decides on keys, so there is no number of tokens.
    NearDuplicates,
}

named!(Group {
    Reflections => "reflections",
    Repetitions => "repetitions",
    OlderCopies => "older copies",
    NewestCopies => "newest copies",
    Either => "either",
    Prompt => "prompt",
    Steps => "steps",
    Answer => "answer",
    NearDuplicates => "near duplicates",
});

impl Group {
    /// What it is, in a sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::Reflections => {
                "Sentences in which the model turns back on what it wrote, by the cue list."
            }
            Self::Repetitions => {
                "Text that occurs more than once, token for token; every copy counts."
            }
            Self::OlderCopies => {
                "Copies of repeated text that were repeated again later, counted from the moment each was \
                 repeated: a compression before that had no later copy to spare instead."
            }
            Self::NewestCopies => {
                "Of every repeated text the last copy so far, what R-KV means to spare, counted from the \
                 moment it repeated the text."
            }
            Self::Either => "Reflections and repetitions together, each token once.",
            Self::Prompt => "The prompt, chat template included.",
            Self::Steps => "Reasoning that is no reflection.",
            Self::Answer => "What comes after the reasoning.",
            Self::NearDuplicates => {
                "Keys with a newer near duplicate in their head, as the policy found them. A pair counts once \
                 for every compression that could have evicted it. In score order (--order reference) only the similar \
                 key in the latest slot is known, so that some newer ones are missed."
            }
        }
    }

    /// Whether its pairs count only from the moment on at which a token came to belong to it.
    pub fn counts_from_a_moment(self) -> bool {
        matches!(self, Self::OlderCopies | Self::NewestCopies)
    }

    /// Whether the token belongs to it; of near duplicates, which are keys and not tokens, none does.
    pub(super) fn holds(self, token: &Token) -> bool {
        let reflection = token.class.reflection().is_some();
        match self {
            Self::Reflections => reflection,
            Self::Repetitions => token.repeated,
            Self::OlderCopies => token.superseded,
            Self::NewestCopies => token.repeated && !token.superseded,
            Self::Either => reflection || token.repeated,
            Self::Prompt => token.class == SegmentClass::Prompt,
            Self::Steps => token.class == SegmentClass::Step,
            Self::Answer => token.class == SegmentClass::Answer,
            Self::NearDuplicates => false,
        }
    }
}

/// What decides which groups a token is in, as far as it is known when so many tokens have been seen.
pub(super) struct Token {
    /// The class of its segment.
    pub(super) class: SegmentClass,
    /// Whether it lies in a copy of text that occurs more than once.
    pub(super) repeated: bool,
    /// Whether a later copy has followed; only of repeated tokens.
    pub(super) superseded: bool,
}

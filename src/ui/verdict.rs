//! Whether a run came to what is right, where that is known.

use crate::trace::{FinishReason, same_answer};

/// What to say of a run's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody knows what is right, or the run was not left to come to its end.
    Unknown,
    /// It is right.
    Right,
    /// It is not this one, or there is none at all.
    Wrong(String),
}

impl Verdict {
    /// Judges the content of a run's last box, after it has ended for this reason.
    pub fn of(answer: Option<&str>, end: Option<&FinishReason>, right: Option<i64>) -> Self {
        let by_itself = match end {
            None | Some(FinishReason::Stopped | FinishReason::Failed(_)) => false,
            Some(FinishReason::EndOfText | FinishReason::MaxTokens | FinishReason::ContextFull) => {
                true
            }
        };
        let Some(right) = right.filter(|_| by_itself).map(|right| right.to_string()) else {
            return Self::Unknown;
        };
        if answer.is_some_and(|given| same_answer(given, &right)) {
            Self::Right
        } else {
            Self::Wrong(right)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_that_ended_by_themselves_are_judged() {
        let ended = Some(&FinishReason::EndOfText);
        assert_eq!(Verdict::of(Some("7.0"), ended, Some(7)), Verdict::Right);
        let wrong = Verdict::Wrong("7".to_owned());
        assert_eq!(Verdict::of(Some("8"), ended, Some(7)), wrong);
        let cut_off = Some(&FinishReason::MaxTokens);
        assert_eq!(Verdict::of(None, cut_off, Some(7)), wrong);
        let failed = FinishReason::Failed("no room".to_owned());
        for end in [None, Some(&FinishReason::Stopped), Some(&failed)] {
            assert_eq!(Verdict::of(None, end, Some(7)), Verdict::Unknown);
        }
        assert_eq!(Verdict::of(Some("8"), ended, None), Verdict::Unknown);
    }
}

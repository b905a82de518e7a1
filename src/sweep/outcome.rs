//! What came of one run of a sweep.

use serde::{Deserialize, Serialize};

use super::ArmKey;

/// One problem under one arm. Nothing in it depends on the machine's speed, so that a sweep run twice
/// writes the same outcomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunOutcome {
    /// Index of the problem.
    pub problem: u32,
    /// Policy and budget.
    #[serde(flatten)]
    pub arm: ArmKey,
    /// Content of the last box, if the model gave one.
    pub answer: Option<String>,
    /// Whether it is the expected answer.
    pub right: bool,
    /// Why the run ended: `end-of-text`, `max-tokens`, `context-full`.
    pub finish: String,
    /// Cut off while saying the same passage over and over.
    pub looped: bool,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens generated.
    pub tokens: u32,
    /// Compressions.
    pub compressions: u32,
    /// Most slots a head ever held.
    pub peak_slots: u32,
    /// Slots read by all decode steps over what a full cache would have had read, to six decimals.
    pub time_averaged_ratio: f64,
    /// Slots read, summed over all steps: what attention had to do.
    pub slot_steps: u64,
}

impl RunOutcome {
    /// Whether the run was cut off instead of ending by itself.
    pub fn capped(&self) -> bool {
        self.finish != crate::trace::FinishReason::EndOfText.name()
    }

    /// Slots that a full cache would have had read in the same steps: each reads all tokens up to its own.
    pub fn full_slot_steps(&self) -> u64 {
        let (prompt, tokens) = (u64::from(self.prompt_tokens), u64::from(self.tokens));
        prompt * tokens + tokens * (tokens + 1) / 2
    }
}

//! School problems with exact whole answers and the reasoning that solves them: what the embedded reasoner is trained on,
//! and what a sweep over budgets asks it.
//!
//! ```
//! use rkv_scope::problems::{Generator, Level};
//!
//! let problem = Generator::new(7).level(Level::Easy).problem(0);
//! assert!(problem.trace.contains(&problem.answer.to_string()));
//! // Any problem of a seed can be drawn by its number alone.
//! assert_eq!(Generator::new(7).level(Level::Easy).problems(0..3).next().unwrap(), problem);
//! ```
//!
//! A kind of problem is one file in `kinds` or a book in `stories`, and one line in [`KINDS`]. It draws the numbers, writes
//! the sentences, plans the steps and states the problem once more as a formula; the telling of a plan is the same for all
//! kinds, so that arithmetic looks the same wherever it occurs. The seeds 0 to 999 are held out from training by convention: see
//! [`HELD_OUT_SEEDS`].

mod arithmetic;
mod draw;
mod kinds;
mod level;
mod narrate;
mod plan;
mod stories;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use serde::Serialize;

use draw::Draw;
pub use kinds::KINDS;
pub use level::Level;
use plan::Plan;

/// Seeds that training never uses, so that problems drawn from them measure what was learnt.
pub const HELD_OUT_SEEDS: Range<u64> = 0..1000;

/// A problem, its solution told step by step, and the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the field is called so in the JSON and in the literature"
)]
pub struct Problem {
    /// Name of its kind, one of [`KINDS`].
    pub kind: &'static str,
    /// How hard it is.
    #[serde(serialize_with = "level_name")]
    pub level: Level,
    /// The text, as a person would type it.
    pub problem: String,
    /// The reasoning, without `<think>` and `</think>`.
    pub trace: String,
    /// The answer: a whole number, never negative.
    pub answer: i64,
    /// The problem as an equation in x with one solution, such as `(x + 7) * 3 = 36`, written from the numbers of the
    /// text and not from the steps of the solution: for independent evaluation. `floor(..)` rounds down.
    pub formula: String,
}

impl Problem {
    /// What the model says after its reasoning.
    pub fn final_words(&self) -> String {
        format!("The answer is \\boxed{{{}}}.", self.answer)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn level_name<S: serde::Serializer>(level: &Level, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level.name())
}

/// What a kind makes of its draws.
struct Draft {
    /// The problem but for its question.
    story: String,
    question: String,
    plan: Plan,
    formula: String,
}

/// A kind of problem.
pub struct Kind {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// What it asks, in a few words.
    pub about: &'static str,
    /// Whether it is drawn where no kinds are named.
    pub common: bool,
    /// How often it is drawn, relative to the others.
    weight: usize,
    draft: fn(&mut Draw, Level) -> Draft,
}

impl Kind {
    /// The kind of that name, if there is one.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Draws problems of a seed: problem number `i` is the same whichever others are drawn, on every machine.
#[derive(Debug, Clone)]
pub struct Generator {
    seed: u64,
    kinds: Vec<&'static Kind>,
    level: Option<Level>,
}

impl Generator {
    /// The kinds that the embedded reasoner knows, all levels.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            kinds: KINDS.iter().filter(|kind| kind.common).collect(),
            level: None,
        }
    }

    /// These kinds only; no kinds means those of [`Self::new`].
    pub fn kinds(mut self, kinds: &[&'static Kind]) -> Self {
        if !kinds.is_empty() {
            self.kinds = kinds.to_vec();
        }
        self
    }

    /// This level only.
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Problem number `index` of the seed.
    pub fn problem(&self, index: u64) -> Problem {
        let mut draw = Draw::new(self.seed, index);
        let kind = self.draw_kind(&mut draw);
        let level = self.level.unwrap_or_else(|| draw.pick(Level::ALL));
        let draft = (kind.draft)(&mut draw, level);
        let answer = draft.plan.answer().unwrap_or(0);
        let trace = narrate::narrate(&draft.plan, &draft.question, answer, &mut draw);
        let problem = [draft.story, draft.question].join(" ").trim().to_owned();
        Problem {
            kind: kind.name,
            level,
            problem,
            trace,
            answer,
            formula: draft.formula,
        }
    }

    /// The problems of a range of numbers.
    pub fn problems(&self, numbers: Range<u64>) -> impl Iterator<Item = Problem> + '_ {
        numbers.map(|index| self.problem(index))
    }

    fn draw_kind(&self, draw: &mut Draw) -> &'static Kind {
        let total: usize = self.kinds.iter().map(|kind| kind.weight).sum();
        let mut ticket = draw.below(total);
        for kind in &self.kinds {
            if ticket < kind.weight {
                return kind;
            }
            ticket -= kind.weight;
        }
        unreachable!("the ticket is below the sum of the weights")
    }
}

//! What is swept: everything that decides the results, and nothing else.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ArmKey, Problem, ProblemSource};
use crate::config::{CacheSettings, Sampling, is_embedded};
use crate::counted::counted;
use crate::policy::find;

/// Which model made the results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// Name shown to people.
    pub name: String,
    /// Checksum of its files, so that a retrained model of the same name is another one.
    pub fingerprint: String,
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepRequest {
    /// Model: a path, a known name, or `reasoner`.
    pub model: String,
    /// The problems.
    pub problems: ProblemSource,
    /// What the model is told behind every problem ([`instruction_for`]).
    pub instruction: Option<String>,
    /// Settings of every arm, the full cache first ([`super::arms`]).
    pub arms: Vec<CacheSettings>,
    /// How tokens are drawn; greedy unless a temperature is given.
    pub sampling: Sampling,
    /// Runs at the same time; it changes no result.
    pub threads: usize,
    /// Results file to append to and to resume from.
    pub out: Option<PathBuf>,
}

/// What reasoning models are asked for, as R-KV's authors and DeepSeek ask: only a box says which number is the answer.
const INSTRUCTION: &str = "Please reason step by step, and put your final answer within \\boxed{}.";

/// The instruction that a model needs to put its answer where a sweep looks for it; the project's own reasoner needs none.
pub fn instruction_for(model: &str) -> Option<String> {
    (!is_embedded(model)).then(|| INSTRUCTION.to_owned())
}

/// What decides the results of a sweep. The first line of a results file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPlan {
    /// The model.
    pub model: ModelIdentity,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Settings of every arm, the full cache first.
    pub arms: Vec<CacheSettings>,
    /// Where the problems come from, in a few words; the problems themselves are what counts.
    #[serde(default)]
    pub origin: String,
    /// The problems, in order.
    pub problems: Vec<Problem>,
}

impl SweepPlan {
    /// What was swept, in a line; `asked` is how many of the problems were.
    pub fn said(&self, asked: u32) -> String {
        let drawn = if self.sampling.temperature > 0.0 {
            format!(
                "temperature {} from seed {}",
                self.sampling.temperature, self.sampling.seed
            )
        } else {
            "greedy".to_owned()
        };
        let mut buffers: Vec<u32> = self
            .arms
            .iter()
            .filter(|arm| !ArmKey::of(arm).is_full())
            .map(|arm| arm.buffer)
            .collect();
        buffers.sort_unstable();
        buffers.dedup();
        let buffers: Vec<String> = buffers.iter().map(ToString::to_string).collect();
        let buffer = if buffers.is_empty() {
            // The full cache alone has none.
            String::new()
        } else {
            format!(", buffer {}", buffers.join(" or "))
        };
        let mut unusual: Vec<String> = vec![];
        for arm in &self.arms {
            let said = find(&arm.policy).map_or_else(|_unknown| vec![], |info| info.unusual(arm));
            for one in said {
                if !unusual.contains(&one) {
                    unusual.push(one);
                }
            }
        }
        let unusual = if unusual.is_empty() {
            String::new()
        } else {
            format!(", {}", unusual.join(", "))
        };
        let problems = counted(self.problems.len() as u64, "problem");
        let problems = if asked as usize == self.problems.len() {
            problems
        } else {
            format!("{asked} of {problems}")
        };
        format!(
            "{problems}, {}; model {} ({}), {drawn}, at most {} tokens{buffer}{unusual}.",
            self.origin, self.model.name, self.model.fingerprint, self.sampling.max_tokens,
        )
    }

    /// All arms.
    pub fn keys(&self) -> impl Iterator<Item = ArmKey> + '_ {
        self.arms.iter().map(ArmKey::of)
    }

    /// The settings of an arm.
    pub fn settings(&self, arm: &ArmKey) -> Option<&CacheSettings> {
        self.arms
            .iter()
            .find(|settings| ArmKey::of(settings) == *arm)
    }

    /// Ids of the policies, in the order asked for, the full cache first.
    pub fn policies(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = vec![];
        for arm in &self.arms {
            if !ids.contains(&arm.policy.as_str()) {
                ids.push(&arm.policy);
            }
        }
        ids
    }

    /// All budgets, ascending.
    pub fn budgets(&self) -> Vec<u32> {
        let mut budgets: Vec<u32> = self.keys().filter_map(|key| key.budget).collect();
        budgets.sort_unstable();
        budgets.dedup();
        budgets
    }

    /// Runs that a finished sweep has.
    pub fn runs(&self) -> usize {
        self.arms.len() * self.problems.len()
    }

    /// In what this plan differs from another, as a person would say it; `None` if in nothing.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let list = |plan: &Self| {
            plan.keys()
                .map(|key| key.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        // The same files may be named by path or by name.
        if self.model.fingerprint != other.model.fingerprint {
            let model = |m: &ModelIdentity| format!("{} ({})", m.name, m.fingerprint);
            let (ours, theirs) = (model(&self.model), model(&other.model));
            Some(format!("its model is {ours}, not {theirs}"))
        } else if self.problems != other.problems {
            let (ours, theirs) = (self.problems.len(), other.problems.len());
            let pairs = || self.problems.iter().zip(&other.problems);
            Some(if ours != theirs {
                format!("it has {ours} problems, not {theirs}")
            } else if pairs().all(|(a, b)| a.answer == b.answer && asked_alike(&a.text, &b.text)) {
                "its model is told something else behind each problem (--instruction)".to_owned()
            } else {
                "its problems are others".to_owned()
            })
        } else if self.sampling != other.sampling {
            // Random policies draw from the seed where the tokens do not.
            let (ours, theirs) = (self.sampling.seed, other.sampling.seed);
            Some(format!(
                "its sampling is {} (seed {ours}), not {} (seed {theirs})",
                self.sampling, other.sampling
            ))
        } else if list(self) != list(other) {
            Some(format!("its arms are: {}", list(self)))
        } else if self.arms != other.arms {
            Some("its policies have other settings".to_owned())
        } else {
            None
        }
    }
}

/// Whether two texts are one problem, with an instruction in a line behind it or without.
fn asked_alike(a: &str, b: &str) -> bool {
    let bare = |text: &'_ str| text.rsplit_once('\n').map(|(bare, _)| bare.to_owned());
    let (bare_a, bare_b) = (bare(a), bare(b));
    a == b
        || bare_a.as_deref() == Some(b)
        || bare_b.as_deref() == Some(a)
        || (bare_a.is_some() && bare_a == bare_b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::arms;

    #[test]
    fn a_sweep_of_the_full_cache_alone_speaks_of_no_buffer() {
        let said = |policies: &[&str]| {
            let policies: Vec<String> = policies.iter().map(|&id| id.to_owned()).collect();
            let plan = SweepPlan {
                model: ModelIdentity {
                    name: "m".to_owned(),
                    fingerprint: "0".to_owned(),
                },
                sampling: Sampling::default(),
                arms: arms(&policies, &[64], |settings| settings.buffer = 32).unwrap(),
                origin: "made up".to_owned(),
                problems: vec![],
            };
            plan.said(0)
        };
        let limit = format!("at most {} tokens", Sampling::default().max_tokens);
        assert!(said(&["rkv"]).ends_with(&format!("{limit}, buffer 32.")));
        assert!(said(&["full"]).ends_with(&format!("{limit}.")));
    }
}

//! The problems of a point, taken up as results come: a sweep has many times more results than a point has problems, and
//! the list is drawn in every frame.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Filter;
use crate::sweep::{ArmKey, RunOutcome, SweepPlan};

/// A run of the point, and the full cache's of the same problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The run, by its index among the outcomes.
    pub run: usize,
    /// Whether the full cache's is right, once it has ended.
    pub full_right: Option<bool>,
}

/// The list of one point under one filter.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    point: Option<(Arc<SweepPlan>, ArmKey)>,
    /// Outcomes taken up.
    taken: usize,
    /// By problem: whether the full cache was right.
    full: BTreeMap<u32, bool>,
    /// By problem: the point's run.
    runs: BTreeMap<u32, usize>,
    filter: Filter,
    pairs: Vec<Pair>,
}

impl Listed {
    /// The runs of a point that pass the filter, by problem; of two for the same problem the first counts, as in the
    /// table. Outcomes of one plan are only ever appended.
    pub fn update(
        &mut self,
        plan: &Arc<SweepPlan>,
        outcomes: &[RunOutcome],
        arm: &ArmKey,
        filter: Filter,
    ) -> &[Pair] {
        let known = self.point.as_ref();
        let same = known.is_some_and(|(of, point)| Arc::ptr_eq(of, plan) && point == arm);
        if !same || self.taken > outcomes.len() {
            *self = Self {
                point: Some((Arc::clone(plan), arm.clone())),
                ..Self::default()
            };
        }
        if self.taken == outcomes.len() && self.filter == filter {
            return &self.pairs;
        }
        for (index, outcome) in outcomes.iter().enumerate().skip(self.taken) {
            if outcome.arm.is_full() {
                self.full.entry(outcome.problem).or_insert(outcome.right);
            }
            if outcome.arm == *arm {
                self.runs.entry(outcome.problem).or_insert(index);
            }
        }
        self.taken = outcomes.len();
        self.filter = filter;
        let pairs = self.runs.iter().map(|(problem, &run)| Pair {
            run,
            full_right: self.full.get(problem).copied(),
        });
        self.pairs = pairs
            .filter(|pair| filter.passes(outcomes[pair.run].right, pair.full_right))
            .collect();
        &self.pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sampling;
    use crate::sweep::ModelIdentity;

    fn plan() -> Arc<SweepPlan> {
        Arc::new(SweepPlan {
            model: ModelIdentity {
                name: "reasoner".to_owned(),
                fingerprint: "0a1b2c3d".to_owned(),
            },
            sampling: Sampling::default(),
            arms: vec![],
            origin: String::new(),
            problems: vec![],
        })
    }

    fn arm(budget: Option<u32>) -> ArmKey {
        let policy = if budget.is_some() { "rkv" } else { "full" };
        ArmKey {
            policy: policy.to_owned(),
            budget,
        }
    }

    /// Three arms of forty problems, in an order of their own.
    fn outcomes() -> Vec<RunOutcome> {
        let arms = [None, Some(32), Some(64)];
        (0..120u32)
            .map(|i| i * 77 % 120)
            .map(|i| RunOutcome {
                problem: i / 3,
                arm: arm(arms[i as usize % 3]),
                answer: None,
                right: i * 31 % 7 < 4,
                finish: "end-of-text".to_owned(),
                looped: false,
                prompt_tokens: 1,
                tokens: 1,
                compressions: 0,
                peak_slots: 1,
                time_averaged_ratio: 1.0,
                slot_steps: 1,
            })
            .collect()
    }

    fn looked_for(all: &[RunOutcome], arm: &ArmKey, filter: Filter) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = (0..all.len())
            .filter(|&run| all[run].arm == *arm)
            .map(|run| Pair {
                run,
                full_right: all
                    .iter()
                    .find(|full| full.arm.is_full() && full.problem == all[run].problem)
                    .map(|full| full.right),
            })
            .filter(|pair| filter.passes(all[pair.run].right, pair.full_right))
            .collect();
        pairs.sort_by_key(|pair| all[pair.run].problem);
        pairs
    }

    #[test]
    fn taking_outcomes_up_as_they_come_lists_what_a_look_at_all_of_them_does() {
        let (plan, all) = (plan(), outcomes());
        let mut listed = Listed::default();
        for filter in [Filter::Lost, Filter::All, Filter::Gained, Filter::Wrong] {
            for (arm, until) in [
                (arm(Some(32)), 10),
                (arm(Some(32)), 70),
                (arm(Some(32)), 70),
                (arm(Some(64)), 90),
                (arm(None), 120),
                (arm(Some(32)), 120),
            ] {
                let all = &all[..until];
                let got = listed.update(&plan, all, &arm, filter);
                assert_eq!(got, looked_for(all, &arm, filter), "{arm} of {until}");
            }
        }
        let other = self::plan();
        assert_eq!(listed.update(&other, &[], &arm(None), Filter::All), []);
    }
}

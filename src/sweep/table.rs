//! The table: what each arm did, overall and by kind of problem, paired against the full cache.

use std::collections::BTreeMap;

use serde::Serialize;

use super::statistics::{Interval, mcnemar_exact, wilson};
use super::{ArmKey, RunOutcome, SweepPlan};

/// What an arm did on some problems. Rates and shares are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ArmStats {
    /// Problems that were run.
    pub runs: u32,
    /// Of these, answered rightly.
    pub right: u32,
    /// `right / runs`.
    pub pass_rate: f64,
    /// 95 % Wilson interval of the pass rate.
    pub interval: Interval,
    /// Right with the full cache, wrong here.
    pub lost: u32,
    /// Wrong with the full cache, right here.
    pub gained: u32,
    /// Two-sided exact McNemar test of lost against gained.
    pub p_value: f64,
    /// Tokens generated over those of the full cache on the same problems.
    pub length_ratio: f64,
    /// Cut off by the token limit or the context.
    pub capped: u32,
    /// Of these, in a loop.
    pub looped: u32,
    /// Ended by themselves and named no answer in a box, which counts as wrong.
    pub boxless: u32,
    /// Most slots a head ever held.
    pub peak_slots: u32,
    /// Slots read by all runs' decode steps over what a full cache would have had read in the same steps.
    pub time_averaged_ratio: f64,
    /// Slots read over all steps, over those of the full cache on the same problems: charges a policy
    /// that rambles.
    pub length_matched_cost: f64,
    /// Share of problems that were compressed at all; the rest are full-cache runs.
    pub triggered: f64,
}

/// An arm's numbers on one kind of problem.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindRow {
    /// The kind.
    pub kind: String,
    /// Its numbers.
    #[serde(flatten)]
    pub stats: ArmStats,
}

/// An arm's numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmRow {
    /// Policy and budget.
    #[serde(flatten)]
    pub arm: ArmKey,
    /// On all problems.
    #[serde(flatten)]
    pub stats: ArmStats,
    /// By kind of problem, in the order of names.
    pub by_kind: Vec<KindRow>,
}

/// The whole table: the full cache first, then each policy, budgets ascending.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SweepTable {
    /// One row per arm that has run at all.
    pub rows: Vec<ArmRow>,
    /// The first policy against each other one, at the same budget on the same problems.
    pub duels: Vec<Duel>,
}

/// Two policies at one budget, on the problems that both have run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Duel {
    /// Id of the first policy.
    pub first: String,
    /// Id of the second policy.
    pub second: String,
    /// Budget of both.
    pub budget: u32,
    /// Problems that only the first answered rightly.
    pub first_only: u32,
    /// Problems that only the second answered rightly.
    pub second_only: u32,
    /// Two-sided exact McNemar test.
    pub p_value: f64,
}

impl SweepTable {
    /// Sums up outcomes, whatever their order; of two for the same run the first counts.
    pub fn of(plan: &SweepPlan, outcomes: &[RunOutcome]) -> Self {
        let mut runs = Runs::new();
        for outcome in outcomes {
            runs.entry((&outcome.arm, outcome.problem))
                .or_insert(outcome);
        }
        let keys: Vec<ArmKey> = plan.keys().collect();
        let Some(full) = keys.iter().find(|key| key.is_full()) else {
            return Self::default();
        };
        let mut rows = vec![];
        for arm in &keys {
            let pairs: Vec<Pair<'_>> = (0..plan.problems.len() as u32)
                .filter_map(|problem| {
                    let run = *runs.get(&(arm, problem))?;
                    let full = *runs.get(&(full, problem))?;
                    let kind = plan.problems[problem as usize].kind.as_str();
                    Some(Pair { run, full, kind })
                })
                .collect();
            if pairs.is_empty() {
                continue;
            }
            let mut by_kind: BTreeMap<&str, Vec<Pair<'_>>> = BTreeMap::new();
            for pair in &pairs {
                by_kind.entry(pair.kind).or_default().push(*pair);
            }
            rows.push(ArmRow {
                arm: arm.clone(),
                stats: ArmStats::of(&pairs),
                by_kind: by_kind
                    .into_iter()
                    .map(|(kind, pairs)| KindRow {
                        kind: kind.to_owned(),
                        stats: ArmStats::of(&pairs),
                    })
                    .collect(),
            });
        }
        let duels = duels(plan, &keys, &runs);
        Self { rows, duels }
    }

    /// The row of the full cache.
    pub fn full(&self) -> Option<&ArmRow> {
        self.rows.iter().find(|row| row.arm.is_full())
    }

    /// Problems that the full cache was asked, and so at most every policy.
    pub fn asked(&self) -> u32 {
        self.full().map_or(0, |row| row.stats.runs)
    }

    /// Whether every arm of the plan has run on all problems, but for those left out.
    pub fn is_complete(&self, plan: &SweepPlan, left_out: &[(ArmKey, String)]) -> bool {
        let runs = |arm: &ArmKey| self.row(arm).map_or(0, |row| row.stats.runs as usize);
        plan.keys()
            .filter(|key| left_out.iter().all(|(arm, _)| arm != key))
            .all(|key| runs(&key) == plan.problems.len())
    }

    /// The rows of one policy, budgets ascending.
    pub fn of_policy<'a>(&'a self, policy: &'a str) -> impl Iterator<Item = &'a ArmRow> {
        self.rows.iter().filter(move |row| row.arm.policy == policy)
    }

    /// The row of an arm.
    pub fn row(&self, arm: &ArmKey) -> Option<&ArmRow> {
        self.rows.iter().find(|row| row.arm == *arm)
    }
}

type Runs<'a> = BTreeMap<(&'a ArmKey, u32), &'a RunOutcome>;

fn duels(plan: &SweepPlan, keys: &[ArmKey], runs: &Runs<'_>) -> Vec<Duel> {
    let mut policed = keys.iter().filter(|key| !key.is_full());
    let Some(leader) = policed.next().map(|key| &key.policy) else {
        return vec![];
    };
    let mut duels = vec![];
    for second in keys.iter().filter(|key| key.policy != *leader) {
        let Some(budget) = second.budget else {
            continue;
        };
        let first = ArmKey {
            policy: leader.clone(),
            budget: Some(budget),
        };
        let pairs: Vec<(bool, bool)> = (0..plan.problems.len() as u32)
            .filter_map(|p| Some((runs.get(&(&first, p))?.right, runs.get(&(second, p))?.right)))
            .collect();
        if pairs.is_empty() {
            continue;
        }
        let count = |pair| pairs.iter().filter(|found| **found == pair).count() as u32;
        let (first_only, second_only) = (count((true, false)), count((false, true)));
        duels.push(Duel {
            first: first.policy,
            second: second.policy.clone(),
            budget,
            first_only,
            second_only,
            p_value: mcnemar_exact(first_only, second_only),
        });
    }
    duels
}

#[derive(Clone, Copy)]
struct Pair<'a> {
    run: &'a RunOutcome,
    full: &'a RunOutcome,
    kind: &'a str,
}

impl ArmStats {
    fn of(pairs: &[Pair<'_>]) -> Self {
        let count =
            |test: &dyn Fn(&Pair<'_>) -> bool| pairs.iter().filter(|p| test(p)).count() as u32;
        let sum = |of: &dyn Fn(&Pair<'_>) -> f64| pairs.iter().map(of).sum::<f64>();
        let runs = pairs.len() as u32;
        let share = |n: f64| if runs == 0 { 0.0 } else { n / f64::from(runs) };
        let right = count(&|p| p.run.right);
        let lost = count(&|p| p.full.right && !p.run.right);
        let gained = count(&|p| !p.full.right && p.run.right);
        Self {
            runs,
            right,
            pass_rate: share(f64::from(right)),
            interval: wilson(right, runs),
            lost,
            gained,
            p_value: mcnemar_exact(lost, gained),
            length_ratio: over(
                sum(&|p| f64::from(p.run.tokens)),
                sum(&|p| f64::from(p.full.tokens)),
            ),
            capped: count(&|p| p.run.capped()),
            looped: count(&|p| p.run.looped),
            boxless: count(&|p| p.run.answer.is_none() && !p.run.capped()),
            peak_slots: pairs.iter().map(|p| p.run.peak_slots).max().unwrap_or(0),
            time_averaged_ratio: over(
                sum(&|p| p.run.slot_steps as f64),
                sum(&|p| p.run.full_slot_steps() as f64),
            ),
            length_matched_cost: over(
                sum(&|p| p.run.slot_steps as f64),
                sum(&|p| p.full.slot_steps as f64),
            ),
            triggered: share(f64::from(count(&|p| p.run.compressions > 0))),
        }
    }
}

/// A ratio; of nothing to nothing it is 1, as both are alike.
fn over(above: f64, below: f64) -> f64 {
    if below > 0.0 { above / below } else { 1.0 }
}

#[cfg(test)]
mod tests;

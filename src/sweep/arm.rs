//! An arm of the sweep: one policy at one budget. The full cache is the arm without a budget.

use serde::{Deserialize, Serialize};

use crate::config::{CacheSettings, SettingsError};

/// Id of the policy that keeps everything, which all others are paired against.
pub const FULL: &str = "full";

/// What tells one arm from another within a sweep.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ArmKey {
    /// Id of the policy.
    pub policy: String,
    /// Slots per KV head after a compression; none for the full cache.
    pub budget: Option<u32>,
}

impl ArmKey {
    /// The arm that these settings make.
    pub fn of(settings: &CacheSettings) -> Self {
        Self {
            policy: settings.policy.clone(),
            budget: (settings.policy != FULL).then_some(settings.budget),
        }
    }

    /// Whether this is the full cache.
    pub fn is_full(&self) -> bool {
        self.budget.is_none()
    }

    /// Name of the policy as shown to people.
    pub fn policy_name(&self) -> &str {
        crate::policy::shown_name(&self.policy)
    }
}

impl std::fmt::Display for ArmKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.budget {
            None => f.write_str(self.policy_name()),
            Some(budget) => write!(f, "{} at budget {budget}", self.policy_name()),
        }
    }
}

/// The settings of every arm: the full cache first, then each policy with each budget, ascending.
///
/// Each policy starts from its own defaults; `adjust` may change them. The full cache is always among
/// the arms, asked for or not: it is the reference.
///
/// # Errors
/// An unknown policy, settings that cannot work whatever the budget, or no budget with room for any policy.
pub fn arms(
    policies: &[String],
    budgets: &[u32],
    adjust: impl Fn(&mut CacheSettings),
) -> Result<Vec<CacheSettings>, SettingsError> {
    let mut budgets = budgets.to_vec();
    budgets.sort_unstable();
    budgets.dedup();
    let mut arms = vec![crate::policy::find(FULL)?.default_settings()];
    let mut without_room = vec![];
    for policy in policies {
        let info = crate::policy::find(policy)?;
        if !info.compresses || arms.iter().any(|arm| arm.policy == info.id) {
            continue;
        }
        for &budget in &budgets {
            let mut settings = info.defaults_at(budget);
            adjust(&mut settings);
            settings.budget = budget;
            match settings.check() {
                Ok(()) => {}
                // Left out, and told, by whoever runs the sweep, as are those that the problems leave no room.
                Err(error @ SettingsError::BudgetTooSmall { .. }) => without_room.push(error),
                Err(error) => return Err(error),
            }
            arms.push(settings);
        }
    }
    if without_room.len() + 1 == arms.len()
        && let Some(error) = without_room.into_iter().next()
    {
        return Err(error);
    }
    // So that the newest queries that any policy will want are there when its run forks off.
    arms[0].window = arms.iter().map(|arm| arm.window).max().unwrap_or(1);
    Ok(arms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_full_cache_is_one_arm_asked_for_or_not() {
        for policies in [
            names(&["rkv", "snapkv"]),
            names(&["rkv", "full", "snapkv", "rkv"]),
        ] {
            let arms = arms(&policies, &[64, 32, 64], |_| {}).unwrap();
            let keys: Vec<String> = arms.iter().map(|a| ArmKey::of(a).to_string()).collect();
            assert_eq!(
                keys,
                [
                    "Full cache",
                    "R-KV at budget 32",
                    "R-KV at budget 64",
                    "SnapKV at budget 32",
                    "SnapKV at budget 64"
                ]
            );
        }
    }

    #[test]
    fn settings_that_cannot_work_at_any_budget_are_refused() {
        let error = arms(&names(&["rkv"]), &[64], |settings| settings.lambda = 2.0)
            .unwrap_err()
            .to_string();
        assert!(error.contains("lambda is 2"), "{error}");
        let small = arms(&names(&["rkv"]), &[64, 8], |_| {}).unwrap();
        assert_eq!(small.len(), 3, "the runner tells of it");
        let error = arms(&names(&["rkv"]), &[8], |_| {})
            .unwrap_err()
            .to_string();
        assert!(error.contains("at least 9"), "{error}");
    }

    #[test]
    fn every_policy_of_the_table_can_be_swept_over_small_budgets() {
        let all: Vec<String> = crate::policy::POLICIES
            .iter()
            .map(|p| p.id.to_owned())
            .collect();
        let swept = arms(&all, &[24, 256], |settings| settings.buffer = 32).unwrap();
        assert_eq!(swept.len(), 1 + 2 * (all.len() - 1));
        assert!(swept[1..].iter().all(|arm| arm.window < arm.budget));
    }

    #[test]
    fn an_unknown_policy_is_refused_with_the_known_ones() {
        let error = arms(&names(&["magic"]), &[64], |_| {})
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("magic") && error.contains("snapkv"),
            "{error}"
        );
    }
}

//! Which settings and policies a run was really under: the header tells only how it began, and a person may change
//! both while it goes on.
//!
//! What counts is what decided: settings that a compression used, the full cache while tokens came in under it, and a
//! change that let the cache grow on where it would have been compressed: no other comes into force without a compression.
//! The settings at the start made no difference if they were replaced before they decided anything.

use crate::config::CacheSettings;
use crate::policy;
use crate::trace::TraceView;

/// Between the names of policies that followed each other.
pub(crate) const THEN: &str = ", then ";

/// The settings that decided something of what the view shows, in order; the header's if nothing was decided.
pub fn settings_in_force<'a>(view: &TraceView<'a>) -> Vec<&'a CacheSettings> {
    let store = view.store();
    let events = &store.events()[..view.event_count()];
    let changes: Vec<_> = store
        .params()
        .iter()
        .filter(|(at, ..)| at.index() <= view.cursor())
        .collect();
    let first = (0, 0, &store.header().settings);
    let stretches = std::iter::once(first).chain(
        changes
            .iter()
            .map(|(at, revision, settings)| (at.index(), *revision, settings)),
    );
    let ends = changes
        .iter()
        .map(|(at, ..)| at.index())
        .chain([view.cursor()]);
    let found: Vec<&CacheSettings> = stretches
        .zip(ends)
        .filter(|((from, revision, settings), to)| {
            events.iter().any(|event| event.revision == *revision)
                || (from < to && (*revision > 0 || keeps_all(settings)))
        })
        .map(|((_, _, settings), _)| settings)
        .collect();
    if found.is_empty() {
        vec![first.2]
    } else {
        found
    }
}

/// Ids of the policies that decided something of what the view shows, in order, none twice in a row.
pub fn policies_in_force<'a>(view: &TraceView<'a>) -> Vec<&'a str> {
    let mut ids: Vec<&str> = settings_in_force(view)
        .into_iter()
        .map(|settings| settings.policy.as_str())
        .collect();
    ids.dedup();
    ids
}

/// Ids of these policies in words: `rkv, then snapkv`.
pub fn policy_ids(view: &TraceView<'_>) -> String {
    policies_in_force(view).join(THEN)
}

/// Names of these policies as shown to people: `R-KV, then SnapKV`; the id of one that the program does not know.
pub fn policy_names(view: &TraceView<'_>) -> String {
    let ids = policies_in_force(view).into_iter();
    let names: Vec<&str> = ids.map(policy::shown_name).collect();
    names.join(THEN)
}

fn keeps_all(settings: &CacheSettings) -> bool {
    policy::find(&settings.policy).is_ok_and(|info| !info.compresses)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::synthetic::Synthetic;
    use crate::trace::{TraceRecord, TraceStore};

    /// A run of 400 tokens that begins under one policy and is switched to another at token `at`; compressions
    /// at 192, 256, 320 and 384.
    fn switched(from: &str, to: &str, at: u32) -> TraceStore {
        let of = |policy: &str| CacheSettings {
            policy: policy.to_owned(),
            ..Synthetic::default().settings
        };
        let plan = Synthetic {
            tokens: 400,
            settings: of(from),
            lambda_changes_at: Some(at),
            ..Synthetic::default()
        };
        let mut store = TraceStore::new(Arc::new(plan.header()));
        for mut record in plan.records() {
            if let TraceRecord::ParamsChanged { settings, .. } = &mut record {
                *settings = of(to);
            }
            let compression = matches!(record, TraceRecord::Compression(_));
            if !(compression && to == "full" && store.tokens().len() as u32 > at) {
                store.apply(record).unwrap();
            }
        }
        store
    }

    #[test]
    fn policies_follow_each_other_as_they_decided() {
        let store = switched("rkv", "snapkv", 250);
        assert_eq!(policies_in_force(&store.latest()), ["rkv", "snapkv"]);
        assert_eq!(policies_in_force(&store.view(250)), ["rkv"]);
        assert_eq!(policies_in_force(&store.view(256)), ["rkv", "snapkv"]);
        assert_eq!(policies_in_force(&store.view(20)), ["rkv"]);
    }

    #[test]
    fn a_change_within_a_policy_names_it_once() {
        let store = switched("rkv", "rkv", 250);
        assert_eq!(policies_in_force(&store.latest()), ["rkv"]);
        assert_eq!(settings_in_force(&store.latest()).len(), 2);
    }

    #[test]
    fn a_change_that_lets_the_cache_grow_on_decides_without_a_compression() {
        // After the last compression.
        let store = switched("rkv", "rkv", 390);
        assert_eq!(settings_in_force(&store.view(390)).len(), 1);
        assert_eq!(settings_in_force(&store.latest()).len(), 2);
    }

    #[test]
    fn what_was_replaced_before_it_decided_is_left_out() {
        let store = switched("rkv", "snapkv", 100);
        assert_eq!(policies_in_force(&store.latest()), ["snapkv"]);
    }

    #[test]
    fn the_full_cache_counts_while_tokens_came_in_under_it() {
        let store = switched("rkv", "full", 250);
        assert_eq!(policies_in_force(&store.latest()), ["rkv", "full"]);
        assert_eq!(policies_in_force(&store.view(250)), ["rkv"]);
        let store = switched("full", "rkv", 100);
        assert_eq!(policies_in_force(&store.latest()), ["full", "rkv"]);
        assert_eq!(policy_ids(&store.latest()), "full, then rkv");
        assert_eq!(policy_names(&store.latest()), "Full cache, then R-KV");
    }
}

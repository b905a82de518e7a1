//! What runs can share a timeline in spite of, but should not differ in if their policies are to be judged.

use crate::analysis::policies_in_force;
use crate::policy::{Needs, find};
use crate::trace::TraceStore;

/// What makes comparing these runs less than fair, in sentences that can be joined; none if nothing does.
pub fn cautions(runs: &[&TraceStore]) -> Vec<String> {
    let kinds = [different_sampling, different_lots, different_calibrations];
    let pairs = || {
        let from = runs.iter().enumerate();
        from.flat_map(|(i, &a)| runs[i + 1..].iter().map(move |&b| (a, b)))
    };
    let of_kind = |kind: fn(&TraceStore, &TraceStore) -> Option<String>| {
        pairs().find_map(|(a, b)| kind(a, b))
    };
    kinds.into_iter().filter_map(of_kind).collect()
}

/// The runs drew their tokens differently: their texts may then part for that reason alone.
fn different_sampling(a: &TraceStore, b: &TraceStore) -> Option<String> {
    let (x, y) = (&a.header().sampling, &b.header().sampling);
    let greedy = x.temperature == 0.0 && y.temperature == 0.0;
    let same = if greedy {
        x.max_tokens == y.max_tokens
    } else {
        x == y
    };
    (!same).then(|| {
        format!("the runs drew their tokens differently ({x}; {y}), so not every difference is the policy's")
    })
}

/// Both runs evicted by lot, and the lots were not the same.
fn different_lots(a: &TraceStore, b: &TraceStore) -> Option<String> {
    let [x, y] = [a, b].map(|store| store.header().sampling.seed);
    let both = [a, b]
        .iter()
        .all(|store| any_needs(store, |needs| needs.draws));
    (both && x != y).then(|| {
        format!("the runs evicted by lot with different seeds ({x}; {y}), so not every difference is the policy's")
    })
}

/// Both runs scored by query statistics, and these were not the same.
fn different_calibrations(a: &TraceStore, b: &TraceStore) -> Option<String> {
    let told = |store: &TraceStore| {
        let given = store.header().calibration.clone();
        given.unwrap_or_else(|| "none that its trace tells of".to_owned())
    };
    let both = [a, b]
        .iter()
        .all(|store| any_needs(store, |needs| needs.statistics));
    (both && a.header().calibration != b.header().calibration).then(|| {
        let (x, y) = (told(a), told(b));
        format!("the runs scored by different calibrations ({x}; {y}), so not every difference is the policy's")
    })
}

fn any_needs(store: &TraceStore, asks: fn(Needs) -> bool) -> bool {
    let policies = policies_in_force(&store.latest());
    let mut known = policies.into_iter().filter_map(|id| find(id).ok());
    known.any(|info| asks(info.needs))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::compare::fixtures::plan;

    fn run(policy: &str, seed: u64, calibration: Option<&str>) -> TraceStore {
        let mut header = plan(1, 40, 200).header();
        policy.clone_into(&mut header.settings.policy);
        header.sampling.seed = seed;
        header.calibration = calibration.map(str::to_owned);
        TraceStore::new(Arc::new(header))
    }

    #[test]
    fn seeds_matter_where_both_runs_evict_by_lot() {
        let run = |policy, seed| run(policy, seed, None);
        let runs = [run("rkv", 5), run("random-prompt", 1), run("vase-dkv", 2)];
        let said = cautions(&[&runs[0], &runs[1], &runs[2]]);
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("(1; 2)"), "{said:?}");
        assert!(cautions(&[&runs[0], &runs[1]]).is_empty());
        assert!(cautions(&[&runs[1], &run("vase-attnv", 1)]).is_empty());
    }

    #[test]
    fn calibrations_matter_where_both_runs_score_by_them() {
        let run = |policy, calibration| run(policy, 0, calibration);
        let own = run("triattention", None);
        let given = run("triattention", Some("0badf00d"));
        let said = cautions(&[&own, &given]);
        assert!(said[0].contains("0badf00d"), "{said:?}");
        assert!(cautions(&[&given, &given.clone()]).is_empty());
        assert!(cautions(&[&given, &run("rkv", None)]).is_empty());
    }
}

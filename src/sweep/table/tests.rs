use super::*;
use crate::config::Sampling;
use crate::sweep::{ModelIdentity, Problem, arms};

fn plan(problems: usize) -> SweepPlan {
    SweepPlan {
        model: ModelIdentity {
            name: "m".to_owned(),
            fingerprint: "0".to_owned(),
        },
        sampling: Sampling::default(),
        arms: arms(&["rkv".to_owned()], &[32, 64], |_| {}).unwrap(),
        origin: "made up".to_owned(),
        problems: (0..problems)
            .map(|i| Problem {
                kind: if i % 2 == 0 { "even" } else { "odd" }.to_owned(),
                text: format!("{i}?"),
                answer: "1".to_owned(),
            })
            .collect(),
    }
}

fn run(problem: u32, budget: Option<u32>, right: bool, tokens: u32) -> RunOutcome {
    RunOutcome {
        problem,
        arm: ArmKey {
            policy: if budget.is_some() { "rkv" } else { "full" }.to_owned(),
            budget,
        },
        answer: None,
        right,
        finish: if tokens == 1000 {
            "max-tokens"
        } else {
            "end-of-text"
        }
        .to_owned(),
        looped: tokens == 1000 && !right,
        prompt_tokens: 10,
        tokens,
        compressions: u32::from(budget == Some(32)),
        peak_slots: budget.unwrap_or(tokens),
        time_averaged_ratio: if budget == Some(32) { 0.25 } else { 1.0 },
        slot_steps: u64::from(tokens) * 10,
    }
}

#[test]
fn answers_are_paired_with_the_full_caches() {
    let plan = plan(4);
    // Problems 0 1 2 3: full right, right, wrong, wrong; at budget 32 right, wrong, wrong, right.
    let mut outcomes = vec![];
    for (problem, (full, small)) in [(true, true), (true, false), (false, false), (false, true)]
        .into_iter()
        .enumerate()
    {
        let problem = problem as u32;
        outcomes.push(run(problem, None, full, 100));
        outcomes.push(run(
            problem,
            Some(32),
            small,
            if small { 200 } else { 1000 },
        ));
    }
    let table = SweepTable::of(&plan, &outcomes);
    assert_eq!(table.rows.len(), 2, "budget 64 has not run");
    let full = &table.full().unwrap().stats;
    assert_eq!(
        (full.runs, full.right, full.lost, full.gained),
        (4, 2, 0, 0)
    );
    assert_eq!(
        (full.length_ratio, full.p_value, full.triggered),
        (1.0, 1.0, 0.0)
    );
    let arm = table.of_policy("rkv").next().unwrap();
    let stats = &arm.stats;
    assert_eq!(
        (stats.runs, stats.right, stats.lost, stats.gained),
        (4, 2, 1, 1)
    );
    assert_eq!((stats.capped, stats.looped, stats.triggered), (2, 2, 1.0));
    assert_eq!(stats.length_ratio, 2400.0 / 400.0);
    // Two runs of 200 tokens and two of 1000, all behind a prompt of 10.
    let of_full =
        2.0 * (10.0 * 200.0 + 200.0 * 201.0 / 2.0 + 10.0 * 1000.0 + 1000.0 * 1001.0 / 2.0);
    assert_eq!(stats.time_averaged_ratio, 24_000.0 / of_full);
    let kinds: Vec<(&str, u32, u32)> = arm
        .by_kind
        .iter()
        .map(|k| (k.kind.as_str(), k.stats.right, k.stats.runs))
        .collect();
    assert_eq!(kinds, [("even", 1, 2), ("odd", 1, 2)]);

    outcomes.reverse();
    assert_eq!(
        SweepTable::of(&plan, &outcomes),
        table,
        "order says nothing"
    );
    outcomes.push(run(0, None, false, 7));
    assert_eq!(
        SweepTable::of(&plan, &outcomes),
        table,
        "the first of two counts"
    );
}

#[test]
fn a_sweep_under_way_pairs_what_it_has() {
    let plan = plan(3);
    assert_eq!(SweepTable::of(&plan, &[]).rows, []);
    // Without its full-cache run a problem cannot be paired, so it does not count yet.
    let outcomes = [
        run(0, None, true, 100),
        run(0, Some(64), true, 100),
        run(1, Some(64), false, 100),
    ];
    let table = SweepTable::of(&plan, &outcomes);
    let arm = table.of_policy("rkv").next().unwrap();
    assert_eq!((arm.stats.runs, arm.stats.right), (1, 1));
}

#[test]
fn policies_meet_at_the_same_budget_on_the_same_problems() {
    let mut plan = plan(3);
    plan.arms = arms(&["rkv".to_owned(), "snapkv".to_owned()], &[32, 64], |_| {}).unwrap();
    let snapkv = |problem, right| RunOutcome {
        arm: ArmKey {
            policy: "snapkv".to_owned(),
            budget: Some(32),
        },
        ..run(problem, Some(32), right, 100)
    };
    let outcomes = [
        run(0, Some(32), true, 100),
        run(1, Some(32), true, 100),
        run(2, Some(32), false, 100),
        snapkv(0, false),
        snapkv(1, true),
        snapkv(2, true),
    ];
    let duels = SweepTable::of(&plan, &outcomes).duels;
    assert_eq!(duels.len(), 1, "budget 64 has not run");
    let duel = &duels[0];
    assert_eq!(
        (duel.first.as_str(), duel.second.as_str(), duel.budget),
        ("rkv", "snapkv", 32)
    );
    assert_eq!(
        (duel.first_only, duel.second_only, duel.p_value),
        (1, 1, 1.0)
    );
    // One less: only what both have run counts.
    let duels = SweepTable::of(&plan, &outcomes[..5]).duels;
    assert_eq!((duels[0].first_only, duels[0].second_only), (1, 0));
}

#[test]
fn a_sweep_that_died_does_not_claim_all_its_problems() {
    let plan = plan(3);
    let run_on = |problems: std::ops::Range<u32>| -> Vec<RunOutcome> {
        problems
            .flat_map(|p| [None, Some(32), Some(64)].map(|budget| run(p, budget, true, 100)))
            .collect()
    };
    let died = SweepTable::of(&plan, &run_on(0..1));
    assert!(crate::sweep::text(&plan, &died).contains("1 of 3 problems, made up"));
    assert_eq!(crate::sweep::json(&plan, &died, &[])["complete"], false);
    let whole = SweepTable::of(&plan, &run_on(0..3));
    assert!(crate::sweep::text(&plan, &whole).contains("\n3 problems, made up"));
    assert_eq!(crate::sweep::json(&plan, &whole, &[])["complete"], true);
    // An arm that was left out is not waited for.
    let mut without = run_on(0..3);
    without.retain(|run| run.arm.budget != Some(64));
    let without = SweepTable::of(&plan, &without);
    let arm = ArmKey {
        policy: "rkv".to_owned(),
        budget: Some(64),
    };
    assert!(!without.is_complete(&plan, &[]));
    assert!(without.is_complete(&plan, &[(arm, "no room".to_owned())]));
}

#[test]
fn problems_without_a_kind_have_a_column_with_a_name() {
    let mut plan = plan(2);
    plan.problems[1].kind = String::new();
    let outcomes: Vec<RunOutcome> = (0..2).map(|p| run(p, None, true, 100)).collect();
    let text = crate::sweep::text(&plan, &SweepTable::of(&plan, &outcomes));
    assert!(text.contains("(none)"), "{text}");
}

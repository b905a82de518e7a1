//! Policies whose choice is a matter of sets: recency, random, and R-KV with one set for all heads.

use rkv_scope::config::Protection;
use rkv_scope::policy::select::{select, select_head};

use super::*;

#[test]
fn recency_keeps_the_prompt_and_the_newest() {
    let head = Head::new(11);
    let settings = settings("recency-prompt");
    assert_eq!(settings.protection, Protection::Prompt);
    let scores = score("recency-prompt", &head.view());
    let kept = select_head(&head.positions, &scores.score, &settings, 20);
    let protected = head.positions.iter().filter(|p| p.0 < 20).count();
    let want: Vec<usize> = (0..protected).chain(N - (32 - protected)..N).collect();
    assert_eq!(kept.iter().map(|s| s.index()).collect::<Vec<_>>(), want);
}

/// Marginal survival of the null model: each unprotected candidate with the same probability, prompt and window always.
#[test]
fn random_draws_every_unprotected_token_alike_and_each_head_for_itself() {
    let head = Head::new(12);
    let settings = settings("random-prompt");
    let policy = start("random-prompt");
    let protected = 20;
    let held = head.positions.iter().filter(|p| p.0 < protected).count();
    let events = 4000;
    let mut survived = vec![0u32; N];
    let (mut same, mut both) = (0u32, 0u32);
    for event in 0..events {
        let kept = |of_head: u32| {
            let view = HeadView {
                draw: Draw {
                    event,
                    head: of_head,
                    ..head.view().draw
                },
                ..head.view()
            };
            let scores = policy.score(&view, &settings);
            select_head(&head.positions, &scores.score, &settings, protected)
        };
        let (first, second) = (kept(0), kept(1));
        assert_eq!(first.len(), 32);
        for slot in &first {
            survived[slot.index()] += 1;
        }
        let open = |slots: &[rkv_scope::trace::Slot]| -> Vec<usize> {
            let open = slots.iter().map(|s| s.index());
            open.filter(|i| (held..N - WINDOW).contains(i)).collect()
        };
        let (first, second) = (open(&first), open(&second));
        both += first.len() as u32;
        same += first.iter().filter(|i| second.contains(i)).count() as u32;
    }
    let open = N - WINDOW - held;
    let p = (32 - WINDOW - held) as f64 / open as f64;
    let error = (p * (1.0 - p) / f64::from(events)).sqrt();
    for (i, &count) in survived.iter().enumerate() {
        let rate = f64::from(count) / f64::from(events);
        if (held..N - WINDOW).contains(&i) {
            assert!(
                (rate - p).abs() < 5.0 * error,
                "slot {i} survives at {rate}, not {p}"
            );
        } else {
            assert_eq!(rate, 1.0, "slot {i} is protected");
        }
    }
    // Two heads agree as often as chance has it.
    let agreement = f64::from(same) / f64::from(both);
    assert!(
        (agreement - p).abs() < 0.02,
        "heads agree on {agreement}, not {p}"
    );
}

#[test]
fn rkv_global_is_rkv_with_one_set_for_all() {
    let heads: Vec<Head> = (20..24).map(Head::new).collect();
    let settings = settings("rkv-global");
    let scores = |policy: &str| -> Vec<Vec<Vec<f32>>> {
        heads
            .chunks(2)
            .map(|layer| {
                layer
                    .iter()
                    .map(|head| start(policy).score(&head.view(), &settings).score)
                    .collect()
            })
            .collect()
    };
    assert_eq!(scores("rkv-global"), scores("rkv"));
    let positions: Vec<Vec<&[Position]>> = heads
        .chunks(2)
        .map(|layer| layer.iter().map(|head| &head.positions[..]).collect())
        .collect();
    let scores = scores("rkv-global");
    let kept = select(&positions, &scores, &settings, 0);
    // Mean over heads, summed over layers.
    let total = |i: usize| -> f64 {
        scores
            .iter()
            .map(|layer| layer.iter().map(|head| f64::from(head[i])).sum::<f64>() / 2.0)
            .sum()
    };
    let mut order: Vec<usize> = (0..N - WINDOW).collect();
    order.sort_by(|&a, &b| total(b).total_cmp(&total(a)));
    let mut want: Vec<usize> = order[..32 - WINDOW].to_vec();
    want.extend(N - WINDOW..N);
    want.sort_unstable();
    for kept in kept.iter().flatten() {
        assert_eq!(kept.iter().map(|s| s.index()).collect::<Vec<_>>(), want);
    }
}

//! VaSE: values' ranges and random projections.

use rkv_scope::config::Protection;

use super::*;

/// VaSE-AttnV's attention: softmax per query head over the candidates, mean, average pool with zero padding.
fn vase_attention(head: &Head, kernel: usize) -> Vec<f64> {
    let candidates = N - WINDOW;
    let mut mean = vec![0.0; candidates];
    for query in head.queries.chunks_exact(D) {
        for (sum, w) in mean.iter_mut().zip(weights(query, &head.keys, candidates)) {
            *sum += w / (WINDOW * GROUP) as f64;
        }
    }
    let half = kernel as i64 / 2;
    (0..candidates as i64)
        .map(|i| {
            (i - half..=i + half)
                .filter_map(|j| usize::try_from(j).ok().and_then(|j| mean.get(j)))
                .sum::<f64>()
                / kernel as f64
        })
        .collect()
}

#[test]
fn vase_attnv_keeps_the_widest_values_and_draws_the_rest_by_attention() {
    let head = Head::new(7);
    let mut settings = settings("vase-attnv");
    settings.protection = Protection::None;
    assert_eq!(settings.kernel, 5);
    let attention = vase_attention(&head, 5);
    let policy = start("vase-attnv");
    let scores = policy.score(&head.view(), &settings);
    assert_close(
        "vase-attnv",
        scores.importance.as_ref().unwrap(),
        &attention,
        1e-6,
    );

    let range = |i: usize| {
        let value = row(&head.values, i);
        let high = value.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        high - value.iter().copied().fold(f32::INFINITY, f32::min)
    };
    let mut wide: Vec<usize> = (0..N - WINDOW).collect();
    wide.sort_by(|&a, &b| {
        let sink = |i: usize| head.positions[i].0 < settings.sinks;
        (sink(b).cmp(&sink(a))).then(range(b).total_cmp(&range(a)))
    });
    wide.truncate(settings.budget as usize / 4);

    // One slot more than the wide ones and the window: its owner is drawn with probability as its attention.
    settings.budget = 36;
    let budget_wide = settings.budget as usize / 4;
    assert_eq!(budget_wide, 9);
    let mut wide9 = wide.clone();
    wide9.extend(
        (0..N - WINDOW)
            .filter(|i| !wide.contains(i))
            .max_by(|&a, &b| range(a).total_cmp(&range(b))),
    );
    let rest: f64 = (0..N - WINDOW)
        .filter(|i| !wide9.contains(i))
        .map(|i| attention[i])
        .sum();
    let draws = 6000;
    let mut first = vec![0u32; N - WINDOW];
    for event in 0..draws {
        let view = HeadView {
            draw: Draw {
                event,
                ..head.view().draw
            },
            ..head.view()
        };
        let scores = policy.score(&view, &settings).score;
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut top = order[..budget_wide].to_vec();
        top.sort_unstable();
        let mut want = wide9.clone();
        want.sort_unstable();
        assert_eq!(top, want, "the widest values stay whatever is drawn");
        first[order[budget_wide]] += 1;
    }
    for i in (0..N - WINDOW).filter(|i| !wide9.contains(i)) {
        let p = attention[i] / rest;
        let error = (p * (1.0 - p) / f64::from(draws)).sqrt();
        let found = f64::from(first[i]) / f64::from(draws);
        assert!(
            (found - p).abs() < 5.0 * error,
            "{i}: drawn {found}, not {p}"
        );
    }
}

#[test]
fn vase_dkv_is_the_product_of_two_random_projections() {
    let mut head = Head::new(8);
    // Token 30 is token 20 at twice the size, key and value: 16 times the score under any projection.
    for rows in [&mut head.keys, &mut head.values] {
        let twice: Vec<f32> = row(rows, 20).iter().map(|x| 2.0 * x).collect();
        rows[30 * D..31 * D].copy_from_slice(&twice);
    }
    let view = head.view();
    let mut stream = view.draw.of_layer();
    let projection: Vec<Vec<f64>> = (0..D)
        .map(|_| {
            (0..10)
                .flat_map(|_| stream.gaussians().map(|x| x / 20f64.sqrt()))
                .collect()
        })
        .collect();
    let size = |x: &[f32]| -> f64 {
        (0..20)
            .map(|r| {
                let sum: f64 = (0..D).map(|c| f64::from(x[c]) * projection[c][r]).sum();
                sum * sum
            })
            .sum()
    };
    let raw: Vec<f64> = (0..N - WINDOW)
        .map(|i| size(row(&head.keys, i)) * size(row(&head.values, i)))
        .collect();
    let sum: f64 = raw.iter().sum();
    let exact: Vec<f64> = raw
        .iter()
        .zip(&head.positions)
        .map(|(s, p)| if p.0 < 4 { 1.0 } else { s / sum })
        .collect();
    let found = score("vase-dkv", &view).score;
    assert_close("vase-dkv", &found, &exact, 1e-5);
    assert!((found[30] / found[20] - 16.0).abs() < 1e-3);
    let later = HeadView {
        draw: Draw {
            event: 3,
            ..view.draw
        },
        ..view
    };
    assert_ne!(score("vase-dkv", &later).score, found, "drawn anew");
}

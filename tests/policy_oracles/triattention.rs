//! TriAttention: the published formula.

use std::f64::consts::TAU;

use rkv_scope::policy::QueryPass;
use rkv_scope::trace::ModelSummary;

use super::*;

/// The published formula as it stands: keys turned back, amplitudes, phases, distances.
#[test]
fn triattention_is_the_published_formula() {
    let frequencies: Vec<f32> = (0..D / 2)
        .map(|f| 10_000f32.powf(-2.0 * f as f32 / D as f32))
        .collect();
    let mut noise = Noise(9);
    let mut head = Head::new(9);
    let turn = |pair: (f64, f64), angle: f64| {
        let (sin, cos) = angle.sin_cos();
        (pair.0 * cos - pair.1 * sin, pair.1 * cos + pair.0 * sin)
    };
    let rotated = |plain: &[f32], position: u32| -> Vec<f32> {
        let mut out = vec![0f32; D];
        for f in 0..D / 2 {
            let pair = (f64::from(plain[f]), f64::from(plain[D / 2 + f]));
            let (a, b) = turn(pair, f64::from(position) * f64::from(frequencies[f]));
            (out[f], out[D / 2 + f]) = (a as f32, b as f32);
        }
        out
    };
    let plain_keys = noise.take(N * D);
    for i in 0..N {
        let key = rotated(row(&plain_keys, i), head.positions[i].0);
        head.keys[i * D..(i + 1) * D].copy_from_slice(&key);
    }
    // Twenty tokens' queries with a mean that is not zero, fed in two passes.
    let plain: Vec<Vec<f32>> = (0..20)
        .map(|_| noise.take(GROUP * D).iter().map(|x| x + 0.7).collect())
        .collect();
    let fed: Vec<Vec<f32>> = plain
        .iter()
        .enumerate()
        .map(|(t, row)| {
            row.chunks_exact(D)
                .flat_map(|query| rotated(query, t as u32))
                .collect()
        })
        .collect();
    let rows: Vec<&[f32]> = fed.iter().map(Vec::as_slice).collect();
    let run = RunContext {
        model: ModelSummary {
            name: "made up".to_owned(),
            layers: 1,
            query_heads: GROUP as u32,
            kv_heads: 1,
            head_dim: D as u32,
            ..ModelSummary::default()
        },
        prompt_tokens: 3,
        frequencies: Some(frequencies.clone()),
        calibration: None,
    };
    let mut policy = find("triattention").unwrap().start(&run).unwrap().policy;
    for (first, rows) in [(0, &rows[..13]), (13, &rows[13..])] {
        policy.observe(&QueryPass {
            layer: 0,
            first: Position(first),
            rows,
        });
    }
    let settings = settings("triattention");
    policy.prepare(&One(head.view()), &settings);
    let found = policy.score(&head.view(), &settings).score;

    let now = f64::from(head.positions[N - 1].0 + 1);
    let candidates = N - WINDOW;
    let mut best = vec![f64::NEG_INFINITY; candidates];
    for g in 0..GROUP {
        let raw: Vec<f64> = (0..candidates)
            .map(|i| {
                let mut total = 0.0;
                for f in 0..D / 2 {
                    let of = |x: &[f32]| (f64::from(x[f]), f64::from(x[D / 2 + f]));
                    let (mut re, mut im, mut size) = (0.0, 0.0, 0.0);
                    for row in &plain {
                        let (a, b) = of(&row[g * D..(g + 1) * D]);
                        re += a / 20.0;
                        im += b / 20.0;
                        size += a.hypot(b) / 20.0;
                    }
                    let (a, b) = of(row(&plain_keys, i));
                    let (mean, key) = (f64::hypot(re, im), a.hypot(b));
                    let phase = im.atan2(re) - b.atan2(a);
                    let w = f64::from(frequencies[f]);
                    let age = now - f64::from(head.positions[i].0);
                    let ahead: f64 = (0..17)
                        .map(|power| {
                            let angle = w * (age + f64::from(1u32 << power)) + phase;
                            (angle % TAU).cos()
                        })
                        .sum::<f64>()
                        / 17.0;
                    total += mean * key * ahead + (size - mean) * key;
                }
                total
            })
            .collect();
        // The prompt is protected: it has no part in the normalisation.
        let free: Vec<f64> = raw
            .iter()
            .zip(&head.positions)
            .filter(|(_, position)| position.0 >= run.prompt_tokens)
            .map(|(x, _)| *x)
            .collect();
        assert!(free.len() < candidates, "no token of the prompt is left");
        let mean = free.iter().sum::<f64>() / free.len() as f64;
        let spread =
            (free.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / free.len() as f64).sqrt();
        for (best, x) in best.iter_mut().zip(&raw) {
            *best = best.max((x - mean) / spread);
        }
    }
    assert_close("triattention", &found, &best, 2e-5);
}

#[test]
fn triattention_says_what_it_lacks() {
    let error = find("triattention").unwrap().start(&RunContext::default());
    let message = error.unwrap_err().to_string();
    assert!(message.contains("rotary"), "{message}");
}

//! TriAttention: the published formula.

use std::f64::consts::TAU;
use std::sync::Arc;

use rkv_scope::policy::QueryPass;
use rkv_scope::policy::calibration::Calibration;
use rkv_scope::trace::ModelSummary;

use super::*;

const PROMPT: u32 = 3;

fn frequencies() -> Vec<f32> {
    (0..D / 2)
        .map(|f| 10_000f32.powf(-2.0 * f as f32 / D as f32))
        .collect()
}

fn rotated(plain: &[f32], position: u32) -> Vec<f32> {
    let turn = |pair: (f64, f64), angle: f64| {
        let (sin, cos) = angle.sin_cos();
        (pair.0 * cos - pair.1 * sin, pair.1 * cos + pair.0 * sin)
    };
    let mut out = vec![0f32; D];
    for (f, &frequency) in frequencies().iter().enumerate() {
        let pair = (f64::from(plain[f]), f64::from(plain[D / 2 + f]));
        let (a, b) = turn(pair, f64::from(position) * f64::from(frequency));
        (out[f], out[D / 2 + f]) = (a as f32, b as f32);
    }
    out
}

/// Twenty tokens' queries before RoPE, whose mean is not zero.
fn queries(noise: &mut Noise, lean: f32) -> Vec<Vec<f32>> {
    (0..20)
        .map(|_| noise.take(GROUP * D).iter().map(|x| x + lean).collect())
        .collect()
}

/// Shows the tokens' queries in two passes.
fn feed(plain: &[Vec<f32>], observe: &mut dyn FnMut(&QueryPass<'_>)) {
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
    for (first, rows) in [(0, &rows[..13]), (13, &rows[13..])] {
        observe(&QueryPass {
            layer: 0,
            first: Position(first),
            rows,
        });
    }
}

fn run(calibration: Option<Calibration>) -> RunContext {
    RunContext {
        model: ModelSummary {
            name: "made up".to_owned(),
            layers: 1,
            query_heads: GROUP as u32,
            kv_heads: 1,
            head_dim: D as u32,
            ..ModelSummary::default()
        },
        prompt_tokens: PROMPT,
        frequencies: Some(frequencies()),
        calibration: calibration.map(Arc::new),
    }
}

/// A head, and its keys before RoPE.
fn head_of_plain_keys(noise: &mut Noise) -> (Head, Vec<f32>) {
    let mut head = Head::new(9);
    let plain_keys = noise.take(N * D);
    for i in 0..N {
        let key = rotated(row(&plain_keys, i), head.positions[i].0);
        head.keys[i * D..(i + 1) * D].copy_from_slice(&key);
    }
    (head, plain_keys)
}

/// Scores of a run that sees these queries.
fn scores(run: &RunContext, seen: &[Vec<f32>], head: &Head) -> Vec<f32> {
    let mut policy = find("triattention").unwrap().start(run).unwrap().policy;
    feed(seen, &mut |pass| policy.observe(pass));
    let settings = settings("triattention");
    policy.prepare(&One(head.view()), &settings);
    policy.score(&head.view(), &settings).score
}

/// The published formula as it stands: keys turned back, amplitudes, phases, distances.
fn formula(plain: &[Vec<f32>], head: &Head, plain_keys: &[f32]) -> Vec<f64> {
    let frequencies = frequencies();
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
                    for row in plain {
                        let (a, b) = of(&row[g * D..(g + 1) * D]);
                        re += a / 20.0;
                        im += b / 20.0;
                        size += a.hypot(b) / 20.0;
                    }
                    let (a, b) = of(row(plain_keys, i));
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
            .filter(|(_, position)| position.0 >= PROMPT)
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
    best
}

#[test]
fn triattention_is_the_published_formula() {
    let mut noise = Noise(9);
    let (head, plain_keys) = head_of_plain_keys(&mut noise);
    let seen = queries(&mut noise, 0.7);
    let exact = formula(&seen, &head, &plain_keys);
    assert_close(
        "triattention",
        &scores(&run(None), &seen, &head),
        &exact,
        2e-5,
    );
}

#[test]
fn with_a_calibration_file_the_queries_of_the_run_have_no_say() {
    let mut noise = Noise(12);
    let (head, plain_keys) = head_of_plain_keys(&mut noise);
    let (filed, seen) = (queries(&mut noise, 0.7), queries(&mut noise, -0.5));
    let mut file = Calibration::new(&run(None).model, &frequencies());
    feed(&filed, &mut |pass| file.observe(pass));
    let found = scores(&run(Some(file)), &seen, &head);

    let exact = formula(&filed, &head, &plain_keys);
    let own = formula(&seen, &head, &plain_keys);
    let apart = exact.iter().zip(&own).map(|(a, b)| (a - b).abs());
    assert!(
        apart.fold(0.0, f64::max) > 0.5,
        "file and run ask for the same"
    );
    assert_close("triattention, calibrated", &found, &exact, 2e-5);
}

#[test]
fn triattention_says_what_it_lacks() {
    let error = find("triattention").unwrap().start(&RunContext::default());
    let message = error.unwrap_err().to_string();
    assert!(message.contains("rotary"), "{message}");
}

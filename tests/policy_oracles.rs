//! Every policy against a slow oracle in f64, written from its formula.
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

use std::f64::consts::TAU;

use rkv_scope::config::{CacheSettings, Protection};
use rkv_scope::policy::select::{select, select_head};
use rkv_scope::policy::stream::Draw;
use rkv_scope::policy::{HeadScores, HeadView, Heads, Policy, QueryPass, RunContext, find};
use rkv_scope::trace::{ModelSummary, Position};

const D: usize = 16;
const GROUP: usize = 3;
const N: usize = 61;
const WINDOW: usize = 5;

/// Numbers between -1 and 1 that are the same on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn take(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| 2.0 * self.next()).collect()
    }
}

/// One head that has already forgotten some tokens.
struct Head {
    keys: Vec<f32>,
    values: Vec<f32>,
    queries: Vec<f32>,
    prompt: Vec<f32>,
    attention: Vec<f32>,
    positions: Vec<Position>,
}

impl Head {
    fn new(seed: u64) -> Self {
        let mut noise = Noise(seed);
        Self {
            keys: noise.take(N * D),
            values: noise.take(N * D),
            queries: noise.take(WINDOW * GROUP * D),
            prompt: noise.take(12 * GROUP * D),
            attention: noise.take(N).iter().map(|x| x.abs()).collect(),
            positions: (0..N as u32).map(|i| Position(2 * i + i % 2)).collect(),
        }
    }

    fn view(&self) -> HeadView<'_> {
        HeadView {
            keys: &self.keys,
            values: &self.values,
            positions: &self.positions,
            queries: &self.queries,
            group: GROUP,
            head_dim: D,
            attention: &self.attention,
            prompt_queries: &self.prompt,
            draw: Draw {
                seed: 5,
                event: 2,
                layer: 0,
                head: 0,
            },
        }
    }
}

fn settings(policy: &str) -> CacheSettings {
    CacheSettings {
        budget: 32,
        buffer: 29,
        window: WINDOW as u32,
        ..find(policy).unwrap().default_settings()
    }
}

fn start(policy: &str) -> Box<dyn Policy> {
    let active = find(policy).unwrap().start(&RunContext::default());
    active.unwrap().policy
}

fn score(policy: &str, head: &HeadView<'_>) -> HeadScores {
    let mut active = start(policy);
    active.prepare(&One(*head), &settings(policy));
    active.score(head, &settings(policy))
}

/// A cache of one head.
struct One<'a>(HeadView<'a>);

impl Heads for One<'_> {
    fn layers(&self) -> usize {
        1
    }

    fn kv_heads(&self) -> usize {
        1
    }

    fn show(&self, _layer: usize, _head: usize, look: &mut dyn FnMut(&HeadView<'_>)) {
        look(&self.0);
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum()
}

fn row(rows: &[f32], i: usize) -> &[f32] {
    &rows[i * D..(i + 1) * D]
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|l| (l - most).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.iter().map(|p| p / total).collect()
}

/// Softmax over the first `n` keys of one query.
fn weights(query: &[f32], keys: &[f32], n: usize) -> Vec<f64> {
    let logits: Vec<f64> = (0..n)
        .map(|i| dot(query, row(keys, i)) / (D as f64).sqrt())
        .collect();
    softmax(&logits)
}

fn assert_close(policy: &str, found: &[f32], exact: &[f64], tolerance: f64) {
    assert_eq!(found.len(), exact.len(), "{policy}");
    for (i, (&found, &exact)) in found.iter().zip(exact).enumerate() {
        assert!(
            (f64::from(found) - exact).abs() <= tolerance * exact.abs().max(1.0),
            "{policy}: candidate {i} scores {found}, not {exact}"
        );
    }
}

#[test]
fn tova_is_the_newest_querys_mean_weight() {
    let head = Head::new(1);
    let newest = &head.queries[(WINDOW - 1) * GROUP * D..];
    let mut exact = vec![0.0; N];
    for g in 0..GROUP {
        for (sum, w) in exact.iter_mut().zip(weights(row(newest, g), &head.keys, N)) {
            *sum += w / GROUP as f64;
        }
    }
    assert_close(
        "tova",
        &score("tova", &head.view()).score,
        &exact[..N - WINDOW],
        1e-6,
    );
}

#[test]
fn longflow_is_weight_times_the_values_size() {
    let head = Head::new(2);
    let newest = &head.queries[(WINDOW - 1) * GROUP * D..];
    let exact: Vec<f64> = (0..N - WINDOW)
        .map(|i| {
            let size: f64 = row(&head.values, i)
                .iter()
                .map(|&x| f64::from(x).abs())
                .sum();
            let received: f64 = (0..GROUP)
                .map(|g| weights(row(newest, g), &head.keys, N)[i])
                .sum();
            received * size
        })
        .collect();
    assert_close(
        "longflow",
        &score("longflow", &head.view()).score,
        &exact,
        1e-6,
    );
}

/// Not from the formula but from what it stands for: the output is computed without the slot.
#[test]
fn longflow_exact_is_how_far_the_output_moves_without_the_slot() {
    let head = Head::new(3);
    let newest = &head.queries[(WINDOW - 1) * GROUP * D..];
    let output = |w: &[f64], without: Option<usize>| -> Vec<f64> {
        let left: f64 = (0..N).filter(|&j| Some(j) != without).map(|j| w[j]).sum();
        (0..D)
            .map(|c| {
                (0..N)
                    .filter(|&j| Some(j) != without)
                    .map(|j| w[j] / left * f64::from(head.values[j * D + c]))
                    .sum()
            })
            .collect()
    };
    let exact: Vec<f64> = (0..N - WINDOW)
        .map(|i| {
            (0..GROUP)
                .map(|g| {
                    let w = weights(row(newest, g), &head.keys, N);
                    let (all, rest) = (output(&w, None), output(&w, Some(i)));
                    let moved: f64 = all.iter().zip(&rest).map(|(a, b)| (a - b).powi(2)).sum();
                    moved.sqrt()
                })
                .sum()
        })
        .collect();
    assert_close(
        "longflow-exact",
        &score("longflow-exact", &head.view()).score,
        &exact,
        2e-6,
    );
}

#[test]
fn knorm_is_the_negative_norm_and_keydiff_the_negative_cosine_with_the_mean_unit_key() {
    let head = Head::new(4);
    let norm = |i: usize| dot(row(&head.keys, i), row(&head.keys, i)).sqrt();
    let exact: Vec<f64> = (0..N - WINDOW).map(|i| -norm(i)).collect();
    assert_close("knorm", &score("knorm", &head.view()).score, &exact, 1e-6);

    let mean: Vec<f64> = (0..D)
        .map(|c| {
            (0..N)
                .map(|i| f64::from(head.keys[i * D + c]) / norm(i))
                .sum::<f64>()
                / N as f64
        })
        .collect();
    let length = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
    let exact: Vec<f64> = (0..N - WINDOW)
        .map(|i| {
            let key = row(&head.keys, i).iter().map(|&x| f64::from(x));
            -key.zip(&mean).map(|(x, m)| x * m).sum::<f64>() / (norm(i) * length)
        })
        .collect();
    assert_close(
        "keydiff",
        &score("keydiff", &head.view()).score,
        &exact,
        1e-6,
    );
}

#[test]
fn h2o_keeps_what_gathered_the_most_attention() {
    let head = Head::new(5);
    let exact: Vec<f64> = head.attention[..N - WINDOW]
        .iter()
        .map(|&x| f64::from(x))
        .collect();
    assert_close("h2o", &score("h2o", &head.view()).score, &exact, 0.0);
    let defaults = find("h2o").unwrap().default_settings();
    assert_eq!(defaults.window * 2, defaults.budget, "half of it recent");
}

#[test]
fn task_aware_asks_the_prompts_queries() {
    let head = Head::new(6);
    let settings = settings("task-aware");
    let candidates = N - WINDOW;
    // Five of twelve rows: both ends and evenly between.
    let rows = [0, 2, 5, 8, 11];
    let mut mean = vec![0.0; candidates];
    for at in rows {
        let logits: Vec<f64> = (0..candidates)
            .map(|i| {
                (0..GROUP)
                    .map(|g| {
                        dot(row(&head.prompt, at * GROUP + g), row(&head.keys, i))
                            / (D as f64).sqrt()
                    })
                    .fold(f64::NEG_INFINITY, f64::max)
            })
            .collect();
        for (sum, p) in mean.iter_mut().zip(softmax(&logits)) {
            *sum += p / rows.len() as f64;
        }
    }
    let half = settings.kernel as usize / 2;
    let exact: Vec<f64> = (0..candidates)
        .map(|i| {
            mean[i.saturating_sub(half)..(i + half + 1).min(candidates)]
                .iter()
                .copied()
                .fold(0.0, f64::max)
        })
        .collect();
    let found = score("task-aware", &head.view());
    assert_close("task-aware", &found.score, &exact, 1e-6);
    // The window's queries play no part.
    let blind = HeadView {
        queries: &[],
        ..head.view()
    };
    assert_eq!(score("task-aware", &blind), found);
}

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
    let most = raw.iter().copied().fold(0.0, f64::max);
    let exact: Vec<f64> = raw
        .iter()
        .zip(&head.positions)
        .map(|(s, p)| if p.0 < 4 { 1.0 } else { s / most })
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
        let mean = raw.iter().sum::<f64>() / candidates as f64;
        let spread =
            (raw.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / candidates as f64).sqrt();
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

/// K-means in f64 with the documented start and one round; the members nearest the means.
fn centres_of(keys: &[f32], members: &[usize], count: usize) -> Vec<usize> {
    let key = |m: usize| -> Vec<f64> { row(keys, m).iter().map(|&x| f64::from(x)).collect() };
    let apart =
        |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum() };
    let mut centres: Vec<Vec<f64>> = (0..count)
        .map(|i| key(members[i * (members.len() - 1) / (count - 1)]))
        .collect();
    let nearest = |m: usize, centres: &[Vec<f64>]| {
        (0..count)
            .min_by(|&a, &b| apart(&key(m), &centres[a]).total_cmp(&apart(&key(m), &centres[b])))
            .unwrap()
    };
    let of: Vec<usize> = members.iter().map(|&m| nearest(m, &centres)).collect();
    for (c, centre) in centres.iter_mut().enumerate() {
        let own: Vec<Vec<f64>> = members
            .iter()
            .zip(&of)
            .filter(|&(_, &of)| of == c)
            .map(|(&m, _)| key(m))
            .collect();
        if !own.is_empty() {
            for (i, x) in centre.iter_mut().enumerate() {
                *x = own.iter().map(|k| k[i]).sum::<f64>() / own.len() as f64;
            }
        }
    }
    (0..count)
        .filter_map(|c| {
            let own = members.iter().zip(&of).filter(|&(_, &of)| of == c);
            own.map(|(&m, _)| m).min_by(|&a, &b| {
                apart(&key(a), &centres[c]).total_cmp(&apart(&key(b), &centres[c]))
            })
        })
        .collect()
}

/// Its first compression: four thoughts of 16 tokens, all taken for reasoning, so the oldest are cut first.
#[test]
fn thinkv_keeps_the_keys_that_stand_for_an_old_thoughts_others() {
    let mut head = Head::new(10);
    head.positions = (0..N as u32).map(Position).collect();
    let settings = CacheSettings {
        budget: 44,
        buffer: 16,
        protection: Protection::None,
        ..settings("thinkv")
    };
    let mut policy = find("thinkv")
        .unwrap()
        .start(&RunContext {
            prompt_tokens: 0,
            ..RunContext::default()
        })
        .unwrap()
        .policy;
    policy.prepare(&One(head.view()), &settings);
    let scores = policy.score(&head.view(), &settings);
    let kept = select_head(&head.positions, &scores.score, &settings, 0);

    // 16, 16, 16 and 8 candidates for 39 slots: the oldest thought goes to 8 and to 4, the next to 8: 4 + 8 + 16 + 8.
    let slots = |from: usize, to: usize| (from..to).collect::<Vec<_>>();
    let mut want = centres_of(&head.keys, &slots(0, 16), 4);
    want.extend(centres_of(&head.keys, &slots(16, 32), 8));
    want.extend(slots(32, N));
    // What the schedule leaves free goes to the newest of the rest.
    let free = 44 - want.len();
    let rest: Vec<usize> = slots(0, N)
        .into_iter()
        .filter(|i| !want.contains(i))
        .collect();
    want.extend(&rest[rest.len() - free..]);
    want.sort_unstable();
    let got: Vec<usize> = kept.iter().map(|slot| slot.index()).collect();
    assert_eq!(got, want);
}

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

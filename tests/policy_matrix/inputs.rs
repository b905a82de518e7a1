//! What a policy is shown of the cache and of the run, against what the model itself makes of the tokens.

use std::sync::{Arc, Mutex};

use rkv_scope::engine::compress::{CompressionContext, score_all, show_queries};
use rkv_scope::policy::calibration::Calibration;
use rkv_scope::policy::stream::Draw;
use rkv_scope::policy::{ActivePolicy, HeadScores, HeadView, PROMPT_PROBES, Policy, find};
use rkv_scope::trace::Slot;

use super::*;

const LONG: usize = 200;

/// More than three chunks of prefill, and no token is its neighbour's like.
fn long_problem() -> String {
    let letters = (0..LONG).map(|i| char::from(b'a' + (i * 7 % 26) as u8));
    letters.collect()
}

/// What a policy was shown of a head.
struct Shown {
    draw: Draw,
    queries: Vec<f32>,
    prompt_queries: Vec<f32>,
}

/// A policy that writes down what it is shown and scores each head with the place it was told.
struct Witness(Arc<Mutex<Vec<Shown>>>);

impl Policy for Witness {
    fn score(&self, head: &HeadView<'_>, _settings: &CacheSettings) -> HeadScores {
        self.0.lock().unwrap().push(Shown {
            draw: head.draw,
            queries: head.queries.to_vec(),
            prompt_queries: head.prompt_queries.to_vec(),
        });
        HeadScores::plain(vec![head.draw.layer as f32, head.draw.head as f32])
    }
}

/// What a policy with the needs of another one is shown at the third compression of a run with seed 9, `[layers][heads]`.
fn shown(cache: &KvCache, needs_of: &str, settings: &CacheSettings) -> Vec<Vec<Shown>> {
    let seen: Arc<Mutex<Vec<Shown>>> = Arc::default();
    let mut policy = ActivePolicy {
        info: find(needs_of).unwrap(),
        policy: Box::new(Witness(Arc::clone(&seen))),
    };
    let context = CompressionContext {
        event: 2,
        revision: 0,
        prompt_tokens: LONG as u32,
        level: RecordLevel::Scores,
        seed: 9,
    };
    let scores = score_all(cache, &mut policy, settings, context);
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    let shape = cache.shape();
    assert_eq!(seen.len(), shape.layers * shape.kv_heads);
    let mut of = |layer: usize, head: usize| -> Shown {
        assert_eq!(scores[layer][head].score, [layer as f32, head as f32]);
        let draw = Draw {
            seed: 9,
            event: 2,
            layer: layer as u32,
            head: head as u32,
        };
        let place = seen.iter().position(|shown| shown.draw == draw).unwrap();
        seen.swap_remove(place)
    };
    (0..shape.layers)
        .map(|layer| (0..shape.kv_heads).map(|head| of(layer, head)).collect())
        .collect()
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() < 1e-4,
            "{what}[{i}]: {found}, not {expected}"
        );
    }
}

/// The prompt is read in chunks; the probes are of tokens 0, 6, 12, 19, ... 199, as one pass over the prompt has them.
#[test]
fn a_policy_is_shown_the_queries_that_it_asks_for_however_the_prompt_was_read() {
    let mut model = Tiny::new();
    let problem = long_problem();
    let tokens = model.encode_prompt(&problem).unwrap();
    let mut whole = model.decoder.cache(LONG, LONG).unwrap();
    model
        .forward(&tokens, &mut whole, &GO, &mut vec![])
        .unwrap();
    let all = |layer: usize, head: usize| {
        let mut rows = vec![];
        assert_eq!(whole.group_queries(layer, head, LONG, &mut rows), LONG);
        let width = rows.len() / LONG;
        (rows, width)
    };
    let probed = |cache: &KvCache, settings: &CacheSettings| {
        for (layer, heads) in shown(cache, "task-aware", settings).iter().enumerate() {
            for (head, shown) in heads.iter().enumerate() {
                let (rows, width) = all(layer, head);
                let probes: Vec<f32> = (0..PROMPT_PROBES)
                    .map(|probe| probe * (LONG - 1) / (PROMPT_PROBES - 1))
                    .flat_map(|position| &rows[position * width..][..width])
                    .copied()
                    .collect();
                let place = format!("layer {layer} head {head}");
                assert_close(&shown.prompt_queries, &probes, &place);
                assert!(shown.queries.is_empty(), "{place}");
            }
        }
    };
    let settings = CacheSettings {
        budget: 190,
        buffer: 12,
        ..find("task-aware").unwrap().default_settings()
    };
    let mut run = begin_with(&mut model, &problem, &settings, 3).unwrap();
    while !run.is_decoding() {
        run.advance(&GO).unwrap();
    }
    probed(run.cache(), &settings);
    for (layer, heads) in shown(run.cache(), "rkv", &settings).iter().enumerate() {
        for (head, shown) in heads.iter().enumerate() {
            let (rows, width) = all(layer, head);
            let newest = LONG - settings.window as usize;
            let place = format!("layer {layer} head {head}");
            assert_close(&shown.queries, &rows[newest * width..], &place);
            assert!(shown.prompt_queries.is_empty(), "{place}");
        }
    }
    for _ in 0..5 {
        run.advance(&GO).unwrap();
    }
    assert!(run.cache().longest() < run.cache().seen(), "it compressed");
    probed(run.cache(), &settings);
}

#[test]
fn a_random_policy_draws_anew_for_each_head_of_each_layer() {
    let mut model = Tiny::new();
    let settings = CacheSettings {
        budget: 30,
        buffer: 8,
        scope: Scope::Head,
        ..with_small_window(find("random-prompt").unwrap())
    };
    let mut run = begin(&mut model, &settings, 3).unwrap();
    let text: Vec<u32> = PROMPT.bytes().map(u32::from).chain(100..123).collect();
    run.feed(&text, &GO).unwrap();
    assert_eq!(run.cache().longest(), 30);
    let held = |(layer, head)| run.cache().positions(layer, head);
    for (one, other) in [((0, 0), (0, 1)), ((0, 0), (1, 0)), ((0, 1), (1, 0))] {
        assert_ne!(held(one), held(other), "{one:?} and {other:?}");
    }
}

/// Of all queries that a run under the full cache makes up to its token `tokens`.
fn statistics(model: &mut Tiny, problem: &str, tokens: usize) -> Calibration {
    let mut statistics = Calibration::new(&model.summary(), model.decoder.rope_frequencies());
    let full = find("full").unwrap().default_settings();
    let mut run = begin_with(model, problem, &full, 3).unwrap();
    while run.cache().seen() < tokens {
        let before = run.cache().seen();
        run.advance(&GO).unwrap();
        let fed = run.cache().seen() - before;
        show_queries(run.cache(), fed, &mut |pass| statistics.observe(pass));
    }
    statistics
}

/// Layer 0 sees each token alone: of one token again and again all queries before RoPE are the one that it has at 0.
#[test]
fn query_statistics_are_of_queries_turned_back_by_the_positions_they_had() {
    let mut model = Tiny::new();
    let told = statistics(&mut model, &"a".repeat(LONG), LONG);
    assert_eq!(told.queries, [LONG as u64; 3]);
    let mut first = model.decoder.cache(1, 1).unwrap();
    model
        .forward(&[u32::from(b'a')], &mut first, &GO, &mut vec![])
        .unwrap();
    let row = first.window_queries(0).next().unwrap();
    for (head, query) in row.chunks_exact(told.head_dim).enumerate() {
        let sums = told.head(0, head);
        let mean = |sums: &[f64]| -> Vec<f32> {
            let means = sums.iter().map(|sum| (sum / LONG as f64) as f32);
            means.collect()
        };
        let (low, high) = query.split_at(told.head_dim / 2);
        let sizes: Vec<f32> = low.iter().zip(high).map(|(a, b)| a.hypot(*b)).collect();
        let place = format!("query head {head}");
        assert_close(&mean(sums.real), low, &place);
        assert_close(&mean(sums.imaginary), high, &place);
        assert_close(&mean(sums.sizes), &sizes, &place);
    }
}

#[test]
fn triattention_scores_by_every_query_that_the_run_has_made_so_far() {
    let mut model = Tiny::new();
    let problem = long_problem();
    let settings = CacheSettings {
        budget: 190,
        buffer: 20,
        protection: Protection::None,
        ..find("triattention").unwrap().default_settings()
    };
    let told = Arc::new(statistics(&mut model, &problem, 210));
    let mut first_compression = |given: Option<&Arc<Calibration>>| {
        let mut run = begin_with(&mut model, &problem, &settings, 3).unwrap();
        if let Some(given) = given {
            run.calibrate(Arc::clone(given)).unwrap();
        }
        loop {
            run.advance(&GO).unwrap();
            for record in run.take_records() {
                if let TraceRecord::Compression(event) = record {
                    return (event.seen, event.evicted, event.scores);
                }
            }
        }
    };
    let own = first_compression(None);
    assert_eq!(own.0, 210);
    assert_eq!(own, first_compression(Some(&told)));
}

/// The cache's counts against softmax weights recomputed in f64 from its keys and queries: chunks, decode steps, and the
/// gather at a compression.
#[test]
fn the_attention_that_slots_receive_is_counted_from_the_first_query_on() {
    let decoder = tiny_llama();
    let mut scratch = Scratch::default();
    let mut cache = decoder.cache(64, 64).unwrap();
    cache.count_attention(true);
    let tokens: Vec<u32> = (0..30).map(|i| (i * 37 + 5) % 300).collect();
    for chunk in [&tokens[..11], &tokens[11..20]] {
        decoder
            .forward(chunk, &mut cache, &mut scratch, &GO)
            .unwrap();
    }
    for token in &tokens[20..] {
        decoder
            .forward(&[*token], &mut cache, &mut scratch, &GO)
            .unwrap();
    }
    let shape = cache.shape();
    let (d, group) = (shape.head_dim, shape.query_heads / shape.kv_heads);
    let mut exact = vec![vec![vec![0f64; 30]; shape.kv_heads]; shape.layers];
    for (layer, exact) in exact.iter_mut().enumerate() {
        for (token, row) in cache.window_queries(layer).enumerate() {
            for (query_head, query) in row.chunks_exact(d).enumerate() {
                let head = query_head / group;
                let powers: Vec<f64> = cache
                    .keys(layer, head)
                    .chunks_exact(d)
                    .take(token + 1)
                    .map(|key| {
                        let dot: f64 = query
                            .iter()
                            .zip(key)
                            .map(|(&q, &k)| f64::from(q) * f64::from(k))
                            .sum();
                        (dot / (d as f64).sqrt()).exp()
                    })
                    .collect();
                let total: f64 = powers.iter().sum();
                for (slot, power) in powers.iter().enumerate() {
                    exact[head][slot] += power / total;
                }
            }
        }
    }
    for (layer, heads) in exact.iter().enumerate() {
        for (head, exact) in heads.iter().enumerate() {
            for (found, exact) in cache.attention(layer, head).iter().zip(exact) {
                assert!(
                    (f64::from(*found) - exact).abs() < 1e-4,
                    "{found}, not {exact}"
                );
            }
        }
    }
    let keep: Vec<Slot> = [0, 7, 8, 29].map(Slot).to_vec();
    cache.compact(1, &vec![keep; shape.kv_heads]).unwrap();
    let kept = cache.attention(1, 0).to_vec();
    for (found, slot) in kept.iter().zip([0, 7, 8, 29]) {
        assert!((f64::from(*found) - exact[1][0][slot]).abs() < 1e-4);
    }
    // A new slot starts from nothing but its own query.
    cache.resize(32, 64).unwrap();
    decoder
        .forward(&[9], &mut cache, &mut scratch, &GO)
        .unwrap();
    let after = cache.attention(1, 0);
    assert_eq!(after.len(), 5);
    assert!(after[4] <= group as f32 && after[..4].iter().zip(&kept).all(|(a, b)| a >= b));
}

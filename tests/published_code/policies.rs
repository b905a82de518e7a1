//! The policies against inputs and outputs of the published R-KV code (`golden/README.md`).

use super::golden_file::{Golden, assert_close, files};
use rkv_scope::config::{CacheSettings, Protection, Retain, SlotOrder};
use rkv_scope::policy::importance::{max_pool, raw_importance, row_logits};
use rkv_scope::policy::redundancy::redundancy;
use rkv_scope::policy::select::select_head;
use rkv_scope::policy::{self, HeadView, Policy, RunContext};
use rkv_scope::trace::{Position, Slot};

/// A policy that needs to know nothing of a run.
fn start(id: &str) -> Box<dyn Policy> {
    let active = policy::find(id).unwrap().start(&RunContext::default());
    active.unwrap().policy
}

/// One head of a golden file's `query` and `key`.
struct Head {
    keys: Vec<f32>,
    queries: Vec<f32>,
    positions: Vec<Position>,
    group: usize,
    d: usize,
}

impl Head {
    fn of(golden: &Golden, head: usize) -> Self {
        let shape = golden.shape("query");
        let (query_heads, rows, d) = (shape[1], shape[2], shape[3]);
        let keys = golden.f32("key");
        let (kv_heads, n) = (golden.shape("key")[1], golden.shape("key")[2]);
        let group = query_heads / kv_heads;
        Self {
            keys: keys[head * n * d..(head + 1) * n * d].to_vec(),
            queries: group_queries(&golden.f32("query"), head, group, rows, d, 0..rows),
            positions: (0..n as u32).map(Position).collect(),
            group,
            d,
        }
    }

    fn view(&self) -> HeadView<'_> {
        HeadView {
            keys: &self.keys,
            values: &self.keys,
            positions: &self.positions,
            queries: &self.queries,
            group: self.group,
            head_dim: self.d,
            ..HeadView::default()
        }
    }
}

/// `[Hq, rows, d]` to `[taken rows, group, d]` of one KV head.
fn group_queries(
    query: &[f32],
    head: usize,
    group: usize,
    rows: usize,
    d: usize,
    take: std::ops::Range<usize>,
) -> Vec<f32> {
    let mut out = vec![];
    for row in take {
        for g in 0..group {
            let at = ((head * group + g) * rows + row) * d;
            out.extend_from_slice(&query[at..at + d]);
        }
    }
    out
}

fn settings(golden: &Golden, policy: &str) -> CacheSettings {
    let ratio = golden.text("retain_ratio").parse().unwrap_or(0.1);
    let or = |key: &str, default: u32| golden.text(key).parse().unwrap_or(default);
    CacheSettings {
        policy: policy.to_owned(),
        budget: golden.number("budget") as u32,
        window: or("window_size", 1),
        kernel: or("kernel_size", 7),
        lambda: golden.text("mix_lambda").parse().unwrap_or(0.1),
        threshold: golden.text("threshold").parse().unwrap_or(0.5),
        retain: match golden.text("retain_direction") {
            "first" => Retain::First,
            "first_percent" => Retain::FirstPercent(ratio),
            _ => Retain::Newest,
        },
        order: SlotOrder::Reference,
        ..CacheSettings::default()
    }
}

fn gather(rows: &[f32], d: usize, slots: &[Slot]) -> Vec<f32> {
    slots
        .iter()
        .flat_map(|s| rows[s.index() * d..(s.index() + 1) * d].to_vec())
        .collect()
}

/// Rows to the bit, in an order that does not depend on theirs: scores closer than rounding may swap.
fn sorted_rows(rows: &[f32], d: usize) -> Vec<Vec<u32>> {
    let bits = |row: &[f32]| -> Vec<u32> { row.iter().map(|x| x.to_bits()).collect() };
    let mut rows: Vec<Vec<u32>> = rows.chunks_exact(d).map(bits).collect();
    rows.sort_unstable();
    rows
}

/// Compares kept slots with the golden `top` (descending score), whose scores are `scores`.
fn assert_kept(name: &str, kept: &[Slot], top: &[usize], scores: &[f32], tie: bool) {
    let chosen: Vec<usize> = kept[..top.len()].iter().map(|s| s.index()).collect();
    for (rank, (&got, &want)) in chosen.iter().zip(top).enumerate() {
        let gap = (scores[got] - scores[want]).abs();
        assert!(
            gap <= 1e-8,
            "{name}: rank {rank} is slot {got}, in the published code {want}"
        );
    }
    let sorted = |mut v: Vec<usize>| {
        v.sort_unstable();
        v
    };
    if !tie {
        assert_eq!(sorted(chosen), sorted(top.to_vec()), "{name}: kept set");
    }
    let window: Vec<usize> = kept[top.len()..].iter().map(|s| s.index()).collect();
    assert_eq!(
        window,
        (scores.len()..scores.len() + window.len()).collect::<Vec<_>>(),
        "{name}"
    );
}

#[test]
fn rkv_scores_and_keeps_what_the_published_code_does() {
    for path in files("rkv") {
        let golden = Golden::open(&path);
        let settings = settings(&golden, "rkv");
        settings.check().unwrap();
        let rkv = start("rkv");
        let (heads, n, d) = {
            let shape = golden.shape("key");
            (shape[1], shape[2], shape[3])
        };
        for h in 0..heads {
            let head = Head::of(&golden, h);
            let view = head.view();
            let name = format!("{} head {h}", golden.name);
            let candidates = n - settings.window as usize;
            let scores = rkv.score(&view, &settings);
            let kept = select_head(&head.positions, &scores.score, &settings, 0);
            if golden.flag("passthrough") {
                let all: Vec<Slot> = (0..n as u32).map(Slot).collect();
                let mut sorted = kept.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, all, "{name}: below the budget nothing leaves");
                continue;
            }
            let at = |tensor: &str, width: usize| {
                golden.f32(tensor)[h * width..(h + 1) * width].to_vec()
            };

            let rows = golden.shape("query")[2];
            let logits = at("attn_logits", rows * n);
            for (r, row) in view.queries.chunks_exact(view.group * d).enumerate() {
                let mut got = vec![0.0; n];
                row_logits(row, view.keys, d, &mut got);
                assert_close(
                    &format!("{name} logits"),
                    &got,
                    &logits[r * n..(r + 1) * n],
                    1e-5,
                    5e-6,
                );
            }
            // An error in a logit is a relative error of its softmax. Where attention is saturated (r29,
            // logits beyond 40) a few roundings of a 64-term sum are more than 5e-6.
            let largest = logits.iter().fold(0f32, |a, l| a.max(l.abs()));
            let rounding = (4.0 * f32::EPSILON * largest).max(5e-6);
            let raw = raw_importance(&view, &settings);
            assert_close(
                &format!("{name} raw importance"),
                &raw,
                &at("importance_raw", candidates),
                rounding,
                1e-12,
            );
            let pooled = max_pool(&raw, settings.kernel as usize);
            assert_close(
                &format!("{name} importance"),
                &pooled,
                &at("importance", candidates),
                rounding,
                1e-12,
            );
            let found = redundancy(view.keys, d, settings.threshold, settings.retain);
            let spared: Vec<usize> = found.spared.iter().map(|&j| j as usize).collect();
            assert_eq!(
                spared,
                golden.indices("retain_index")[h * n..(h + 1) * n],
                "{name} spared"
            );
            assert_close(
                &format!("{name} sim mean"),
                &found.sim_mean,
                &at("sim_mean", n),
                0.0,
                2e-6,
            );
            assert_close(
                &format!("{name} redundancy"),
                &found.shares,
                &at("redundancy", n),
                2e-6,
                0.0,
            );
            let want = at("final_score", candidates);
            // With lambda near 1 the score is importance itself, ten times as large as the scores that
            // the absolute bound was made for: importance's own relative bound holds there.
            let relative = if settings.lambda > 0.9 { 5e-6 } else { 0.0 };
            assert_close(
                &format!("{name} score"),
                &scores.score,
                &want,
                relative,
                2e-8,
            );

            let budget = settings.budget as usize;
            let quota = budget - settings.window as usize;
            let top = &golden.indices("topk_indices")[h * quota..(h + 1) * quota];
            let tie = golden.flag("topk_boundary_tie");
            assert_kept(&name, &kept, top, &want, tie);
            if !tie {
                assert!(
                    sorted_rows(&gather(&head.keys, d, &kept), d)
                        == sorted_rows(&at("key_compressed", budget * d), d),
                    "{name}: gathered keys"
                );
            }
        }
    }
}

#[test]
fn six_compressions_in_a_row_keep_the_same_tokens() {
    for path in files("rkv_multistep") {
        let golden = Golden::open(&path);
        let time_ordered = golden.name.ends_with("SORTED_VARIANT");
        let stream = golden.stream(&path);
        let order = if time_ordered {
            SlotOrder::Time
        } else {
            SlotOrder::Reference
        };
        let settings = CacheSettings {
            order,
            ..settings(&golden, "rkv")
        };
        let (budget, window) = (settings.budget as usize, settings.window as usize);
        let buffer = golden.number("buffer") as usize;
        let shape = stream.shape("key_stream");
        let (heads, total, d) = (shape[1], shape[2], shape[3]);
        let group = stream.shape("query_stream")[1] / heads;
        let (keys, queries) = (stream.f32("key_stream"), stream.f32("query_stream"));
        let rkv = start("rkv");
        for h in 0..heads {
            let keys = &keys[h * total * d..(h + 1) * total * d];
            let mut cache: Vec<Position> = (0..budget as u32).map(Position).collect();
            let mut last = vec![];
            for step in 0..golden.number("steps") as usize {
                let name = format!("{} head {h} step {step}", golden.name);
                let seen = budget + buffer * (step + 1);
                cache.extend(((seen - buffer) as u32..seen as u32).map(Position));
                let held: Vec<f32> = cache
                    .iter()
                    .flat_map(|p| keys[p.index() * d..(p.index() + 1) * d].to_vec())
                    .collect();
                let probe = group_queries(&queries, h, group, total, d, seen - window..seen);
                let view = HeadView {
                    keys: &held,
                    values: &held,
                    positions: &cache,
                    queries: &probe,
                    group,
                    head_dim: d,
                    ..HeadView::default()
                };
                let scores = rkv.score(&view, &settings);
                let quota = budget - window;
                let kept = select_head(&cache, &scores.score, &settings, 0);
                let want = &golden.indices(&format!("step{step}.kept_token_indices"))
                    [h * budget..(h + 1) * budget];
                if golden.has(&format!("step{step}.final_score")) {
                    let n = cache.len();
                    let candidates = n - window;
                    let at = |what: &str, width: usize| {
                        golden.f32(&format!("step{step}.{what}"))[h * width..(h + 1) * width]
                            .to_vec()
                    };
                    let expected = at("final_score", candidates);
                    assert_close(&name, &scores.score, &expected, 0.0, 2e-8);
                    assert_close(
                        &name,
                        scores.importance.as_ref().unwrap(),
                        &at("importance", candidates),
                        5e-6,
                        1e-12,
                    );
                    assert_close(
                        &name,
                        scores.redundancy.as_ref().unwrap(),
                        &at("redundancy", n)[..candidates],
                        2e-6,
                        0.0,
                    );
                    let top = &golden.indices(&format!("step{step}.topk_indices_in_cache"))
                        [h * quota..(h + 1) * quota];
                    assert_kept(&name, &kept, top, &expected, false);
                }
                last = gather(&held, d, &kept);
                cache = kept.iter().map(|s| cache[s.index()]).collect();
                let got: Vec<usize> = cache.iter().map(|p| p.index()).collect();
                if time_ordered {
                    assert_eq!(got, want, "{name}: kept tokens in cache order");
                } else {
                    let sorted = |v: &[usize]| {
                        let mut v = v.to_vec();
                        v.sort_unstable();
                        v
                    };
                    assert_eq!(sorted(&got), sorted(want), "{name}: kept tokens");
                    // Scores closer than rounding may swap; go on in the published order.
                    cache = want.iter().map(|&p| Position(p as u32)).collect();
                }
            }
            let want = &golden.f32("final_key_cache")[h * budget * d..(h + 1) * budget * d];
            assert!(
                sorted_rows(&last, d) == sorted_rows(want, d),
                "{} head {h}: keys of the last step",
                golden.name
            );
        }
    }
}

#[test]
fn snapkv_keeps_what_the_published_code_does() {
    for path in files("snapkv") {
        let golden = Golden::open(&path);
        let settings = settings(&golden, "snapkv");
        let snapkv = start("snapkv");
        let (heads, n) = (golden.shape("key")[1], golden.shape("key")[2]);
        for h in 0..heads {
            let head = Head::of(&golden, h);
            let name = format!("{} head {h}", golden.name);
            let scores = snapkv.score(&head.view(), &settings);
            let kept = select_head(&head.positions, &scores.score, &settings, 0);
            if golden.flag("passthrough") {
                assert_eq!(kept.len(), n, "{name}");
                continue;
            }
            let candidates = n - settings.window as usize;
            let quota = (settings.budget - settings.window) as usize;
            let want = golden.f32("importance")[h * candidates..(h + 1) * candidates].to_vec();
            assert_close(&name, &scores.score, &want, 5e-6, 1e-12);
            let top = &golden.indices("topk_indices")[h * quota..(h + 1) * quota];
            assert_kept(&name, &kept, top, &want, true);
            if !golden.flag("topk_boundary_tie") {
                let mut got: Vec<usize> = kept[..quota].iter().map(|s| s.index()).collect();
                got.sort_unstable();
                assert_eq!(
                    got,
                    golden.indices("topk_indices_sorted")[h * quota..(h + 1) * quota],
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn streamingllm_keeps_the_first_and_the_last() {
    for path in files("streamingllm") {
        let golden = Golden::open(&path);
        let sinks = golden.number("first_tokens") as u32;
        let settings = CacheSettings {
            policy: "streamingllm".to_owned(),
            budget: golden.number("budget") as u32,
            window: 8,
            protection: Protection::Sinks,
            sinks,
            ..CacheSettings::default()
        };
        settings.check().unwrap();
        let shape = golden.shape("key");
        let (heads, n, d) = (shape[1], shape[2], shape[3]);
        let all = golden.f32("key");
        for h in 0..heads {
            let keys = &all[h * n * d..(h + 1) * n * d];
            let positions: Vec<Position> = (0..n as u32).map(Position).collect();
            let view = HeadView {
                keys,
                values: keys,
                positions: &positions,
                queries: &[],
                group: 1,
                head_dim: d,
                ..HeadView::default()
            };
            let scores = start("streamingllm").score(&view, &settings);
            let kept = select_head(&positions, &scores.score, &settings, sinks);
            let got: Vec<usize> = kept.iter().map(|s| s.index()).collect();
            assert_eq!(got, golden.indices("kept_indices"), "{}", golden.name);
            let budget = got.len();
            let want = golden.f32("key_compressed");
            assert_eq!(
                gather(keys, d, &kept),
                want[h * budget * d..(h + 1) * budget * d]
            );
        }
    }
}

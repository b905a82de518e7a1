//! What the kernels decide against the published code's outputs.

use std::sync::Arc;

use rkv_scope::config::{CacheSettings, SlotOrder};
use rkv_scope::kernels::cuda::compression::KeepOrder;
use rkv_scope::kernels::cuda::decode::NewTokens;
use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::device_cache::{Choice, DeviceCache, DeviceScore, Question, Wanted};
use rkv_scope::model::{CacheShape, KvCache};
use rkv_scope::trace::RecordLevel;

use super::accelerators::on_each_device;
use super::golden_file::{Golden, assert_close, files};

use super::device_cache::{no_rotation, rows};

on_each_device!(golden_steps, six_golden_compressions, golden_snapkv);

/// A cache of one layer with the keys of a golden file, and its last queries.
fn golden_cache<A: Accelerator>(accelerator: &Arc<A>, golden: &Golden) -> DeviceCache<A> {
    let (query_shape, key_shape) = (golden.shape("query"), golden.shape("key"));
    let (query_heads, query_rows, d) = (query_shape[1], query_shape[2], query_shape[3]);
    let (kv_heads, n) = (key_shape[1], key_shape[2]);
    let shape = CacheShape {
        layers: 1,
        query_heads,
        kv_heads,
        head_dim: d,
        capacity: n + 1,
        window: query_rows,
    };
    let mut cache = DeviceCache::new(Arc::clone(accelerator), shape, 1, Element::F32).unwrap();
    // The queries belong to the last tokens.
    let mut queries = vec![0.0; query_heads * n * d];
    for (head, from) in golden.f32("query").chunks_exact(query_rows * d).enumerate() {
        let at = (head * n + n - query_rows) * d;
        queries[at..at + query_rows * d].copy_from_slice(from);
    }
    let keys = golden.f32("key");
    let rows = rows(&queries, &keys, &keys, n, d, accelerator.device());
    let (_memory, constants) = no_rotation(&**accelerator, d);
    let new = NewTokens {
        batch: 1,
        tokens: n,
        held: 0,
        seen: 0,
        ring: cache.ring(),
        ring_next: 1,
        remember: query_rows,
    };
    cache.append_and_attend(0, &rows, &new, &constants).unwrap();
    cache
}

/// What a golden file asks; `None` where the published code does nothing or what has no kernel.
fn golden_question(golden: &Golden, score: DeviceScore) -> Option<Question> {
    let n = golden.shape("key")[2];
    let query_rows = golden.shape("query")[2];
    let (budget, window) = (
        golden.number("budget") as usize,
        golden.number("window_size") as usize,
    );
    let used = query_rows.min(window);
    (!golden.flag("passthrough")).then_some(Question {
        held: n,
        window,
        queries: ((1 + query_rows - used) % (2 * query_rows), used),
        score,
        choice: Some(Choice {
            kept: budget,
            protect: 0,
            order: KeepOrder::Scores,
        }),
        wanted: Wanted::Parts,
    })
}

/// Kept slots of a head against the golden `top`, whose order is free among scores closer than rounding.
fn assert_kept(name: &str, kept: &[u32], top: &[usize], scores: &[f32], tie: bool) {
    let chosen: Vec<usize> = kept[..top.len()]
        .iter()
        .map(|&slot| slot as usize)
        .collect();
    for (&got, &want) in chosen.iter().zip(top) {
        assert!(
            (scores[got] - scores[want]).abs() <= 1e-8,
            "{name}: slot {got}, in the published code {want}"
        );
    }
    let sorted = |mut v: Vec<usize>| {
        v.sort_unstable();
        v
    };
    if !tie {
        assert_eq!(sorted(chosen), sorted(top.to_vec()), "{name}: kept set");
    }
    assert!(
        kept[top.len()..]
            .iter()
            .map(|&slot| slot as usize)
            .eq(scores.len()..scores.len() + kept.len() - top.len())
    );
}

fn golden_steps<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut compared = 0;
    for path in files("rkv") {
        let golden = Golden::open(&path);
        if !matches!(
            golden.text("retain_direction"),
            "" | "last" | "last_percent"
        ) {
            continue;
        }
        let lambda = golden.number("mix_lambda");
        let score = DeviceScore::RKv {
            lambda,
            threshold: golden.text("threshold").parse().unwrap_or(0.5),
            pool: golden.number("kernel_size") as usize,
        };
        let Some(question) = golden_question(&golden, score) else {
            continue;
        };
        let cache = golden_cache(&accelerator, &golden);
        let answer = cache.decide(&question).unwrap();
        let told = (answer.told)().unwrap();
        let name = &golden.name;
        let (heads, n) = (golden.shape("key")[1], question.held);
        let candidates = n - question.window;
        let largest = golden
            .f32("attn_logits")
            .iter()
            .fold(0f32, |a, l| a.max(l.abs()));
        let rounding = (6.0 * f32::EPSILON * largest).max(5e-6);
        assert_close(
            &format!("{name} importance"),
            &told.importance,
            &golden.f32("importance"),
            rounding,
            1e-12,
        );
        let retained = golden.indices("retain_index");
        for (at, (&newest, &want)) in told.newest.iter().zip(&retained).enumerate() {
            assert_eq!(
                newest.max(0) as usize,
                want,
                "{name}: spared column of row {at}"
            );
        }
        let redundancy = golden.f32("redundancy");
        let kept = question.choice.unwrap().kept;
        let quota = kept - question.window;
        let top = golden.indices("topk_indices");
        let scores = golden.f32("final_score");
        let relative = if lambda > 0.9 { rounding } else { 0.0 };
        for head in 0..heads {
            let own = head * candidates..(head + 1) * candidates;
            let whole = &redundancy[head * n..head * n + candidates];
            assert_close(
                &format!("{name} redundancy"),
                &told.redundancy[own.clone()],
                whole,
                3e-6,
                0.0,
            );
            assert_close(
                &format!("{name} score"),
                &told.score[own.clone()],
                &scores[own.clone()],
                relative,
                3e-8,
            );
            assert_kept(
                name,
                &answer.keep[head * kept..(head + 1) * kept],
                &top[head * quota..(head + 1) * quota],
                &scores[own],
                golden.flag("topk_boundary_tie"),
            );
        }
        compared += 1;
    }
    assert!(compared >= 24, "only {compared} files were compared");
}

fn golden_snapkv<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut compared = 0;
    for path in files("snapkv") {
        let golden = Golden::open(&path);
        let score = DeviceScore::Importance {
            pool: golden.number("kernel_size") as usize,
        };
        let Some(question) = golden_question(&golden, score) else {
            continue;
        };
        let answer = golden_cache(&accelerator, &golden)
            .decide(&question)
            .unwrap();
        let told = (answer.told)().unwrap();
        let scores = golden.f32("importance");
        assert_close(&golden.name, &told.score, &scores, 5e-6, 1e-12);
        let (candidates, kept) = (
            question.held - question.window,
            question.choice.unwrap().kept,
        );
        let quota = kept - question.window;
        let top = golden.indices("topk_indices");
        let heads = golden.shape("key")[1];
        assert_eq!(answer.keep.len(), heads * kept, "{}", golden.name);
        for head in 0..heads {
            assert_kept(
                &golden.name,
                &answer.keep[head * kept..(head + 1) * kept],
                &top[head * quota..(head + 1) * quota],
                &scores[head * candidates..(head + 1) * candidates],
                golden.flag("topk_boundary_tie"),
            );
        }
        compared += 1;
    }
    assert!(compared >= 5, "only {compared} files were compared");
}

/// Appends tokens of a golden stream, and compresses by what the kernels say.
fn six_golden_compressions<A: Accelerator + 'static>(accelerator: Arc<A>) {
    for path in files("rkv_multistep") {
        let golden = Golden::open(&path);
        let time_ordered = golden.name.ends_with("SORTED_VARIANT");
        let stream = golden.stream(&path);
        let (budget, window) = (
            golden.number("budget") as usize,
            golden.number("window_size") as usize,
        );
        let (buffer, steps) = (
            golden.number("buffer") as usize,
            golden.number("steps") as usize,
        );
        let key_shape = stream.shape("key_stream");
        let (heads, total, d) = (key_shape[1], key_shape[2], key_shape[3]);
        let query_heads = stream.shape("query_stream")[1];
        let shape = CacheShape {
            layers: 1,
            query_heads,
            kv_heads: heads,
            head_dim: d,
            capacity: budget + buffer,
            window,
        };
        let memory = DeviceCache::new(Arc::clone(&accelerator), shape, 1, Element::F32).unwrap();
        let mut cache = KvCache::on_device(shape, Box::new(memory)).unwrap();
        let (_memory, constants) = no_rotation(&*accelerator, d);
        let all = rows(
            &stream.f32("query_stream"),
            &stream.f32("key_stream"),
            &stream.f32("value_stream"),
            total,
            d,
            accelerator.device(),
        );
        let settings = CacheSettings {
            budget: budget as u32,
            buffer: buffer as u32,
            window: window as u32,
            kernel: golden.number("kernel_size") as u32,
            lambda: golden.number("mix_lambda"),
            order: if time_ordered {
                SlotOrder::Time
            } else {
                SlotOrder::Reference
            },
            ..CacheSettings::default()
        };
        let feed = |cache: &mut KvCache, from: usize, count: usize| {
            cache
                .append_on_device(
                    0,
                    count,
                    &all.narrow(0, from, count).unwrap().contiguous().unwrap(),
                    &constants,
                )
                .unwrap();
            cache.commit(count);
        };
        feed(&mut cache, 0, budget);
        for step in 0..steps {
            feed(&mut cache, budget + step * buffer, buffer);
            let decided = cache
                .decide(&settings, 0, RecordLevel::Components)
                .unwrap()
                .unwrap();
            cache.compact_all(&decided.keep.unwrap()).unwrap();
            let want = golden.indices(&format!("step{step}.kept_token_indices"));
            for head in 0..heads {
                let mut got: Vec<usize> =
                    cache.positions(0, head).iter().map(|p| p.index()).collect();
                let mut want = want[head * budget..(head + 1) * budget].to_vec();
                if !time_ordered {
                    // Scores closer than rounding may swap places, which these streams show to change no later set.
                    got.sort_unstable();
                    want.sort_unstable();
                }
                assert_eq!(got, want, "{} step {step} head {head}", golden.name);
            }
        }
        cache.fetch().unwrap();
        if time_ordered {
            for head in 0..heads {
                let want =
                    &golden.f32("final_key_cache")[head * budget * d..(head + 1) * budget * d];
                assert_eq!(cache.keys(0, head), want);
            }
        }
    }
}

//! H2O against the labelled fixes of the published code, whose own H2O cannot run (`golden/README.md`).

use super::golden_file::{Golden, assert_close, files};
use rkv_scope::config::{CacheSettings, SlotOrder};
use rkv_scope::kernels::{Attention, AttentionScratch, CacheView};
use rkv_scope::policy::{self, HeadView, RunContext};
use rkv_scope::trace::{Position, Slot};

/// What each slot receives from one query, `[kv_heads, n]`: in the fix a GQA group's largest logit counts, and the newest
/// slot is left out.
fn probabilities(golden: &Golden) -> Vec<f64> {
    let n = golden.shape("key")[2];
    let logits = golden.f32("attn_logits_last_query");
    logits
        .chunks_exact(n)
        .flat_map(|row| {
            let powers: Vec<f64> = row[..n - 1].iter().map(|&l| f64::from(l).exp()).collect();
            let total: f64 = powers.iter().sum();
            powers.into_iter().map(move |p| p / total).chain([0.0])
        })
        .collect()
}

#[test]
fn h2o_keeps_the_heavy_hitters_of_the_fixed_code() {
    for path in files("h2o") {
        let golden = Golden::open(&path);
        let settings = CacheSettings {
            policy: "h2o".to_owned(),
            budget: golden.number("budget") as u32,
            window: 1,
            order: SlotOrder::Reference,
            ..CacheSettings::default()
        };
        let h2o = policy::find("h2o").unwrap();
        let h2o = h2o.start(&RunContext::default()).unwrap().policy;
        let shape = golden.shape("key");
        let (heads, n, d) = (shape[1], shape[2], shape[3]);
        let (keys, received) = (golden.f32("key"), probabilities(&golden));
        let quota = settings.budget as usize - 1;
        let positions: Vec<Position> = (0..n as u32).map(Position).collect();
        for head in 0..heads {
            let own = head * n..(head + 1) * n;
            let attention: Vec<f32> = received[own].iter().map(|&x| x as f32).collect();
            assert_close(
                &golden.name,
                &attention[..n - 1],
                &golden.f32("prob_per_head")[head * (n - 1)..(head + 1) * (n - 1)],
                5e-6,
                1e-12,
            );
            let keys = &keys[head * n * d..(head + 1) * n * d];
            let view = HeadView {
                keys,
                values: keys,
                positions: &positions,
                group: 1,
                head_dim: d,
                attention: &attention,
                ..HeadView::default()
            };
            let scores = h2o.score(&view, &settings);
            let kept = policy::select::select_head(&positions, &scores.score, &settings, 0);
            let mut got: Vec<usize> = kept[..quota].iter().map(|s| s.index()).collect();
            got.sort_unstable();
            assert_eq!(
                got,
                golden.indices("fixA_topk_per_head_sorted")[head * quota..(head + 1) * quota],
                "{} head {head}",
                golden.name
            );
            assert_eq!(kept.last(), Some(&Slot(n as u32 - 1)), "the newest stays");
        }
    }
}

/// Without a GQA group the attention kernel's own count of the last query is the fix's probability, up to the newest
/// slot's share.
#[test]
fn the_attention_kernel_counts_what_the_fixed_code_does() {
    let mut checked = 0;
    for path in files("h2o") {
        let golden = Golden::open(&path);
        let shape = golden.shape("key");
        let (heads, n, d) = (shape[1], shape[2], shape[3]);
        let query_heads = golden.shape("query")[1];
        if query_heads != heads {
            continue;
        }
        let rows = golden.shape("query")[2];
        let query: Vec<f32> = golden
            .f32("query")
            .chunks_exact(rows * d)
            .flat_map(|head| head[(rows - 1) * d..].to_vec())
            .collect();
        let (keys, values) = (golden.f32("key"), golden.f32("value"));
        let cache = CacheView {
            keys: &keys,
            values: &values,
            capacity: n,
            len: n,
        };
        let attention = Attention {
            query_heads,
            kv_heads: heads,
            head_dim: d,
        };
        let (mut out, mut received) = (vec![0.0; query_heads * d], vec![0.0; heads * n]);
        attention.attend_and_count(
            &query,
            query_heads * d,
            1,
            cache,
            (&mut out, &mut received),
            &mut AttentionScratch::default(),
        );
        for (head, received) in received.chunks_exact(n).enumerate() {
            let rest = 1.0 - received[n - 1];
            let found: Vec<f32> = received[..n - 1].iter().map(|x| x / rest).collect();
            let want = &golden.f32("prob_per_head")[head * (n - 1)..(head + 1) * (n - 1)];
            assert_close(&golden.name, &found, want, 2e-5, 1e-9);
        }
        checked += 1;
    }
    assert!(checked > 0, "no golden file without a GQA group");
}

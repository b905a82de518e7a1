//! H2O against the labelled fixes of the published code, whose own H2O cannot run (`golden/README.md`).

use super::golden_file::{Golden, assert_close, files};
use rkv_scope::config::{CacheSettings, SlotOrder};
use rkv_scope::kernels::{Attention, AttentionScratch, CacheView};
use rkv_scope::policy::{self, HeadView, RunContext};
use rkv_scope::trace::{Position, Slot};

/// The golden files whose query heads share KV heads, or those whose do not.
fn golden_files(shared: bool) -> Vec<Golden> {
    let paths = files("h2o");
    let mut golden: Vec<Golden> = paths.iter().map(|path| Golden::open(path)).collect();
    golden.retain(|golden| (golden.shape("query")[1] != golden.shape("key")[1]) == shared);
    assert!(!golden.is_empty(), "no golden file of that kind");
    golden
}

/// Of a head whose slots have received this much attention, the fix's heavy hitters and the newest stay.
fn assert_keeps_the_same(golden: &Golden, head: usize, received: &[f32]) {
    let settings = CacheSettings {
        policy: "h2o".to_owned(),
        budget: golden.number("budget") as u32,
        window: 1,
        order: SlotOrder::Reference,
        ..CacheSettings::default()
    };
    let h2o = policy::find("h2o").unwrap();
    let h2o = h2o.start(&RunContext::default()).unwrap().policy;
    let n = received.len() as u32;
    let positions: Vec<Position> = (0..n).map(Position).collect();
    let view = HeadView {
        positions: &positions,
        attention: received,
        ..HeadView::default()
    };
    let scores = h2o.score(&view, &settings);
    let kept = policy::select::select_head(&positions, &scores.score, &settings, 0);
    let quota = settings.budget as usize - 1;
    let mut got: Vec<usize> = kept[..quota].iter().map(|s| s.index()).collect();
    got.sort_unstable();
    assert_eq!(
        got,
        golden.indices("fixA_topk_per_head_sorted")[head * quota..(head + 1) * quota],
        "{} head {head}",
        golden.name
    );
    assert_eq!(kept.last(), Some(&Slot(n - 1)), "the newest stays");
}

/// Without a GQA group the attention kernel's own count of the last query is the fix's probability, up to the newest
/// slot's share.
#[test]
fn without_a_group_h2o_counts_and_keeps_what_the_fixed_code_does() {
    for golden in golden_files(false) {
        let shape = golden.shape("key");
        let (heads, n, d) = (shape[1], shape[2], shape[3]);
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
            query_heads: heads,
            kv_heads: heads,
            head_dim: d,
        };
        let (mut out, mut received) = (vec![0.0; heads * d], vec![0.0; heads * n]);
        attention.attend_and_count(
            &query,
            heads * d,
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
            assert_keeps_the_same(&golden, head, received);
        }
    }
}

/// With a group the fix counts its largest logit and this program the weights of all its members: no count of ours can be
/// compared, so the fix's own is selected from.
#[test]
fn from_the_fixed_codes_own_counts_of_a_group_the_same_tokens_are_selected() {
    for golden in golden_files(true) {
        let candidates = golden.shape("prob_per_head")[2];
        let counts = golden.f32("prob_per_head");
        for (head, counts) in counts.chunks_exact(candidates).enumerate() {
            let mut received = counts.to_vec();
            // The fix leaves the newest slot out.
            received.push(0.0);
            assert_keeps_the_same(&golden, head, &received);
        }
    }
}

//! Policies that go by attention: TOVA, LongFlow, H2O, task-aware.

use super::*;

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

/// Token after token into a cache that only grows, counted by the attention of the decoder.
#[cfg(feature = "infer")]
#[test]
fn h2o_keeps_what_gathered_the_most_attention_of_all_queries_since() {
    use rkv_scope::kernels::{Attention, AttentionScratch, CacheView};
    use rkv_scope::policy::select::select_head;

    let mut head = Head::new(5);
    let queries = Noise(15).take(N * GROUP * D);
    let attention = Attention {
        query_heads: GROUP,
        kv_heads: 1,
        head_dim: D,
    };
    let (mut out, mut received) = (vec![0.0; GROUP * D], vec![0.0; N]);
    let mut scratch = AttentionScratch::default();
    let mut exact = vec![0.0; N];
    for (token, group) in queries.chunks_exact(GROUP * D).enumerate() {
        let len = token + 1;
        let cache = CacheView {
            keys: &head.keys,
            values: &head.values,
            capacity: N,
            len,
        };
        let counted = (out.as_mut_slice(), received.as_mut_slice());
        attention.attend_and_count(group, GROUP * D, 1, cache, counted, &mut scratch);
        for query in group.chunks_exact(D) {
            for (sum, weight) in exact.iter_mut().zip(weights(query, &head.keys, len)) {
                *sum += weight;
            }
        }
    }
    head.attention = received;
    let candidates = N - WINDOW;
    let scores = score("h2o", &head.view()).score;
    assert_close("h2o", &scores, &exact[..candidates], 1e-5);

    let settings = settings("h2o");
    let kept = select_head(&head.positions, &scores, &settings, 0);
    let mut want: Vec<usize> = (0..candidates).collect();
    want.sort_by(|&a, &b| exact[b].total_cmp(&exact[a]));
    want.truncate(settings.budget as usize - WINDOW);
    want.extend(candidates..N);
    want.sort_unstable();
    assert!(kept.iter().map(|slot| slot.index()).eq(want));
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

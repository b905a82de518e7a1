//! ThinKV: its schedule and its k-means.

use rkv_scope::config::Protection;
use rkv_scope::policy::select::select_head;

use super::*;

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

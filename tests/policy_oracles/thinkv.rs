//! ThinKV: its kinds of thought, its schedule and its k-means.

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

/// What a query attends to.
#[derive(Clone, Copy)]
enum Attends {
    /// The very first key.
    First,
    /// A third of the keys, each member of the group another.
    Third,
    /// All alike.
    All,
}

fn query(member: usize, attends: Attends, noise: &mut Noise) -> Vec<f32> {
    let mut query: Vec<f32> = noise.take(D).iter().map(|x| 0.05 * x).collect();
    match attends {
        Attends::First => query[GROUP] = 40.0,
        Attends::Third => query[member] = 40.0,
        Attends::All => {}
    }
    query
}

fn key(position: usize, noise: &mut Noise) -> Vec<f32> {
    let mut key = noise.take(D);
    key[..=GROUP].fill(0.0);
    key[position % GROUP] = 1.0;
    if position == 0 {
        key[GROUP] = 1.0;
    }
    key
}

/// Share of the weights below a hundredth of their row's largest, over the queries of the two newest tokens.
fn sparsity(head: &HeadView<'_>) -> f64 {
    let newest = &head.queries[(WINDOW - 2) * GROUP * D..];
    let shares = newest.chunks_exact(D).map(|query| {
        let row = weights(query, head.keys, head.len());
        let most = row.iter().copied().fold(0.0, f64::max);
        let small = row.iter().filter(|&&weight| weight < most / 100.0).count();
        small as f64 / row.len() as f64
    });
    shares.sum::<f64>() / (2 * GROUP) as f64
}

// Kinds of thought as the scores of the keys that stand for one tell them: by the whole number below the score.
const TRANSITION: f32 = 1.0;
const EXECUTION: f32 = 2.0;
const REASONING: f32 = 3.0;

/// The kind of the newest thought: the two widest gaps between the sparsities part them into three groups.
fn kind_by_gaps(sparsities: &[f64]) -> f32 {
    let newest = sparsities[sparsities.len() - 1];
    if sparsities.len() < 6 {
        return REASONING;
    }
    let mut sorted = sparsities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut gaps: Vec<(f64, f64)> = sorted
        .windows(2)
        .map(|pair| (pair[1] - pair[0], pair[1]))
        .collect();
    gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut borders = [gaps[0].1, gaps[1].1];
    borders.sort_by(f64::total_cmp);
    if newest < borders[0] {
        EXECUTION
    } else if newest < borders[1] {
        REASONING
    } else {
        TRANSITION
    }
}

/// Nine compressions, each after a thought of sixteen tokens. Up to the seventh all tokens stay.
#[test]
fn thinkv_halves_every_older_thought_once_attention_is_at_its_sparsest() {
    use Attends::{All, First, Third};
    const PROMPT: u32 = 3;
    const BUDGET: usize = 120;
    // Of the window's older three tokens, of the last but one, and of the newest.
    let attended = [
        [First, Third, Third],
        [All, All, All],
        [All, Third, Third],
        [All, First, First],
        [Third, First, All],
        [Third, All, First],
        [First, All, All],
        [All, First, First],
        [All, Third, Third],
    ];
    let settings = CacheSettings {
        budget: BUDGET as u32,
        buffer: 16,
        ..settings("thinkv")
    };
    assert_eq!(settings.protection, Protection::Prompt);
    let run = RunContext {
        prompt_tokens: PROMPT,
        ..RunContext::default()
    };
    let mut policy = find("thinkv").unwrap().start(&run).unwrap().policy;
    let mut noise = Noise(21);
    let mut head = Head {
        keys: vec![],
        values: vec![],
        queries: vec![],
        prompt: vec![],
        attention: vec![],
        positions: vec![],
    };
    let (mut sparsities, mut kinds) = (vec![], vec![]);
    for (event, [older, last_but_one, newest]) in attended.into_iter().enumerate() {
        let seen = PROMPT + 16 * (event as u32 + 1);
        let first = head.positions.last().map_or(0, |newest| newest.0 + 1);
        for position in first..seen {
            head.keys.extend(key(position as usize, &mut noise));
            head.positions.push(Position(position));
        }
        head.queries.clear();
        for attends in [older, older, older, last_but_one, newest] {
            for member in 0..GROUP {
                head.queries.extend(query(member, attends, &mut noise));
            }
        }
        policy.prepare(&One(head.view()), &settings);
        let scores = policy.score(&head.view(), &settings).score;

        sparsities.push(sparsity(&head.view()));
        kinds.push(kind_by_gaps(&sparsities));
        let turn = kinds.iter().position(|&kind| kind == TRANSITION);
        let candidates = head.positions.len() - WINDOW;
        let mut stands = vec![0.0; candidates];
        for (thought, &kind) in kinds.iter().enumerate() {
            let start = PROMPT + 16 * thought as u32;
            let own: Vec<usize> = (0..candidates)
                .filter(|&slot| (start..start + 16).contains(&head.positions[slot].0))
                .collect();
            let halved = turn.is_some_and(|turn| thought < turn) && own.len() > 8;
            let standing = if halved {
                centres_of(&head.keys, &own, 8)
            } else {
                own
            };
            for slot in standing {
                stands[slot] = kind;
            }
        }
        let found: Vec<f32> = scores.iter().map(|score| score.floor()).collect();
        assert_eq!(found, stands, "kinds at compression {event}");

        let kept = select_head(&head.positions, &scores, &settings, PROMPT);
        let (mut stay, rest): (Vec<usize>, Vec<usize>) =
            (0..head.positions.len()).partition(|&slot| {
                slot >= candidates || head.positions[slot].0 < PROMPT || stands[slot] > 0.0
            });
        // What the schedule leaves free goes to the newest of the rest.
        let free = (BUDGET - stay.len().min(BUDGET)).min(rest.len());
        stay.extend(&rest[rest.len() - free..]);
        stay.sort_unstable();
        let kept: Vec<usize> = kept.iter().map(|slot| slot.index()).collect();
        assert_eq!(kept, stay, "kept at compression {event}");
        head.keys = stay
            .iter()
            .flat_map(|&slot| row(&head.keys, slot).to_vec())
            .collect();
        head.positions = stay.iter().map(|&slot| head.positions[slot]).collect();
    }
    let mut told = [REASONING; 9];
    (told[6], told[7]) = (EXECUTION, TRANSITION);
    assert_eq!(kinds, told);
    let oldest = (PROMPT..PROMPT + 16).filter(|&p| head.positions.contains(&Position(p)));
    assert_eq!(oldest.count(), 8, "half of the first thought has left");
}

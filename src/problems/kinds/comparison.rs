//! Two people: one has more, fewer, or some times as many as the other.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, items, number, tense};
use crate::problems::{Draft, Level};

use super::sum_difference::{OWNERS, pair, sentences, spoken, within_question};

const MORE: &[&str] = &[
    "{B} [has|had] {m} more {i} than {A}.",
    "{B} [has|had] {m} more than {A}.",
    "{B} [owns|owned] {m} {i} more than {A}.",
    "{B} [collects|collected] {m} more {i} than {A}.",
    "{B} [has|had] {m} more {i} than {A} [does|did].",
    "{B} [has|had] {m} more than {A} [has|had].",
    "{B} [has|had] {m} {i} more than {O}.",
    "[{B}'s got|{B} had] {m} more than {O}.",
    "{B} [has|had] as many {i} as {A}, plus {m} more.",
    "{B} [has|had] as many {i} as {A} and another {m}.",
    "{B} [has|had] the same number as {O} and {m} on top.",
    "{B} [has|had] {m} extra {i} compared to {O}.",
    "Compared with {O}, {B} [has|had] {m} more.",
    "{B} [is|was] {m} {i} ahead of {O}.",
    "{B} [beats|beat] {O} by {m} {i}.",
    "{B}'s collection [is|was] {m} {i} bigger than {P}.",
    "For {B} it [is|was] {m} more than for {O}.",
    "{B}: {m} more than {O}.",
    "{B}: {m} more {i} than {O}.",
];
// The number may be 1 here, so what is new goes without the plural behind it.
const FEWER: &[&str] = &[
    "{B} [has|had] {m} fewer {i} than {A}.",
    "{B} [has|had] {m} less than {A}.",
    "{B} [has|had] {m} fewer than {A}.",
    "{B} [owns|owned] {m} fewer {i} than {A}.",
    "{B} [has|had] {m} fewer than {A} [does|did].",
    "{B} [has|had] {m} less than {O}.",
    "[{B}'s got|{B} had] {m} less than {O}.",
    "{B} [owns|owned] {m} less than {A} [does|did].",
    "{B} [is|was] {m} short of what {A} [has|had].",
    "{B} [has|had] as many {i} as {A}, minus {m}.",
    "{B} [has|had] the same number as {O}, less {m}.",
    "Take {m} away from what {A} [has|had] and you have what {B} [has|had].",
    "Compared with {O}, {B} [has|had] {m} fewer.",
    "{B} [is|was] {m} behind {O}.",
    "{B}'s collection [is|was] smaller than {P} by {m}.",
    "For {B} it [is|was] {m} fewer than for {O}.",
    "{B}: {m} less than {O}.",
    "{B}: {m} fewer than {O}.",
];
const TIMES: &[&str] = &[
    "{B} [has|had] {k} times as many {i} as {A}.",
    "{B} [has|had] {k} times as many as {A}.",
    "{B} [has|had] {k} times the number of {i} that {A} [has|had].",
    "{B} [has|had] {k} times as many {i} as {A} [does|did].",
    "{B} [owns|owned] {k} times as many as {O}.",
    "[{B}'s got|{B} had] {k} times as many {i} as {O}.",
    "{B} [collects|collected] {k} times as many {i} as {A}.",
    "{B} [has|had] {k} times as much as {A}.",
    "{B} [has|had] {k} times what {A} [has|had].",
    "{B} [has|had] {k} times the amount of {i} that {A} [has|had].",
    "{B}'s collection [is|was] {k} times the size of {P}.",
    "For each one that {A} [has|had], {B} [has|had] {k}.",
    "Multiply what {A} [has|had] by {k} and you have what {B} [has|had].",
    "{B}: {k} times as many as {O}.",
];
const TWICE: &[&str] = &[
    "{B} [has|had] twice as many {i} as {A}.",
    "{B} [has|had] twice as many as {A}.",
    "{B} [has|had] double the number of {i} that {A} [has|had].",
    "{B} [has|had] twice as many {i} as {A} [does|did].",
    "{B} [owns|owned] twice as many as {O}.",
    "[{B}'s got|{B} had] twice as many {i} as {O}.",
    "{B} [collects|collected] twice as many {i} as {A}.",
    "{B} [has|had] twice as much as {A}.",
    "{B} [has|had] double what {A} [has|had].",
    "{B} [has|had] twice what {A} [has|had].",
    "{B} [has|had] double the amount of {i} that {A} [has|had].",
    "{B}'s collection [is|was] twice the size of {P}.",
    "Double what {A} [has|had] and you have what {B} [has|had].",
    "{B}: twice as many as {O}.",
];
const HALF: &[&str] = &[
    "{B} [has|had] half as many {i} as {A}.",
    "{B} [has|had] half as many as {A}.",
    "{B} [has|had] only half as many {i} as {A} [does|did].",
    "[{B}'s got|{B} had] half as many as {O}.",
    "{B} [owns|owned] half as many {i} as {A}.",
    "{B} [has|had] half of what {A} [has|had].",
    "{B} [has|had] half the number of {i} that {A} [has|had].",
    "{B}'s collection [is|was] half the size of {P}.",
    "{B} [has|had] half as much as {A}.",
    "{B}: half as many as {O}.",
];
const TIMES_MORE: &[&str] = &[
    "{B} [has|had] {m} more than {k} times as many {i} as {A}.",
    "{B} [has|had] {m} more than {k} times what {A} [has|had].",
    "{B} [has|had] {k} times as many {i} as {A}, plus {m} more.",
    "{B} [has|had] {k} times the number of {i} that {A} [has|had], and another {m}.",
    "{B}: {k} times as many as {O}, plus {m}.",
];
const TOTAL: &[&str] = &[
    "How many {i} [do|did] they have together?",
    "How many {i} [do|did] {both} have together?",
    "How many {i} [do|did] they have in total?",
    "How many {i} [do|did] they have altogether?",
    "What [is|was] the total number of {i}?",
    "How many {i} [is|was] that altogether?",
    "How many [is|was] that in all?",
    "How many {i} [do|did] they have between them?",
    "[What's|What was] the total?",
    "How many {i} in total?",
    "Total number of {i}?",
    "Together, how many {i} [do|did] they have?",
    "How many {i} [have they got|did they have] combined?",
    "How many {i} [do|did] {both} own altogether?",
    "If they put all their {i} together, how many [are|were] there?",
    "Find how many {i} they [have|had] together.",
    "Add up all their {i}.",
    "Please work out how many {i} {both} [have|had] in total.",
    "Can you tell me how many {i} they [have|had] altogether?",
    "I need the total number of {i}.",
];
const OTHER: &[&str] = &[
    "How many {i} [does|did] {B} have?",
    "How many [does|did] {B} have?",
    "What number of {i} [does|did] {B} have?",
    "How many {i} [has {B} got|did {B} have]?",
    "How many {i} [belong|belonged] to {B}?",
    "How many [is|was] that for {B}?",
    "How many for {B}?",
    "{B} [has|had] how many {i}?",
    "So how many {i} [does|did] {B} have?",
    "Find the number of {i} {B} [has|had].",
    "Tell me how many {i} {B} [has|had], please.",
    "Can you work out how many {i} {B} [has|had]?",
    "I want to know how many {i} {B} [has|had].",
];
const DIFFERENCE: &[&str] = &[
    "How many more {i} [does|did] {B} have than {A}?",
    "How many more [does|did] {B} have than {A}?",
    "What [is|was] the difference?",
    "[What's|What was] the difference between them?",
    "How many more [has {B} got|did {B} have] than {O}?",
    "How many fewer {i} [does|did] {A} have than {B}?",
    "By how many {i} [is|was] {B} ahead of {O}?",
    "How many more {i} [does|did] {A} need to have as many as {B}?",
    "How many {i} [does|did] {A} need to catch up with {B}?",
    "How many extra {i} [does|did] {B} have?",
    "How much more [does|did] {B} have than {A}?",
    "Find the difference.",
    "Can you tell me how many more {i} {B} [has|had]?",
];
const HAS: &[&str] = &[
    "{A} [has|had] {n} {i}.",
    "{A} [owns|owned] {n} {i}.",
    "{A} [collects|collected] {n} {i}.",
    "[{A}'s got|{A} had] {n} {i}.",
    "{A} [keeps|kept] {n} {i}.",
    "{A} [has|had] a collection of {n} {i}.",
    "{A} [counts|counted] {n} {i}.",
    "{A} [has|had] exactly {n} {i}.",
    "There [are|were] {n} {i} at {A}'s place.",
    "Let's say {A} [has|had] {n} {i}.",
    "Suppose {A} [has|had] {n} {i}.",
    "{O}: {n} {i}.",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (mut a, b) = pair(draw, OWNERS);
    let item = items(draw);
    let past = draw.chance(40);
    // In the past tense every verb is the same for the first person.
    let me = past && draw.chance(20);
    if me {
        a.name = "I".to_owned();
    }
    let (object, possessive, both) = if me {
        (
            "me".to_owned(),
            "mine".to_owned(),
            format!("{} and I", b.name),
        )
    } else {
        (
            a.name.clone(),
            format!("{}'s", a.name),
            format!("{} and {}", a.name, b.name),
        )
    };
    let n = level.number(draw).max(4);
    let n = if draw.chance(20) { n / 2 * 2 } else { n };
    let (m, k) = (level.number(draw), draw.range(3..=level.choose(5, 6, 9)));
    let write = |template: &str, n: &str, m: &str, k: &str| {
        let text = fill(
            &tense(template, past),
            &[
                ("A", a.name.as_str()),
                ("B", &b.name),
                ("O", &object),
                ("P", &possessive),
                ("both", &both),
                ("i", &item),
                ("n", n),
                ("m", m),
                ("k", k),
            ],
        );
        spoken(&text, me)
    };
    let (n_text, k_text) = (number(draw, n), number(draw, k));
    let first = write(draw.pick(HAS), &n_text, "", "");
    let mut plan = Plan::default();
    if draw.chance(20) {
        let more = (n + m).to_string();
        let second = sentences(&fill(
            &tense(draw.pick(HAS), past),
            &[
                ("A", b.name.as_str()),
                ("O", &b.name),
                ("n", &more),
                ("i", &item),
            ],
        ));
        plan.note(format!("{first} {second}"));
        plan.step(
            "The difference is the larger number minus the smaller one.",
            n + m,
            Op::Sub,
            n,
        );
        let question = write(draw.pick(DIFFERENCE), "", "", "");
        let story = format!("{first} {second}");
        let (story, question) = within_question(draw, &[&a, &b], story, question);
        return Draft {
            story,
            question,
            plan,
            formula: format!("x + {n} = {}", n + m),
        };
    }
    let choice = draw.below(level.choose(4, 6, 6));
    let (template, m, formula) = match choice {
        0 => (draw.pick(MORE), m, format!("({n} + {m})")),
        1 => {
            let m = if m < n { m } else { draw.range(1..=n - 1) };
            (draw.pick(FEWER), m, format!("({n} - {m})"))
        }
        2 => (draw.pick(TIMES), m, format!("({n} * {k})")),
        3 => (draw.pick(TWICE), m, format!("({n} * 2)")),
        4 if n % 2 == 0 => (draw.pick(HALF), m, format!("({n} / 2)")),
        _ => (draw.pick(TIMES_MORE), m, format!("({n} * {k} + {m})")),
    };
    let m_text = number(draw, m);
    let second = write(template, "", &m_text, &k_text);
    plan.note(&first);
    let other = match choice {
        0 => plan.step(&second, n, Op::Add, m),
        1 => plan.step(&second, n, Op::Sub, m),
        2 => plan.step(&second, n, Op::Mul, k),
        3 => plan.step(&second, n, Op::Mul, 2),
        4 if n % 2 == 0 => plan.step(&second, n, Op::Div, 2),
        _ => {
            let times = plan.step(&second, n, Op::Mul, k);
            plan.step(format!("And {m} more."), times, Op::Add, m)
        }
    };
    plan.note(format!("So {} has {other}.", b.name));
    let total = draw.chance(60);
    let story = if draw.chance(25) {
        format!("{second} {first}")
    } else {
        format!("{first} {second}")
    };
    if total {
        plan.step(
            format!(
                "Together: {} {} {n} and {} has {other}.",
                a.name,
                if me { "have" } else { "has" },
                b.name
            ),
            n,
            Op::Add,
            other,
        );
        if choice == 2 || choice == 3 {
            let parts = if choice == 2 { k } else { 2 } + 1;
            plan.second_way(|plan| {
                plan.step(
                    format!("Together they have {parts} times {n}."),
                    n,
                    Op::Mul,
                    parts,
                );
            });
        }
    }
    let question = write(draw.pick(if total { TOTAL } else { OTHER }), "", "", "");
    let (story, question) = within_question(draw, &[&a, &b], story, question);
    let formula = if total {
        format!("x = {n} + {formula}")
    } else {
        format!("x = {formula}")
    };
    Draft {
        story,
        question,
        plan,
        formula,
    }
}

//! Two people: one has more, fewer, or some times as many as the other.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, items, number, tense, two_people};
use crate::problems::{Draft, Level};

const MORE: &[&str] = &[
    "{B} [has|had] {m} more {i} than {A}.",
    "{B} [has|had] {m} more than {A}.",
    "{B} [owns|owned] {m} {i} more than {A}.",
    "{B} [collects|collected] {m} more {i} than {A}.",
];
const FEWER: &[&str] = &[
    "{B} [has|had] {m} fewer {i} than {A}.",
    "{B} [has|had] {m} less than {A}.",
    "{B} [has|had] {m} fewer than {A}.",
    "{B} [owns|owned] {m} fewer {i} than {A}.",
];
const TIMES: &[&str] = &[
    "{B} [has|had] {k} times as many {i} as {A}.",
    "{B} [has|had] {k} times as many as {A}.",
    "{B} [has|had] {k} times the number of {i} that {A} [has|had].",
];
const TWICE: &[&str] = &[
    "{B} [has|had] twice as many {i} as {A}.",
    "{B} [has|had] twice as many as {A}.",
    "{B} [has|had] double the number of {i} that {A} [has|had].",
];
const HALF: &[&str] = &[
    "{B} [has|had] half as many {i} as {A}.",
    "{B} [has|had] half as many as {A}.",
];
const TIMES_MORE: &[&str] = &["{B} [has|had] {m} more than {k} times as many {i} as {A}."];
const TOTAL: &[&str] = &[
    "How many {i} [do|did] they have together?",
    "How many {i} [do|did] {A} and {B} have together?",
    "How many {i} [do|did] they have in total?",
    "How many {i} [do|did] they have altogether?",
    "What [is|was] the total number of {i}?",
];
const OTHER: &[&str] = &[
    "How many {i} [does|did] {B} have?",
    "How many [does|did] {B} have?",
    "What number of {i} [does|did] {B} have?",
];
const DIFFERENCE: &[&str] = &[
    "How many more {i} [does|did] {B} have than {A}?",
    "How many more [does|did] {B} have than {A}?",
    "What [is|was] the difference?",
];
const HAS: &[&str] = &[
    "{A} [has|had] {n} {i}.",
    "{A} [owns|owned] {n} {i}.",
    "{A} [collects|collected] {n} {i}.",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (a, b) = two_people(draw);
    let item = items(draw);
    let past = draw.chance(40);
    let n = level.number(draw).max(4);
    let n = if draw.chance(20) { n / 2 * 2 } else { n };
    let (m, k) = (level.number(draw), draw.range(3..=level.choose(5, 6, 9)));
    let write = |template: &str, n: &str, m: &str, k: &str| {
        fill(
            &tense(template, past),
            &[
                ("A", &a.name),
                ("B", &b.name),
                ("i", &item),
                ("n", n),
                ("m", m),
                ("k", k),
            ],
        )
    };
    let (n_text, k_text) = (number(draw, n), number(draw, k));
    let first = write(draw.pick(HAS), &n_text, "", "");
    let mut plan = Plan::default();
    if draw.chance(20) {
        let more = (n + m).to_string();
        let second = fill(
            &tense(draw.pick(HAS), past),
            &[("A", &b.name), ("n", &more), ("i", &item)],
        );
        plan.note(format!("{first} {second}"));
        plan.step(
            "The difference is the larger number minus the smaller one.",
            n + m,
            Op::Sub,
            n,
        );
        return Draft {
            story: format!("{first} {second}"),
            question: write(draw.pick(DIFFERENCE), "", "", ""),
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
            format!("Together: {} has {n} and {} has {other}.", a.name, b.name),
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

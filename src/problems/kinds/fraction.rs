//! Halves, thirds and other fractions of a number of things.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, items, person};
use crate::problems::{Draft, Level};

const UNIT: &[(i64, &str)] = &[
    (2, "half"),
    (3, "a third"),
    (3, "one third"),
    (4, "a quarter"),
    (4, "one quarter"),
    (4, "a fourth"),
    (5, "a fifth"),
    (5, "one fifth"),
    (6, "a sixth"),
    (8, "an eighth"),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let item = items(draw);
    let (d, word) = draw.pick(UNIT);
    let p = if d > 2 && level != Level::Easy && draw.chance(50) {
        draw.range(2..=d - 1)
    } else {
        1
    };
    let n = d * level.factor(draw);
    let word = if p > 1 {
        format!("{p}/{d}")
    } else if draw.chance(25) {
        format!("1/{d}")
    } else {
        word.to_owned()
    };
    let n_text = n.to_string();
    let gaps = [
        ("N", someone.name.as_str()),
        ("n", &n_text),
        ("i", &item),
        ("f", &word),
    ];
    let mut plan = Plan::default();
    let part = |plan: &mut Plan, lead: &str| {
        let one = plan.step(format!("{lead} One part of {d}.").trim(), n, Op::Div, d);
        if p > 1 {
            plan.step(format!("And {p} such parts."), one, Op::Mul, p)
        } else {
            one
        }
    };
    let left = draw.chance(50) && level != Level::Easy;
    let (story, question) = if left {
        draw.pick(&[
            (
                "{N} has {n} {i}. {N} gives {f} of them to a friend.",
                "How many {i} does {N} have left?",
            ),
            (
                "{N} had {n} {i} and sold {f} of them.",
                "How many {i} are left?",
            ),
            (
                "There are {n} {i}. Then {f} of the {i} are taken away.",
                "How many {i} remain?",
            ),
            (
                "{N} has {n} {i} and loses {f} of them.",
                "How many does {N} still have?",
            ),
        ])
    } else {
        draw.pick(&[
            ("", "What is {f} of {n}?"),
            ("", "How much is {f} of {n}?"),
            ("", "Find {f} of {n}."),
            (
                "{N} has {n} {i}. {N} gives {f} of them to a friend.",
                "How many {i} does the friend get?",
            ),
            (
                "There are {n} {i} and {f} of them are red.",
                "How many {i} are red?",
            ),
            (
                "{N} has {n} {i}. Of these, {f} are new.",
                "How many new {i} does {N} have?",
            ),
        ])
    };
    let (story, question) = (fill(story, &gaps), fill(question, &gaps));
    let taken = part(&mut plan, &story);
    let mut formula = format!("{n} * {p} / {d}");
    if left {
        plan.step("That goes away.", n, Op::Sub, taken);
        formula = format!("{n} - {formula}");
    }
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

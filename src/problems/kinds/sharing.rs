//! Equal shares, and groups that fill up.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, groups, items, number, person, singular};
use crate::problems::{Draft, Level};

const EXACT: &[(&str, &str)] = &[
    (
        "{N} shares {n} {i} equally among {k} friends.",
        "How many {i} does each friend get?",
    ),
    (
        "{N} has {n} {i} and puts them equally into {k} {g}.",
        "How many {i} are in each {s}?",
    ),
    (
        "{n} {i} are divided equally among {k} children.",
        "How many {i} does each child get?",
    ),
    (
        "{N} wants to split {n} {i} evenly between {k} people.",
        "How many does each person get?",
    ),
    (
        "There are {n} {i} in {k} equal {g}.",
        "How many {i} are in one {s}?",
    ),
    (
        "{k} friends share {n} {i} equally.",
        "How many {i} does each of them get?",
    ),
    (
        "{N} gives {n} {i} to {k} children. Every child gets the same number.",
        "How many {i} does one child get?",
    ),
];
const FILLED: &[(&str, &str)] = &[
    (
        "{N} has {n} {i}. One {s} holds {k} {i}.",
        "How many {g} does {N} need for all {i}?",
    ),
    (
        "{N} packs {n} {i} into {g} of {k}.",
        "How many {g} can {N} fill?",
    ),
    (
        "Each {s} holds {k} {i}. There are {n} {i}.",
        "How many {g} are full?",
    ),
    (
        "{N} puts {n} {i} into {g} with {k} {i} in each.",
        "How many {g} are there?",
    ),
];
const LEFT: &[(&str, &str)] = &[
    (
        "{N} has {n} {i} and puts {k} into each {s}.",
        "How many {i} are left over?",
    ),
    (
        "{N} shares {n} {i} equally among {k} friends and keeps the rest.",
        "How many {i} does {N} keep?",
    ),
    (
        "{n} {i} are packed into {g} of {k}.",
        "How many {i} are left over?",
    ),
    (
        "{k} children share {n} {i} equally.",
        "How many {i} are left?",
    ),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let item = items(draw);
    let holders = groups(draw, &item);
    let (k, each) = (draw.range(2..=9), level.factor(draw));
    let left = draw.chance(30);
    let filled = !left && draw.chance(40);
    let rest = if left { draw.range(0..=k - 1) } else { 0 };
    let n = k * each + rest;
    let k_text = number(draw, k);
    let (story, question) = draw.pick(if left {
        LEFT
    } else if filled {
        FILLED
    } else {
        EXACT
    });
    let one = singular(holders);
    let gaps = [
        ("N", someone.name.as_str()),
        ("n", &n.to_string()),
        ("i", &item),
        ("k", &k_text),
        ("g", holders),
        ("s", &one),
    ];
    let (story, question) = (fill(story, &gaps), fill(question, &gaps));
    let story = if story.starts_with(|c: char| c.is_lowercase()) {
        crate::problems::words::capital(&story)
    } else {
        story
    };
    let mut plan = Plan::default();
    plan.note(&story);
    if !left {
        if draw.chance(30) && level != Level::Easy {
            // One more event before the sharing: first all of them, then the shares.
            let more = draw.range(1..=n - 1);
            let story = format!(
                "{} has {} {item} and gets {more} more. They are shared equally among {k_text} people.",
                someone.name,
                n - more
            );
            let mut plan = Plan::default();
            plan.note(&story);
            let all = plan.step("First all of them.", n - more, Op::Add, more);
            plan.step(format!("Then equal shares for {k}."), all, Op::Div, k);
            return Draft {
                story,
                question: format!("How many {item} does each person get?"),
                plan,
                formula: format!("x = ({} + {more}) / {k}", n - more),
            };
        }
        plan.step("Equal parts.", n, Op::Div, k);
        return Draft {
            story,
            question,
            plan,
            formula: format!("x * {k} = {n}"),
        };
    }
    plan.step("What is left is the remainder.", n, Op::Remainder, k);
    let rest_way = each * k;
    plan.proof(|plan| {
        plan.step("", each, Op::Mul, k);
        plan.step("", rest_way, Op::Add, rest);
    });
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {n} - {k} * floor({n} / {k})"),
    }
}

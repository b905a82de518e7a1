//! Equal groups: rows, boxes, legs; all of them, with some more or some gone.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled};
use crate::problems::words::{fill, groups, items, number, person, singular};
use crate::problems::{Draft, Level};

const EACH: &[(&str, &str)] = &[
    (
        "{N} has {k} {g} with {m} {i} in each.",
        "How many {i} does {N} have in total?",
    ),
    (
        "There are {k} {g}. Each {s} has {m} {i}.",
        "How many {i} are there in all?",
    ),
    (
        "There are {k} {g} of {i} with {m} {i} in each {s}.",
        "How many {i} are there altogether?",
    ),
    (
        "{N} fills {k} {g} with {m} {i} each.",
        "How many {i} are that?",
    ),
    (
        "{N} plants {k} rows of {m} trees.",
        "How many trees are there?",
    ),
    (
        "A hall has {k} rows with {m} chairs in each row.",
        "How many chairs are in the hall?",
    ),
    (
        "A school has {k} classes. There are {m} pupils in each class.",
        "How many pupils are there in total?",
    ),
    (
        "Each {s} holds {m} {i}. {N} has {k} {g}.",
        "How many {i} are there in total?",
    ),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let item = items(draw);
    let holders = groups(draw, &item);
    let (k, m) = (draw.range(2..=9), level.factor(draw));
    let (story, question) = draw.pick(EACH);
    let one = singular(holders);
    let (k_text, m_text) = (number(draw, k), number(draw, m));
    let gaps = [
        ("N", someone.name.as_str()),
        ("k", &k_text),
        ("m", &m_text),
        ("i", &item),
        ("g", holders),
        ("s", &one),
    ];
    let (mut story, question) = (fill(story, &gaps), fill(question, &gaps));
    let mut plan = Plan::default();
    plan.note(&story);
    let total = plan.step(format!("That is {k} times {m}."), m, Op::Mul, k);
    let mut happened = vec![];
    let mut formula = format!("{k} * {m}");
    if level != Level::Easy {
        for _ in 0..level.choose(0, 1, draw.range(1..=2)) {
            let now = plan.answer().unwrap_or(total);
            let gone = draw.chance(50) && now > 4;
            let n = if gone {
                level.number_to(draw, now - 1)
            } else {
                level.number(draw)
            };
            let text = if gone {
                draw.pick(&[
                    "{n} of them are taken away.",
                    "Then {n} of them are broken.",
                    "{n} of them are sold.",
                    "After a while {n} of them are gone.",
                ])
            } else {
                draw.pick(&[
                    "Then {n} more are added.",
                    "{n} more are brought.",
                    "There are {n} more outside.",
                    "Later {n} more come.",
                ])
            }
            .replace("{n}", &n.to_string());
            let op = if gone { Op::Sub } else { Op::Add };
            let lead = format!("{} {}.", label(happened.len()), op.said(n));
            plan.step(lead, now, op, n);
            story = format!("{story} {text}");
            happened.push(text);
            formula = format!("({formula}) {} {n}", op.sign());
        }
    }
    if !happened.is_empty() {
        let happened = labelled(&happened);
        plan.lines.insert(1, Line::Note(format!("Then {happened}")));
    }
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

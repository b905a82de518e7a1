//! Ages now, before and later.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, number, two_people};
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (a, b) = two_people(draw);
    let n = draw.range(4..=level.choose(20, 40, 60));
    let m = draw.range(2..=level.choose(9, 20, 30));
    let k = draw.range(2..=4);
    let later = draw.range(2..=level.choose(9, 20, 40));
    let (n_text, m_text) = (number(draw, n), number(draw, m));
    let gaps = [
        ("A", a.name.as_str()),
        ("B", &b.name),
        ("n", &n_text),
        ("m", &m_text),
        ("k", &k.to_string()),
        ("l", &later.to_string()),
    ];
    let first = fill(
        draw.pick(&[
            "{A} is {n} years old.",
            "{A} is {n}.",
            "{A} is {n} years old now.",
            "Today {A} is {n} years old.",
        ]),
        &gaps,
    );
    let mut plan = Plan::default();
    plan.note(&first);
    if level == Level::Easy && draw.chance(50) {
        let ahead = draw.chance(60) || later >= n;
        let question = fill(
            if ahead {
                draw.pick(&[
                    "How old will {A} be in {l} years?",
                    "How old is {A} {l} years from now?",
                ])
            } else {
                "How old was {A} {l} years ago?"
            },
            &gaps,
        );
        let op = if ahead { Op::Add } else { Op::Sub };
        plan.step(
            if ahead {
                "Later means older."
            } else {
                "Before means younger."
            },
            n,
            op,
            later,
        );
        return Draft {
            story: first,
            question,
            plan,
            formula: format!("x = {n} {} {later}", op.sign()),
        };
    }
    let (template, op, by) = match draw.below(4) {
        0 => ("{B} is {m} years older than {A}.", Op::Add, m),
        1 if n > m => ("{B} is {m} years younger than {A}.", Op::Sub, m),
        2 => ("{B} is {k} times as old as {A}.", Op::Mul, k),
        _ => ("{B} is twice as old as {A}.", Op::Mul, 2),
    };
    let second = fill(template, &gaps);
    let other = plan.step(&second, n, op, by);
    plan.note(format!("So {} is {other} years old.", b.name));
    let story = if draw.chance(25) {
        format!("{second} {first}")
    } else {
        format!("{first} {second}")
    };
    let formula = format!("({n} {} {by})", op.sign());
    let (question, formula) = match draw.below(level.choose(1, 4, 4)) {
        0 => ("How old is {B}?", formula),
        1 => {
            plan.step(
                format!("In {later} years {} is {later} years older.", b.name),
                other,
                Op::Add,
                later,
            );
            (
                draw.pick(&[
                    "How old will {B} be in {l} years?",
                    "What will be the age of {B} in {l} years?",
                ]),
                format!("{formula} + {later}"),
            )
        }
        2 => {
            plan.step("The sum of both ages.", n, Op::Add, other);
            (
                draw.pick(&[
                    "How old are they together?",
                    "What is the sum of their ages?",
                ]),
                format!("{n} + {formula}"),
            )
        }
        _ => {
            let sum = plan.step("The sum of both ages now.", n, Op::Add, other);
            let both = plan.step(
                format!("Both get older by {later} years."),
                later,
                Op::Mul,
                2,
            );
            plan.step("Then together.", sum, Op::Add, both);
            (
                "What will be the sum of their ages in {l} years?",
                format!("({n} + {later}) + ({formula} + {later})"),
            )
        }
    };
    Draft {
        story,
        question: fill(question, &gaps),
        plan,
        formula: format!("x = {formula}"),
    }
}

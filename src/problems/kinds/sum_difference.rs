//! Two unknowns of which the sum and the difference, or the sum and the ratio, are known.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, items, two_people};
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (a, b) = two_people(draw);
    let item = items(draw);
    let small = level.number(draw);
    if draw.chance(45) {
        let k = draw.range(2..=level.choose(3, 5, 8));
        let total = small * (k + 1);
        let times = if k == 2 && draw.chance(50) {
            "twice as many".to_owned()
        } else {
            format!("{k} times as many")
        };
        let total_text = total.to_string();
        let gaps = [
            ("A", a.name.as_str()),
            ("B", &b.name),
            ("i", &item),
            ("t", &total_text),
            ("k", &times),
        ];
        let story = fill(
            draw.pick(&[
                "{A} and {B} have {t} {i} together. {A} has {k} as {B}.",
                "Together {A} and {B} have {t} {i}. {A} has {k} {i} as {B}.",
            ]),
            &gaps,
        );
        let mut plan = Plan::default();
        let larger = draw.chance(40);
        let asked = if larger { &a.name } else { &b.name };
        plan.note(format!("{story} I need {asked}."));
        let one = plan.step(
            format!(
                "{} has 1 part and {} has {k} parts. Together {} equal parts.",
                b.name,
                a.name,
                k + 1
            ),
            total,
            Op::Div,
            k + 1,
        );
        plan.note(format!("So {} has {one}. I need {asked}.", b.name));
        if larger {
            plan.step(format!("{} has {k} parts.", a.name), one, Op::Mul, k);
        }
        plan.proof(|plan| {
            let many = plan.step("", small, Op::Mul, k);
            plan.step("", many, Op::Add, small);
        });
        let formula = if larger {
            format!("x + x / {k} = {total}")
        } else {
            format!("x + {k} * x = {total}")
        };
        return Draft {
            story,
            question: format!("How many {item} does {asked} have?"),
            plan,
            formula,
        };
    }
    let more = level.number_to(draw, 200);
    let (total, large) = (2 * small + more, small + more);
    let (total_text, more_text) = (total.to_string(), more.to_string());
    let gaps = [
        ("A", a.name.as_str()),
        ("B", &b.name),
        ("i", &item),
        ("t", &total_text),
        ("m", &more_text),
    ];
    let story = fill(
        draw.pick(&[
            "{A} and {B} have {t} {i} together. {A} has {m} more than {B}.",
            "Together {A} and {B} have {t} {i}. {A} has {m} {i} more than {B}.",
            "{A} and {B} have {t} {i} in total. {B} has {m} fewer than {A}.",
        ]),
        &gaps,
    );
    let mut plan = Plan::default();
    let larger = draw.chance(50);
    let asked = if larger { &a.name } else { &b.name };
    plan.note(format!("{story} I need {asked}."));
    let twice = plan.step(
        format!("Without the {more} more, both have the same."),
        total,
        Op::Sub,
        more,
    );
    let one = plan.step(format!("{} has half of that.", b.name), twice, Op::Div, 2);
    plan.note(format!("So {} has {one}. I need {asked}.", b.name));
    if larger {
        plan.step(format!("{} has {more} more.", a.name), one, Op::Add, more);
    }
    plan.proof(|plan| {
        let other = plan.step("", small, Op::Add, more);
        plan.step("", other, Op::Add, small);
    });
    let formula = if larger {
        format!("x + (x - {more}) = {}", large + small)
    } else {
        format!("x + (x + {more}) = {total}")
    };
    Draft {
        story,
        question: format!("How many {item} does {asked} have?"),
        plan,
        formula,
    }
}

//! Think of a number.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan, label, labelled};
use crate::problems::words::person;
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let who = if draw.chance(50) {
        "I think".to_owned()
    } else {
        format!("{} thinks", person(draw).name)
    };
    let i = if who == "I think" { "I" } else { "" };
    let start = level.number_to(draw, 60);
    let mut now = start;
    let (mut parts, mut events, mut formula) = (vec![], vec![], "x".to_owned());
    for k in 0..level.choose(1, 2, 3) {
        let (op, m) = match draw.below(3) {
            0 if now < 150 => (Op::Mul, draw.range(2..=9)),
            1 if now > 3 => (Op::Sub, level.number_to(draw, now - 1)),
            _ => (Op::Add, level.number(draw)),
        };
        let verb = match op {
            Op::Mul if m == 2 && draw.chance(50) => "double it".to_owned(),
            Op::Mul => format!("multiply it by {m}"),
            Op::Sub => format!("subtract {m}"),
            _ => format!("add {m}"),
        };
        let verb = if i == "I" {
            verb
        } else {
            verb.replace("double", "doubles")
                .replace("multiply", "multiplies")
                .replace("subtract", "subtracts")
                .replace("add", "adds")
        };
        parts.push(if k == 0 { verb } else { format!("then {verb}") });
        now = op.apply(now, m);
        formula = format!("({formula} {} {m})", op.sign());
        events.push((op, m));
    }
    let story = format!(
        "{who} of a number, {}, and the result is {now}.",
        parts.join(", ")
    );
    let story = if draw.chance(40) {
        story
            .replace(", and the result is", " and get")
            .replace("and get", if i == "I" { "and get" } else { "and gets" })
    } else {
        story
    };
    let question = draw
        .pick(&[
            "What is the number?",
            "What number is it?",
            "What was the number?",
            "Find the number.",
        ])
        .to_owned();
    let mut plan = Plan::default();
    let happened: Vec<String> = events
        .iter()
        .map(|(op, m)| format!("{}.", op.said(*m)))
        .collect();
    plan.note(labelled(&happened));
    plan.note(format!("The result is {now}. I go back from the end."));
    let mut back = now;
    for (i, (op, m)) in events.iter().enumerate().rev() {
        let undo = match op {
            Op::Add => Op::Sub,
            Op::Sub => Op::Add,
            _ => Op::Div,
        };
        back = plan.step(
            format!("Undo {} {}.", label(i), op.said(*m)),
            back,
            undo,
            *m,
        );
    }
    plan.proof(|plan| {
        let mut value = start;
        for (op, m) in &events {
            value = plan.step("", value, *op, *m);
        }
    });
    Draft {
        story,
        question,
        plan,
        formula: format!("{formula} = {now}"),
    }
}

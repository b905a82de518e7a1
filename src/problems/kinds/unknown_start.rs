//! The end is known, the start is asked for.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan, label, labelled};
use crate::problems::words::{capital, fill, items, number, person};
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let item = items(draw);
    let start = level.number(draw).max(3);
    let mut now = start;
    let (mut sentences, mut events, mut formula) = (vec![], vec![], "x".to_owned());
    let count = level.choose(1, 2, draw.range(2..=3));
    for i in 0..count {
        let lose = now > 3 && draw.chance(50);
        let m = if lose {
            level.number_to(draw, now - 1)
        } else {
            level.number(draw)
        };
        let text = number(draw, m);
        let who = if i == 0 {
            someone.name.clone()
        } else {
            format!("then {}", someone.pronoun)
        };
        let template = if lose {
            draw.pick(&[
                "{w} gave away {m} of them",
                "{w} lost {m}",
                "{w} sold {m} {i}",
                "{w} used {m}",
                "{w} ate {m} of them",
            ])
        } else {
            draw.pick(&[
                "{w} bought {m} more",
                "{w} got {m} more",
                "{w} found {m} {i}",
                "{w} received {m} {i}",
            ])
        };
        let template = if template.contains("ate")
            && !matches!(item.as_str(), "apples" | "cookies" | "plums" | "pears")
        {
            "{w} gave away {m}"
        } else {
            template
        };
        sentences.push(format!(
            "{}.",
            capital(&fill(template, &[("w", &who), ("m", &text), ("i", &item)]))
        ));
        let op = if lose { Op::Sub } else { Op::Add };
        now = op.apply(now, m);
        formula = format!("({formula} {} {m})", op.sign());
        events.push((op, m));
    }
    let opening = fill(
        draw.pick(&[
            "{N} had some {i}.",
            "At first {N} had some {i}.",
            "{N} had a number of {i}.",
        ]),
        &[("N", &someone.name), ("i", &item)],
    );
    let end = fill(
        draw.pick(&[
            "Now {N} has {n} {i}.",
            "Now {N} has {n} left.",
            "In the end {N} had {n} {i}.",
            "Then {N} had {n} {i}.",
        ]),
        &[("N", &someone.name), ("n", &now.to_string()), ("i", &item)],
    );
    let question = fill(
        draw.pick(&[
            "How many {i} did {N} have at first?",
            "How many {i} did {N} have at the start?",
            "How many did {N} have before?",
            "How many {i} were there in the beginning?",
        ]),
        &[("N", &someone.name), ("i", &item)],
    );
    let mut plan = Plan::default();
    plan.note(labelled(&sentences));
    plan.note(format!("{end} I go back from the end."));
    let mut back = now;
    for (i, (op, m)) in events.iter().enumerate().rev() {
        let (undo, why) = if *op == Op::Add {
            (Op::Sub, "Before, it was less.")
        } else {
            (Op::Add, "Before, it was more.")
        };
        back = plan.step(
            format!("{} {}. {why}", label(i), op.said(*m)),
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
        story: format!("{opening} {} {end}", sentences.join(" ")),
        question,
        plan,
        formula: format!("{formula} = {now}"),
    }
}

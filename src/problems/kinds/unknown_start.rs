//! The end is known, the start is asked for.

use super::gains::{EDIBLE, inside, object, role};
use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan, label, labelled};
use crate::problems::words::{capital, fill, items, number, person};
use crate::problems::{Draft, Level};

const LOSSES: &[&str] = &[
    "{w} gave away {m} of them",
    "{w} lost {m}",
    "{w} sold {m} {i}",
    "{w} used {m}",
    "{w} gave {m} to a friend",
    "{w} gave {m} of the {i} to a neighbour",
    "{w} handed {m} of them to a friend",
    "{w} got rid of {m}",
    "{w} got rid of {m} of the {i}",
    "{w} threw away {m} of them",
    "{w} sold off {m} of the {i}",
    "{w} used up {m} of them",
    "{w} donated {m} to charity",
    "{w} parted with {m} of them",
    "{w} passed {m} on to a friend",
    "{w} misplaced {m} of the {i}",
    "{w} handed out {m}",
    "{w} traded away {m} of them",
    "someone took {m} of them from {him}",
    "a friend took {m} of the {i}",
    "{m} of the {i} got lost",
    "{m} of them were stolen",
    "{m} {i} were given away",
];
const EATEN: &[&str] = &[
    "{w} ate {m} of them",
    "{w} ate {m}",
    "{w} gobbled up {m} of the {i}",
    "a friend ate {m} of them",
    "{m} of the {i} were eaten",
];
const GAINS: &[&str] = &[
    "{w} bought {m} more",
    "{w} got {m} more",
    "{w} found {m} {i}",
    "{w} received {m} {i}",
    "{w} bought another {m}",
    "{w} bought another {m} {i}",
    "{w} got another {m} {i}",
    "{w} found {m} more",
    "{w} picked up {m} more {i}",
    "{w} won {m} {i}",
    "{w} earned {m} more",
    "{w} collected {m} more {i}",
    "{w} added {m}",
    "{w} came home with another {m} {i}",
    "{w} came across {m} more",
    "{w} {was} given {m} more",
    "{w} {was} handed another {m} {i}",
    "a friend gave {him} {m} more",
    "someone brought {him} {m} {i}",
    "a neighbour chipped in with {m} more",
    "another {m} {i} arrived",
    "{m} {i} were added",
];
/// `{N}` stands inside a sentence, `{M}` at its beginning: the farmer, A farmer.
const OPENINGS: &[&str] = &[
    "{M} had some {i}.",
    "At first {N} had some {i}.",
    "{M} had a number of {i}.",
    "{M} started with some {i}.",
    "{M} started out with some {i}.",
    "{M} began the day with some {i}.",
    "{M} owned some {i}.",
    "{M} had an unknown number of {i}.",
    "{M} had {i}, but nobody knows how many.",
    "In the morning {N} had a certain number of {i}.",
    "To begin with, {N} had some {i}.",
    "Once {N} had some {i}.",
    "There were some {i} that belonged to {to}.",
];
const ENDS: &[&str] = &[
    "Now {N} {has} {n} {i}.",
    "Now {N} {has} {n} left.",
    "In the end {N} had {n} {i}.",
    "Then {N} had {n} {i}.",
    "That left {to} with {n} {i}.",
    "That left {n} {i}.",
    "{M} ended up with {n} {i}.",
    "{M} now {has} {n} {i}.",
    "{M} {has} {n} {i} now.",
    "After that {N} had {n} {i}.",
    "Afterwards there were {n} {i}.",
    "At the end there were {n}.",
    "Today {N} {has} {n} {i}.",
    "And now {N} {has} {n}.",
    "So {N} {was} left with {n} {i}.",
    "The final count was {n} {i}.",
];
const QUESTIONS: &[&str] = &[
    "How many {i} did {N} have at first?",
    "How many {i} did {N} have at the start?",
    "How many did {N} have before?",
    "How many {i} were there in the beginning?",
    "How many {i} did {N} start with?",
    "How many did {N} start out with?",
    "How many {i} were there at first?",
    "How many {i} were there to begin with?",
    "How many {i} did {N} have originally?",
    "With how many {i} did {N} start?",
    "What was the number of {i} at the start?",
    "What was the original number of {i}?",
    "How many {i} had there been before all this?",
    "So how many {i} did {N} have to begin with?",
    "How many {i} at first?",
    "How many at the start?",
    "Find the number of {i} at the start.",
    "Work out how many {i} {N} had at first.",
    "Please tell me how many {i} {N} had in the beginning.",
    "Can you work out how many {i} {N} had before?",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let mut someone = person(draw);
    if draw.chance(22) {
        someone = role(draw);
    }
    let name = inside(&someone.name);
    let (was, has) = match someone.pronoun {
        "we" => ("were", "have"),
        "I" => ("was", "have"),
        _ => ("was", "has"),
    };
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
            name.as_str()
        } else {
            someone.pronoun
        };
        let templates = if !lose {
            GAINS
        } else if EDIBLE.contains(&item.as_str()) && draw.chance(30) {
            EATEN
        } else {
            LOSSES
        };
        let template = loop {
            let template = draw.pick(templates);
            // One of them is no plural.
            let plural = ["{m} {i}", " were ", "{m} more {i}"];
            if m != 1 || !plural.iter().any(|words| template.contains(words)) {
                break template;
            }
        };
        let when = if i == 0 {
            ""
        } else {
            draw.pick(&[
                "then ",
                "then ",
                "after that ",
                "later ",
                "next, ",
                "the next day ",
                "afterwards ",
                "and then ",
            ])
        };
        let happened = fill(
            template,
            &[
                ("w", who),
                ("m", &text),
                ("i", &item),
                ("him", object(who)),
                ("was", was),
            ],
        );
        sentences.push(capital(&format!("{when}{happened}.")));
        let op = if lose { Op::Sub } else { Op::Add };
        now = op.apply(now, m);
        formula = format!("({formula} {} {m})", op.sign());
        events.push((op, m));
    }
    let end_count = now.to_string();
    let gaps = [
        ("N", name.as_str()),
        ("to", object(&name)),
        ("has", has),
        ("was", was),
        ("n", &end_count),
        ("i", &item),
    ];
    let named = |template: &str, name: &str| fill(&template.replace("{M}", name), &gaps);
    let opening = named(draw.pick(OPENINGS), &someone.name);
    // The farmer is known by now.
    let end = named(draw.pick(ENDS), &capital(&name));
    let question = named(draw.pick(QUESTIONS), &name);
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

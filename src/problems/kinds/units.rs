//! Hours and minutes, weeks and days, meters and centimeters, dozens.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::person;
use crate::problems::{Draft, Level};

/// Large unit, small unit, how many small in a large one.
const UNITS: &[(&str, &str, i64)] = &[
    ("hours", "minutes", 60),
    ("minutes", "seconds", 60),
    ("weeks", "days", 7),
    ("days", "hours", 24),
    ("years", "months", 12),
    ("meters", "centimeters", 100),
    ("feet", "inches", 12),
    ("dozens", "pieces", 12),
    ("kilograms", "grams", 1000),
    ("centimeters", "millimeters", 10),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (large, small, factor) = draw.pick(UNITS);
    let n = draw.range(2..=9);
    let mut plan = Plan::default();
    let fact = format!("One of the {large} has {factor} {small}.");
    if level == Level::Easy || factor > 100 || draw.chance(40) {
        let question = draw
            .pick(&[
                "How many {s} are {n} {l}?",
                "How many {s} are in {n} {l}?",
                "Convert {n} {l} to {s}.",
                "{n} {l} are how many {s}?",
            ])
            .replace("{s}", small)
            .replace("{l}", large)
            .replace("{n}", &n.to_string());
        plan.step(fact, factor, Op::Mul, n);
        return Draft {
            story: String::new(),
            question,
            plan,
            formula: format!("x = {n} * {factor}"),
        };
    }
    let extra = draw.range(1..=factor - 1);
    let who = person(draw);
    let question = draw
        .pick(&[
            "How many {s} are {n} {l} and {e} {s}?",
            "Convert {n} {l} and {e} {s} to {s}.",
        ])
        .replace("{s}", small)
        .replace("{l}", large)
        .replace("{n}", &n.to_string())
        .replace("{e}", &extra.to_string());
    let (story, question) = if small == "minutes" && draw.chance(50) {
        (
            format!("{} works for {n} hours and {extra} minutes.", who.name),
            "How many minutes is that?".to_owned(),
        )
    } else {
        (String::new(), question)
    };
    let whole = plan.step(fact, factor, Op::Mul, n);
    plan.step(format!("And {extra} {small} more."), whole, Op::Add, extra);
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {n} * {factor} + {extra}"),
    }
}

//! Remainders of plain divisions.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::{Draft, Level};

const ASKS: &[&str] = &[
    "What is the remainder when {n} is divided by {k}?",
    "What is left over when you divide {n} by {k}?",
    "Find the remainder of {n} divided by {k}.",
    "What is {n} mod {k}?",
    "Divide {n} by {k}. What is the remainder?",
    "What remainder does {n} leave when divided by {k}?",
    "{n} mod {k}",
    "{n} mod {k} = ?",
    "{n} modulo {k}",
    "What's {n} modulo {k}?",
    "remainder of {n} divided by {k}",
    "remainder of {n} / {k}?",
    "remainder when you divide {n} by {k}",
    "{n} divided by {k}, what's the remainder?",
    "{n} divided by {k} leaves what remainder?",
    "{n} / {k}, how much is left over?",
    "What's left over if {n} is divided by {k}?",
    "What's the remainder of {n} divided by {k}?",
    "What is the remainder in the division of {n} by {k}?",
    "Work out the remainder of {n} divided by {k}.",
    "Please give me the remainder of {n} divided by {k}.",
    "Can you tell me the remainder when {n} is divided by {k}?",
    "I divide {n} by {k}. How much remains?",
    "If I divide {n} by {k}, what remains?",
    "If {n} is divided by {k}, what is the remainder?",
    "If you count up to {n} in steps of {k}, how far short of {n} do you stop?",
    "Take {k} away from {n} as often as you can. What is left?",
    "{n} is split into groups of {k}. How much is left over?",
    "Put {n} things into groups of {k}. How many don't fit into a full group?",
    "What is the least that must be taken from {n} for {k} to divide it?",
    "By how much does {n} exceed the largest multiple of {k} that fits into it?",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let k = draw.range(2..=9);
    let n = match level {
        Level::Easy => draw.range(k..=50),
        Level::Medium => draw.range(20..=200),
        Level::Hard => draw.range(100..=999),
    };
    let mut plan = Plan::default();
    plan.note(format!(
        "I need what is left of {n} after equal parts of {k}."
    ));
    plan.step("What is left is the remainder.", n, Op::Remainder, k);
    plan.proof(|plan| {
        plan.step("", n / k, Op::Mul, k);
        plan.step("", n / k * k, Op::Add, n % k);
    });
    let question = draw
        .pick(ASKS)
        .replace("{n}", &n.to_string())
        .replace("{k}", &k.to_string());
    Draft {
        story: String::new(),
        question,
        plan,
        formula: format!("x = {n} - {k} * floor({n} / {k})"),
    }
}

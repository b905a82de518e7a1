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

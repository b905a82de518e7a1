//! Sequences that grow or shrink by the same amount.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (first, d) = (
        draw.range(1..=level.choose(20, 60, 200)),
        draw.range(2..=level.choose(9, 15, 40)),
    );
    let terms: Vec<i64> = (0..4).map(|k| first + k * d).collect();
    let list = format!("{}, {}, {}, {}", terms[0], terms[1], terms[2], terms[3]);
    let mut plan = Plan::default();
    plan.note(format!(
        "The sequence is {list}. It grows by the same amount."
    ));
    if draw.chance(30) {
        let (story, question) = draw.pick(&[
            ("A sequence starts {l}.", "What is the next number?"),
            (
                "A sequence starts {l} and goes on in the same way.",
                "What comes next?",
            ),
            ("", "What number comes next: {l}, ...?"),
            ("", "What is the next number in the sequence {l}?"),
        ]);
        let step = plan.step(
            "The amount is the second minus the first.",
            terms[1],
            Op::Sub,
            terms[0],
        );
        plan.step(
            "The next number is one amount more than the last.",
            terms[3],
            Op::Add,
            step,
        );
        return Draft {
            story: story.replace("{l}", &list),
            question: question.replace("{l}", &list),
            plan,
            formula: format!("x - {} = {} - {}", terms[3], terms[1], terms[0]),
        };
    }
    let n = draw.range(5..=level.choose(10, 15, 25));
    let (story, question) = draw.pick(&[
        (
            "A sequence starts {l} and goes on in the same way.",
            "What is term number {n}?",
        ),
        (
            "A sequence begins {l} and continues in the same way.",
            "What is term {n}?",
        ),
        (
            "The sequence {l} goes on like this.",
            "What is the number at place {n}?",
        ),
        (
            "The first numbers of a pattern are {l}.",
            "What is number {n} in the pattern?",
        ),
        (
            "An arithmetic sequence starts with {l}.",
            "Find term number {n}.",
        ),
    ]);
    let step = plan.step(
        "The amount is the second minus the first.",
        terms[1],
        Op::Sub,
        terms[0],
    );
    let count = plan.step(
        format!("Term {n} is the first term and some amounts more. How many? One less than {n}."),
        n,
        Op::Sub,
        1,
    );
    let grown = plan.step(
        format!("{count} times the amount {step}."),
        step,
        Op::Mul,
        count,
    );
    plan.step(format!("The first term is {first}."), first, Op::Add, grown);
    Draft {
        story: story.replace("{l}", &list),
        question: question.replace("{n}", &n.to_string()),
        plan,
        formula: format!("x = {first} + ({n} - 1) * ({} - {first})", terms[1]),
    }
}

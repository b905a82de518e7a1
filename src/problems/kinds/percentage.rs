//! Percentages of round numbers, discounts and raises.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, person};
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let p = draw.pick(level.choose(
        &[10, 50, 25, 20][..],
        &[10, 20, 25, 30, 50, 75][..],
        &[5, 10, 20, 25, 30, 40, 60, 70, 75, 80, 90][..],
    ));
    let n = match p {
        25 | 75 => 4 * draw.range(2..=level.choose(10, 25, 99)),
        50 => 2 * draw.range(3..=level.choose(20, 50, 200)),
        5 => 20 * draw.range(2..=30),
        _ => 10 * draw.range(2..=level.choose(9, 30, 80)),
    };
    let mut plan = Plan::default();
    let part = |plan: &mut Plan| match p {
        50 => plan.step("50 percent is one half.", n, Op::Div, 2),
        25 => plan.step("25 percent is one quarter.", n, Op::Div, 4),
        75 => {
            let quarter = plan.step("25 percent is one quarter.", n, Op::Div, 4);
            plan.step("75 percent is 3 times that.", quarter, Op::Mul, 3)
        }
        _ => {
            plan.note(format!("10 percent of {n} is {}.", n / 10));
            match p {
                5 => plan.step("5 percent is half of that.", n / 10, Op::Div, 2),
                _ => plan.step(
                    format!("{p} percent is {} times that.", p / 10),
                    n / 10,
                    Op::Mul,
                    p / 10,
                ),
            }
        }
    };
    let someone = person(draw);
    let (p_text, n_text) = (p.to_string(), n.to_string());
    let gaps = [("p", p_text.as_str()), ("n", &n_text), ("N", &someone.name)];
    let (story, question, after) = match draw.below(level.choose(1, 4, 4)) {
        0 | 1 => {
            let (story, question) = draw.pick(&[
                ("", "What is {p}% of {n}?"),
                ("", "What is {p} percent of {n}?"),
                ("", "How much is {p} % of {n}?"),
                ("", "Find {p}% of {n}."),
                (
                    "There are {n} students in a school. {p}% of them are girls.",
                    "How many girls are there?",
                ),
                (
                    "{N} has ${n} and spends {p}% of it.",
                    "How much does {N} spend?",
                ),
                (
                    "A box holds {n} apples. {p} percent of them are green.",
                    "How many apples are green?",
                ),
                (
                    "{N} earns ${n} and saves {p}%.",
                    "How many dollars does {N} save?",
                ),
            ]);
            (story, question, None)
        }
        2 => {
            let (story, question) = draw.pick(&[
                (
                    "A jacket costs ${n}. It is sold with a discount of {p}%.",
                    "What is the new price?",
                ),
                (
                    "The price of a bike is ${n}. In the sale it is {p} percent cheaper.",
                    "What does it cost now?",
                ),
                (
                    "{N} has ${n} and spends {p}% of it.",
                    "How much money is left?",
                ),
                (
                    "A shop has {n} lamps and sells {p}% of them.",
                    "How many lamps are left?",
                ),
            ]);
            (story, question, Some(Op::Sub))
        }
        _ => {
            let (story, question) = draw.pick(&[
                (
                    "A phone costs ${n}. The price goes up by {p}%.",
                    "What is the new price?",
                ),
                (
                    "{N} earns ${n} a week and gets a raise of {p} percent.",
                    "How much does {N} earn now?",
                ),
                (
                    "A village has {n} people. The number grows by {p}%.",
                    "How many people are there then?",
                ),
            ]);
            (story, question, Some(Op::Add))
        }
    };
    let (story, question) = (fill(story, &gaps), fill(question, &gaps));
    if !story.is_empty() {
        plan.note(&story);
    }
    let share = part(&mut plan);
    let mut formula = format!("{n} * {p} / 100");
    if let Some(op) = after {
        plan.step(
            if op == Op::Sub {
                "That goes away."
            } else {
                "That comes on top."
            },
            n,
            op,
            share,
        );
        formula = format!("{n} {} {formula}", op.sign());
    }
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

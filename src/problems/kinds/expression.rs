//! Expressions with one to three operations.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::{Draft, Level};

const ASKS: &[&str] = &[
    "What is {e}?",
    "Compute {e}.",
    "Calculate {e}.",
    "Work out {e}.",
    "{e} = ?",
    "How much is {e}?",
    "Find the value of {e}.",
    "{e}",
    "What is the value of {e}?",
    "Evaluate {e}.",
    "Please solve {e}.",
    "Solve {e}.",
];
const SUMS: &[&str] = &[
    "What is the sum of {a} and {b}?",
    "Add {a} and {b}.",
    "What is {a} plus {b}?",
    "{a} plus {b}",
];
const DIFFERENCES: &[&str] = &[
    "What is the difference between {a} and {b}?",
    "Subtract {b} from {a}.",
    "What is {a} minus {b}?",
];
const PRODUCTS: &[&str] = &[
    "What is the product of {a} and {b}?",
    "Multiply {a} by {b}.",
    "What is {a} times {b}?",
];
const QUOTIENTS: &[&str] = &[
    "Divide {a} by {b}.",
    "What is {a} divided by {b}?",
    "What is the quotient of {a} and {b}?",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let mut plan = Plan::default();
    let number = |draw: &mut Draw| level.number(draw);
    let mut in_words: Option<(&[&str], i64, i64)> = None;
    let expression = match draw.below(level.choose(5, 10, 12)) {
        0 => {
            let (a, b) = (number(draw), number(draw));
            plan.step("", a, Op::Add, b);
            in_words = Some((SUMS, a, b));
            format!("{a} + {b}")
        }
        1 => {
            let (a, b) = (number(draw), number(draw));
            let (a, b) = (a.max(b), a.min(b));
            plan.step("", a, Op::Sub, b);
            in_words = Some((DIFFERENCES, a, b));
            format!("{a} - {b}")
        }
        2 => {
            let (a, b) = (level.factor(draw), draw.range(2..=level.choose(9, 9, 20)));
            plan.step("", a, Op::Mul, b);
            in_words = Some((PRODUCTS, a, b));
            format!("{a} * {b}")
        }
        3 => {
            let (b, c) = (draw.range(2..=9), level.factor(draw));
            plan.step("", b * c, Op::Div, b);
            in_words = Some((QUOTIENTS, b * c, b));
            format!("{} / {b}", b * c)
        }
        4 => {
            let values: Vec<i64> = (0..level.choose(3, 3, 4)).map(|_| number(draw)).collect();
            let mut lead = "I go from left to right.".to_owned();
            let mut total = values[0];
            for (i, &value) in values.iter().enumerate().skip(1) {
                total = plan.step(lead, total, Op::Add, value);
                lead = left(total, '+', &joined(&values[i + 1..]));
            }
            let mut reversed = values.clone();
            reversed.reverse();
            plan.second_way(|plan| {
                plan.sum("From right to left:", &reversed);
            });
            joined(&values)
        }
        5 => {
            let (a, b, c) = (number(draw), level.factor(draw), draw.range(2..=9));
            let product = plan.step("The product comes first.", b, Op::Mul, c);
            if draw.chance(50) {
                plan.step(left(a, '+', &product), a, Op::Add, product);
                format!("{a} + {b} * {c}")
            } else {
                plan.step(left(product, '+', &a), product, Op::Add, a);
                format!("{b} * {c} + {a}")
            }
        }
        6 => {
            let (b, c) = (level.factor(draw), draw.range(2..=9));
            let a = draw.range(1..=b * c);
            let product = plan.step("The product comes first.", b, Op::Mul, c);
            plan.step(left(product, '-', &a), product, Op::Sub, a);
            format!("{b} * {c} - {a}")
        }
        7 => {
            let (a, b, c) = (
                level.number_to(draw, 99),
                level.number_to(draw, 99),
                draw.range(2..=9),
            );
            let sum = plan.step("The brackets come first.", a, Op::Add, b);
            let sum_first = draw.chance(50);
            let lead = if sum_first {
                left(sum, '*', &c)
            } else {
                left(c, '*', &sum)
            };
            plan.step(lead, sum, Op::Mul, c);
            plan.second_way(|plan| {
                let x = plan.step("Each part by itself:", a, Op::Mul, c);
                let y = plan.step("", b, Op::Mul, c);
                plan.step("", x, Op::Add, y);
            });
            if sum_first {
                format!("({a} + {b}) * {c}")
            } else {
                format!("{c} * ({a} + {b})")
            }
        }
        8 => {
            let (a, b) = (number(draw), number(draw));
            let c = level.number_to(draw, a + b);
            let sum = plan.step("I go from left to right.", a, Op::Add, b);
            plan.step(left(sum, '-', &c), sum, Op::Sub, c);
            format!("{a} + {b} - {c}")
        }
        9 => {
            let (a, b, c) = (number(draw), number(draw), draw.range(2..=9));
            let (a, b) = (a.max(b) + 1, a.min(b));
            let difference = plan.step("The brackets come first.", a, Op::Sub, b);
            plan.step(left(difference, '*', &c), difference, Op::Mul, c);
            format!("({a} - {b}) * {c}")
        }
        10 => {
            let (a, b, c, d) = (
                level.factor(draw),
                draw.range(2..=9),
                level.factor(draw),
                draw.range(2..=9),
            );
            let x = plan.step("The first product.", a, Op::Mul, b);
            let y = plan.step(left(x, '+', &format!("{c} * {d}")), c, Op::Mul, d);
            plan.step(left(x, '+', &y), x, Op::Add, y);
            format!("{a} * {b} + {c} * {d}")
        }
        _ => {
            let (b, c, a) = (draw.range(2..=9), level.factor(draw), number(draw));
            let quotient = plan.step("The quotient comes first.", b * c, Op::Div, b);
            plan.step(left(a, '+', &quotient), a, Op::Add, quotient);
            format!("{a} + {} / {b}", b * c)
        }
    };
    let question = match in_words {
        Some((asks, a, b)) if draw.chance(40) => draw
            .pick(asks)
            .replace("{a}", &a.to_string())
            .replace("{b}", &b.to_string()),
        _ => {
            let asked = match draw.below(8) {
                0 => expression.replace('*', "x").replace('/', "÷"),
                1 => expression.replace(' ', ""),
                2 => expression.replace('*', "×").replace('/', ":"),
                _ => expression.clone(),
            };
            draw.pick(ASKS).replace("{e}", &asked)
        }
    };
    plan.lines.insert(
        0,
        crate::problems::plan::Line::Note(format!("I need {expression}.")),
    );
    Draft {
        story: String::new(),
        question,
        plan,
        formula: format!("x = {expression}"),
    }
}

/// What is left of the expression: a model that writes it down looks the numbers up where they stand last.
fn left(first: i64, sign: char, rest: &dyn std::fmt::Display) -> String {
    format!("That leaves {first} {sign} {rest}.")
}

fn joined(values: &[i64]) -> String {
    let values: Vec<String> = values.iter().map(i64::to_string).collect();
    values.join(" + ")
}

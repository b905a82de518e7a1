//! Expressions with one to three operations.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan, list};
use crate::problems::words::fill;
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
    "What's {e}?",
    "what is {e}",
    "whats {e}",
    "{e}?",
    "{e} equals?",
    "{e} equals what?",
    "{e} is what?",
    "{e} please",
    "calculate {e}",
    "calc {e}",
    "What does {e} equal?",
    "What does {e} come to?",
    "How much does {e} make?",
    "What do I get if I work out {e}?",
    "What is the result of {e}?",
    "Tell me {e}.",
    "Tell me what {e} is.",
    "Give me the value of {e}.",
    "Determine {e}.",
    "Figure out {e}.",
    "Can you work out {e}?",
    "Can you tell me what {e} is?",
    "Could you calculate {e} for me?",
    "Please compute {e}.",
    "Please help me with {e}.",
    "Which number equals {e}?",
    "My teacher wrote {e} on the board. What is the result?",
    "My homework asks for {e}. What is it?",
    "If I type {e} into a calculator, what does it show?",
];
const SUMS: &[&str] = &[
    "What is the sum of {a} and {b}?",
    "Add {a} and {b}.",
    "What is {a} plus {b}?",
    "{a} plus {b}",
    "{a} plus {b} = ?",
    "{a} plus {b} equals what?",
    "sum of {a} and {b}",
    "Add {a} and {b} together.",
    "What do you get when you add {b} to {a}?",
    "How much are {a} and {b} together?",
    "What do {a} and {b} add up to?",
    "{a} and another {b}, how much is that?",
    "What is {b} more than {a}?",
    "Increase {a} by {b}.",
    "What is {a} increased by {b}?",
    "Put {a} and {b} together. What is the total?",
];
const DIFFERENCES: &[&str] = &[
    "What is the difference between {a} and {b}?",
    "Subtract {b} from {a}.",
    "What is {a} minus {b}?",
    "{a} minus {b}",
    "{a} minus {b} = ?",
    "{a} take away {b}",
    "What is {a} take away {b}?",
    "Take {b} away from {a}.",
    "Take {b} from {a}.",
    "What is left of {a} if you take away {b}?",
    "What do you get when you subtract {b} from {a}?",
    "What is {b} less than {a}?",
    "Decrease {a} by {b}.",
    "Reduce {a} by {b}.",
    "How far apart are {a} and {b}?",
    "What must be added to {b} to get {a}?",
];
/// `{c}` is the second factor in words: `twice`.
const PRODUCTS: &[&str] = &[
    "What is the product of {a} and {b}?",
    "Multiply {a} by {b}.",
    "What is {a} times {b}?",
    "{a} times {b}",
    "{a} times {b} = ?",
    "product of {a} and {b}",
    "Find the product of {a} and {b}.",
    "Multiply {a} and {b}.",
    "{a} multiplied by {b}",
    "What is {a} multiplied by {b}?",
    "What do you get when you multiply {a} by {b}?",
    "What is {c} {a}?",
    "How much is {c} {a}?",
    "{c} {a}",
    "If you take {a} and multiply it by {b}, what do you get?",
    "Work out {a} times {b}, please.",
];
/// `{c}` is the part in words: `half`, `a third`.
const QUOTIENTS: &[&str] = &[
    "Divide {a} by {b}.",
    "What is {a} divided by {b}?",
    "What is the quotient of {a} and {b}?",
    "{a} divided by {b}",
    "{a} divided by {b} = ?",
    "{a} over {b}",
    "Find the quotient of {a} and {b}.",
    "How many times does {b} go into {a}?",
    "{b} goes into {a} how many times?",
    "What do you get when you divide {a} by {b}?",
    "Split {a} into {b} equal parts. How much is each part?",
    "What is {c} of {a}?",
    "Find {c} of {a}.",
    "{c} of {a}",
    "{b} times what is {a}?",
    "What number times {b} makes {a}?",
];
/// `{a}` are all the numbers.
const LISTS: &[&str] = &[
    "What is the sum of {a}?",
    "Add {a}.",
    "Add up {a}.",
    "sum of {a}",
    "Find the total of {a}.",
    "What do {a} add up to?",
    "How much are {a} together?",
    "What do you get when you add {a}?",
    "If you add up {a}, what is the total?",
];
const PRODUCT_AND_MORE: &[&str] = &[
    "Add {a} to the product of {b} and {c}.",
    "Multiply {b} by {c}, then add {a}.",
    "What is {a} more than the product of {b} and {c}?",
    "What is the product of {b} and {c}, plus {a}?",
    "Take {b} times {c} and add {a} to the result.",
    "What do you get when you multiply {b} by {c} and then add {a}?",
];
const PRODUCT_AND_LESS: &[&str] = &[
    "Subtract {a} from the product of {b} and {c}.",
    "Multiply {b} by {c}, then subtract {a}.",
    "What is {a} less than the product of {b} and {c}?",
    "What is the product of {b} and {c}, minus {a}?",
    "Take {b} times {c} and take {a} away from the result.",
    "What do you get when you multiply {b} by {c} and then take away {a}?",
    "What is left of {b} times {c} once {a} is taken away?",
];
const SUM_TIMES: &[&str] = &[
    "Multiply the sum of {a} and {b} by {c}.",
    "Add {a} and {b}, then multiply the result by {c}.",
    "What is {c} times the sum of {a} and {b}?",
    "What do you get when you add {a} and {b} and then multiply the sum by {c}?",
    "The sum of {a} and {b} is multiplied by {c}. What is the result?",
];
const SUM_AND_LESS: &[&str] = &[
    "Add {a} and {b}, then subtract {c}.",
    "What is {a} plus {b} minus {c}?",
    "Subtract {c} from the sum of {a} and {b}.",
    "Start with {a}, add {b} and take away {c}. What is left?",
    "What do you get when you add {b} to {a} and then take away {c}?",
];
const DIFFERENCE_TIMES: &[&str] = &[
    "Multiply the difference between {a} and {b} by {c}.",
    "Subtract {b} from {a}, then multiply the result by {c}.",
    "What is {c} times the difference between {a} and {b}?",
    "What do you get when you take {b} away from {a} and multiply what is left by {c}?",
    "The difference of {a} and {b} is multiplied by {c}. What is the result?",
];
const TWO_PRODUCTS: &[&str] = &[
    "Add the product of {a} and {b} to the product of {c} and {d}.",
    "What do the products {a} times {b} and {c} times {d} add up to?",
    "Multiply {a} by {b} and {c} by {d}, then add the results.",
    "What is the sum of the products {a} times {b} and {c} times {d}?",
    "How much are {a} times {b} and {c} times {d} together?",
];
const QUOTIENT_AND_MORE: &[&str] = &[
    "Divide {b} by {c}, then add {a}.",
    "Add {a} to the quotient of {b} and {c}.",
    "What is {a} plus the quotient of {b} and {c}?",
    "What is {a} more than the quotient of {b} and {c}?",
    "What do you get when you divide {b} by {c} and then add {a}?",
];
/// From a half to a ninth.
const PARTS: &[&str] = &[
    "half",
    "a third",
    "a quarter",
    "a fifth",
    "a sixth",
    "a seventh",
    "an eighth",
    "a ninth",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let mut plan = Plan::default();
    let number = |draw: &mut Draw| level.number(draw);
    // The same in words, with what fills the gaps.
    let in_words: (&[&str], Vec<String>);
    let expression = match draw.below(level.choose(5, 10, 12)) {
        0 => {
            let (a, b) = (number(draw), number(draw));
            plan.step("", a, Op::Add, b);
            in_words = (SUMS, texts(&[a, b]));
            format!("{a} + {b}")
        }
        1 => {
            let (a, b) = (number(draw), number(draw));
            let (a, b) = (a.max(b), a.min(b));
            plan.step("", a, Op::Sub, b);
            in_words = (DIFFERENCES, texts(&[a, b]));
            format!("{a} - {b}")
        }
        2 => {
            let (a, b) = (level.factor(draw), draw.range(2..=level.choose(9, 9, 20)));
            plan.step("", a, Op::Mul, b);
            in_words = (PRODUCTS, vec![a.to_string(), b.to_string(), times(draw, b)]);
            format!("{a} * {b}")
        }
        3 => {
            let (b, c) = (draw.range(2..=9), level.factor(draw));
            plan.step("", b * c, Op::Div, b);
            let part = PARTS[(b - 2) as usize].to_owned();
            in_words = (QUOTIENTS, vec![(b * c).to_string(), b.to_string(), part]);
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
            in_words = (LISTS, vec![list(&values)]);
            joined(&values)
        }
        5 => {
            let (a, b, c) = (number(draw), level.factor(draw), draw.range(2..=9));
            let product = plan.step("The product comes first.", b, Op::Mul, c);
            in_words = (PRODUCT_AND_MORE, texts(&[a, b, c]));
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
            in_words = (PRODUCT_AND_LESS, texts(&[a, b, c]));
            format!("{b} * {c} - {a}")
        }
        7 => {
            let (a, b, c) = (
                level.number_to(draw, 99),
                level.number_to(draw, 99),
                draw.range(2..=9),
            );
            let sum = plan.step("The brackets come first.", a, Op::Add, b);
            in_words = (SUM_TIMES, texts(&[a, b, c]));
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
            in_words = (SUM_AND_LESS, texts(&[a, b, c]));
            format!("{a} + {b} - {c}")
        }
        9 => {
            let (a, b, c) = (number(draw), number(draw), draw.range(2..=9));
            let (a, b) = (a.max(b) + 1, a.min(b));
            let difference = plan.step("The brackets come first.", a, Op::Sub, b);
            plan.step(left(difference, '*', &c), difference, Op::Mul, c);
            in_words = (DIFFERENCE_TIMES, texts(&[a, b, c]));
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
            in_words = (TWO_PRODUCTS, texts(&[a, b, c, d]));
            format!("{a} * {b} + {c} * {d}")
        }
        _ => {
            let (b, c, a) = (draw.range(2..=9), level.factor(draw), number(draw));
            let quotient = plan.step("The quotient comes first.", b * c, Op::Div, b);
            plan.step(left(a, '+', &quotient), a, Op::Add, quotient);
            in_words = (QUOTIENT_AND_MORE, texts(&[a, b * c, b]));
            format!("{a} + {} / {b}", b * c)
        }
    };
    // Signs are what most people type for more than a single operation.
    let share = if plan.steps().count() > 1 { 25 } else { 40 };
    let question = if draw.chance(share) {
        let (asks, gaps) = in_words;
        let gaps: Vec<(&str, &str)> = ["a", "b", "c", "d"]
            .into_iter()
            .zip(gaps.iter().map(String::as_str))
            .collect();
        fill(draw.pick(asks), &gaps)
    } else {
        let asked = match draw.below(9) {
            0 => expression.replace('*', "x").replace('/', "÷"),
            1 => expression.replace(' ', ""),
            2 => expression.replace('*', "×").replace('/', ":"),
            3 => spoken(&expression),
            _ => expression.clone(),
        };
        draw.pick(ASKS).replace("{e}", &asked)
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

/// The expression in words, unless its brackets or a product behind a sum would be lost in them.
fn spoken(expression: &str) -> String {
    let behind = expression.find(['+', '-']).unwrap_or(0);
    if expression.contains('(') || (behind > 0 && expression[behind..].contains(['*', '/'])) {
        return expression.to_owned();
    }
    expression
        .replace('+', "plus")
        .replace('-', "minus")
        .replace('*', "times")
        .replace('/', "divided by")
}

/// What multiplies by `n`, in words where there is one.
fn times(draw: &mut Draw, n: i64) -> String {
    match n {
        2 => draw.pick(&["twice", "double"]).to_owned(),
        3 => draw.pick(&["three times", "triple"]).to_owned(),
        _ => format!("{n} times"),
    }
}

fn texts(values: &[i64]) -> Vec<String> {
    values.iter().map(i64::to_string).collect()
}

fn joined(values: &[i64]) -> String {
    texts(values).join(" + ")
}

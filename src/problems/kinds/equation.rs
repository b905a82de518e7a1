//! Linear equations in one unknown.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::{Draft, Level};

/// For an equation in signs.
const ASKS: &[&str] = &[
    "Solve for {x}: {e}.",
    "Solve {e}.",
    "Find {x} if {e}.",
    "What is {x} if {e}?",
    "If {e}, what is {x}?",
    "{e}. What is {x}?",
    "Solve the equation {e}.",
    "{e}, find {x}.",
    "{e}",
    "solve {e}",
    "{e} solve for {x}",
    "{e}, {x} = ?",
    "{e} what is {x}",
    "what is {x} in {e}",
    "{e}, so what's {x}?",
    "Solve {e} for {x}.",
    "Solve this for {x}: {e}",
    "Please solve {e}.",
    "Can you solve {e}?",
    "Find {x}: {e}.",
    "Find {x} when {e}.",
    "Find the value of {x} in {e}.",
    "Determine {x} from {e}.",
    "Work out {x}: {e}.",
    "Calculate {x} from {e}.",
    "What's {x} in {e}?",
    "What number is {x} in {e}?",
    "What does {x} stand for in {e}?",
    "Which number makes {e} true?",
    "Which value of {x} solves {e}?",
    "What value of {x} makes {e} true?",
    "What is the solution of {e}?",
    "What must {x} be for {e} to be true?",
    "In the equation {e}, how much is {x}?",
    "The equation {e} is given. What is {x}?",
    "My homework says {e}. What's {x}?",
    "My teacher wrote {e} on the board. What is {x}?",
    "I'm stuck on {e}. What is {x}?",
];
/// For an equation in words, which is a sentence of its own.
const CLAUSES: &[&str] = &[
    "If {e}, what is {x}?",
    "If {e}, what's {x}?",
    "If {e}, find {x}.",
    "If {e}, how much is {x}?",
    "If {e}, which number is {x}?",
    "Find {x} if {e}.",
    "What is {x} if {e}?",
    "What is {x} when {e}?",
    "{e}. What is {x}?",
    "{e}, what is {x}",
    "Given that {e}, find {x}.",
    "Suppose {e}. What is {x}?",
    "We know that {e}. What is {x}?",
    "I know that {e}. Can you find {x}?",
    "Tell me what {x} is if {e}.",
    "How much is {x} if {e}?",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let name = draw.pick(&["x", "x", "x", "x", "y", "n", "a"]);
    let x = match level {
        Level::Easy => draw.range(2..=12),
        Level::Medium => draw.range(2..=40),
        Level::Hard => draw.range(5..=99),
    };
    let (a, b) = (draw.range(2..=9), level.number(draw));
    let mut plan = Plan::default();
    let choice = draw.below(level.choose(4, 6, 7));
    let equation = match choice {
        0 => format!("{name} + {b} = {}", x + b),
        1 => format!("{name} - {b} = {x}"),
        2 => format!("{a}{name} = {}", a * x),
        6 => format!("{a}({name} + {b}) = {}", a * (x + b)),
        5 if a * x > b => format!("{a}{name} - {b} = {}", a * x - b),
        3 | 4 if draw.chance(20) => format!("{b} + {a}{name} = {}", a * x + b),
        _ => format!("{a}{name} + {b} = {}", a * x + b),
    };
    plan.note(format!("I need {name} with {equation}."));
    match choice {
        0 => drop(plan.step(
            format!("I take away {b} from both sides."),
            x + b,
            Op::Sub,
            b,
        )),
        1 => drop(plan.step(format!("I add {b} to both sides."), x, Op::Add, b)),
        2 => drop(plan.step(format!("I divide both sides by {a}."), a * x, Op::Div, a)),
        6 => {
            plan.step(
                format!("I divide both sides by {a}."),
                a * (x + b),
                Op::Div,
                a,
            );
            plan.note(format!("So {name} + {b} = {}.", x + b));
            plan.step(
                format!("I take away {b} from both sides."),
                x + b,
                Op::Sub,
                b,
            );
        }
        _ => {
            if equation.contains(" - ") {
                plan.step(format!("I add {b} to both sides."), a * x - b, Op::Add, b);
            } else {
                plan.step(
                    format!("I take away {b} from both sides."),
                    a * x + b,
                    Op::Sub,
                    b,
                );
            }
            plan.note(format!("So {a}{name} = {}.", a * x));
            plan.step(format!("I divide both sides by {a}."), a * x, Op::Div, a);
        }
    }
    let minus = equation.contains(" - ");
    plan.proof(|plan| match choice {
        0 => drop(plan.step("", x, Op::Add, b)),
        1 => drop(plan.step("", x + b, Op::Sub, b)),
        2 => drop(plan.step("", x, Op::Mul, a)),
        6 => {
            plan.step("", x, Op::Add, b);
            plan.step("", x + b, Op::Mul, a);
        }
        _ => {
            plan.step("", x, Op::Mul, a);
            plan.step("", a * x, if minus { Op::Sub } else { Op::Add }, b);
        }
    });
    let starred = equation.replace(&format!("{a}{name}"), &format!("{a} * {name}"));
    let (asks, text) = match draw.below(20) {
        0..=2 => (ASKS, starred),
        3..=6 => (ASKS, equation.replace(' ', "")),
        7 => (ASKS, turned(&equation)),
        8..=10 => {
            let equals = draw.pick(&[" equals ", " is ", " makes ", " is equal to "]);
            // `7 plus 3 times x` could be read from left to right.
            let product_last = equation.starts_with(&format!("{b} + "));
            let written = if product_last { &equation } else { &starred };
            (CLAUSES, spoken(written, equals))
        }
        _ => (ASKS, equation.clone()),
    };
    let question = draw.pick(asks).replace("{x}", name).replace("{e}", &text);
    let formula = equation
        .replace(&format!("{a}{name}"), &format!("{a} * x"))
        .replace(&format!("{a}("), &format!("{a} * ("))
        .replace(name, "x");
    Draft {
        story: String::new(),
        question,
        plan,
        formula,
    }
}

/// With its sides exchanged.
fn turned(equation: &str) -> String {
    match equation.split_once(" = ") {
        Some((left, right)) => format!("{right} = {left}"),
        None => equation.to_owned(),
    }
}

/// In words but for the inside of brackets, which words would lose.
fn spoken(equation: &str, equals: &str) -> String {
    let text = equation.replace(" = ", equals);
    if text.contains('(') {
        return text;
    }
    text.replace(" + ", " plus ")
        .replace(" - ", " minus ")
        .replace(" * ", " times ")
}

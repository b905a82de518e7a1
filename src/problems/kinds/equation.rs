//! Linear equations in one unknown.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::{Draft, Level};

const ASKS: &[&str] = &[
    "Solve for {x}: {e}.",
    "Solve {e}.",
    "Find {x} if {e}.",
    "What is {x} if {e}?",
    "If {e}, what is {x}?",
    "{e}. What is {x}?",
    "Solve the equation {e}.",
    "{e}, find {x}.",
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
    let text = if draw.chance(15) {
        equation.replace(&format!("{a}{name}"), &format!("{a} * {name}"))
    } else {
        equation.clone()
    };
    let question = draw.pick(ASKS).replace("{x}", name).replace("{e}", &text);
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

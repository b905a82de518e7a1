//! Perimeter and area of rectangles, and a missing side.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::fill;
use crate::problems::{Draft, Level};

const THINGS: &[&str] = &[
    "rectangle",
    "garden",
    "room",
    "field",
    "table",
    "yard",
    "pool",
    "carpet",
    "playground",
    "wall",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let b = draw.range(2..=level.choose(9, 9, 30));
    let a = draw.range(b..=level.choose(12, 60, 99).max(b));
    let unit = draw.pick(&["m", "cm", "meters", "feet"]);
    let shape = draw.pick(THINGS);
    let gaps = [
        ("a", &*a.to_string()),
        ("b", &b.to_string()),
        ("u", unit),
        ("t", shape),
    ];
    let story = fill(
        draw.pick(&[
            "A {t} is {a} {u} long and {b} {u} wide.",
            "The length of a {t} is {a} {u} and its width is {b} {u}.",
            "A {t} has sides of {a} {u} and {b} {u}.",
            "A rectangular {t} measures {a} {u} by {b} {u}.",
        ]),
        &gaps,
    )
    .replace("rectangular rectangle", "rectangular field");
    let mut plan = Plan::default();
    match draw.below(if b < 10 { 3 } else { 2 }) {
        0 => {
            plan.note(&story);
            let question = draw
                .pick(&[
                    "What is its area?",
                    "What is the area?",
                    "Find the area.",
                    "How large is its area?",
                ])
                .to_owned();
            plan.step("The area is length times width.", a, Op::Mul, b);
            Draft {
                story,
                question,
                plan,
                formula: format!("x = {a} * {b}"),
            }
        }
        1 => {
            plan.note(&story);
            let question = draw
                .pick(&[
                    "What is its perimeter?",
                    "What is the perimeter?",
                    "Find the perimeter.",
                    "How long is the fence around it?",
                    "How long is the way around it?",
                ])
                .to_owned();
            let half = plan.step("The perimeter is 2 times length plus width.", a, Op::Add, b);
            plan.step("", half, Op::Mul, 2);
            plan.second_way(|plan| {
                let first = plan.step("Both long sides:", a, Op::Mul, 2);
                let second = plan.step("Both short sides:", b, Op::Mul, 2);
                plan.step("", first, Op::Add, second);
            });
            Draft {
                story,
                question,
                plan,
                formula: format!("x = {a} + {b} + {a} + {b}"),
            }
        }
        _ => {
            let story = format!(
                "A {shape} has an area of {} square {unit}. It is {b} {unit} wide.",
                a * b
            );
            plan.note(&story);
            plan.step(
                "The length is the area divided by the width.",
                a * b,
                Op::Div,
                b,
            );
            Draft {
                story,
                question: draw
                    .pick(&["How long is it?", "What is its length?"])
                    .to_owned(),
                plan,
                formula: format!("x * {b} = {}", a * b),
            }
        }
    }
}

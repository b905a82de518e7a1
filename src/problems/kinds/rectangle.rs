//! Perimeter and area of rectangles, and a missing side.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::fill;
use crate::problems::{Draft, Level};

const THINGS: &[&str] = &[
    "rectangle",
    "rectangle",
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
    "lawn",
    "rug",
    "poster",
    "floor",
    "stage",
    "blanket",
    "board",
    "terrace",
    "parking lot",
    "window",
];
const LENGTHS: &[&str] = &[
    "m",
    "m",
    "cm",
    "cm",
    "meters",
    "meters",
    "feet",
    "feet",
    "ft",
    "metres",
    "centimeters",
    "inches",
    "yards",
];

const SIDES: &[&str] = &[
    "A {t} is {a} {u} long and {b} {u} wide.",
    "The length of a {t} is {a} {u} and its width is {b} {u}.",
    "A {t} has sides of {a} {u} and {b} {u}.",
    "A rectangular {t} measures {a} {u} by {b} {u}.",
    "A {t} is {a} {u} by {b} {u}.",
    "A {t} has a length of {a} {u} and a width of {b} {u}.",
    "A {t} is {b} {u} wide and {a} {u} long.",
    "A {t}, {a} {u} long, {b} {u} wide.",
    "{a} {u} by {b} {u} {t}.",
    "There's a rectangular {t} of {a} {u} by {b} {u}.",
    "The sides of a rectangular {t} are {a} {u} and {b} {u}.",
    "My {t} is {a} {u} long. Its width is {b} {u}.",
    "I have a rectangular {t} that's {a} {u} long and {b} {u} wide.",
    "We measured a rectangular {t} and found a length of {a} {u} and a width of {b} {u}.",
    "A rectangular {t} is drawn with a length of {a} {u} and a width of {b} {u}.",
    "Length of a {t}: {a} {u}. Width: {b} {u}.",
    "Take a {t} with length {a} {u} and width {b} {u}.",
    "Imagine a rectangular {t} with sides {a} {u} and {b} {u}.",
];
const AREA: &[&str] = &[
    "What is its area?",
    "What is the area?",
    "Find the area.",
    "How large is its area?",
    "What's its area?",
    "what's the area",
    "Area?",
    "What is the area of the {t}?",
    "What's the area of the {t}?",
    "Find the area of the {t}.",
    "Calculate its area.",
    "Work out the area.",
    "Give me its area, please.",
    "Could you find the area?",
    "What area does it have?",
    "What area does the {t} cover?",
    "How big is its surface?",
    "How many square {u} does it cover?",
    "How many square {u} is that?",
    "Tell me the area in square {u}.",
];
const PERIMETER: &[&str] = &[
    "What is its perimeter?",
    "What is the perimeter?",
    "Find the perimeter.",
    "How long is the fence around it?",
    "How long is the way around it?",
    "What's its perimeter?",
    "what's the perimeter",
    "Perimeter?",
    "What is the perimeter of the {t}?",
    "What's the perimeter of the {t}?",
    "Find the perimeter of the {t}.",
    "Calculate its perimeter.",
    "Work out the perimeter.",
    "Give me its perimeter, please.",
    "Could you find the perimeter?",
    "How far is it all the way around?",
    "How far is it once around the {t}?",
    "How long is its edge all around?",
    "How many {u} of rope go around it once?",
    "How long must a string be to go once around it?",
    "What length of tape is needed for its whole edge?",
    "How far does an ant walk that goes once around its edge?",
];
/// All in one question.
const AREA_AT_ONCE: &[&str] = &[
    "What is the area of a {t} that is {a} {u} long and {b} {u} wide?",
    "What's the area of a {t} of {a} {u} by {b} {u}?",
    "Find the area of a {t} with length {a} {u} and width {b} {u}.",
    "Find the area of a {t} with sides of {a} {u} and {b} {u}.",
    "Calculate the area of a rectangular {t} measuring {a} {u} by {b} {u}.",
    "area of a {t} {a} {u} by {b} {u}",
    "Area of a {t} with sides {a} and {b}?",
    "How many square {u} does a {t} cover if it is {a} {u} long and {b} {u} wide?",
    "If a {t} is {a} {u} by {b} {u}, what is its area?",
    "How big is the area of a {t} whose sides are {a} {u} and {b} {u}?",
    "I need the area of a rectangular {t}, {a} {u} by {b} {u}.",
];
const PERIMETER_AT_ONCE: &[&str] = &[
    "What is the perimeter of a {t} that is {a} {u} long and {b} {u} wide?",
    "What's the perimeter of a {t} of {a} {u} by {b} {u}?",
    "Find the perimeter of a {t} with length {a} {u} and width {b} {u}.",
    "Find the perimeter of a {t} with sides of {a} {u} and {b} {u}.",
    "Calculate the perimeter of a rectangular {t} measuring {a} {u} by {b} {u}.",
    "perimeter of a {t} {a} {u} by {b} {u}",
    "Perimeter of a {t} with sides {a} and {b}?",
    "How many {u} is it around a {t} that is {a} {u} long and {b} {u} wide?",
    "If a {t} is {a} {u} by {b} {u}, what is its perimeter?",
    "How much fence goes around a {t} whose sides are {a} {u} and {b} {u}?",
    "I need the perimeter of a rectangular {t}, {a} {u} by {b} {u}.",
];

const WIDE: &[&str] = &[
    "A {t} has an area of {A} square {u}. It is {b} {u} wide.",
    "A {t} has an area of {A} square {u}. Its width is {b} {u}.",
    "The area of a {t} is {A} square {u} and its width is {b} {u}.",
    "A {t} that is {b} {u} wide has an area of {A} square {u}.",
    "A rectangular {t} covers {A} square {u} and is {b} {u} wide.",
    "A {t}: area {A} square {u}, width {b} {u}.",
    "My {t} takes up {A} square {u}. It's {b} {u} wide.",
    "With a width of {b} {u}, a rectangular {t} has an area of {A} square {u}.",
    "We know that the area of a rectangular {t} is {A} square {u} and that it is {b} {u} wide.",
];
const LONG: &[&str] = &[
    "How long is it?",
    "What is its length?",
    "What's its length?",
    "what's the length",
    "Length?",
    "Find its length.",
    "Work out the length.",
    "How long is the {t}?",
    "What is the length of the {t}?",
    "How many {u} long is it?",
    "Can you find the length?",
];
const LONG_AT_ONCE: &[&str] = &[
    "How long is a {t} that is {b} {u} wide and has an area of {A} square {u}?",
    "What is the length of a {t} with an area of {A} square {u} and a width of {b} {u}?",
    "Find the length of a rectangular {t} of {A} square {u} that is {b} {u} wide.",
    "If a {t} of width {b} {u} has an area of {A} square {u}, what's its length?",
];

/// A story and its question, or now and then no story and a question that has all.
fn text(
    draw: &mut Draw,
    gaps: &[(&str, &str)],
    (stories, asks): (&[&str], &[&str]),
    at_once: &[&str],
) -> (String, String) {
    let (story, question) = if draw.chance(25) {
        ("", draw.pick(at_once))
    } else {
        (draw.pick(stories), draw.pick(asks))
    };
    let filled = |text: &str| fill(text, gaps).replace("rectangular rectangle", "rectangle");
    (filled(story), filled(question))
}

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let b = draw.range(2..=level.choose(9, 9, 30));
    let a = draw.range(b..=level.choose(12, 60, 99).max(b));
    let unit = draw.pick(LENGTHS);
    let shape = draw.pick(THINGS);
    let (a_text, b_text, area) = (a.to_string(), b.to_string(), (a * b).to_string());
    let gaps = [
        ("a", a_text.as_str()),
        ("b", b_text.as_str()),
        ("A", area.as_str()),
        ("u", unit),
        ("t", shape),
    ];
    let asked = draw.below(if b < 10 { 3 } else { 2 });
    let (story, question) = match asked {
        0 => text(draw, &gaps, (SIDES, AREA), AREA_AT_ONCE),
        1 => text(draw, &gaps, (SIDES, PERIMETER), PERIMETER_AT_ONCE),
        _ => text(draw, &gaps, (WIDE, LONG), LONG_AT_ONCE),
    };
    let mut plan = Plan::default();
    plan.note(if story.is_empty() { &question } else { &story });
    let formula = match asked {
        0 => {
            plan.step("The area is length times width.", a, Op::Mul, b);
            format!("x = {a} * {b}")
        }
        1 => {
            let half = plan.step("The perimeter is 2 times length plus width.", a, Op::Add, b);
            plan.step("", half, Op::Mul, 2);
            plan.second_way(|plan| {
                let first = plan.step("Both long sides:", a, Op::Mul, 2);
                let second = plan.step("Both short sides:", b, Op::Mul, 2);
                plan.step("", first, Op::Add, second);
            });
            format!("x = {a} + {b} + {a} + {b}")
        }
        _ => {
            plan.step(
                "The length is the area divided by the width.",
                a * b,
                Op::Div,
                b,
            );
            format!("x * {b} = {area}")
        }
    };
    Draft {
        story,
        question,
        plan,
        formula,
    }
}

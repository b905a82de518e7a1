//! Speed, time and distance.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled, list};
use crate::problems::words::{number, person};
use crate::problems::{Draft, Level};

const VEHICLES: &[&str] = &[
    "A train",
    "A car",
    "A bus",
    "A cyclist",
    "A boat",
    "A truck",
    "A plane",
    "A runner",
    "A ship",
    "A van",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let who = if draw.chance(30) {
        person(draw).name
    } else {
        draw.pick(VEHICLES).to_owned()
    };
    let verb = draw.pick(&["travels", "goes", "drives", "moves", "rides"]);
    let unit = draw.pick(&[
        "km per hour",
        "km/h",
        "miles per hour",
        "kilometers per hour",
    ]);
    let long = if unit.starts_with("mile") {
        "miles"
    } else {
        "km"
    };
    let speed = |draw: &mut Draw| {
        draw.range(1..=level.choose(9, 9, 12)) * level.choose(10, draw.pick(&[5, 10]), 5)
    };
    let mut plan = Plan::default();
    if draw.chance(25) {
        let (v, hours) = (
            draw.range(1..=9) * level.choose(10, 10, 10),
            draw.range(2..=9),
        );
        let distance = v * hours;
        let story = draw
            .pick(&[
                "{W} {v} {d} {u} at {s} {r}.",
                "{W} has to cover {d} {u} at a speed of {s} {r}.",
                "{W} {v} at {s} {r} and covers {d} {u}.",
            ])
            .replace("{W}", &who)
            .replace("{v}", verb)
            .replace("{d}", &distance.to_string())
            .replace("{u}", long)
            .replace("{s}", &v.to_string())
            .replace("{r}", unit);
        let question = draw
            .pick(&[
                "How many hours does it take?",
                "How long does it take, in hours?",
                "How many hours is that?",
            ])
            .to_owned();
        plan.note(&story);
        plan.step("Time is distance divided by speed.", distance, Op::Div, v);
        plan.proof(|plan| {
            plan.step("", v, Op::Mul, hours);
        });
        return Draft {
            story,
            question,
            plan,
            formula: format!("x * {v} = {distance}"),
        };
    }
    let count = level.choose(1, 2, 3);
    let (mut texts, mut parts, mut formulas, mut told) = (vec![], vec![], vec![], vec![]);
    for _ in 0..count {
        let (v, hours) = (speed(draw), draw.range(2..=level.choose(6, 8, 9)));
        let hours_text = number(draw, hours);
        let text = format!("at {v} {unit} for {hours_text} hours");
        told.push(format!("at {v} {unit} for {hours} hours."));
        parts.push(plan.step(
            format!(
                "{} Distance is speed times time: {v} times {hours}.",
                label(texts.len())
            ),
            v,
            Op::Mul,
            hours,
        ));
        texts.push(text);
        formulas.push(format!("{v} * {hours}"));
    }
    if count > 1 {
        plan.sum(&format!("Now the whole way: {}.", list(&parts)), &parts);
    }
    let told = labelled(&told);
    plan.lines.insert(0, Line::Note(told));
    let story = format!(
        "{who} {verb} {}.",
        texts.join(draw.pick(&[", then ", " and then ", ", and after that "]))
    );
    let question = draw
        .pick(&[
            "How far does it go?",
            "How far is that in total?",
            "What is the total distance?",
            "How many {u} is that?",
            "How many {u} are covered in all?",
            "What distance is covered?",
        ])
        .replace("{u}", long);
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {}", formulas.join(" + ")),
    }
}

//! Parts of a whole: two or three parts together, or the part that is missing.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan};
use crate::problems::words::{capital, fill, items, number, person, place};
use crate::problems::{Draft, Level};

/// Two parts of something, by what they are called.
const PAIRS: &[(&str, &str, &str)] = &[
    ("boys", "girls", "children"),
    ("cats", "dogs", "animals"),
    ("cows", "sheep", "animals"),
    ("men", "women", "people"),
    ("cars", "trucks", "vehicles"),
    ("adults", "children", "people"),
    ("chickens", "ducks", "birds"),
    ("apple trees", "pear trees", "trees"),
    ("roses", "tulips", "flowers"),
    ("forks", "spoons", "pieces"),
    ("novels", "comics", "books"),
    ("teachers", "students", "people"),
];
const COLOURS: &[&str] = &[
    "red", "blue", "green", "yellow", "white", "black", "old", "new", "small", "large",
];
const TOGETHER: &[&str] = &[
    "There are {a} {x} and {b} {y} in {at}.",
    "{N} has {a} {x} and {b} {y}.",
    "{N} sees {a} {x} and {b} {y}.",
    "In {at} there are {a} {x} and {b} {y}.",
    "{N} counts {a} {x} and {b} {y}.",
    "There are {a} {x}. There are also {b} {y}.",
];
const TOTAL: &[&str] = &[
    "How many {z} are there in total?",
    "How many {z} are there altogether?",
    "How many {z} are that in all?",
    "How many {z} are there?",
    "What is the total number of {z}?",
];
const MISSING: &[&str] = &[
    "There are {t} {z} in {at}. {a} of them are {x} and the rest are {y}.",
    "{N} has {t} {z}. {a} are {x} and the others are {y}.",
    "Of {t} {z}, {a} are {x} and the rest are {y}.",
    "There are {t} {z}. {a} of the {z} are {x}, the others are {y}.",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let (a, b) = (level.number(draw), level.number(draw));
    let (x, y, z) = if draw.chance(50) {
        let (x, y, z) = draw.pick(PAIRS);
        (x.to_owned(), y.to_owned(), z.to_owned())
    } else {
        let item = items(draw);
        let first = draw.below(COLOURS.len());
        let second = (first + 1 + draw.below(COLOURS.len() - 1)) % COLOURS.len();
        (
            format!("{} {item}", COLOURS[first]),
            format!("{} {item}", COLOURS[second]),
            item,
        )
    };
    let (at, total) = (place(draw), (a + b).to_string());
    let (a_text, b_text) = (number(draw, a), number(draw, b));
    let missing = draw.chance(40);
    // "12 of the stamps are red", not "red stamps".
    let short = |part: &str| {
        part.strip_suffix(&format!(" {z}"))
            .unwrap_or(part)
            .to_owned()
    };
    let (short_x, short_y) = (short(&x), short(&y));
    let gaps = [
        ("N", someone.name.as_str()),
        ("a", &a_text),
        ("b", &b_text),
        ("t", &total),
        ("at", at),
        ("z", &z),
        ("x", if missing { &short_x } else { &x }),
        ("y", if missing { &short_y } else { &y }),
    ];
    let mut plan = Plan::default();
    if missing {
        let story = capital(&fill(draw.pick(MISSING), &gaps));
        plan.note(&story);
        let rest = plan.step("The rest is the whole without the part.", a + b, Op::Sub, a);
        let question = format!("How many {z} are {short_y}?");
        let question = if z == short_y || !y.ends_with(&z) {
            format!("How many {y} are there?")
        } else {
            question
        };
        if level == Level::Hard && draw.chance(50) {
            let more = level.number(draw);
            let text = format!("Then {more} more {y} come.");
            let said = Op::Add.said(more);
            plan.lines.insert(1, Line::Note(text.clone()));
            plan.step(format!("Then {said}."), rest, Op::Add, more);
            return Draft {
                story: format!("{story} {text}"),
                question: format!("How many {y} are there then?"),
                plan,
                formula: format!("x = {total} - {a} + {more}"),
            };
        }
        return Draft {
            story,
            question,
            plan,
            formula: format!("x + {a} = {total}"),
        };
    }
    let mut story = fill(draw.pick(TOGETHER), &gaps);
    plan.note(&story);
    let sum = plan.step("All of them together.", a, Op::Add, b);
    let mut formula = format!("{a} + {b}");
    if level != Level::Easy && draw.chance(60) {
        let m = level.number(draw);
        let gone = m < sum && draw.chance(50);
        let text = if gone {
            draw.pick(&[
                "Then {m} of them leave.",
                "{m} of them are not there today.",
                "{m} of them go away.",
            ])
        } else {
            draw.pick(&[
                "Then {m} more come.",
                "{m} others are added.",
                "Later {m} more arrive.",
            ])
        }
        .replace("{m}", &m.to_string());
        let op = if gone { Op::Sub } else { Op::Add };
        let said = op.said(m);
        plan.lines.insert(1, Line::Note(text.clone()));
        plan.step(format!("Then {said}."), sum, op, m);
        story = format!("{story} {text}");
        formula = format!("{formula} {} {m}", op.sign());
    }
    Draft {
        story,
        question: draw.pick(TOTAL).replace("{z}", &z),
        plan,
        formula: format!("x = {formula}"),
    }
}

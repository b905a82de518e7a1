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
    ("lions", "tigers", "animals"),
    ("vans", "buses", "vehicles"),
    ("nurses", "doctors", "people"),
    ("hens", "geese", "birds"),
    ("oaks", "pines", "trees"),
    ("lilies", "daisies", "flowers"),
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
    "{a} {x} and {b} {y} are in {at}.",
    "{a} {x} and {b} {y}.",
    "{a} {x} plus {b} {y}.",
    "I can see {a} {x} and {b} {y}.",
    "We have {a} {x} and {b} {y}.",
    "I counted {a} {x} and {b} {y}.",
    "My brother has counted {a} {x} and {b} {y}.",
    "There are {a} {x} in {at}, along with {b} {y}.",
    "Besides {a} {x} there are {b} {y} in {at}.",
    "{N} found {a} {x}, and {b} {y} as well.",
    "{N} photographed {a} {x} and {b} {y}.",
    "You can find {a} {x} and {b} {y} in {at}.",
    "As well as {a} {x}, there are {b} {y}.",
    "Someone wrote down: {a} {x}, {b} {y}.",
    "We count {a} {x}, then {b} {y}.",
    "{at} holds {a} {x} and {b} {y}.",
    "There's {at} with {a} {x} and {b} {y}.",
];
const TOTAL: &[&str] = &[
    "How many {z} are there in total?",
    "How many {z} are there altogether?",
    "How many {z} are that in all?",
    "How many {z} are there?",
    "What is the total number of {z}?",
    "How many {z} is that in total?",
    "How many {z} is that altogether?",
    "How many {z} does that make?",
    "How many {z} are there all together?",
    "How many {z} are there in all?",
    "In total, how many {z} are there?",
    "All in all, how many {z} are there?",
    "What's the total number of {z}?",
    "What's the total?",
    "How many {z} in total?",
    "How many {z} altogether?",
    "Total number of {z}?",
    "So how many {z} is that?",
    "Find the total number of {z}.",
    "Work out how many {z} there are.",
    "Please tell me how many {z} there are in total.",
    "Can you tell me how many {z} that makes?",
];
/// Asked once some have come or gone.
const TOTAL_THEN: &[&str] = &[
    "How many {z} are there now?",
    "How many {z} are there then?",
    "How many {z} does that make now?",
    "What's the total number of {z} now?",
    "How many {z} are there in the end?",
    "So how many {z} are there now?",
    "How many {z} now?",
    "Work out how many {z} there are in the end.",
    "Please tell me how many {z} there are now.",
];
const GONE: &[&str] = &[
    "Then {m} of them leave.",
    "{m} of them are not there today.",
    "{m} of them go away.",
    "Then {m} of them are taken away.",
    "After a while, {m} of them disappear.",
    "Later {m} of the {z} are gone.",
    "But {m} of them are removed.",
    "{m} of these {z} are then sent away.",
    "Now {m} of the {z} are taken somewhere else.",
    "Then we lose {m} of them.",
];
const COME: &[&str] = &[
    "Then {m} more come.",
    "{m} others are added.",
    "Later {m} more arrive.",
    "Then another {m} {z} join them.",
    "Another {m} are added.",
    "After a while, {m} more {z} come.",
    "The next day {m} more {z} are brought in.",
    "Now {m} extra {z} turn up.",
    "{m} additional {z} are brought.",
    "Then we get {m} more.",
];
const MISSING: &[&str] = &[
    "There are {t} {z} in {at}. {a} of them are {x} and the rest are {y}.",
    "{N} has {t} {z}. {a} are {x} and the others are {y}.",
    "Of {t} {z}, {a} are {x} and the rest are {y}.",
    "There are {t} {z}. {a} of the {z} are {x}, the others are {y}.",
    "{t} {z}, {a} are {x}, the rest {y}.",
    "{t} {z}: {a} {x}, the rest {y}.",
    "Out of {t} {z} in {at}, {a} are {x}. The others are {y}.",
    "{a} of the {t} {z} in {at} are {x}, and the remaining ones are {y}.",
    "{a} out of {t} {z} are {x}; all the others are {y}.",
    "All {t} {z} in {at} are either {x} or {y}, and {a} of them are {x}.",
    "{N} counts {t} {z}, of which {a} are {x}. The rest are {y}.",
    "{N} sees {t} {z}. They are {x} or {y}, and {a} of them are {x}.",
    "We have {t} {z}. Exactly {a} of them are {x}, everything else is {y}.",
    "I counted {t} {z}. {a} were {x}, the others were {y}.",
    "Among {t} {z} there are {a} that are {x}. The remaining {z} are {y}.",
    "In {at} there are {t} {z}. If {a} are {x}, the others must be {y}.",
];
/// What is missing, as a word for the things themselves or with what they are.
const MISSING_NAMED: &[&str] = &[
    "How many {Y} are there?",
    "How many {Y}?",
    "How many of the {z} are {y}?",
    "How many of them are {y}?",
    "How many {Y} does that leave?",
    "What's the number of {Y}?",
    "So how many {Y} are there?",
    "Find the number of {Y}.",
    "Work out how many {Y} there are.",
    "Please tell me how many {Y} there are.",
];
const MISSING_COLOURED: &[&str] = &[
    "How many {z} are {y}?",
    "How many are {y}?",
    "How many {y} ones are there?",
    "What number of {z} are {y}?",
];
const MORE_OF: &[&str] = &[
    "Then {m} more {Y} come.",
    "Then another {m} {Y} arrive.",
    "Later {m} more {Y} are added.",
    "After a while, {m} more {Y} turn up.",
    "The next day {m} extra {Y} are brought.",
];
const MISSING_THEN: &[&str] = &[
    "How many {Y} are there then?",
    "How many {Y} are there now?",
    "How many {Y} now?",
    "How many {Y} does that make in the end?",
    "What's the number of {Y} then?",
    "Work out how many {Y} there are now.",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let (a, b) = (level.number(draw), level.number(draw));
    let paired = draw.chance(50);
    let coloured = !paired;
    let (x, y, z) = if paired {
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
        // Pear trees stay pear trees: "pear" is nothing that trees are.
        let word = part.strip_suffix(&format!(" {z}")).filter(|_| coloured);
        word.unwrap_or(part).to_owned()
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
        ("Y", &y),
    ];
    let mut plan = Plan::default();
    if missing {
        let story = capital(&fill(draw.pick(MISSING), &gaps));
        plan.note(&story);
        let rest = plan.step("The rest is the whole without the part.", a + b, Op::Sub, a);
        let questions = if coloured && draw.chance(60) {
            MISSING_COLOURED
        } else {
            MISSING_NAMED
        };
        let question = fill(draw.pick(questions), &gaps);
        if level == Level::Hard && draw.chance(50) {
            let more = level.number(draw);
            let text = fill(draw.pick(MORE_OF), &gaps).replace("{m}", &more.to_string());
            let said = Op::Add.said(more);
            plan.lines.insert(1, Line::Note(text.clone()));
            plan.step(format!("Then {said}."), rest, Op::Add, more);
            return Draft {
                story: format!("{story} {text}"),
                question: fill(draw.pick(MISSING_THEN), &gaps),
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
    let mut story = capital(&fill(draw.pick(TOGETHER), &gaps));
    plan.note(&story);
    let sum = plan.step("All of them together.", a, Op::Add, b);
    let mut formula = format!("{a} + {b}");
    let mut questions = TOTAL;
    if level != Level::Easy && draw.chance(60) {
        let m = level.number(draw);
        let gone = m < sum && draw.chance(50);
        let text = draw.pick(if gone { GONE } else { COME });
        let text = fill(text, &gaps).replace("{m}", &m.to_string());
        let op = if gone { Op::Sub } else { Op::Add };
        let said = op.said(m);
        plan.lines.insert(1, Line::Note(text.clone()));
        plan.step(format!("Then {said}."), sum, op, m);
        // A total might count those that are gone.
        if gone || draw.chance(60) {
            questions = TOTAL_THEN;
        }
        story = format!("{story} {text}");
        formula = format!("{formula} {} {m}", op.sign());
    }
    Draft {
        story,
        question: fill(draw.pick(questions), &gaps),
        plan,
        formula: format!("x = {formula}"),
    }
}

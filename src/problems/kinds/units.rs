//! Hours and minutes, weeks and days, meters and centimeters, dozens.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, person};
use crate::problems::{Draft, Level};

struct Unit {
    /// The large unit and the small one: what the trace calls them.
    names: (&'static str, &'static str),
    /// How many small in a large one.
    factor: i64,
    /// Both as people also write them.
    spellings: &'static [(&'static str, &'static str)],
    /// Sentences that give a quantity.
    stories: &'static [&'static str],
}

const UNITS: &[Unit] = &[
    Unit {
        names: ("hours", "minutes"),
        factor: 60,
        spellings: &[("h", "min"), ("hrs", "mins"), ("hours", "min")],
        stories: WHILES,
    },
    Unit {
        names: ("minutes", "seconds"),
        factor: 60,
        spellings: &[("min", "sec"), ("mins", "secs"), ("min", "seconds")],
        stories: WHILES,
    },
    Unit {
        names: ("weeks", "days"),
        factor: 7,
        spellings: &[("wks", "days")],
        stories: SPANS,
    },
    Unit {
        names: ("days", "hours"),
        factor: 24,
        spellings: &[("days", "hrs"), ("days", "h")],
        stories: SPANS,
    },
    Unit {
        names: ("years", "months"),
        factor: 12,
        spellings: &[("yrs", "months")],
        stories: SPANS,
    },
    Unit {
        names: ("meters", "centimeters"),
        factor: 100,
        spellings: &[("m", "cm"), ("metres", "centimetres"), ("meters", "cm")],
        stories: LENGTHS,
    },
    Unit {
        names: ("feet", "inches"),
        factor: 12,
        spellings: &[("ft", "inches")],
        stories: LENGTHS,
    },
    Unit {
        names: ("dozens", "pieces"),
        factor: 12,
        spellings: &[("dozen", "pieces"), ("dozen", "single pieces")],
        stories: COUNTS,
    },
    Unit {
        names: ("kilograms", "grams"),
        factor: 1000,
        spellings: &[("kg", "g"), ("kilos", "grams"), ("kg", "grams")],
        stories: WEIGHTS,
    },
    Unit {
        names: ("centimeters", "millimeters"),
        factor: 10,
        spellings: &[
            ("cm", "mm"),
            ("centimetres", "millimetres"),
            ("cm", "millimeters"),
        ],
        stories: LENGTHS,
    },
];

const WHILES: &[&str] = &[
    "{N} works for {q}.",
    "{N} practised for {q}.",
    "{N} had to wait for {q}.",
    "I slept for {q}.",
    "The show lasts {q}.",
    "It took us {q} to get there.",
    "My brother was on the phone for {q}.",
    "The machine has been running for {q}.",
    "A teacher talks for {q}.",
    "The lights were left on for {q}.",
    "Time needed: {q}.",
];
const SPANS: &[&str] = &[
    "{N} was away for {q}.",
    "{N} stayed with us for {q}.",
    "The work took {q}.",
    "We have been waiting for {q}.",
    "My sister has been abroad for {q}.",
    "A ship is at sea for {q}.",
    "The shop was closed for {q}.",
    "There are {q} left.",
    "The course lasts {q}.",
];
const LENGTHS: &[&str] = &[
    "A ribbon is {q} long.",
    "{N} needs a string of {q}.",
    "{N} cuts off {q} of tape.",
    "My shelf is {q} wide.",
    "We measured it and got {q}.",
    "A snail crawls {q}.",
    "The plant has grown by {q}.",
    "Length of the stick: {q}.",
    "The hole was dug {q} deep.",
];
const WEIGHTS: &[&str] = &[
    "A melon weighs {q}.",
    "{N} buys {q} of rice.",
    "{N} carries {q} of sand.",
    "I need {q} of flour.",
    "The parcel has a weight of {q}.",
    "We picked {q} of berries.",
    "A cook used up {q} of sugar.",
    "Weight of the cat: {q}.",
];
const COUNTS: &[&str] = &[
    "The box holds {q}.",
    "{N} orders {q}.",
    "{N} was sent {q}.",
    "A shop sold {q}.",
    "We have {q} in stock.",
    "I packed {q}.",
    "A baker made {q}.",
];
/// What a story asks.
const THEN: &[&str] = &[
    "How many {s} is that?",
    "How many {s} is that?",
    "How many {s} are that?",
    "How many {s} does that make?",
    "What is that in {s}?",
    "What's that in {s}?",
    "How much is that in {s}?",
    "Express that in {s}.",
    "Give it in {s}, please.",
    "Can you say that in {s}?",
    "How many {s} altogether?",
    "In {s}?",
];

/// A quantity of both units.
const BOTH: &[&str] = &[
    "{n} {l} and {e} {x}",
    "{n} {l} and {e} {x}",
    "{n} {l} and {e} {x}",
    "{n} {l} {e} {x}",
    "{n} {l} plus {e} {x}",
];

const ASKS: &[&str] = &[
    "How many {s} are {q}?",
    "How many {s} are {q}?",
    "How many {s} are in {q}?",
    "How many {s} are in {q}?",
    "Convert {q} to {s}.",
    "Convert {q} to {s}.",
    "{q} are how many {s}?",
    "How many {s} are there in {q}?",
    "How many {s} is {q}?",
    "How many {s} make {q}?",
    "How many {s} make up {q}?",
    "How many {s} do you get from {q}?",
    "How many {s} would {q} be?",
    "how many {s} in {q}",
    "how many {s} is {q}?",
    "{q} in {s}",
    "{q} in {s}?",
    "{q} to {s}",
    "{q} to {s}, please.",
    "{q} = how many {s}?",
    "{q} is how many {s}?",
    "{q}: how many {s} is that?",
    "What is {q} in {s}?",
    "What's {q} in {s}?",
    "what's {q} in {s}",
    "How much is {q} in {s}?",
    "Change {q} to {s}.",
    "Change {q} into {s}.",
    "Convert {q} into {s}.",
    "convert {q} to {s}",
    "Express {q} in {s}.",
    "Write {q} in {s}.",
    "Turn {q} into {s}.",
    "Please convert {q} to {s}.",
    "Can you convert {q} to {s}?",
    "Could you turn {q} into {s} for me?",
    "I need {q} in {s}.",
    "Tell me how many {s} there are in {q}.",
    "If I have {q}, how many {s} do I have?",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let unit = draw.one_of(UNITS);
    let ((large, small), factor) = (unit.names, unit.factor);
    let n = draw.range(2..=9);
    let extra = if level == Level::Easy || factor > 100 || draw.chance(40) {
        0
    } else {
        draw.range(1..=factor - 1)
    };
    let (l, s) = if draw.chance(35) {
        draw.pick(unit.spellings)
    } else {
        unit.names
    };
    let one = match s {
        "inches" => "inch",
        _ => s.trim_end_matches('s'),
    };
    let (n_text, extra_text) = (n.to_string(), extra.to_string());
    let quantity = fill(
        if extra == 0 {
            "{n} {l}"
        } else {
            draw.pick(BOTH)
        },
        &[
            ("n", n_text.as_str()),
            ("l", l),
            ("e", extra_text.as_str()),
            ("x", if extra == 1 { one } else { s }),
        ],
    );
    let who = person(draw);
    let gaps = [("q", quantity.as_str()), ("s", s), ("N", who.name.as_str())];
    let (story, question) = if draw.chance(30) {
        (draw.pick(unit.stories), draw.pick(THEN))
    } else {
        ("", draw.pick(ASKS))
    };
    let (story, question) = (fill(story, &gaps), fill(question, &gaps));
    let mut plan = Plan::default();
    let fact = format!("One of the {large} has {factor} {small}.");
    let whole = plan.step(fact, factor, Op::Mul, n);
    let mut formula = format!("x = {n} * {factor}");
    if extra > 0 {
        plan.step(format!("And {extra} {small} more."), whole, Op::Add, extra);
        formula = format!("{formula} + {extra}");
    }
    Draft {
        story,
        question,
        plan,
        formula,
    }
}

//! So many cost so much: what do others cost?

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, items, person};
use crate::problems::{Draft, Level};

/// A story that is empty has all in its question.
const ASKS: &[(&str, &str)] = &[
    ("{n} {i} cost {t} dollars.", "How much do {k} {i} cost?"),
    ("{N} pays ${t} for {n} {i}.", "How much do {k} {i} cost?"),
    ("{n} {i} cost ${t}.", "What is the price of {k} {i}?"),
    (
        "A pack of {n} {i} costs {t} cents.",
        "How many cents do {k} {i} cost at the same price?",
    ),
    (
        "{N} bought {n} {i} for {t} dollars.",
        "How many dollars would {k} {i} cost?",
    ),
    (
        "If {n} {i} weigh {t} grams,",
        "how many grams do {k} {i} weigh?",
    ),
    ("If {n} {i} cost ${t},", "how much do {k} {i} cost?"),
    ("If {n} {i} are ${t},", "how much are {k} {i}?"),
    ("{n} {i} for ${t}.", "How much for {k}?"),
    (
        "{n} {i} are sold for {t} cents.",
        "What's the price of {k}?",
    ),
    (
        "{n} {i} go for {t} dollars.",
        "What would I pay for {k} {i}?",
    ),
    (
        "I paid ${t} for {n} {i}.",
        "What would {k} of them have cost me?",
    ),
    (
        "My brother got {n} {i} and was charged {t} dollars.",
        "How much would he be charged for {k} {i}?",
    ),
    (
        "A shop sells {i} at {t} cents for {n}.",
        "How many cents do {k} {i} come to?",
    ),
    (
        "A farmer gets ${t} for {n} {i}.",
        "How much does the farmer get for {k} {i}?",
    ),
    (
        "{N} sold {n} {i} and took in {t} dollars.",
        "How much would {k} {i} bring in?",
    ),
    (
        "We spent ${t} on {n} {i}.",
        "At that price, what do {k} {i} cost?",
    ),
    (
        "{t} dollars were paid for {n} {i}, each at the same price.",
        "How many dollars do {k} such {i} cost?",
    ),
    (
        "For ${t} you get {n} {i}.",
        "How much money do you need for {k} {i}?",
    ),
    (
        "{n} identical {i} weigh {t} grams.",
        "What do {k} of them weigh?",
    ),
    (
        "Together, {n} equal {i} have a weight of {t} grams.",
        "How many grams do {k} of these {i} weigh?",
    ),
    (
        "{N} needs {t} minutes to count {n} boxes.",
        "At the same pace, how many minutes does {N} need for {k} boxes?",
    ),
    (
        "A machine makes {t} {i} in {n} hours.",
        "How many {i} does it make in {k} hours?",
    ),
    (
        "In {n} days {N} earns ${t}.",
        "What does {N} earn in {k} days?",
    ),
    (
        "{n} crates hold {t} {i}.",
        "How many {i} do {k} such crates hold?",
    ),
    (
        "A printer prints {t} pages in {n} minutes.",
        "How many pages in {k} minutes?",
    ),
    ("", "How much do {k} {i} cost if {n} {i} cost ${t}?"),
    (
        "",
        "What's the price of {k} {i} when {n} of them cost {t} dollars?",
    ),
    (
        "",
        "If {N} pays {t} dollars for {n} {i}, what do {k} {i} cost?",
    ),
    ("", "What would I pay for {k} {i} if {n} are ${t}?"),
    (
        "",
        "How many grams do {k} {i} weigh if {n} such {i} weigh {t} grams?",
    ),
    (
        "",
        "How many dollars do you need for {k} {i} if you get {n} for {t} dollars?",
    ),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let item = items(draw);
    let price = draw.range(2..=level.choose(9, 15, 60));
    let n = draw.range(2..=9);
    let k = loop {
        let k = draw.range(2..=9);
        if k != n {
            break k;
        }
    };
    let total = n * price;
    let (story, question) = draw.pick(ASKS);
    let gaps = [
        ("N", someone.name.as_str()),
        ("i", &item),
        ("n", &n.to_string()),
        ("t", &total.to_string()),
        ("k", &k.to_string()),
    ];
    let (story, question) = (fill(story, &gaps), fill(question, &gaps));
    let mut plan = Plan::default();
    plan.note(if story.is_empty() { &question } else { &story });
    let one = plan.step("First a single one.", total, Op::Div, n);
    plan.step(format!("Then {k} of them."), one, Op::Mul, k);
    Draft {
        story,
        question,
        plan,
        formula: format!("x / {k} = {total} / {n}"),
    }
}

//! So many cost so much: what do others cost?

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, items, person};
use crate::problems::{Draft, Level};

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
    plan.note(&story);
    let one = plan.step("First a single one.", total, Op::Div, n);
    plan.step(format!("Then {k} of them."), one, Op::Mul, k);
    Draft {
        story,
        question,
        plan,
        formula: format!("x / {k} = {total} / {n}"),
    }
}

//! The mean of some numbers.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan, label, labelled, list};
use crate::problems::words::person;
use crate::problems::{Draft, Level};

/// The story and the question. `{l}` ends in `and`, `{c}` has commas only, as in lists that are typed in a hurry.
const TEXTS: &[(&str, &str)] = &[
    ("", "What is the average of {l}?"),
    ("", "Find the mean of {l}."),
    ("", "What is the mean of the numbers {l}?"),
    ("{N} has the scores {l}.", "What is the average score?"),
    (
        "On some days {N} reads {l} pages.",
        "How many pages a day is that on average?",
    ),
    ("The numbers are {l}.", "What is their average?"),
    ("", "What's the mean of {l}?"),
    ("", "What's the average of {c}?"),
    ("", "average of {l}"),
    ("", "mean of {l} please"),
    ("", "mean of {c}"),
    ("", "{c}: what is the average?"),
    ("{c}.", "What's the mean?"),
    ("", "Calculate the average of {c}."),
    ("", "Work out the mean of these numbers: {c}."),
    ("", "Compute the arithmetic mean of {l}."),
    ("", "Please find the average of {l} for me."),
    ("", "Can you average {l}?"),
    ("", "What do {l} average out to?"),
    ("", "If you average {l}, what do you get?"),
    ("I have the numbers {l}.", "What is their mean?"),
    ("Here are some numbers: {c}.", "What is the average?"),
    ("Take the numbers {l}.", "Find their mean."),
    ("", "How much is the average of {l}?"),
    (
        "{N} scored {l} points in the last few games.",
        "What was the average number of points per game?",
    ),
    (
        "In a quiz, my friends got {l} points.",
        "What is the mean score?",
    ),
    ("My test marks are {l}.", "What's my average?"),
    (
        "{N}'s results are {l} points.",
        "What is {N}'s mean result?",
    ),
    (
        "Our team made {l} points in its matches.",
        "How many points per match is that on average?",
    ),
    (
        "A shop had {l} customers on different days.",
        "What was the daily average?",
    ),
    (
        "A baker sold {l} rolls on some mornings.",
        "On average, how many rolls were sold each morning?",
    ),
    (
        "A museum counted {l} visitors, day by day.",
        "How many visitors a day came on average?",
    ),
    (
        "My brother saved {l} cents in different weeks.",
        "How much did he save in a week on average?",
    ),
    (
        "On different days I walked for {l} minutes.",
        "On average, how many minutes a day did I walk?",
    ),
    (
        "{N} drove {l} kilometres on the days of a trip.",
        "What is the mean distance per day?",
    ),
    (
        "Some parcels weigh {l} grams.",
        "What's their average weight?",
    ),
    (
        "",
        "What is the average weight of parcels that weigh {l} grams?",
    ),
    (
        "Some planks are {l} centimetres long.",
        "What is the mean length?",
    ),
    ("", "What is the average length of ropes of {l} metres?"),
    (
        "{N} was sent {l} messages on the last few days.",
        "How many messages was that per day on average?",
    ),
    (
        "The trees of a farmer bore {l} apples.",
        "How many apples did a tree bear on average?",
    ),
    (
        "The classes of our school collected {l} bottles.",
        "How many bottles did a class collect on average?",
    ),
    ("The bills were {l} dollars.", "What was the average bill?"),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let count = draw.range(level.choose(2, 3, 3)..=level.choose(2, 4, 5));
    let mut values: Vec<i64> = (1..count).map(|_| level.number_to(draw, 200)).collect();
    // The last number is the one that makes the mean whole.
    let sum: i64 = values.iter().sum();
    values.push(draw.range(2..=level.choose(9, 30, 60)) * count + (count - sum % count) % count);
    let list_text = list(&values);
    let terms: Vec<String> = values.iter().map(i64::to_string).collect();
    let someone = person(draw);
    let commas = terms.join(", ");
    let (story, question) = draw.pick(TEXTS);
    let fill = |text: &str| {
        text.replace("{l}", &list_text)
            .replace("{c}", &commas)
            .replace("{N}", &someone.name)
    };
    let mut plan = Plan::default();
    let told: Vec<String> = terms.iter().map(|value| format!("{value}.")).collect();
    plan.note(format!("{} That is {count} numbers.", labelled(&told)));
    let mut total = plan.step("First (A) and (B).", values[0], Op::Add, values[1]);
    for (i, &value) in values.iter().enumerate().skip(2) {
        total = plan.step(format!("Then {}.", label(i)), total, Op::Add, value);
    }
    plan.step(format!("Then divided by {count}."), total, Op::Div, count);
    Draft {
        story: fill(story),
        question: fill(question),
        plan,
        formula: format!("x = ({}) / {count}", terms.join(" + ")),
    }
}

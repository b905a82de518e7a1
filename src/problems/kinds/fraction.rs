//! Halves, thirds and other fractions of a number of things.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{capital, fill, items, person};
use crate::problems::{Draft, Level};

const UNIT: &[(i64, &str)] = &[
    (2, "half"),
    (3, "a third"),
    (3, "one third"),
    (4, "a quarter"),
    (4, "one quarter"),
    (4, "a fourth"),
    (5, "a fifth"),
    (5, "one fifth"),
    (6, "a sixth"),
    (8, "an eighth"),
];

/// How many parts, where they are told in words.
const COUNTS: [&str; 8] = ["no", "one", "two", "three", "four", "five", "six", "seven"];

/// Bare fractions of a number: their traces quote nothing, since the question is all there is.
const BARE: &[&str] = &[
    "What is {f} of {n}?",
    "What is {f} of {n}?",
    "How much is {f} of {n}?",
    "Find {f} of {n}.",
    "What's {f} of {n}?",
    "what is {f} of {n}?",
    "{f} of {n}",
    "{f} of {n}?",
    "{F} of {n}?",
    "{f} of {n} = ?",
    "{f} of {n} is how much?",
    "{F} of {n} is what number?",
    "{F} of {n}, please.",
    "Calculate {f} of {n}.",
    "Compute {f} of {n}.",
    "Work out {f} of {n}.",
    "Please work out {f} of {n}.",
    "What number is {f} of {n}?",
    "Can you tell me {f} of {n}?",
    "Tell me what {f} of {n} is.",
    "I need {f} of {n}.",
    "Give me {f} of {n}.",
    "If I take {f} of {n}, what do I get?",
    "What does {f} of {n} come to?",
    "how much is {f} of {n}",
];
/// Stories that ask for the part itself. A story that is empty has all in its question.
const PART: &[(&str, &str)] = &[
    (
        "{N} has {n} {i}. {N} gives {f} of them to a friend.",
        "How many {i} does the friend get?",
    ),
    (
        "There are {n} {i} and {f} of them are red.",
        "How many {i} are red?",
    ),
    (
        "{N} has {n} {i}. Of these, {f} are new.",
        "How many new {i} does {N} have?",
    ),
    (
        "{F} of the {n} {i} are blue.",
        "How many blue {i} are there?",
    ),
    (
        "{N} owns {n} {i}, and {f} of them are old.",
        "How many old {i} is that?",
    ),
    (
        "I handed {f} of my {n} {i} to my sister.",
        "How many {i} did she get from me?",
    ),
    (
        "A shop had {n} {i} and sold off {f} of them.",
        "How many {i} did the shop sell?",
    ),
    (
        "Of {n} {i}, {f} were damaged.",
        "How many damaged {i} were there?",
    ),
    (
        "{F} of a pile of {n} {i} belong to my brother.",
        "How many {i} are my brother's?",
    ),
    ("{n} {i}, {f} of them green.", "How many green ones?"),
    (
        "Our teacher brought {n} {i}. The girls were given {f} of them.",
        "How many {i} were the girls given?",
    ),
    (
        "{N} picked out {f} of the {n} {i} in the box.",
        "How many {i} did {N} pick out?",
    ),
    (
        "A farmer took {n} {i} to the market, and {f} of them were bought.",
        "How many {i} were bought?",
    ),
    (
        "We counted {n} {i}. {F} were white.",
        "How many of them were white?",
    ),
    (
        "There were {n} children on a bus and {f} of them hopped off.",
        "How many children hopped off?",
    ),
    (
        "{F} of the {n} pupils in a school walk there.",
        "How many pupils walk to school?",
    ),
    ("", "How many {i} is {f} of {n} {i}?"),
    (
        "",
        "If {f} of {n} {i} are yellow, how many yellow {i} are there?",
    ),
    ("", "How many {i} does {N} get if {s} gets {f} of {n} {i}?"),
    ("", "How many {i} did I lose if I lost {f} of my {n} {i}?"),
    ("", "What's {f} of {n} {i}?"),
    (
        "",
        "How many of the {n} {i} were used when {f} of them were used?",
    ),
];
/// What is left when the part is gone.
const LEFT: &[(&str, &str)] = &[
    (
        "{N} has {n} {i}. {N} gives {f} of them to a friend.",
        "How many {i} does {N} have left?",
    ),
    (
        "{N} had {n} {i} and sold {f} of them.",
        "How many {i} are left?",
    ),
    (
        "There are {n} {i}. Then {f} of the {i} are taken away.",
        "How many {i} remain?",
    ),
    (
        "{N} has {n} {i} and loses {f} of them.",
        "How many does {N} still have?",
    ),
    (
        "I had {n} {i} but gave away {f} of them.",
        "How many {i} do I have now?",
    ),
    (
        "{N} got rid of {f} of {n} {i}.",
        "How many {i} did {N} keep?",
    ),
    (
        "{N} used up {f} of the {n} {i}.",
        "How many {i} haven't been used?",
    ),
    (
        "My brother handed me {f} of his {n} {i}.",
        "How many {i} does my brother still have?",
    ),
    (
        "A shop starts the day with {n} {i}. By noon {f} of them have been sold.",
        "How many {i} are still for sale?",
    ),
    (
        "Of {n} {i}, {f} got broken.",
        "How many {i} are not broken?",
    ),
    (
        "We packed {n} {i} and left {f} of them at home.",
        "How many {i} did we take along?",
    ),
    (
        "A teacher has {n} {i}. The class is given {f} of them.",
        "How many {i} does the teacher keep?",
    ),
    (
        "There were {n} {i} on the table until somebody took {f} of them.",
        "How many {i} were left on the table?",
    ),
    (
        "{N} bought {n} {i}. {F} of them were stolen.",
        "How many {i} weren't stolen?",
    ),
    (
        "{F} of the {n} {i} are red and all the others are blue.",
        "How many {i} are blue?",
    ),
    (
        "A farmer brought {n} {i} to the market, and people bought {f} of them.",
        "How many {i} did the farmer take home again?",
    ),
    (
        "{n} passengers were on a train. {F} of them got off.",
        "How many passengers stayed on the train?",
    ),
    ("{n} {i}, minus {f} of them.", "How many are left?"),
    (
        "{N} collected {n} {i}, then donated {f} of them to the school.",
        "How many {i} does {N} have after that?",
    ),
    (
        "",
        "How many {i} are left if {f} of {n} {i} are thrown out?",
    ),
    ("", "If I give away {f} of my {n} {i}, how many do I keep?"),
    (
        "",
        "How many {i} does {N} still have if {s} loses {f} of {n}?",
    ),
    ("", "What's left of {n} {i} once {f} of them are gone?"),
    ("", "How many of {n} {i} remain when {f} of them are taken?"),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let item = items(draw);
    let (d, word) = draw.pick(UNIT);
    let p = if d > 2 && level != Level::Easy && draw.chance(50) {
        draw.range(2..=d - 1)
    } else {
        1
    };
    let n = d * level.factor(draw);
    let word = if p > 1 && draw.chance(40) {
        // `two thirds` from `a third`.
        let part = word.rsplit(' ').next().unwrap_or(word);
        format!("{} {part}s", COUNTS[p as usize])
    } else if p > 1 {
        format!("{p}/{d}")
    } else if draw.chance(25) {
        format!("1/{d}")
    } else {
        word.to_owned()
    };
    let n_text = n.to_string();
    let capital_word = capital(&word);
    let gaps = [
        ("N", someone.name.as_str()),
        ("s", someone.pronoun),
        ("n", &n_text),
        ("i", &item),
        ("f", &word),
        ("F", &capital_word),
    ];
    let mut plan = Plan::default();
    let part = |plan: &mut Plan, lead: &str| {
        let one = plan.step(format!("{lead} One part of {d}.").trim(), n, Op::Div, d);
        if p > 1 {
            plan.step(format!("And {p} such parts."), one, Op::Mul, p)
        } else {
            one
        }
    };
    let left = draw.chance(50) && level != Level::Easy;
    let bare = !left && draw.chance(50);
    let (story, question) = if bare {
        ("", draw.pick(BARE))
    } else {
        draw.pick(if left { LEFT } else { PART })
    };
    let (story, question) = (fill(story, &gaps), fill(question, &gaps));
    let quoted = if bare || !story.is_empty() {
        &story
    } else {
        &question
    };
    let taken = part(&mut plan, quoted);
    let mut formula = format!("{n} * {p} / {d}");
    if left {
        plan.step("That goes away.", n, Op::Sub, taken);
        formula = format!("{n} - {formula}");
    }
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

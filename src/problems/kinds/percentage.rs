//! Percentages of round numbers, discounts and raises.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, person};
use crate::problems::{Draft, Level};

/// How a percentage is written.
const PERCENT: &[&str] = &[
    "{p}%",
    "{p}%",
    "{p}%",
    "{p} percent",
    "{p} percent",
    "{p} %",
    "{p} per cent",
];
/// How money is written.
const MONEY: &[&str] = &["${n}", "${n}", "${n}", "{n} dollars"];

/// Bare percentages: their traces quote nothing, since the question is all there is.
const BARE: &[&str] = &[
    "What is {p} of {n}?",
    "What is {p} of {n}?",
    "How much is {p} of {n}?",
    "Find {p} of {n}.",
    "What's {p} of {n}?",
    "what is {p} of {n}?",
    "how much is {p} of {n}",
    "Calculate {p} of {n}.",
    "Compute {p} of {n}.",
    "Work out {p} of {n}.",
    "Determine {p} of {n}.",
    "{p} of {n}",
    "{p} of {n}?",
    "{p} of {n} = ?",
    "{p} of {n} is how much?",
    "{p} of {n} is what number?",
    "{p} of {n}, please.",
    "{p} of {m} is how much?",
    "How much is {p} of {m}?",
    "What number is {p} of {n}?",
    "Can you tell me {p} of {n}?",
    "Could you work out {p} of {n} for me?",
    "Please calculate {p} of {n}.",
    "Tell me what {p} of {n} is.",
    "I need {p} of {n}.",
    "Give me {p} of {n}.",
    "If I take {p} of {n}, what do I get?",
    "What does {p} of {n} come to?",
    "What would {p} of {n} be?",
    "What do you get when you take {p} of {n}?",
    "Quick question: what's {p} of {n}?",
    "Hey, how much is {p} of {n}?",
];
/// Stories that ask for the part itself. A story that is empty has all in its question.
const PART: &[(&str, &str)] = &[
    (
        "There are {n} students in a school. {p} of them are girls.",
        "How many girls are there?",
    ),
    (
        "{N} has {m} and spends {p} of it.",
        "How much does {N} spend?",
    ),
    (
        "A box holds {n} apples. {p} of them are green.",
        "How many apples are green?",
    ),
    (
        "{N} earns {m} and saves {p}.",
        "How many dollars does {N} save?",
    ),
    (
        "{p} of the {n} seats are taken.",
        "How many seats are taken?",
    ),
    (
        "{n} people came and {p} of them were children.",
        "How many children came?",
    ),
    (
        "I had {m} and put {p} of it in the bank.",
        "How much did I put in the bank?",
    ),
    (
        "The bill comes to {m}. We leave a tip of {p}.",
        "How much is the tip?",
    ),
    (
        "Dinner was {m} and I want to tip {p}.",
        "What should the tip be?",
    ),
    (
        "A coat with a price tag of {m} is {p} off.",
        "How much do I save?",
    ),
    (
        "A farmer planted {n} trees and {p} of them died.",
        "How many trees died?",
    ),
    (
        "My book has {n} pages. I've read {p} of it.",
        "How many pages have I read?",
    ),
    (
        "{N} got {p} of the {n} questions right.",
        "How many right answers is that?",
    ),
    (
        "A survey asked {n} people, and {p} said yes.",
        "How many people said yes?",
    ),
    (
        "Of {n} bulbs, {p} were broken.",
        "How many bulbs were broken?",
    ),
    (
        "Our club has {n} members. {p} of the members voted.",
        "How many votes were cast?",
    ),
    (
        "A shop had {n} umbrellas and got rid of {p} of them.",
        "How many umbrellas did it get rid of?",
    ),
    (
        "My teacher gave {p} of her {n} pencils to the class.",
        "How many pencils did the class get?",
    ),
    (
        "{n} tickets were printed and {p} of them were sold.",
        "How many tickets were sold?",
    ),
    (
        "The tax on a purchase of {m} is {p}.",
        "How much tax is due?",
    ),
    ("{n} eggs, {p} of them brown.", "How many brown eggs?"),
    ("", "How many of {n} cars are red if {p} of them are red?"),
    (
        "",
        "If {p} of {n} guests are vegetarians, how many vegetarians are there?",
    ),
    (
        "",
        "How much money does {N} give away if {N} gives away {p} of {m}?",
    ),
    (
        "",
        "How many girls are there in a school of {n} children when {p} are girls?",
    ),
    ("", "What's a tip of {p} on a bill of {m}?"),
    ("", "How much is the discount if I get {p} off {m}?"),
    (
        "",
        "My brother scored {p} of the team's {n} points, so how many points were his?",
    ),
];
/// What is left when the part is gone.
const LESS: &[(&str, &str)] = &[
    (
        "A jacket costs {m}. It is sold with a discount of {p}.",
        "What is the new price?",
    ),
    (
        "The price of a bike is {m}. In the sale it is {p} cheaper.",
        "What does it cost now?",
    ),
    (
        "{N} has {m} and spends {p} of it.",
        "How much money is left?",
    ),
    (
        "A shop has {n} lamps and sells {p} of them.",
        "How many lamps are left?",
    ),
    ("A coat was {m} and is now {p} off.", "How much is it now?"),
    ("Shoes for {m}, reduced by {p}.", "What's the new price?"),
    (
        "The shop takes {p} off everything. A bag used to cost {m}.",
        "How much do I pay for it?",
    ),
    (
        "I have a coupon for {p} off. The meal is {m}.",
        "What do I have to pay?",
    ),
    (
        "A laptop normally sells for {m}, but students get {p} off.",
        "How much does a student pay?",
    ),
    (
        "A school has {n} pupils. {p} of them are girls and the rest are boys.",
        "How many boys are there?",
    ),
    (
        "Of {n} apples, {p} are rotten.",
        "How many apples are still good?",
    ),
    (
        "My book has {n} pages and I've already read {p} of them.",
        "How many pages do I still have to read?",
    ),
    (
        "A tank held {n} liters of water. Then {p} of the water leaked out.",
        "How many liters remain?",
    ),
    (
        "There were {n} people at a party. Later {p} of them went home.",
        "How many people stayed?",
    ),
    (
        "{N} earns {m} and pays {p} of it in tax.",
        "How much does {N} keep?",
    ),
    (
        "A town of {n} people shrank by {p}.",
        "How many people live there now?",
    ),
    (
        "A baker made {n} rolls and sold off {p} of them by noon.",
        "How many rolls were not sold yet?",
    ),
    (
        "We gave away {p} of our {n} books.",
        "How many books do we have now?",
    ),
    ("", "Decrease {n} by {p}."),
    ("", "What is {n} reduced by {p}?"),
    ("", "What's {m} with {p} off?"),
    (
        "",
        "How much do I pay for a chair of {m} at a discount of {p}?",
    ),
    (
        "",
        "How many of {n} seats are free if {p} of them are taken?",
    ),
    ("", "If {N} spends {p} of {m}, how much is left?"),
    (
        "",
        "What is the sale price of a watch that costs {m} before a discount of {p}?",
    ),
];
/// The part comes on top.
const MORE: &[(&str, &str)] = &[
    (
        "A phone costs {m}. The price goes up by {p}.",
        "What is the new price?",
    ),
    (
        "{N} earns {m} a week and gets a raise of {p}.",
        "How much does {N} earn now?",
    ),
    (
        "A village has {n} people. The number grows by {p}.",
        "How many people are there then?",
    ),
    (
        "The rent was {m} and rises by {p}.",
        "How much is the rent now?",
    ),
    (
        "Dinner costs {m} and we add a tip of {p}.",
        "What do we pay altogether?",
    ),
    (
        "The price without tax is {m}. On top of that comes tax of {p}.",
        "What is the full price?",
    ),
    (
        "A club had {n} members last year. This year it has {p} more.",
        "How many members does it have this year?",
    ),
    (
        "I used to make {m} a week, then my boss gave me {p} more.",
        "What do I make now?",
    ),
    (
        "My plant was {n} cm tall and has grown by {p}.",
        "How many cm tall is it now?",
    ),
    (
        "A factory made {n} cars in May and raised that by {p} in June.",
        "How many cars did it make in June?",
    ),
    (
        "A shop buys a lamp for {m} and marks it up by {p}.",
        "What does the shop charge for it?",
    ),
    (
        "Last week {n} people visited the museum, and this week {p} more came.",
        "How many visitors came this week?",
    ),
    (
        "{N} puts {m} in the bank and gets {p} interest.",
        "How much is in the bank after that?",
    ),
    ("Bus fare: {m}, going up by {p}.", "What's the new fare?"),
    ("", "Increase {n} by {p}."),
    ("", "What is {n} increased by {p}?"),
    ("", "What's {m} plus a tip of {p}?"),
    ("", "If a price of {m} rises by {p}, what is it then?"),
    ("", "How much does {N} earn after a raise of {p} on {m}?"),
    (
        "",
        "How many sheep does a farmer have if the flock of {n} grows by {p}?",
    ),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let p = draw.pick(level.choose(
        &[10, 50, 25, 20][..],
        &[10, 20, 25, 30, 50, 75][..],
        &[5, 10, 20, 25, 30, 40, 60, 70, 75, 80, 90][..],
    ));
    let n = match p {
        25 | 75 => 4 * draw.range(2..=level.choose(10, 25, 99)),
        50 => 2 * draw.range(3..=level.choose(20, 50, 200)),
        5 => 20 * draw.range(2..=30),
        _ => 10 * draw.range(2..=level.choose(9, 30, 80)),
    };
    let mut plan = Plan::default();
    let part = |plan: &mut Plan| match p {
        50 => plan.step("50 percent is one half.", n, Op::Div, 2),
        25 => plan.step("25 percent is one quarter.", n, Op::Div, 4),
        75 => {
            let quarter = plan.step("25 percent is one quarter.", n, Op::Div, 4);
            plan.step("75 percent is 3 times that.", quarter, Op::Mul, 3)
        }
        _ => {
            plan.note(format!("10 percent of {n} is {}.", n / 10));
            match p {
                5 => plan.step("5 percent is half of that.", n / 10, Op::Div, 2),
                _ => plan.step(
                    format!("{p} percent is {} times that.", p / 10),
                    n / 10,
                    Op::Mul,
                    p / 10,
                ),
            }
        }
    };
    let someone = person(draw);
    let n_text = n.to_string();
    let p_text = draw.pick(PERCENT).replace("{p}", &p.to_string());
    let money = draw.pick(MONEY).replace("{n}", &n_text);
    let gaps = [
        ("p", p_text.as_str()),
        ("n", &n_text),
        ("m", &money),
        ("N", &someone.name),
    ];
    let mut bare = false;
    let ((story, question), after) = match draw.below(level.choose(1, 4, 4)) {
        0 | 1 => {
            bare = draw.chance(50);
            let text = if bare {
                ("", draw.pick(BARE))
            } else {
                draw.pick(PART)
            };
            (text, None)
        }
        2 => (draw.pick(LESS), Some(Op::Sub)),
        _ => (draw.pick(MORE), Some(Op::Add)),
    };
    let (story, question) = (fill(story, &gaps), fill(question, &gaps));
    if !bare {
        plan.note(if story.is_empty() { &question } else { &story });
    }
    let share = part(&mut plan);
    let mut formula = format!("{n} * {p} / 100");
    if let Some(op) = after {
        plan.step(
            if op == Op::Sub {
                "That goes away."
            } else {
                "That comes on top."
            },
            n,
            op,
            share,
        );
        formula = format!("{n} {} {formula}", op.sign());
    }
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

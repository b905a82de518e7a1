//! Sequences that grow or shrink by the same amount.

use crate::problems::draw::Draw;
use crate::problems::plan::{self, Op, Plan};
use crate::problems::words::fill;
use crate::problems::{Draft, Level};

/// For the term after those shown. `{m}` is the list with `and`.
const NEXT: &[(&str, &str)] = &[
    ("A sequence starts {l}.", "What is the next number?"),
    (
        "A sequence starts {l} and goes on in the same way.",
        "What comes next?",
    ),
    ("", "What number comes next: {l}, ...?"),
    ("", "What is the next number in the sequence {l}?"),
    ("{l}, ...", "What's next?"),
    ("", "{l}, ?"),
    ("", "{l} what comes next"),
    ("", "next number: {l}"),
    ("", "What comes after {l}?"),
    ("", "What's the next term of {l}?"),
    ("", "Continue the sequence: {l}, ..."),
    ("", "Find the next number: {l}, ..."),
    ("", "Find the next term of the sequence {l}."),
    ("", "Which number should follow {l}?"),
    ("", "Which number comes next in the pattern {l}?"),
    ("", "Complete the pattern: {l}, ?"),
    (
        "",
        "Can you tell me which number follows {l} in this pattern?",
    ),
    ("", "Please continue this row of numbers by one: {l}."),
    ("The numbers {l} follow a rule.", "Which number is next?"),
    ("A pattern goes {l}.", "What number is next?"),
    ("Look at the numbers {l}.", "Which one comes next?"),
    ("I count {l} and so on.", "What number do I say next?"),
    (
        "My sister counts in equal steps: {l}.",
        "What is her next number?",
    ),
    (
        "My teacher wrote {l} on the board and always added the same.",
        "What number will be written next?",
    ),
    (
        "The house numbers in our street are {l} and so on.",
        "What is the number of the next house?",
    ),
    (
        "I do {m} push-ups on my first days and keep raising it by as much.",
        "How many do I do on the next day?",
    ),
    (
        "A plant is {m} millimetres high at the end of its first weeks and keeps growing like this.",
        "How high is it a week later?",
    ),
    (
        "A stack has {m} blocks in its rows, from top to bottom.",
        "How many blocks does the next row get?",
    ),
];

/// For the term with number `{n}`, the `{o}`.
const LATER: &[(&str, &str)] = &[
    (
        "A sequence starts {l} and goes on in the same way.",
        "What is term number {n}?",
    ),
    (
        "A sequence begins {l} and continues in the same way.",
        "What is term {n}?",
    ),
    (
        "The sequence {l} goes on like this.",
        "What is the number at place {n}?",
    ),
    (
        "The first numbers of a pattern are {l}.",
        "What is number {n} in the pattern?",
    ),
    (
        "An arithmetic sequence starts with {l}.",
        "Find term number {n}.",
    ),
    ("A sequence goes {l}, ...", "What is the {o} term?"),
    ("A sequence starts {l}.", "What's the {o} term?"),
    ("The sequence is {l}, ...", "Find the {o} number."),
    ("{l}, ...", "What is the {o} number?"),
    ("", "{l}, ... {o} term?"),
    ("", "{o} term of {l}, ..."),
    ("", "What is the {o} term of the sequence {l}, ...?"),
    ("", "What's the {o} number in the pattern {l}, ...?"),
    ("", "Find the {o} term of the arithmetic sequence {l}, ..."),
    (
        "",
        "Calculate term {n} of the arithmetic progression {l}, ...",
    ),
    ("", "Work out the {o} term: {l}, ..."),
    ("", "Which number stands at place {n} of {l} and so on?"),
    ("", "If the pattern {l} goes on, what is its {o} number?"),
    ("", "Can you tell me the {o} number of {l}, ...?"),
    ("", "Please give me the {o} term of {l}, ..."),
    (
        "Someone counts {l} and so on.",
        "What is the {o} number that is said?",
    ),
    (
        "I write down {l} and keep adding the same amount.",
        "What is the {o} number I write?",
    ),
    (
        "My brother counts {l} and so on.",
        "Which number does he say in place {n}?",
    ),
    (
        "The terms of a sequence are {l} and grow by the same amount each time.",
        "What is the {o}?",
    ),
    (
        "The first rows of a theatre have {m} seats, and it goes on like that.",
        "How many seats are in row {n}?",
    ),
    (
        "A wall has {m} bricks in its first rows, and each row gets as many more.",
        "How many bricks are in the {o} row?",
    ),
    (
        "In the first weeks I save {m} dollars, and I keep raising it by as much.",
        "How many dollars do I save in week {n}?",
    ),
    (
        "The first pictures of a pattern are made of {m} matches, and so on.",
        "How many matches does the {o} picture need?",
    ),
    (
        "A runner trains for {m} minutes on the first days and adds the same each day.",
        "How long is the training on day {n}?",
    ),
    (
        "A farmer plants {m} trees in the first rows and goes on in this way.",
        "How many trees does the {o} row have?",
    ),
    (
        "A shop sold {m} tickets on its first days, and sales kept rising by the same number.",
        "How many tickets were sold on the {o} day?",
    ),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (first, d) = (
        draw.range(1..=level.choose(20, 60, 200)),
        draw.range(2..=level.choose(9, 15, 40)),
    );
    let terms: Vec<i64> = (0..4).map(|k| first + k * d).collect();
    let list = format!("{}, {}, {}, {}", terms[0], terms[1], terms[2], terms[3]);
    let with_and = plan::list(&terms);
    let mut plan = Plan::default();
    plan.note(format!(
        "The sequence is {list}. It grows by the same amount."
    ));
    if draw.chance(30) {
        let (story, question) = draw.pick(NEXT);
        let gaps = [("l", list.as_str()), ("m", with_and.as_str())];
        let step = plan.step(
            "The amount is the second minus the first.",
            terms[1],
            Op::Sub,
            terms[0],
        );
        plan.step(
            "The next number is one amount more than the last.",
            terms[3],
            Op::Add,
            step,
        );
        return Draft {
            story: fill(story, &gaps),
            question: fill(question, &gaps),
            plan,
            formula: format!("x - {} = {} - {}", terms[3], terms[1], terms[0]),
        };
    }
    let n = draw.range(5..=level.choose(10, 15, 25));
    let (story, question) = draw.pick(LATER);
    let (place, nth) = (n.to_string(), ordinal(n));
    let gaps = [
        ("l", list.as_str()),
        ("m", with_and.as_str()),
        ("n", place.as_str()),
        ("o", nth.as_str()),
    ];
    let step = plan.step(
        "The amount is the second minus the first.",
        terms[1],
        Op::Sub,
        terms[0],
    );
    let count = plan.step(
        format!("Term {n} is the first term and some amounts more. How many? One less than {n}."),
        n,
        Op::Sub,
        1,
    );
    let grown = plan.step(
        format!("{count} times the amount {step}."),
        step,
        Op::Mul,
        count,
    );
    plan.step(format!("The first term is {first}."), first, Op::Add, grown);
    Draft {
        story: fill(story, &gaps),
        question: fill(question, &gaps),
        plan,
        formula: format!("x = {first} + ({n} - 1) * ({} - {first})", terms[1]),
    }
}

/// `21st`, for numbers up to 100.
fn ordinal(n: i64) -> String {
    let ending = match n % 10 {
        1 if n != 11 => "st",
        2 if n != 12 => "nd",
        3 if n != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

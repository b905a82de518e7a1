//! Ages now, before and later.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, number};
use crate::problems::{Draft, Level};

use super::sum_difference::{FRIENDS, pair, spoken, within_question};

const IS: &[&str] = &[
    "{A} is {n} years old.",
    "{A} is {n}.",
    "{A} is {n} years old now.",
    "Today {A} is {n} years old.",
    "{A} is now {n}.",
    "{A}'s age is {n}.",
    "{A} is {n} years of age.",
    "{A} is {n} this year.",
    "{A} has just turned {n}.",
    "{A} just turned {n}.",
    "{A} is currently {n} years old.",
    "Right now {A} is {n}.",
    "At the moment {A} is {n} years old.",
    "Let's say {A} is {n} years old.",
    "{O}: {n} years old.",
];
/// `{X}` is the one whose age is asked for.
const AHEAD: &[&str] = &[
    "How old will {X} be in {l} years?",
    "How old is {X} {l} years from now?",
    "What will be the age of {X} in {l} years?",
    "What will {X}'s age be in {l} years?",
    "How old will {X} be {l} years from now?",
    "How old will {X} be after {l} years?",
    "How old will {X} be {l} years later?",
    "What age will {X} be in {l} years?",
    "How many years old will {X} be in {l} years?",
    "In {l} years, how old will {X} be?",
    "{l} years from now, how old will {X} be?",
    "And in {l} years, how old will {X} be then?",
    "What's {X}'s age going to be in {l} years?",
    "Work out {X}'s age in {l} years.",
    "Please tell me how old {X} will be in {l} years.",
];
const AGO: &[&str] = &[
    "How old was {A} {l} years ago?",
    "What was {A}'s age {l} years ago?",
    "What age was {A} {l} years ago?",
    "How many years old was {A} {l} years ago?",
    "{l} years ago, how old was {A}?",
    "And {l} years ago, how old was {A} then?",
    "Find {A}'s age {l} years ago.",
    "Can you tell me how old {A} was {l} years ago?",
];
const OLDER: &[&str] = &[
    "{B} is {m} years older than {A}.",
    "{B} is older than {A} by {m} years.",
    "{B} is {m} years older than {A} is.",
    "{B} was born {m} years before {O}.",
    "{B} was {m} when {A} was born.",
    "When {A} was born, {B} was already {m} years old.",
    "{B} is as old as {O} plus {m} years.",
    "{B} is {A}'s senior by {m} years.",
    "{B}'s age is {m} years more than {P}.",
    "Compared with {O}, {B} is {m} years older.",
    "{B}: {m} years older than {O}.",
];
const YOUNGER: &[&str] = &[
    "{B} is {m} years younger than {A}.",
    "{B} is younger than {A} by {m} years.",
    "{B} is {m} years younger than {A} is.",
    "{B} was born {m} years after {O}.",
    "{A} was {m} when {B} was born.",
    "When {B} was born, {A} was already {m} years old.",
    "{B} is as old as {O} minus {m} years.",
    "{B} is {A}'s junior by {m} years.",
    "{B}'s age is {m} years less than {P}.",
    "Compared with {O}, {B} is {m} years younger.",
    "{B}: {m} years younger than {O}.",
];
const TIMES: &[&str] = &[
    "{B} is {k} times as old as {A}.",
    "{B} is {k} times as old as {A} is.",
    "{B} is {k} times {A}'s age.",
    "{B}'s age is {k} times {P}.",
    "{B} has lived {k} times as long as {A}.",
    "Multiply {A}'s age by {k} and you get {B}'s age.",
    "{B}: {k} times as old as {O}.",
];
const TWICE: &[&str] = &[
    "{B} is twice as old as {A}.",
    "{B} is twice as old as {A} is.",
    "{B} is double {A}'s age.",
    "{B} is twice {A}'s age.",
    "{B}'s age is double {P}.",
    "{B} has lived twice as long as {A}.",
    "Double {A}'s age and you get {B}'s age.",
    "{B}: twice as old as {O}.",
];
const AGE: &[&str] = &[
    "How old is {B}?",
    "How old is {B} now?",
    "So how old is {B}?",
    "How many years old is {B}?",
    "What is {B}'s age?",
    "What's {B}'s age?",
    "What's the age of {B}?",
    "What age is {B}?",
    "{B} is how old?",
    "Find {B}'s age.",
    "Can you work out {B}'s age?",
    "Please tell me how old {B} is.",
];
const TOGETHER: &[&str] = &[
    "How old are they together?",
    "What is the sum of their ages?",
    "How old are {both} together?",
    "What's their combined age?",
    "What do their ages add up to?",
    "What do you get when you add their ages?",
    "What's the total of their ages?",
    "How many years is that together?",
    "Combined age?",
    "Sum of their ages?",
    "Add up their ages.",
    "Please give the sum of their ages.",
];
const TOGETHER_AHEAD: &[&str] = &[
    "What will be the sum of their ages in {l} years?",
    "What will their ages add up to in {l} years?",
    "What will their combined age be in {l} years?",
    "How old will they be together in {l} years?",
    "How old will {both} be together {l} years from now?",
    "What's the sum of their ages {l} years from now?",
    "In {l} years, how old will they be together?",
    "{l} years from now, what will the sum of their ages be?",
    "Combined age in {l} years?",
    "Find the sum of their ages in {l} years.",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (mut a, b) = pair(draw, FRIENDS);
    let me = draw.chance(15);
    if me {
        a.name = "I".to_owned();
    }
    let (object, possessive, both) = if me {
        (
            "me".to_owned(),
            "mine".to_owned(),
            format!("{} and I", b.name),
        )
    } else {
        (
            a.name.clone(),
            format!("{}'s", a.name),
            format!("{} and {}", a.name, b.name),
        )
    };
    let n = draw.range(4..=level.choose(20, 40, 60));
    let m = draw.range(2..=level.choose(9, 20, 30));
    let k = draw.range(2..=4);
    let later = draw.range(2..=level.choose(9, 20, 40));
    let (n_text, m_text) = (number(draw, n), number(draw, m));
    let gaps = [
        ("A", a.name.as_str()),
        ("B", &b.name),
        ("O", &object),
        ("P", &possessive),
        ("both", &both),
        ("n", &n_text),
        ("m", &m_text),
        ("k", &k.to_string()),
        ("l", &later.to_string()),
    ];
    // The one whose age is asked for, in the future, stands in a gap of its own.
    let write =
        |template: &str, asked: &str| spoken(&fill(&template.replace("{X}", asked), &gaps), me);
    let first = write(draw.pick(IS), "");
    let mut plan = Plan::default();
    plan.note(&first);
    if level == Level::Easy && draw.chance(50) {
        let ahead = draw.chance(60) || later >= n;
        let question = write(draw.pick(if ahead { AHEAD } else { AGO }), &a.name);
        let op = if ahead { Op::Add } else { Op::Sub };
        plan.step(
            if ahead {
                "Later means older."
            } else {
                "Before means younger."
            },
            n,
            op,
            later,
        );
        let (story, question) = within_question(draw, &[&a, &b], first, question);
        return Draft {
            story,
            question,
            plan,
            formula: format!("x = {n} {} {later}", op.sign()),
        };
    }
    let (template, op, by) = match draw.below(4) {
        0 => (draw.pick(OLDER), Op::Add, m),
        1 if n > m => (draw.pick(YOUNGER), Op::Sub, m),
        2 => (draw.pick(TIMES), Op::Mul, k),
        _ => (draw.pick(TWICE), Op::Mul, 2),
    };
    let second = write(template, "");
    let other = plan.step(&second, n, op, by);
    plan.note(format!("So {} is {other} years old.", b.name));
    let story = if draw.chance(25) {
        format!("{second} {first}")
    } else {
        format!("{first} {second}")
    };
    let formula = format!("({n} {} {by})", op.sign());
    let (question, formula) = match draw.below(level.choose(1, 4, 4)) {
        0 => (draw.pick(AGE), formula),
        1 => {
            plan.step(
                format!("In {later} years {} is {later} years older.", b.name),
                other,
                Op::Add,
                later,
            );
            (draw.pick(AHEAD), format!("{formula} + {later}"))
        }
        2 => {
            plan.step("The sum of both ages.", n, Op::Add, other);
            (draw.pick(TOGETHER), format!("{n} + {formula}"))
        }
        _ => {
            let sum = plan.step("The sum of both ages now.", n, Op::Add, other);
            let both = plan.step(
                format!("Both get older by {later} years."),
                later,
                Op::Mul,
                2,
            );
            plan.step("Then together.", sum, Op::Add, both);
            (
                draw.pick(TOGETHER_AHEAD),
                format!("({n} + {later}) + ({formula} + {later})"),
            )
        }
    };
    let question = write(question, &b.name);
    let (story, question) = within_question(draw, &[&a, &b], story, question);
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

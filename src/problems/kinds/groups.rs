//! Equal groups: rows, boxes, legs; all of them, with some more or some gone.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled};
use crate::problems::words::{fill, groups, items, number, person, singular};
use crate::problems::{Draft, Level};

use super::sum_difference::{OWNERS, sentences, within_question};

const OWNED: &[&str] = &[
    "How many {i} does {N} have in total?",
    "How many {i} does {N} have altogether?",
    "How many {i} does {N} have?",
    "How many {i} has {N} got?",
    "How many {i} is that in all?",
    "So how many {i} does {N} have?",
    "What's the total number of {i}?",
    "{N} has how many {i}?",
    "Find the number of {i} that {N} has.",
    "Can you tell me how many {i} {N} has?",
];
const MINE: &[&str] = &[
    "How many {i} do I have?",
    "How many {i} do I have in total?",
    "How many {i} have I got altogether?",
    "How many {i} is that in all?",
    "So how many {i} is that?",
    "What's the total number of {i}?",
    "Can you tell me how many {i} I have?",
];
const THERE: &[&str] = &[
    "How many {i} are there in total?",
    "How many {i} are there in all?",
    "How many {i} are there altogether?",
    "How many {i} are there?",
    "How many {i} is that?",
    "How many {i} does that make?",
    "So how many {i} is that in total?",
    "What is the total number of {i}?",
    "What's the number of {i}?",
    "Total number of {i}?",
    "Work out the number of {i}.",
    "Please tell me how many {i} there are.",
];
const HALL: &[&str] = &[
    "How many chairs are in the hall?",
    "How many chairs does the hall have?",
    "What's the number of chairs in the hall?",
    "Can you tell me how many chairs the hall has?",
];

/// What is told; the things, where they are not drawn; how they are asked for.
const EACH: &[(&str, &str, &[&str])] = &[
    ("{N} has {k} {g} with {m} {i} in each.", "", OWNED),
    ("{N} fills {k} {g} with {m} {i} each.", "", THERE),
    ("Each {s} holds {m} {i}. {N} has {k} {g}.", "", OWNED),
    ("{N} has {k} {g}, and each one holds {m} {i}.", "", OWNED),
    ("{N} owns {k} {g} of {m} {i}.", "", OWNED),
    ("{N} sorts {i} into {k} {g} of {m}.", "", THERE),
    ("{N} packs {i} into {k} {g}, {m} to a {s}.", "", THERE),
    ("{N} arranges {i} in {k} {g} of {m} each.", "", THERE),
    ("{N}'s got {k} {g}, every {s} with {m} {i}.", "", OWNED),
    ("{N} was given {k} {g}. Every {s} holds {m} {i}.", "", OWNED),
    ("{N} prepares {k} {g}. {m} {i} go into each {s}.", "", THERE),
    ("{N}: {k} {g}, {m} {i} each.", "", OWNED),
    ("I have {k} {g} with {m} {i} in each.", "", MINE),
    ("I've got {k} {g}, {m} {i} in each {s}.", "", MINE),
    ("I own {k} {g} of {m} {i}.", "", MINE),
    ("There are {k} {g}. Each {s} has {m} {i}.", "", THERE),
    (
        "There are {k} {g} of {i} with {m} {i} in each {s}.",
        "",
        THERE,
    ),
    ("{k} {g}, {m} {i} each.", "", THERE),
    ("{k} {g} of {m} {i}.", "", THERE),
    ("{k} {g} with {m} {i} apiece.", "", THERE),
    ("{k} {g} are filled with {m} {i} each.", "", THERE),
    ("{i} come in {g} of {m}. There are {k} {g}.", "", THERE),
    ("One {s} holds {m} {i}. There are {k} such {g}.", "", THERE),
    (
        "Every {s} contains {m} {i}. There are {k} of these {g}.",
        "",
        THERE,
    ),
    ("In each of {k} {g} there are {m} {i}.", "", THERE),
    ("There are {m} {i} per {s} and {k} {g}.", "", THERE),
    ("Imagine {k} {g} with {m} {i} in each.", "", THERE),
    (
        "We have {k} {g}, and {m} {i} fit in each {s}. All are full.",
        "",
        THERE,
    ),
    ("{N} plants {k} rows of {m} trees.", "trees", THERE),
    (
        "A farmer plants {k} rows of cabbages, {m} in each row.",
        "cabbages",
        THERE,
    ),
    (
        "A hall has {k} rows with {m} chairs in each row.",
        "chairs",
        HALL,
    ),
    (
        "The chairs of a hall stand in {k} rows of {m}.",
        "chairs",
        HALL,
    ),
    ("A theatre has {k} rows of {m} seats.", "seats", THERE),
    (
        "A train pulls {k} carriages. Every carriage has {m} seats.",
        "seats",
        THERE,
    ),
    ("A baker bakes {k} trays of {m} rolls.", "rolls", THERE),
    ("{N} ties {k} bunches of {m} tulips.", "tulips", THERE),
    (
        "On each of {k} shelves there are {m} books.",
        "books",
        THERE,
    ),
    (
        "A car park has {k} floors with {m} cars on each floor.",
        "cars",
        THERE,
    ),
    (
        "A school has {k} classes. There are {m} pupils in each class.",
        "pupils",
        THERE,
    ),
    ("Our school has {k} classes of {m} pupils.", "pupils", THERE),
    ("{k} teams of {m} players enter a cup.", "players", THERE),
    (
        "{k} buses arrive with {m} tourists on each.",
        "tourists",
        THERE,
    ),
    (
        "A choir stands in {k} rows of {m} singers.",
        "singers",
        THERE,
    ),
];
/// Things that are people: none of them is sold or broken.
const PEOPLE: &[&str] = &["pupils", "players", "tourists", "singers"];

// The number may be 1 where some go, so what is new has no verb that hangs on it.
const GONE: &[&str] = &[
    "{n} of them are taken away.",
    "Then {n} of them are broken.",
    "{n} of them are sold.",
    "After a while {n} of them are gone.",
    "Someone takes {n} of them away.",
    "Then {n} of them got broken.",
    "{n} of them had to be thrown away.",
    "Then {n} went missing.",
    "{n} of them got lost.",
    "After that, {n} of them disappeared.",
    "Then {n} got sold off.",
    "Next, someone gets rid of {n} of them.",
    "Later somebody removes {n}.",
    "Now take away {n} of them.",
    "But {n} of them had to go.",
];
const COME: &[&str] = &[
    "Then {n} more are added.",
    "{n} more are brought.",
    "Later {n} more come.",
    "Another {n} are added.",
    "Then another {n} arrive.",
    "Someone brings {n} more.",
    "Somebody adds {n} more.",
    "Then {n} extra are put with them.",
    "After that, {n} more turn up.",
    "{n} new ones are added.",
    "Next, {n} more are delivered.",
    "A neighbour chips in {n} more.",
    "Now add {n} more.",
    "Plus {n} more.",
];
const LEAVE: &[&str] = &[
    "Then {n} of them left.",
    "Then {n} of them went home.",
    "After a while {n} had to leave.",
    "Later {n} of them dropped out.",
    "{n} of them went away.",
    "But {n} of them didn't stay.",
];
const JOIN: &[&str] = &[
    "Then {n} more join.",
    "{n} more come along.",
    "Another {n} arrive.",
    "Later {n} more turn up.",
    "Then another {n} come in.",
    "After that, {n} new ones are welcomed.",
];
/// Questions after something has happened.
const NOW: &[&str] = &[
    "How many {i} are there now?",
    "How many {i} are there in the end?",
    "How many {i} does that make in the end?",
    "What's the number of {i} after that?",
    "So how many {i} are there now?",
    "Please tell me how many {i} there are now.",
];
/// Questions after some have gone.
const LEFT: &[&str] = &[
    "How many {i} are left?",
    "How many {i} remain?",
    "How many {i} are there still?",
    "How many are left?",
    "Find how many {i} remain.",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let mut someone = person(draw);
    if draw.chance(15) {
        someone.name = draw.pick(OWNERS).to_owned();
    }
    let item = items(draw);
    let holders = groups(draw, &item);
    let (k, m) = (draw.range(2..=9), level.factor(draw));
    let (story, things, questions) = draw.pick(EACH);
    let things = if things.is_empty() {
        item.as_str()
    } else {
        things
    };
    let alive = PEOPLE.contains(&things);
    let plain = draw.pick(questions);
    let mut question = plain;
    let one = singular(holders);
    let (k_text, m_text) = (number(draw, k), number(draw, m));
    let gaps = [
        ("N", someone.name.as_str()),
        ("k", &k_text),
        ("m", &m_text),
        ("i", things),
        ("g", holders),
        ("s", &one),
    ];
    let mut story = sentences(&fill(story, &gaps));
    let mut plan = Plan::default();
    plan.note(&story);
    let total = plan.step(format!("That is {k} times {m}."), m, Op::Mul, k);
    let mut happened = vec![];
    let mut formula = format!("{k} * {m}");
    if level != Level::Easy {
        for _ in 0..level.choose(0, 1, draw.range(1..=2)) {
            let now = plan.answer().unwrap_or(total);
            let gone = draw.chance(50) && now > 4;
            let n = if gone {
                level.number_to(draw, now - 1)
            } else {
                level.number(draw)
            };
            let texts = match (gone, alive) {
                (true, false) => GONE,
                (false, false) => COME,
                (true, true) => LEAVE,
                (false, true) => JOIN,
            };
            let text = draw.pick(texts).replace("{n}", &n.to_string());
            // What is asked goes with what happened last.
            question = if draw.chance(50) {
                draw.pick(if gone { LEFT } else { NOW })
            } else {
                plain
            };
            let op = if gone { Op::Sub } else { Op::Add };
            let lead = format!("{} {}.", label(happened.len()), op.said(n));
            plan.step(lead, now, op, n);
            story = format!("{story} {text}");
            happened.push(text);
            formula = format!("({formula}) {} {n}", op.sign());
        }
    }
    let mut question = sentences(&fill(question, &gaps));
    if happened.is_empty() {
        (story, question) = within_question(draw, &[&someone], story, question);
    } else {
        let happened = labelled(&happened);
        plan.lines.insert(1, Line::Note(format!("Then {happened}")));
    }
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

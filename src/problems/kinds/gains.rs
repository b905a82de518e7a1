//! Gains and losses, one after the other.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled};
use crate::problems::words::{
    Person, capital, fill, groups, items, number, place, tense, two_people,
};
use crate::problems::{Draft, Level};

const STARTS: &[&str] = &[
    "{N} [has|had] {n} {i}.",
    "{N} [starts|started] with {n} {i}.",
    "{N} [owns|owned] {n} {i}.",
    "At first {lower} [has|had] {n} {i}.",
    "{N} [collects|collected] {n} {i}.",
    "In the morning {lower} [has|had] {n} {i}.",
    "There [are|were] {n} {i} in {at}.",
    "{N} [keeps|kept] {n} {i} in {at}.",
];
const GAINS: &[&str] = &[
    "{who} [buys|bought] {m} more.",
    "{who} [buys|bought] another {m} {i}.",
    "{who} [gets|got] {m} more {i}.",
    "{who} [finds|found] {m} more.",
    "{who} [finds|found] {m} {i}.",
    "{who} [receives|received] {m} {i}.",
    "Then {who} [picks|picked] up {m} more {i}.",
    "A friend [gives|gave] {him} {m} more.",
    "{who} [is|was] given {m} more {i}.",
    "{who} [wins|won] {m} {i}.",
    "{who} [makes|made] {m} more.",
    "Then {who} [adds|added] {m} {i}.",
    "After that, {who} [gets|got] {m} more.",
    "The next day {who} [buys|bought] {m} {i}.",
    "{who} [earns|earned] {m} more {i}.",
    "{who} [collects|collected] {m} more.",
    "Later {m} more {i} [arrive|arrived].",
    "Someone [brings|brought] {m} more {i}.",
];
const LOSSES: &[&str] = &[
    "{who} [gives|gave] away {m} of them.",
    "{who} [gives|gave] away {m}.",
    "{who} [sells|sold] {m}.",
    "{who} [gives|gave] {m} {i} to a friend.",
    "{who} [gives|gave] {m} {i} to {Other}.",
    "{who} [sells|sold] {m} of them.",
    "{who} [sells|sold] {m} {i}.",
    "{who} [loses|lost] {m} {i}.",
    "{who} [loses|lost] {m}.",
    "{who} [uses|used] {m} of them.",
    "Then {who} [uses|used] up {m} {i}.",
    "{who} [eats|ate] {m}.",
    "{who} [throws|threw] away {m} {i}.",
    "{m} of them [break|broke].",
    "{m} {i} [are|were] taken away.",
    "Then {who} [drops|dropped] {m} of them.",
    "After that, {who} [gives|gave] away {m}.",
    "{who} [donates|donated] {m} {i}.",
    "{who} [puts|put] {m} of the {i} away.",
    "{Other} [takes|took] {m} {i} from {him}.",
    "Later {m} of the {i} [are|were] lost.",
    "{who} [removes|removed] {m} {i}.",
];
/// What a shop or a farm does not do.
const ALIVE: &[&str] = &["[eats|", "[wins|", "[picks|", "[earns|", "[drops|", "{at}"];
const ENDS: &[&str] = &[
    "How many {i} [does {N} have now|did {N} have in the end]?",
    "How many {i} [does|did] {N} have in the end?",
    "How many {i} [does {N} have left|did {N} have left]?",
    "How many {i} are left?",
    "How many {i} are there now?",
    "How many {i} [are|were] there in the end?",
    "What is the number of {i} in the end?",
    "How many [does|did] {p} have in the end?",
    "How many {i} [does {p} have now|did {p} have left]?",
    "How many {i} [remain|remained]?",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (mut someone, other) = two_people(draw);
    if draw.chance(12) {
        let place = draw.pick(&[
            "farm", "shop", "school", "library", "bakery", "store", "factory", "club", "museum",
            "zoo",
        ]);
        let name = format!("{} {place}", draw.pick(&["A", "The"]));
        someone = Person {
            name,
            pronoun: "it",
        };
    }
    let item = items(draw);
    let past = draw.chance(50);
    let at = place(draw);
    let start = level.number(draw).max(3);
    let lower = someone
        .name
        .replacen("The ", "the ", 1)
        .replacen("A ", "the ", 1);
    let by_pronoun = draw.chance(60);
    let subject = if by_pronoun { someone.pronoun } else { &lower };
    let object = match subject {
        "he" => "him",
        "she" => "her",
        other => other,
    };
    let sentence = |draw: &mut Draw, templates: &[&str], m: i64| {
        let m = number(draw, m);
        let template = loop {
            let template = draw.pick(templates);
            if someone.pronoun != "it" || !ALIVE.iter().any(|verb| template.contains(verb)) {
                break template;
            }
        };
        let who = if template.starts_with("{who}") {
            capital(subject)
        } else {
            subject.to_owned()
        };
        capital(&fill(
            &tense(template, past),
            &[
                ("N", &someone.name),
                ("lower", &lower),
                ("n", &m),
                ("m", &m),
                ("i", &item),
                ("at", at),
                ("who", &who),
                ("him", object),
                ("Other", &other.name),
            ],
        ))
    };
    let opening = sentence(draw, STARTS, start);
    let mut plan = Plan::default();
    plan.note(format!("{opening} The start is {start}."));
    let (mut story, mut formula, mut now) = (opening, start.to_string(), start);
    let events = match level {
        Level::Easy => draw.range(1..=2),
        Level::Medium => draw.range(2..=3),
        Level::Hard => draw.range(3..=4),
    };
    let (mut gains, mut losses, mut plain) = (vec![start], vec![], true);
    let mut gains_came_first = true;
    let mut happened = vec![];
    for event in 0..events {
        let (text, op, m) = match draw.below(10) {
            0..=3 if now > 3 => {
                let m = level.number_to(draw, now - 1);
                losses.push(m);
                (sentence(draw, LOSSES, m), Op::Sub, m)
            }
            4 if level != Level::Easy && now < 150 => {
                let times = draw.range(2..=3);
                let text = if times == 2 {
                    "doubles|doubled"
                } else {
                    "triples|tripled"
                };
                plain = false;
                (
                    tense(&format!("Then the number of {item} [{text}]."), past),
                    Op::Mul,
                    times,
                )
            }
            5 if level != Level::Easy => {
                let (count, each) = (draw.range(2..=9), 1 + level.factor(draw) % 40);
                let holders = groups(draw, &item);
                let text = format!(
                    "{} {} {count} {holders} with {each} {item} in each.",
                    capital(subject),
                    tense("[gets|got]", past)
                );
                let said = format!("plus {count} times {each}");
                let more = plan.step(
                    format!(
                        "{} {said}. First {count} times {each}.",
                        label(happened.len())
                    ),
                    each,
                    Op::Mul,
                    count,
                );
                now = plan.step("Those are more.", now, Op::Add, more);
                formula = format!("({formula} + {count} * {each})");
                story = format!("{story} {text}");
                happened.push(text);
                plain = false;
                continue;
            }
            6 if now % 2 == 0 && now > 6 => {
                plain = false;
                let text = [
                    "{who} [gives|gave] half of them away.",
                    "{who} [sells|sold] half of the {i}.",
                    "{who} [keeps|kept] only half of them.",
                ];
                (sentence(draw, &text, 2), Op::Div, 2)
            }
            _ => {
                let m = level.number(draw);
                gains_came_first &= losses.is_empty();
                gains.push(m);
                (sentence(draw, GAINS, m), Op::Add, m)
            }
        };
        let slip = draw.chance(3) && matches!(op, Op::Add | Op::Sub);
        let said = op.said(m);
        let (wrong, truth) = if op == Op::Add {
            (Op::Sub, "more, not less")
        } else {
            (Op::Add, "less, not more")
        };
        let told = if slip {
            format!("{}. No, wait, that is {truth}: {said}", wrong.said(m))
        } else {
            said.clone()
        };
        now = plan.step(format!("{} {told}.", label(happened.len())), now, op, m);
        formula = format!("({formula} {} {m})", op.sign());
        let verb = text.strip_prefix(&format!("{} ", capital(subject)));
        match verb {
            // One sentence instead of two.
            Some(verb) if event == 0 && story.starts_with(&someone.name) && draw.chance(30) => {
                story = format!("{} and {verb}", story.trim_end_matches('.'));
                happened.push(verb.to_owned());
            }
            _ => {
                story = format!("{story} {text}");
                happened.push(text);
            }
        }
    }
    let happened = labelled(&happened);
    plan.lines.insert(1, Line::Note(format!("Then {happened}")));
    if plain && gains.len() > 1 && !losses.is_empty() && !gains_came_first {
        plan.second_way(|plan| {
            let mut rest = plan.sum("First all that comes:", &gains);
            for (i, &m) in losses.iter().enumerate() {
                rest = plan.step(
                    if i == 0 { "Then all that goes:" } else { "" },
                    rest,
                    Op::Sub,
                    m,
                );
            }
        });
    }
    let end = draw.pick(ENDS);
    let question = fill(
        &tense(end, past),
        &[("N", &lower), ("i", &item), ("p", someone.pronoun)],
    );
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

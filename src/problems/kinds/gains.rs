//! Gains and losses, one after the other.

mod wordings;

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled};
use crate::problems::words::{
    Person, capital, fill, groups, items, number, place, tense, two_people,
};
use crate::problems::{Draft, Level};

pub(super) use wordings::EDIBLE;
use wordings::{
    ASIDES, CHOICES, DOUBLED, ENDS, GAINS, GROUPED, HALVED, LOSSES, ROLES, STARTS, TRIPLED, WHENS,
    Wordings,
};

/// Somebody without a name, now and then: people tell of themselves and of their family.
pub(super) fn role(draw: &mut Draw) -> Person {
    let (name, pronoun) = draw.pick(ROLES);
    Person {
        name: name.to_owned(),
        pronoun,
    }
}

/// A name as it stands inside a sentence, where the farmer is known already.
pub(super) fn inside(name: &str) -> String {
    // Not a prefix: a name such as Weng is none of these.
    if name == "We" {
        return "we".to_owned();
    }
    let known = |(first, then): &(&str, &str)| Some(format!("{then}{}", name.strip_prefix(first)?));
    [("The ", "the "), ("A ", "the "), ("My ", "my ")]
        .iter()
        .find_map(known)
        .unwrap_or_else(|| name.to_owned())
}

pub(super) fn object(subject: &str) -> &str {
    match subject {
        "he" => "him",
        "she" => "her",
        "I" => "me",
        "we" => "us",
        other => other,
    }
}

fn possessive(subject: &str) -> String {
    match subject {
        "he" => "his".to_owned(),
        "she" => "her".to_owned(),
        "it" => "its".to_owned(),
        "I" => "my".to_owned(),
        "we" => "our".to_owned(),
        other => format!("{other}'s"),
    }
}

/// A template with its choices made.
fn chosen(draw: &mut Draw, template: &str) -> String {
    let mut text = template.to_owned();
    for (gap, list) in CHOICES {
        let gap = format!("{{{gap}}}");
        if text.contains(&gap) {
            let choices: Vec<&str> = list.split(", ").collect();
            text = text.replace(&gap, draw.pick(&choices));
        }
    }
    text
}

/// Whether a number of 1 fits the words around it: only where no plural hangs on it.
fn fits_one(text: &str) -> bool {
    let rest = text.replace("of the {i}", "").replace("of {own} {i}", "");
    let plural = [
        "{i}",
        "another",
        "[are|",
        "[go|",
        "[get|",
        "[break|",
        "[disappear|",
        "[arrive|",
        "[come|",
    ];
    !plural.iter().any(|word| rest.contains(word))
}

/// A template for `I` and `we`: `{who} [buys|bought]` becomes `{who} [buy|bought]`. The verbs of others stay as they are.
fn first_person(template: &str) -> String {
    let mut text = template.replace("}'s got", "}'ve got");
    for subject in ["{N}", "{p}"] {
        for (third, first) in [("[does ", "[do "), ("[does|did] ", "[do|did] ")] {
            text = text.replace(&format!("{third}{subject}"), &format!("{first}{subject}"));
        }
    }
    for subject in ["{who} [", "{N} [", "{lower} ["] {
        let parts: Vec<String> = text
            .split(subject)
            .enumerate()
            .map(|(i, part)| {
                let end = part.find([' ', '|']).unwrap_or(part.len());
                match part[..end].strip_suffix('s') {
                    Some("ha") if i > 0 => format!("have{}", &part[end..]),
                    // tosses, purchases: only the first loses two letters.
                    Some(stem) if i > 0 => {
                        let long = ["sse", "she", "che"].iter().any(|end| stem.ends_with(end));
                        let stem = if long { &stem[..stem.len() - 1] } else { stem };
                        format!("{stem}{}", &part[end..])
                    }
                    _ => part.to_owned(),
                }
            })
            .collect();
        text = parts.join(subject);
    }
    text
}

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
    } else if draw.chance(22) {
        someone = role(draw);
    }
    let item = items(draw);
    let past = draw.chance(50);
    let at = place(draw);
    let start = level.number(draw).max(3);
    let lower = inside(&someone.name);
    let by_pronoun = draw.chance(60);
    let subject = if by_pronoun { someone.pronoun } else { &lower };
    let own = possessive(someone.pronoun);
    let their = possessive(&lower);
    let first = matches!(someone.pronoun, "I" | "we");
    let was = match (someone.pronoun, past) {
        ("I", false) => "am",
        ("we", false) => "are",
        (_, false) => "is",
        ("we", true) => "were",
        (_, true) => "was",
    };
    let told = |template: &str| {
        if first {
            tense(&first_person(template), past)
        } else {
            tense(template, past)
        }
    };
    let fitting = |wordings: &Wordings| -> Vec<&'static str> {
        let alive = someone.pronoun != "it";
        let edible = alive && EDIBLE.contains(&item.as_str());
        let people = if alive { wordings.people } else { &[] };
        let food = if edible { wordings.food } else { &[] };
        [wordings.anyone, people, food].concat()
    };
    let sentence = |draw: &mut Draw, templates: &[&str], m: i64| {
        let written = number(draw, m);
        let (mut template, starts) = loop {
            let template = draw.pick(templates);
            let text = chosen(draw, template);
            let starts = template.contains("{n}");
            // Who `she` is must have been said.
            let named = template.contains("{N}") || template.contains("{lower}");
            if (!starts || named || !by_pronoun) && (m != 1 || fits_one(&text)) {
                break (text, starts);
            }
        };
        let timed = ["later", "after", "next day", "evening", "Friday"];
        if !starts && !timed.iter().any(|word| template.contains(word)) && draw.chance(25) {
            let whens: Vec<&str> = WHENS.split("; ").collect();
            template = format!("{} {template}", draw.pick(&whens));
        }
        capital(&fill(
            &told(&template),
            &[
                ("N", &someone.name),
                ("lower", &lower),
                ("n", &written),
                ("m", &written),
                ("i", &item),
                ("at", at),
                ("who", subject),
                ("him", object(subject)),
                ("to", object(&lower)),
                ("own", &own),
                ("their", &their),
                ("was", was),
                ("Other", &other.name),
            ],
        ))
    };
    let opening = sentence(draw, &fitting(&STARTS), start);
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
    let named = format!("{} ", someone.name);
    for event in 0..events {
        let (text, op, m) = match draw.below(10) {
            0..=3 if now > 3 => {
                let m = level.number_to(draw, now - 1);
                losses.push(m);
                (sentence(draw, &fitting(&LOSSES), m), Op::Sub, m)
            }
            4 if level != Level::Easy && now < 150 => {
                let times = draw.range(2..=3);
                let templates = if times == 2 { DOUBLED } else { TRIPLED };
                plain = false;
                (sentence(draw, templates, times), Op::Mul, times)
            }
            5 if level != Level::Easy => {
                let (count, each) = (draw.range(2..=9), 1 + level.factor(draw) % 40);
                let holders = groups(draw, &item);
                let text = fill(
                    &sentence(draw, GROUPED, count),
                    &[
                        ("count", &count.to_string()),
                        ("holders", holders),
                        ("each", &each.to_string()),
                    ],
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
                (sentence(draw, HALVED, 2), Op::Div, 2)
            }
            _ => {
                let m = level.number(draw);
                gains_came_first &= losses.is_empty();
                gains.push(m);
                (sentence(draw, &fitting(&GAINS), m), Op::Add, m)
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
            Some(verb) if event == 0 && story.starts_with(&named) && draw.chance(30) => {
                let joint = if op == Op::Sub && draw.chance(40) {
                    draw.pick(&[" but", " but then", ", but"])
                } else {
                    draw.pick(&[" and", " and then", ", then", ", and"])
                };
                story = format!("{}{joint} {verb}", story.trim_end_matches('.'));
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
        &told(end),
        &[
            ("N", &lower),
            ("i", &item),
            ("p", someone.pronoun),
            ("was", was),
        ],
    );
    // The trace need not repeat what is no part of the problem.
    if draw.chance(8) {
        story = format!("{} {story}", draw.pick(ASIDES));
    }
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {formula}"),
    }
}

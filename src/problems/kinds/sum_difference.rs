//! Two unknowns of which the sum and the difference, or the sum and the ratio, are known.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{Person, capital, fill, items, two_people};
use crate::problems::{Draft, Level};

/// Who is not called by a name, and may be of any age.
pub(super) const FRIENDS: &[&str] = &[
    "my brother",
    "my sister",
    "my cousin",
    "my best friend",
    "my neighbour",
];
/// Who is not called by a name, and owns things.
pub(super) const OWNERS: &[&str] = &[
    "my brother",
    "my sister",
    "my cousin",
    "my best friend",
    "my neighbour",
    "my mum",
    "my grandpa",
    "my aunt",
    "my teacher",
    "the farmer",
    "the baker",
    "the coach",
    "the gardener",
    "the shopkeeper",
];
/// Sentences that begin so can follow `if` once their first letter is small.
const NAMELESS: &[&str] = &[
    "There ",
    "Each ",
    "Every ",
    "A ",
    "The ",
    "Our ",
    "My ",
    "They ",
    "Together ",
    "In total ",
];
/// Questions that begin so can follow a condition or have one behind them.
const ASKING: &[&str] = &["How ", "What ", "What's "];

/// `{k}` is `twice as many`, `{f}` is `twice` or `double`.
const RATIO: &[&str] = &[
    "{A} and {B} have {t} {i} together. {A} has {k} as {B}.",
    "Together {A} and {B} have {t} {i}. {A} has {k} {i} as {B}.",
    "{A} and {B} have {t} {i} between them. {A} has {k} as {B} does.",
    "{A} has {k} {i} as {B}. Together they have {t}.",
    "{A} has {k} {i} as {B}. They have {t} {i} in all.",
    "{A} and {B} share {t} {i}. {A} gets {k} as {B}.",
    "{t} {i} belong to {A} and {B}. {A} owns {k} as {B}.",
    "{B} has some {i}. {A} has {k}. In total they have {t}.",
    "{A} has {f} the number of {i} that {B} has. That makes {t} {i} together.",
    "The total for {A} and {B} is {t} {i}. {A} has {f} what {B} has.",
    "{A} plus {B}: {t} {i}. {A} has {k} as {B}.",
    "When {A} and {B} put their {i} together, there are {t}. {A} brings {k} as {B}.",
    "{t} {i} are given to {A} and {B}. {A} is handed {k} as {B}.",
];
const MORE: &[&str] = &[
    "{A} and {B} have {t} {i} together. {A} has {m} more than {B}.",
    "Together {A} and {B} have {t} {i}. {A} has {m} {i} more than {B}.",
    "{A} and {B} have {t} {i} in total. {B} has {m} fewer than {A}.",
    "{A} and {B} have {t} {i} between them. {A} has {m} more than {B} does.",
    "{A} has {m} more {i} than {B}. Together they have {t}.",
    "{A} has {m} more {i} than {B}. They have {t} {i} in all.",
    "{A} and {B} share {t} {i}. {A} gets {m} more than {B}.",
    "{t} {i} belong to {A} and {B}. {A} owns {m} more than {B}.",
    "{B} has {m} less than {A}. In total they have {t} {i}.",
    "{B} has some {i}. {A} has {m} more than that. In total they have {t}.",
    "The total for {A} and {B} is {t} {i}. {A} is {m} ahead of {B}.",
    "{A} plus {B}: {t} {i}. {A} has {m} more than {B}.",
    "When {A} and {B} put their {i} together, there are {t}. {A} brings {m} more than {B}.",
    "{t} {i} are given to {A} and {B}. {A} is handed {m} more than {B}.",
    "{A} and {B} own {t} {i} altogether. The difference is {m}, and {A} has more.",
];
const QUESTIONS: &[&str] = &[
    "How many {i} does {q} have?",
    "How many does {q} have?",
    "How many {i} has {q} got?",
    "How many {i} belong to {q}?",
    "How many of the {i} are {q}'s?",
    "So how many {i} does {q} have?",
    "How many for {q}?",
    "What is {q}'s share?",
    "What's the number of {i} that {q} has?",
    "{q} has how many {i}?",
    "Find how many {i} {q} has.",
    "Please work out how many {i} {q} has.",
    "Can you tell me how many {i} {q} has?",
    "I'd like to know how many {i} {q} has.",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (a, b) = pair(draw, OWNERS);
    let item = items(draw);
    let small = level.number(draw);
    if draw.chance(45) {
        let k = draw.range(2..=level.choose(3, 5, 8));
        let total = small * (k + 1);
        let (times, factor) = if k == 2 && draw.chance(50) {
            (
                "twice as many".to_owned(),
                draw.pick(&["twice", "double"]).to_owned(),
            )
        } else {
            (format!("{k} times as many"), format!("{k} times"))
        };
        let total_text = total.to_string();
        let gaps = [
            ("A", a.name.as_str()),
            ("B", &b.name),
            ("i", &item),
            ("t", &total_text),
            ("k", &times),
            ("f", &factor),
        ];
        let story = sentences(&fill(draw.pick(RATIO), &gaps));
        let mut plan = Plan::default();
        let larger = draw.chance(40);
        let asked = if larger { &a.name } else { &b.name };
        plan.note(format!("{story} I need {asked}."));
        let one = plan.step(
            format!(
                "{} has 1 part and {} has {k} parts. Together {} equal parts.",
                capital(&b.name),
                a.name,
                k + 1
            ),
            total,
            Op::Div,
            k + 1,
        );
        plan.note(format!("So {} has {one}. I need {asked}.", b.name));
        if larger {
            let lead = format!("{} has {k} parts.", capital(&a.name));
            plan.step(lead, one, Op::Mul, k);
        }
        plan.proof(|plan| {
            let many = plan.step("", small, Op::Mul, k);
            plan.step("", many, Op::Add, small);
        });
        let formula = if larger {
            format!("x + x / {k} = {total}")
        } else {
            format!("x + {k} * x = {total}")
        };
        let question = question(draw, &item, asked);
        let (story, question) = within_question(draw, &[&a, &b], story, question);
        return Draft {
            story,
            question,
            plan,
            formula,
        };
    }
    let more = level.number_to(draw, 200);
    let (total, large) = (2 * small + more, small + more);
    let (total_text, more_text) = (total.to_string(), more.to_string());
    let gaps = [
        ("A", a.name.as_str()),
        ("B", &b.name),
        ("i", &item),
        ("t", &total_text),
        ("m", &more_text),
    ];
    let story = sentences(&fill(draw.pick(MORE), &gaps));
    let mut plan = Plan::default();
    let larger = draw.chance(50);
    let asked = if larger { &a.name } else { &b.name };
    plan.note(format!("{story} I need {asked}."));
    let twice = plan.step(
        format!("Without the {more} more, both have the same."),
        total,
        Op::Sub,
        more,
    );
    let half = format!("{} has half of that.", capital(&b.name));
    let one = plan.step(half, twice, Op::Div, 2);
    plan.note(format!("So {} has {one}. I need {asked}.", b.name));
    if larger {
        let lead = format!("{} has {more} more.", capital(&a.name));
        plan.step(lead, one, Op::Add, more);
    }
    plan.proof(|plan| {
        let other = plan.step("", small, Op::Add, more);
        plan.step("", other, Op::Add, small);
    });
    let formula = if larger {
        format!("x + (x - {more}) = {}", large + small)
    } else {
        format!("x + (x + {more}) = {total}")
    };
    let question = question(draw, &item, asked);
    let (story, question) = within_question(draw, &[&a, &b], story, question);
    Draft {
        story,
        question,
        plan,
        formula,
    }
}

fn question(draw: &mut Draw, item: &str, asked: &str) -> String {
    sentences(&fill(draw.pick(QUESTIONS), &[("i", item), ("q", asked)]))
}

/// Two people, now and then by what they are instead of by a name.
pub(super) fn pair(draw: &mut Draw, roles: &'static [&'static str]) -> (Person, Person) {
    let (mut a, mut b) = two_people(draw);
    if draw.chance(15) {
        a.name = draw.pick(roles).to_owned();
    }
    if draw.chance(15) {
        let role = draw.pick(roles);
        if role != a.name.as_str() {
            b.name = role.to_owned();
        }
    }
    (a, b)
}

/// With a capital letter at the start of every sentence: a role such as `my brother` has none of its own.
pub(super) fn sentences(text: &str) -> String {
    let all: Vec<String> = text.split(". ").map(capital).collect();
    all.join(". ")
}

/// What a text about `I` and another person says if the one who asks is `I`: templates know the third person only.
pub(super) fn spoken(text: &str, first_person: bool) -> String {
    let mut text = text.to_owned();
    if first_person {
        for (third, first) in [
            ("I's", "my"),
            ("I is", "I am"),
            ("I has", "I have"),
            ("is I ", "am I "),
            (" the age of I ", " my age "),
            (" they", " we"),
            (" them", " us"),
            (" their", " our"),
        ] {
            text = text.replace(third, first);
        }
    }
    sentences(&text)
}

/// Now and then the facts stand within the question: `If Ana has 5 apples, how many ...?` or `How many ... if Ana has 5?`
/// Gives the story, which is empty then, and the question.
pub(super) fn within_question(
    draw: &mut Draw,
    people: &[&Person],
    story: String,
    question: String,
) -> (String, String) {
    if draw.chance(75) {
        return (story, question);
    }
    match joined(draw, people, &story, &question) {
        Some(all) => (String::new(), all),
        None => (story, question),
    }
}

/// The question with its facts, if both can be read so.
fn joined(draw: &mut Draw, people: &[&Person], story: &str, question: &str) -> Option<String> {
    let facts: Option<Vec<String>> = story
        .strip_suffix('.')?
        .split(". ")
        .map(|sentence| clause(people, sentence))
        .collect();
    let facts = facts?.join(" and ");
    let asked = question.strip_suffix('?')?;
    if !ASKING.iter().any(|word| asked.starts_with(word)) {
        return None;
    }
    Some(if draw.chance(50) {
        let (first, rest) = asked.split_at(1);
        format!("If {facts}, {}{rest}?", first.to_lowercase())
    } else {
        format!("{asked} if {facts}?")
    })
}

/// A sentence as it stands behind `if`; `None` if it has no verb or begins otherwise than with a subject.
fn clause(people: &[&Person], sentence: &str) -> Option<String> {
    if sentence.contains(':') {
        return None;
    }
    if let Some(start) = NAMELESS.iter().find(|start| sentence.starts_with(**start)) {
        return Some(format!(
            "{}{}",
            start.to_lowercase(),
            &sentence[start.len()..]
        ));
    }
    people.iter().find_map(|person| {
        let rest = sentence.strip_prefix(capital(&person.name).as_str())?;
        rest.starts_with([' ', '\''])
            .then(|| format!("{}{rest}", person.name))
    })
}

//! The same amount again and again: saving, earning, reading, working.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{fill, number, person};
use crate::problems::{Draft, Level};

/// Sentence, unit of time in the plural, question for the whole.
const RATES: &[(&str, &str, &str)] = &[
    (
        "{N} saves {m} dollars every week.",
        "weeks",
        "How many dollars does {N} save in {t} weeks?",
    ),
    (
        "{N} saves ${m} each month.",
        "months",
        "How much does {N} save in {t} months?",
    ),
    (
        "{N} reads {m} pages a day.",
        "days",
        "How many pages does {N} read in {t} days?",
    ),
    (
        "{N} earns {m} dollars per hour.",
        "hours",
        "How many dollars does {N} earn in {t} hours?",
    ),
    (
        "{N} earns ${m} an hour.",
        "hours",
        "How much money does {N} make in {t} hours?",
    ),
    (
        "{N} runs {m} km each day.",
        "days",
        "How many km does {N} run in {t} days?",
    ),
    (
        "A machine makes {m} parts per hour.",
        "hours",
        "How many parts does it make in {t} hours?",
    ),
    (
        "A baker bakes {m} loaves every day.",
        "days",
        "How many loaves does the baker bake in {t} days?",
    ),
    (
        "{N} solves {m} puzzles a week.",
        "weeks",
        "How many puzzles does {N} solve in {t} weeks?",
    ),
    (
        "A tap fills {m} liters a minute.",
        "minutes",
        "How many liters are there after {t} minutes?",
    ),
    (
        "{N} drinks {m} glasses of water every day.",
        "days",
        "How many glasses does {N} drink in {t} days?",
    ),
    (
        "A hen lays {m} eggs a week.",
        "weeks",
        "How many eggs does it lay in {t} weeks?",
    ),
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let (m, t) = (level.factor(draw), draw.range(2..=9));
    let (sentence, unit, question) = draw.pick(RATES);
    let (m_text, t_text, all) = (number(draw, m), number(draw, t), (m * t).to_string());
    let gaps = [
        ("N", someone.name.as_str()),
        ("m", &m_text),
        ("t", &t_text),
        ("u", unit),
        ("all", &all),
    ];
    let sentence_text = fill(sentence, &gaps);
    let mut plan = Plan::default();
    let dollars = sentence.contains("saves") || sentence.contains("earns");
    match draw.below(level.choose(2, 4, 4)) {
        // By one digit only: long division by more is not told.
        0 if dollars && m < 10 => {
            let question = fill("How many {u} does {N} need to get {all} dollars?", &gaps);
            plan.note(&sentence_text);
            plan.step(
                format!("The number of {unit} is {all} divided by {m}."),
                m * t,
                Op::Div,
                m,
            );
            plan.proof(|plan| {
                plan.step("", m, Op::Mul, t);
            });
            Draft {
                story: sentence_text,
                question,
                plan,
                formula: format!("x * {m} = {all}"),
            }
        }
        2 | 3 if dollars => {
            let total = plan.step(
                format!("{sentence_text} In {t} {unit} it is {t} times that."),
                m,
                Op::Mul,
                t,
            );
            let other = level.number(draw);
            let start = format!("{} already has {other} dollars.", someone.name);
            if draw.chance(50) || other >= total {
                plan.step(&start, total, Op::Add, other);
                let question = fill("How many dollars does {N} have after {t} {u}?", &gaps);
                return Draft {
                    story: format!("{start} {sentence_text}"),
                    question,
                    plan,
                    formula: format!("x = {other} + {m} * {t}"),
                };
            }
            let spends = format!("Then {} spends {other} dollars.", someone.name);
            plan.step(&spends, total, Op::Sub, other);
            let story = fill(
                &format!("{sentence_text} {{N}} does so for {{t}} {{u}}. {spends}"),
                &gaps,
            );
            let question = fill("How many dollars does {N} have left?", &gaps);
            Draft {
                story,
                question,
                plan,
                formula: format!("x = {m} * {t} - {other}"),
            }
        }
        _ => {
            plan.step(
                format!("{sentence_text} In {t} {unit} it is {t} times that."),
                m,
                Op::Mul,
                t,
            );
            Draft {
                story: sentence_text,
                question: fill(question, &gaps),
                plan,
                formula: format!("x = {m} * {t}"),
            }
        }
    }
}

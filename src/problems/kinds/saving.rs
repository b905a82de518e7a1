//! The same amount again and again: saving, earning, reading, working.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{capital, fill, number, person, tense};
use crate::problems::{Draft, Level};

/// Who does it, but for a name, and whether the verb is a plural's.
const ROLES: &[(&str, bool)] = &[
    ("my sister", false),
    ("my brother", false),
    ("my friend", false),
    ("our neighbour", false),
    ("the new teacher", false),
    ("Grandpa", false),
    ("I", true),
    ("I", true),
    ("we", true),
    ("you", true),
    ("my cousins", true),
    ("the twins", true),
];
/// What stands before and behind an amount, and how the currency is called.
const MONEY: &[(&str, &str, &str)] = &[
    ("$", "", "dollars"),
    ("$", "", "dollars"),
    ("", " dollars", "dollars"),
    ("", " dollars", "dollars"),
    ("", " euros", "euros"),
    ("", " pounds", "pounds"),
    ("", " bucks", "bucks"),
];
/// In `[saves|save]` the sides are for one and for several, or for me. A sentence begins small here, since it may follow `if`.
const SAVES: &[&str] = &[
    "{N} [saves|save] {m} every {w}.",
    "{N} [saves|save] {m} each {w}.",
    "{N} [saves|save] {m} {a} {w}.",
    "{N} [puts|put] aside {m} every {w}.",
    "{N} [puts|put] {m} into the piggy bank each {w}.",
    "{N} [sets|set] aside {m} per {w}.",
    "{N} [saves|save] up {m} per {w}.",
    "{N} [keeps|keep] {m} of the pocket money every {w}.",
    "every {w}, {N} [saves|save] {m}.",
    "each {w} {N} [puts|put] {m} into a savings account.",
    "{N} [stashes|stash] away {m} every {w}.",
    "{N} [adds|add] {m} to the savings every {w}.",
];
const EARNS: &[&str] = &[
    "{N} [earns|earn] {m} per {w}.",
    "{N} [earns|earn] {m} {a} {w}.",
    "{N} [earns|earn] {m} every {w}.",
    "{N} [makes|make] {m} {a} {w}.",
    "{N} [gets|get] {m} per {w} for the work.",
    "{N} [is|are] paid {m} {a} {w}.",
    "{N} [gets|get] paid {m} for each {w}.",
    "{N} [works|work] for {m} {a} {w}.",
    "{N} [takes|take] home {m} every {w}.",
    "each {w} of work brings {N} {m}.",
    "the boss pays {N} {m} per {w}.",
    "{N} [has|have] a job that pays {m} per {w}.",
];
/// Questions for the whole.
const SAVED: &[&str] = &[
    "How many {c} [does|do] {N} save in {t} {u}?",
    "How much [does|do] {N} save in {t} {u}?",
    "How much money [does|do] {N} put aside in {t} {u}?",
    "How many {c} will {N} have saved after {t} {u}?",
    "How much is saved after {t} {u}?",
    "What are the savings after {t} {u}?",
];
const EARNED: &[&str] = &[
    "How many {c} [does|do] {N} earn in {t} {u}?",
    "How much money [does|do] {N} make in {t} {u}?",
    "How much [does|do] {N} earn for {t} {u}?",
    "How much [does|do] {N} get for {t} {u}?",
    "What will {N} be paid for {t} {u}?",
    "What's the pay for {t} {u}?",
];
const SUMMED: &[&str] = &[
    "How much money is that in {t} {u}?",
    "How much is that after {t} {u}?",
    "How many {c} is that in {t} {u}?",
    "How much does that come to in {t} {u}?",
    "What's the total after {t} {u}?",
    "What does that add up to over {t} {u}?",
    "Find the total for {t} {u}.",
    "Total for {t} {u}?",
];
const TIME: &[&str] = &[
    "How many {u} [does|do] {N} need to get {all}?",
    "After how many {u} [does|do] {N} get to {all}?",
    "How long does it take to reach {all}, in {u}?",
    "How long does it take {N} to get {all}? Give the number of {u}.",
    "In how many {u} is that {all}?",
    "How many {u} until it is {all}?",
    "How many {u} does it take to get {all} together?",
    "{N} [wants|want] {all} in total. How many {u} does that take?",
    "How many {u} of this make {all}?",
    "For {all}, how many {u} are needed?",
    "Find how many {u} it takes to get {all}.",
];
const START: &[&str] = &[
    "{N} already [has|have] {o}.",
    "{N} already [has|have] {o} in the bank.",
    "{N} [starts|start] with {o}.",
    "{N} [has|have] {o} to begin with.",
    "{N} [has|have] {o} at first.",
    "{N} [has|have] {o} so far.",
    "{N} [owns|own] {o} at the start.",
    "at the beginning, {N} [has|have] {o}.",
    "{N} [has|have] {o} in a jar.",
];
const WITH_START: &[&str] = &[
    "How many {c} [does|do] {N} have after {t} {u}?",
    "How much [does|do] {N} have after {t} {u}?",
    "How much money will {N} have in {t} {u}?",
    "How much will {N} have in all after {t} {u}?",
    "How many {c} is that altogether after {t} {u}?",
    "What will {N} own {t} {u} later?",
    "What's the whole amount after {t} {u}?",
    "Find how much {N} [has|have] after {t} {u}.",
];
const SO_LONG: &[&str] = &[
    "{N} [does|do] so for {t} {u}.",
    "{N} [does|do] that for {t} {u}.",
    "{N} [keeps|keep] this up for {t} {u}.",
    "this goes on for {t} {u}.",
    "{t} {u} go by.",
    "{N} [goes|go] on like that for {t} {u}.",
];
const SPENDS: &[&str] = &[
    "Then {N} [spends|spend] {o}.",
    "Then {N} [pays|pay] {o} for a present.",
    "After that, {N} [gives|give] away {o}.",
    "Then {o} of it has to go for a repair.",
    "Afterwards {N} [buys|buy] something for {o}.",
    "Then {N} [hands|hand] over {o} for a bill.",
    "Later {N} [gets|get] rid of {o} in a shop.",
    "Of that, {N} [uses|use] {o}.",
];
const LEFT: &[&str] = &[
    "How many {c} [does|do] {N} have left?",
    "How much money [does|do] {N} have left?",
    "How much [does|do] {N} still have?",
    "How much is left?",
    "How many {c} remain?",
    "How much [does|do] {N} keep?",
    "What's left?",
    "Find how much is left.",
];
/// Sentences, unit of time in the plural, what it is that gets more, and questions for the whole.
type Rate = (
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static [&'static str],
);
#[rustfmt::skip] // Else a row would take a dozen lines.
const RATES: &[Rate] = &[
    (&["{N} [reads|read] {m} pages a day.", "{N} [reads|read] {m} pages of a book every day."], "days", "pages",
     &["How many pages [does|do] {N} read in {t} days?", "How many pages will {N} have read after {t} days?"]),
    (&["{N} [runs|run] {m} km each day.", "every day, {N} [jogs|jog] {m} km."], "days", "km",
     &["How many km [does|do] {N} run in {t} days?", "How far [does|do] {N} run in {t} days?"]),
    (&["a machine makes {m} parts per hour.", "{m} parts are made by a machine every hour."], "hours", "parts",
     &["How many parts does it make in {t} hours?", "How many parts are made in {t} hours?"]),
    (&["a baker bakes {m} loaves every day.", "the bakery turns out {m} loaves a day."], "days", "loaves",
     &["How many loaves does the baker bake in {t} days?", "How many loaves are baked in {t} days?"]),
    (&["{N} [solves|solve] {m} puzzles a week.", "{N} [gets|get] {m} puzzles done per week."], "weeks", "puzzles",
     &["How many puzzles [does|do] {N} solve in {t} weeks?", "How many puzzles are solved after {t} weeks?"]),
    (&["a tap fills {m} liters a minute.", "{m} liters of water flow from a tap per minute."], "minutes", "liters",
     &["How many liters are there after {t} minutes?", "How much water is that after {t} minutes, in liters?"]),
    (&["{N} [drinks|drink] {m} glasses of water every day.", "{N} [has|have] {m} glasses of water a day."], "days", "glasses",
     &["How many glasses [does|do] {N} drink in {t} days?", "How many glasses of water are drunk in {t} days?"]),
    (&["a hen lays {m} eggs a week.", "the farmer gets {m} eggs from a hen every week."], "weeks", "eggs",
     &["How many eggs does it lay in {t} weeks?", "How many eggs are laid in {t} weeks?"]),
    (&["{N} [learns|learn] {m} new words every day.", "{N} [picks|pick] up {m} words of French a day."], "days", "words",
     &["How many words [does|do] {N} learn in {t} days?", "How many new words is that after {t} days?"]),
    (&["a printer prints {m} pages per minute.", "{m} pages come out of a printer each minute."], "minutes", "pages",
     &["How many pages does it print in {t} minutes?", "How many pages are printed in {t} minutes?"]),
    (&["{N} [takes|take] {m} photos every day.", "{N} [shoots|shoot] {m} photos a day."], "days", "photos",
     &["How many photos [does|do] {N} take in {t} days?", "How many photos are taken in {t} days?"]),
    (&["a cow gives {m} liters of milk a day.", "a farmer gets {m} liters of milk from a cow every day."], "days", "liters",
     &["How many liters does the cow give in {t} days?", "How much milk is that in {t} days, in liters?"]),
    (&["{N} [writes|write] {m} emails an hour.", "{N} [answers|answer] {m} emails per hour."], "hours", "emails",
     &["How many emails [does|do] {N} get done in {t} hours?", "How many emails go out in {t} hours?"]),
    (&["a factory builds {m} bikes each month.", "{m} bikes are built by a factory per month."], "months", "bikes",
     &["How many bikes does the factory build in {t} months?", "How many bikes are built in {t} months?"]),
    (&["a plant grows {m} cm a month.", "each month the plant gets {m} cm taller."], "months", "cm",
     &["How many cm does the plant grow in {t} months?", "By how much does the plant grow in {t} months?"]),
    (&["{N} [swims|swim] {m} laps every morning.", "each morning {N} [does|do] {m} laps in the pool."], "mornings", "laps",
     &["How many laps [does|do] {N} swim in {t} mornings?", "How many laps are swum in {t} mornings?"]),
    (&["a shop sells {m} bikes per week.", "every week, {m} bikes are sold by a shop."], "weeks", "bikes",
     &["How many bikes does the shop sell in {t} weeks?", "How many bikes are sold in {t} weeks?"]),
    (&["{N} [paints|paint] {m} pictures a year.", "{N} [finishes|finish] {m} pictures every year."], "years", "pictures",
     &["How many pictures [does|do] {N} paint in {t} years?", "How many pictures are painted in {t} years?"]),
    (&["a gardener plants {m} trees per day.", "{m} trees get planted by a gardener each day."], "days", "trees",
     &["How many trees does the gardener plant in {t} days?", "How many trees get planted in {t} days?"]),
    (&["a waiter serves {m} guests an hour.", "{m} guests are served every hour."], "hours", "guests",
     &["How many guests are served in {t} hours?", "How many guests get served within {t} hours?"]),
];
/// Questions for the whole that suit all of these.
const COUNTED: &[&str] = &[
    "How many {x} is that in {t} {u}?",
    "How many {x} does that make in {t} {u}?",
    "How many {x} altogether in {t} {u}?",
    "What's the number of {x} in {t} {u}?",
    "Over {t} {u}, how many {x} is that?",
    "Find the number of {x} for {t} {u}.",
    "{t} {u}: how many {x}?",
];

/// A rate that was drawn: sentence, unit of time in the plural, what it is that gets more, question for the whole.
fn rate(
    draw: &mut Draw,
    dollars: bool,
) -> (&'static str, &'static str, &'static str, &'static str) {
    if !dollars {
        let (sentences, unit, things, own) = draw.pick(RATES);
        let questions = if draw.chance(55) { own } else { COUNTED };
        return (draw.pick(sentences), unit, things, draw.pick(questions));
    }
    let (sentences, units, own) = if draw.chance(50) {
        (SAVES, &["days", "weeks", "weeks", "months", "years"], SAVED)
    } else {
        (
            EARNS,
            &["hours", "hours", "days", "weeks", "evenings"],
            EARNED,
        )
    };
    let questions = if draw.chance(55) { own } else { SUMMED };
    (
        draw.pick(sentences),
        draw.pick(units),
        "",
        draw.pick(questions),
    )
}

/// One sentence of a statement and its question, now and then; else the statement stays a sentence of its own.
fn joined(draw: &mut Draw, statement: &str, question: &str) -> Option<String> {
    let clause = statement.strip_suffix('.')?;
    let asked = question.strip_prefix("How ")?;
    // A question of several sentences does not follow a clause.
    let single = !asked.contains("? ");
    (single && draw.chance(30)).then(|| format!("If {clause}, how {asked}"))
}

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let (name, several) = if draw.chance(25) {
        let (role, several) = draw.pick(ROLES);
        (role.to_owned(), several)
    } else {
        (person(draw).name, false)
    };
    let (m, t) = (level.factor(draw), draw.range(2..=9));
    let dollars = draw.chance(35);
    let (sentence, unit, things, question) = rate(draw, dollars);
    let (before, behind, currency) = draw.pick(MONEY);
    let money = |amount: &str| format!("{before}{amount}{behind}");
    let other = level.number(draw);
    let (all, other_text) = (money(&(m * t).to_string()), money(&other.to_string()));
    let m_text = match (dollars, before) {
        (false, _) => number(draw, m),
        (true, "") => money(&number(draw, m)),
        // No word stands behind a sign.
        (true, _) => money(&m.to_string()),
    };
    let t_text = number(draw, t);
    let gaps = [
        ("N", name.as_str()),
        ("m", &m_text),
        ("t", &t_text),
        ("u", unit),
        ("w", unit.trim_end_matches('s')),
        (
            "a",
            if matches!(unit, "hours" | "evenings") {
                "an"
            } else {
                "a"
            },
        ),
        ("x", things),
        ("c", currency),
        ("o", &other_text),
        ("all", &all),
    ];
    let say = |template: &str| capital(&fill(&tense(template, several), &gaps));
    let sentence_text = say(sentence);
    let times = format!("{sentence_text} In {t} {unit} it is {t} times that.");
    let mut plan = Plan::default();
    let whole = |draw: &mut Draw, question: &str| match joined(draw, sentence, question) {
        Some(text) => (String::new(), say(&text)),
        None => (sentence_text.clone(), say(question)),
    };
    match draw.below(level.choose(2, 4, 4)) {
        // By one digit only: long division by more is not told.
        0 if dollars && m < 10 => {
            let question = draw.pick(TIME);
            let (story, question) = whole(draw, question);
            plan.note(&sentence_text);
            plan.step(
                format!("The number of {unit} is {} divided by {m}.", m * t),
                m * t,
                Op::Div,
                m,
            );
            plan.proof(|plan| {
                plan.step("", m, Op::Mul, t);
            });
            Draft {
                story,
                question,
                plan,
                formula: format!("x * {m} = {}", m * t),
            }
        }
        2 | 3 if dollars => {
            let total = plan.step(times, m, Op::Mul, t);
            if draw.chance(50) || other >= total {
                let start = say(draw.pick(START));
                plan.step(&start, total, Op::Add, other);
                return Draft {
                    story: format!("{start} {sentence_text}"),
                    question: say(draw.pick(WITH_START)),
                    plan,
                    formula: format!("x = {other} + {m} * {t}"),
                };
            }
            let (so_long, spends) = (say(draw.pick(SO_LONG)), say(draw.pick(SPENDS)));
            plan.step(&spends, total, Op::Sub, other);
            Draft {
                story: format!("{sentence_text} {so_long} {spends}"),
                question: say(draw.pick(LEFT)),
                plan,
                formula: format!("x = {m} * {t} - {other}"),
            }
        }
        _ => {
            plan.step(times, m, Op::Mul, t);
            let (story, question) = whole(draw, question);
            Draft {
                story,
                question,
                plan,
                formula: format!("x = {m} * {t}"),
            }
        }
    }
}

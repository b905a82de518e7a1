//! Think of a number.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan, label, labelled};
use crate::problems::words::{capital, fill, person};
use crate::problems::{Draft, Level};

/// How its verbs stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `I double it`
    Base,
    /// `she doubles it`
    Third,
    /// `she doubled it`
    Past,
    /// `it is doubled`
    Passive,
    /// `a number times 2`
    Bare,
}

/// A way to tell the riddle: any start goes with any end.
struct Voice {
    form: Form,
    /// Who does it, for the question: empty if nobody does, `{who}` if it is drawn.
    who: &'static str,
    /// Up to the operations `{v}`.
    starts: &'static [&'static str],
    /// From the operations to the result `{r}`.
    ends: &'static [&'static str],
}

const fn voice(
    form: Form,
    who: &'static str,
    starts: &'static [&'static str],
    ends: &'static [&'static str],
) -> Voice {
    Voice {
        form,
        who,
        starts,
        ends,
    }
}

const ADD: &[&str] = &[
    "[add|adds|added] {m}",
    "[add|adds|added] {m}",
    "[add|adds|added] {m} to {it}",
    "[increase|increases|increased] {it} by {m}",
    "[raise|raises|raised] {it} by {m}",
    "[make|makes|made] {it} bigger by {m}",
    "[put|puts|put] {m} on top",
];
const SUBTRACT: &[&str] = &[
    "[subtract|subtracts|subtracted] {m}",
    "[subtract|subtracts|subtracted] {m}",
    "[subtract|subtracts|subtracted] {m} from {it}",
    "[take|takes|took] away {m}",
    "[take|takes|took] {m} away from {it}",
    "[decrease|decreases|decreased] {it} by {m}",
    "[reduce|reduces|reduced] {it} by {m}",
    "[lower|lowers|lowered] {it} by {m}",
    "[knock|knocks|knocked] {m} off",
];
const MULTIPLY: &[&str] = &[
    "[multiply|multiplies|multiplied] {it} by {m}",
    "[multiply|multiplies|multiplied] {it} by {m}",
    "[multiply|multiplies|multiplied] by {m}",
    "[make|makes|made] {it} {m} times as big",
    "[make|makes|made] {it} {m} times as large",
];
const DOUBLE: &[&str] = &[
    "[double|doubles|doubled] {it}",
    "[double|doubles|doubled] {it}",
    "[make|makes|made] {it} twice as big",
];
const ADDED: &[&str] = &[
    "increased by {m}",
    "raised by {m}",
    "made bigger by {m}",
    "made greater by {m}",
];
const SUBTRACTED: &[&str] = &[
    "decreased by {m}",
    "reduced by {m}",
    "lowered by {m}",
    "made smaller by {m}",
];
const MULTIPLIED: &[&str] = &[
    "multiplied by {m}",
    "made {m} times as big",
    "made {m} times as large",
];
const DOUBLED: &[&str] = &["doubled", "multiplied by {m}", "made twice as big"];
/// Between the operations, in the order of the doing.
const JOINS: &[&str] = &[", then ", ", then ", ", and then ", " and then ", " and "];
const ROLES: &[&str] = &[
    "my brother",
    "my sister",
    "my teacher",
    "our teacher",
    "my friend",
    "my grandfather",
    "my cousin",
    "the magician",
    "my classmate",
];
const TELLS: &[&str] = &[
    "{Who} [think|thinks|thought] of a number, {v}",
    "{Who} [think|thinks|thought] of a number, {v}",
    "{Who} [pick|picks|picked] a number, {v}",
    "{Who} [choose|chooses|chose] a number, {v}",
    "{Who} [take|takes|took] a number, {v}",
    "{Who} [have|has|had] a number in mind, {v}",
    "{Who} [start|starts|started] with a secret number, {v}",
    "{Who} [write|writes|wrote] down a number, {v}",
    "{Who} [type|types|typed] a number into a calculator, {v}",
    "Here's a riddle: {who} [think|thinks|thought] of a number, {v}",
];
const GETS: &[&str] = &[
    ", and the result [is|is|was] {r}.",
    " and [get|gets|got] {r}.",
    ", and [get|gets|got] {r}.",
    " and [end|ends|ended] up with {r}.",
    ", which [gives|gives|gave] {r}.",
    ", and that [makes|makes|made] {r}.",
    ". The result [is|is|was] {r}.",
    ". That [gives|gives|gave] {r}.",
];
const TAKE: &[&str] = &[
    "Think of a number, {v}",
    "Take a number, {v}",
    "Start with a number, {v}",
    "Pick a certain number, {v}",
    "Take my secret number, {v}",
];
const YOU_GET: &[&str] = &[
    ", and you get {r}.",
    ", and the result is {r}.",
    ", and you end up with {r}.",
    ", and it comes to {r}.",
    ". You get {r}.",
    ". The result is {r}.",
];
const IF: &[&str] = &[
    "If {who} take a number, {v}",
    "If {who} think of a number, {v}",
    "When {who} start with a certain number, {v}",
];
const COMES: &[&str] = &[
    ", {who} get {r}.",
    ", the result is {r}.",
    ", {who} end up with {r}.",
    ", it comes to {r}.",
];
const IS_MADE: &[&str] = &[
    "A number is {v}",
    "Some number is {v}",
    "A secret number is {v}",
    "A certain number is {v}",
    "An unknown number is {v}",
];
const GIVING: &[&str] = &[
    ", and the result is {r}.",
    ", which gives {r}.",
    ", giving {r}.",
    ", and this makes {r}.",
    " to give {r}.",
    ". The result is {r}.",
];
const NUMBER: &[&str] = &[
    "A number {v}",
    "a number {v}",
    "Some number {v}",
    "A secret number {v}",
    "My number {v}",
];
const EQUALS: &[&str] = &[
    " is {r}.",
    " equals {r}.",
    " makes {r}.",
    " gives {r}.",
    " = {r}.",
];
const VOICES: &[Voice] = &[
    voice(Form::Base, "I", TELLS, GETS),
    voice(Form::Past, "I", TELLS, GETS),
    voice(Form::Third, "{who}", TELLS, GETS),
    voice(Form::Past, "{who}", TELLS, GETS),
    voice(Form::Base, "you", TAKE, YOU_GET),
    voice(Form::Base, "I", IF, COMES),
    voice(Form::Base, "you", IF, COMES),
    voice(Form::Passive, "", IS_MADE, GIVING),
    voice(Form::Bare, "", NUMBER, EQUALS),
];
/// All in one question.
const WHOLE: &[(Form, &[&str])] = &[
    (
        Form::Base,
        &[
            "Which number gives {r} if you {v}?",
            "What number gives {r} when you {v}?",
            "Which number becomes {r} when you {v}?",
            "Which number turns into {r} if I {v}?",
            "What number do I start with if I {v} and get {r}?",
            "What number do you start with if you {v} and end up with {r}?",
            "Find the number that becomes {r} when you {v}.",
            "I get {r} when I take a number and {v}. What was the number?",
            "You get {r} if you take my number and {v}. What is my number?",
        ],
    ),
    (
        Form::Passive,
        &[
            "Which number, when {v}, gives {r}?",
            "What number, {v}, gives {r}?",
            "Which number, {v}, makes {r}?",
            "Find the number that, when {v}, comes to {r}.",
            "What is the number that is {v} to give {r}?",
        ],
    ),
    (
        Form::Bare,
        &[
            "What number {v} is {r}?",
            "what number {v} equals {r}",
            "Which number {v} makes {r}?",
            "what number {v} gives {r}?",
            "{r} is what number {v}?",
        ],
    ),
];
const QUESTIONS: &[&str] = &[
    "What is the number?",
    "What number is it?",
    "What was the number?",
    "Find the number.",
    "What's the number?",
    "what is the number",
    "Which number is it?",
    "Which number was it?",
    "Work out the number.",
    "Can you find the number?",
    "Can you tell me the number?",
    "What was the number at the start?",
    "How much was it at first?",
];
/// Where someone does it.
const QUESTIONS_OF: &[&str] = &[
    "What number did {who} start with?",
    "Which number did {who} have at first?",
    "What was the number that {who} started with?",
    "With which number did {who} begin?",
    "Which number was it that {who} started with?",
    "What number did {who} begin with?",
];

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let whole = draw.chance(25).then(|| draw.pick(WHOLE));
    let voice = draw.one_of(VOICES);
    let form = whole.map_or(voice.form, |(form, _)| form);
    // `A number plus 5 and times 3` could be read in either order.
    let join = if form == Form::Bare {
        ", then "
    } else {
        draw.pick(JOINS)
    };
    let start = level.number_to(draw, 60);
    let mut now = start;
    let (mut verbs, mut events, mut formula) = (String::new(), vec![], "x".to_owned());
    for k in 0..level.choose(1, 2, 3) {
        let (op, m) = match draw.below(3) {
            0 if now < 150 => (Op::Mul, draw.range(2..=9)),
            1 if now > 3 => (Op::Sub, level.number_to(draw, now - 1)),
            _ => (Op::Add, level.number(draw)),
        };
        if k > 0 {
            verbs.push_str(join);
        }
        verbs.push_str(&verb(draw, form, op, m, k == 0));
        now = op.apply(now, m);
        formula = format!("({formula} {} {m})", op.sign());
        events.push((op, m));
    }
    let result = now.to_string();
    let gaps = [("v", verbs.as_str()), ("r", result.as_str())];
    let (story, question) = match whole {
        Some((_, asks)) => (String::new(), draw.pick(asks).to_owned()),
        None => told(draw, voice),
    };
    let (story, question) = (fill(&story, &gaps), fill(&question, &gaps));
    let mut plan = Plan::default();
    let happened: Vec<String> = events
        .iter()
        .map(|(op, m)| format!("{}.", op.said(*m)))
        .collect();
    plan.note(labelled(&happened));
    plan.note(format!("The result is {now}. I go back from the end."));
    let mut back = now;
    for (i, (op, m)) in events.iter().enumerate().rev() {
        let undo = match op {
            Op::Add => Op::Sub,
            Op::Sub => Op::Add,
            _ => Op::Div,
        };
        back = plan.step(
            format!("Undo {} {}.", label(i), op.said(*m)),
            back,
            undo,
            *m,
        );
    }
    plan.proof(|plan| {
        let mut value = start;
        for (op, m) in &events {
            value = plan.step("", value, *op, *m);
        }
    });
    Draft {
        story,
        question,
        plan,
        formula: format!("{formula} = {now}"),
    }
}

/// An operation in words; `first` is the one on the number itself.
fn verb(draw: &mut Draw, form: Form, op: Op, m: i64, first: bool) -> String {
    let twice = m == 2 && draw.chance(50);
    let template = match (form, op) {
        (Form::Bare, _) => return op.said(m),
        (Form::Passive, Op::Add) => draw.pick(ADDED),
        (Form::Passive, Op::Sub) => draw.pick(SUBTRACTED),
        (Form::Passive, _) => draw.pick(if twice { DOUBLED } else { MULTIPLIED }),
        (_, Op::Add) => draw.pick(ADD),
        (_, Op::Sub) => draw.pick(SUBTRACT),
        _ => draw.pick(if twice { DOUBLE } else { MULTIPLY }),
    };
    let it = if first {
        "it"
    } else {
        draw.pick(&["it", "it", "that", "the result"])
    };
    let m = m.to_string();
    fill(
        &conjugated(template, form),
        &[("m", m.as_str()), ("it", it)],
    )
}

/// Chooses from the `[base|third|past]` of a template.
fn conjugated(template: &str, form: Form) -> String {
    let Some((before, rest)) = template.split_once('[') else {
        return template.to_owned();
    };
    let (choice, after) = rest.split_once(']').unwrap_or((rest, ""));
    let column = match form {
        Form::Third => 1,
        Form::Past => 2,
        _ => 0,
    };
    let chosen = choice.split('|').nth(column).unwrap_or(choice);
    format!("{before}{chosen}{after}")
}

/// The story and the question of a voice, with the gaps `{v}` and `{r}` still open.
fn told(draw: &mut Draw, voice: &Voice) -> (String, String) {
    let who = match voice.who {
        "{who}" if draw.chance(30) => draw.pick(ROLES).to_owned(),
        "{who}" => person(draw).name,
        who => who.to_owned(),
    };
    let asks = if who.is_empty() || draw.chance(60) {
        QUESTIONS
    } else {
        QUESTIONS_OF
    };
    let name = capital(&who);
    let gaps = [("who", who.as_str()), ("Who", name.as_str())];
    let (start, end) = (draw.pick(voice.starts), draw.pick(voice.ends));
    let story = conjugated(start, voice.form) + &conjugated(end, voice.form);
    (fill(&story, &gaps), fill(draw.pick(asks), &gaps))
}

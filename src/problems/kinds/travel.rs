//! Speed, time and distance.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled, list};
use crate::problems::words::{capital, fill, number, person, tense};
use crate::problems::{Draft, Level};

/// Who is on the way: first and later mention, pronoun, and a verb that suits no other.
const VEHICLES: &[(&str, &str, &str, &str)] = &[
    ("a train", "the train", "it", "[runs|ran]"),
    ("an express train", "the train", "it", "[speeds|sped]"),
    ("a car", "the car", "it", "[drives|drove]"),
    ("a bus", "the bus", "it", "[drives|drove]"),
    ("a school bus", "the bus", "it", "[rolls|rolled]"),
    ("a cyclist", "the cyclist", "she", "[cycles|cycled]"),
    ("a boat", "the boat", "it", "[sails|sailed]"),
    ("a truck", "the truck", "it", "[drives|drove]"),
    ("a plane", "the plane", "it", "[flies|flew]"),
    ("a helicopter", "the helicopter", "it", "[flies|flew]"),
    ("a runner", "the runner", "he", "[runs|ran]"),
    ("a ship", "the ship", "it", "[sails|sailed]"),
    ("a ferry", "the ferry", "it", "[cruises|cruised]"),
    ("a van", "the van", "it", "[drives|drove]"),
    ("a tram", "the tram", "it", "[runs|ran]"),
    ("a motorbike", "the motorbike", "it", "[races|raced]"),
    ("a lorry", "the lorry", "it", "[drives|drove]"),
    ("a horse", "the horse", "it", "[gallops|galloped]"),
    ("a bird", "the bird", "it", "[flies|flew]"),
    ("a drone", "the drone", "it", "[flies|flew]"),
    ("a taxi driver", "the driver", "he", "[drives|drove]"),
    ("my father", "my father", "he", "[drives|drove]"),
    ("my aunt", "my aunt", "she", "[rides|rode]"),
    ("our neighbour", "our neighbour", "she", "[rides|rode]"),
];
/// Their verbs differ from those of a name in the present: for the past only, and never with `was`.
const SELVES: &[(&str, &str, &str, &str)] = &[
    ("I", "I", "I", "drove"),
    ("we", "we", "we", "rode"),
    ("you", "you", "you", "drove"),
    ("my friends", "my friends", "they", "cycled"),
];
const VERBS: &[&str] = &[
    "[travels|traveled]",
    "[travels|travelled]",
    "[goes|went]",
    "[moves|moved]",
    "[keeps|kept] going",
];
/// Of speed, and of distance.
const UNITS: &[(&str, &str)] = &[
    ("km per hour", "km"),
    ("km/h", "km"),
    ("km/h", "km"),
    ("miles per hour", "miles"),
    ("mph", "miles"),
    ("miles an hour", "miles"),
    ("kilometers per hour", "kilometers"),
    ("kilometres per hour", "kilometres"),
    ("kilometers an hour", "km"),
    ("km an hour", "km"),
];
/// `{W}` is the first mention of who is on the way, `{w}` a later one, `{v}` the verb, `{r}` the unit of speed.
const TIMES: &[&str] = &[
    "{W} {v} a distance of {d} {u} at {s} {r}.",
    "{W} [covers|covered] {d} {u} at {s} {r}.",
    "{W} [has|had] to cover {d} {u} at a speed of {s} {r}.",
    "{W} {v} at {s} {r} and [covers|covered] {d} {u}.",
    "{W} {v} at {s} {r}. The distance [is|was] {d} {u}.",
    "The distance [is|was] {d} {u}, and {W} {v} at {s} {r}.",
    "{W} [makes|made] a trip of {d} {u} at an average speed of {s} {r}.",
    "The next town [is|was] {d} {u} away. At {s} {r}, {W} {v} there.",
    "At {s} {r}, {W} [covers|covered] {d} {u}.",
    "{W} [sets|set] off for a place {d} {u} away, at {s} {r} all the way.",
    "With a speed of {s} {r}, {W} [covers|covered] {d} {u}.",
    "On a route of {d} {u}, {W} {v} at a steady {s} {r}.",
    "There [are|were] {d} {u} to go, and {W} [keeps|kept] up {s} {r}.",
    "{W} still [has|had] {d} {u} ahead and {v} at {s} {r}.",
    "{d} {u} at {s} {r}.",
    "Distance: {d} {u}. Speed: {s} {r}.",
];
const HOURS: &[&str] = &[
    "How many hours [does|did] it take?",
    "How long [does|did] it take, in hours?",
    "How many hours [is|was] that?",
    "How many hours [does|did] the trip take?",
    "How many hours [are|were] needed?",
    "How many hours [go|went] by on the way?",
    "After how many hours [is|was] the distance covered?",
    "How long [is|was] that in hours?",
    "What's the travel time in hours?",
    "For how many hours [does|did] that go on?",
    "Time in hours?",
    "Find the time in hours.",
    "Work out how many hours that [takes|took].",
    "Tell me the number of hours.",
];
/// Problems of one sentence.
const HOURS_ASKED: &[&str] = &[
    "How many hours [does|did] {W} need for {d} {u} at {s} {r}?",
    "How many hours [does|did] it take {W} to cover {d} {u} at {s} {r}?",
    "How long [does|did] {W} take for {d} {u} at {s} {r}, in hours?",
    "If {W} {v} at {s} {r}, how many hours [do|did] {d} {u} take?",
    "In how many hours [does|did] {W} cover {d} {u} at {s} {r}?",
    "How many hours for {d} {u} at {s} {r}?",
    "How many hours do you need to cover {d} {u} at {s} {r}?",
    "Find the time in hours for {d} {u} at {s} {r}.",
    "At {s} {r}, how many hours is a trip of {d} {u}?",
];
const LEGS: &[&str] = &[
    "at {s} {r} for {h} hours",
    "at {s} {r} for {h} hours",
    "for {h} hours at {s} {r}",
    "for {h} hours at a speed of {s} {r}",
    "at a speed of {s} {r} for {h} hours",
    "with a speed of {s} {r} for {h} hours",
    "at a steady {s} {r} for {h} hours",
    "at a constant {s} {r} for {h} hours",
    "at an average of {s} {r} for {h} hours",
    "for {h} hours with an average speed of {s} {r}",
    "for {h} hours straight at {s} {r}",
    "for {h} full hours at {s} {r}",
    "at {s} {r} over {h} hours",
];
const JOINTS: &[&str] = &[
    ", then ",
    " and then ",
    ", and after that ",
    ", after that ",
    " and afterwards ",
    " and later ",
    ", next ",
    " and next ",
    "; then ",
    ", later ",
];
const STORIES: &[&str] = &[
    "{W} {v} {l}.",
    "{W} {v} {l}.",
    "{W} {v} {l}.",
    "On a trip, {W} {v} {l}.",
    "On the way north, {W} {v} {l}.",
    "{W} [sets|set] off and {v} {l}.",
    "{W} [leaves|left] in the morning and {v} {l}.",
    "Without stopping, {W} {v} {l}.",
    "Suppose that {W} {v} {l}.",
    "{W} [makes|made] a trip: {l}.",
];
const DISTANCE: &[&str] = &[
    "How far [does|did] {w} go?",
    "How far [is|was] that in total?",
    "What [is|was] the total distance?",
    "How many {u} [is|was] that?",
    "How many {u} [are|were] covered in all?",
    "What distance [is|was] covered?",
    "How far [does|did] {w} get?",
    "How far [does|did] {w} travel altogether?",
    "How many {u} [does|did] {w} cover?",
    "How many {u} [does|did] {w} go in all?",
    "How long [is|was] the whole way in {u}?",
    "How many {u} long [is|was] the trip?",
    "What's the distance?",
    "What's that in {u} altogether?",
    "Distance in {u}?",
    "Find the distance.",
    "Work out how many {u} {w} [covers|covered].",
    "Tell me how far that [is|was].",
    "What distance [does|did] {w} cover?",
];
/// Problems of one sentence.
const DISTANCE_ASKED: &[&str] = &[
    "How far [does|did] {W} get going {l}?",
    "How far [does|did] {W} go if {he} {v} {l}?",
    "How many {u} [does|did] {W} cover going {l}?",
    "What distance [does|did] {W} cover going {l}?",
    "If {W} {v} {l}, how far [does|did] {he} get?",
    "If {W} {v} {l}, how many {u} [is|was] that?",
    "How many {u} do you cover going {l}?",
    "How far do you get if you go {l}?",
    "Find the distance covered by going {l}.",
    "What is the total distance of a trip {l}?",
    "Going {l}: how many {u}?",
];

/// First and later mention of who is on the way, pronoun and verb.
fn traveller(draw: &mut Draw, past: bool) -> (String, String, &'static str, &'static str) {
    let general = draw.pick(VERBS);
    let (first, again, pronoun, verb) = if past && draw.chance(15) {
        draw.pick(SELVES)
    } else if draw.chance(25) {
        let someone = person(draw);
        let verb = draw.pick(&["[drives|drove]", "[rides|rode]", general]);
        return (someone.name.clone(), someone.name, someone.pronoun, verb);
    } else {
        draw.pick(VEHICLES)
    };
    let verb = if draw.chance(50) { verb } else { general };
    (first.to_owned(), again.to_owned(), pronoun, verb)
}

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let past = draw.chance(35);
    let (first, again, pronoun, verb) = traveller(draw, past);
    let (unit, long) = draw.pick(UNITS);
    let say = |template: &str, more: &[(&str, &str)]| {
        let template = tense(&template.replace("{v}", verb), past);
        let gaps = [
            ("W", first.as_str()),
            ("w", &again),
            ("he", pronoun),
            ("u", long),
            ("r", unit),
        ];
        capital(&fill(&fill(&template, &gaps), more))
    };
    let in_one_sentence = draw.chance(30);
    let speed = |draw: &mut Draw| {
        draw.range(1..=level.choose(9, 9, 12)) * level.choose(10, draw.pick(&[5, 10]), 5)
    };
    let mut plan = Plan::default();
    if draw.chance(25) {
        let (v, hours) = (
            draw.range(1..=9) * level.choose(10, 10, 10),
            draw.range(2..=9),
        );
        let distance = v * hours;
        let (d, s) = (distance.to_string(), v.to_string());
        let gaps = [("d", d.as_str()), ("s", s.as_str())];
        let (story, question) = if in_one_sentence {
            (String::new(), say(draw.pick(HOURS_ASKED), &gaps))
        } else {
            (say(draw.pick(TIMES), &gaps), say(draw.pick(HOURS), &gaps))
        };
        plan.note(if in_one_sentence { &question } else { &story });
        plan.step("Time is distance divided by speed.", distance, Op::Div, v);
        plan.proof(|plan| {
            plan.step("", v, Op::Mul, hours);
        });
        return Draft {
            story,
            question,
            plan,
            formula: format!("x * {v} = {distance}"),
        };
    }
    let count = level.choose(1, 2, 3);
    let (mut texts, mut parts, mut formulas, mut told) = (vec![], vec![], vec![], vec![]);
    for _ in 0..count {
        let (v, hours) = (speed(draw), draw.range(2..=level.choose(6, 8, 9)));
        let hours_text = number(draw, hours);
        let s = v.to_string();
        let gaps = [("s", s.as_str()), ("r", unit), ("h", hours_text.as_str())];
        let text = fill(draw.pick(LEGS), &gaps);
        told.push(format!("at {v} {unit} for {hours} hours."));
        parts.push(plan.step(
            format!(
                "{} Distance is speed times time: {v} times {hours}.",
                label(texts.len())
            ),
            v,
            Op::Mul,
            hours,
        ));
        texts.push(text);
        formulas.push(format!("{v} * {hours}"));
    }
    if count > 1 {
        plan.sum(&format!("Now the whole way: {}.", list(&parts)), &parts);
    }
    let told = labelled(&told);
    plan.lines.insert(0, Line::Note(told));
    let legs = texts.join(draw.pick(JOINTS));
    let gaps = [("l", legs.as_str())];
    let (story, question) = if in_one_sentence {
        (String::new(), say(draw.pick(DISTANCE_ASKED), &gaps))
    } else {
        (
            say(draw.pick(STORIES), &gaps),
            say(draw.pick(DISTANCE), &gaps),
        )
    };
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {}", formulas.join(" + ")),
    }
}

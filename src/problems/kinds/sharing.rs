//! Equal shares, and groups that fill up.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan};
use crate::problems::words::{capital, fill, groups, items, number, person, singular};
use crate::problems::{Draft, Level};

/// Problems whose last sentence is the question.
const EXACT: &[&str] = &[
    "{N} shares {n} {i} equally among {k} friends. How many {i} does each friend get?",
    "{N} has {n} {i} and puts them equally into {k} {g}. How many {i} are in each {s}?",
    "{n} {i} are divided equally among {k} children. How many {i} does each child get?",
    "{N} wants to split {n} {i} evenly between {k} people. How many does each person get?",
    "There are {n} {i} in {k} equal {g}. How many {i} are in one {s}?",
    "{k} friends share {n} {i} equally. How many {i} does each of them get?",
    "{N} gives {n} {i} to {k} children. Every child gets the same number. How many {i} does one child get?",
    "We were {k} people and split {n} {i} evenly. How many did each of us get?",
    "I handed out {n} {i} to {k} classmates, the same number to each. How many {i} did each classmate get?",
    "{n} {i} were shared out fairly among {k} players. What was the share of each player?",
    "My teacher hands out {n} {i} to {k} pupils, all of them get equally many. How many {i} is that per pupil?",
    "{N} spreads {n} {i} evenly over {k} {g}. How many {i} go into each {s}?",
    "{n} {i}, {k} people, equal shares. How many each?",
    "{k} {g} contain {n} {i} in all, each {s} the same number. How many {i} does one {s} contain?",
    "A farmer fills {k} {g} with {n} {i}. All {g} hold equally many. What's the number of {i} per {s}?",
    "{n} {i} have to be divided into {k} equal parts. How big is one part?",
    "Grandma has {n} {i} for her {k} grandchildren, and each of them is given the same number. How many {i} does each grandchild get?",
    "{N} and the others are {k} people altogether. They split {n} {i} fairly. How many {i} does {N} get?",
    "{n} {i} were packed into {k} {g}, equally many in each. How many {i} were packed into each {s}?",
    "{N} hands {n} {i} to {k} neighbours in equal shares. How many {i} does each neighbour receive?",
    "A coach deals out {n} {i} to {k} teams so that every team has the same number. How many {i} does every team have?",
    "{N} arranges {n} {i} in {k} equal {g}. How many {i} per {s}?",
    "{N} has {n} {i} to give away to {k} cousins, equally many to each. Work out how many {i} each cousin gets.",
    "{k} roommates bought {n} {i} together and now divide them evenly. How many {i} does one roommate take?",
    "Divide {n} {i} equally among {k} people. How many for each person?",
    "Put {n} {i} into {k} {g}, the same number in each. How many {i} are in every {s}?",
    "How many {i} does each of {k} children get if {n} {i} are shared equally?",
    "If {k} people share {n} {i} equally, how many {i} does each person get?",
    "If {N} splits {n} {i} evenly into {k} {g}, how many are in each {s}?",
    "What's one share when {n} {i} are split equally between {k} people?",
    "How many {i} go into each {s} if you spread {n} {i} evenly over {k} {g}?",
    "{n} {i} shared equally by {k} friends: how many each?",
    "Find the share of each person when {k} people split {n} {i} evenly.",
    "{n} {i} in {k} equal {g}. How many {i} per {s}?",
];
const FILLED: &[&str] = &[
    "{N} has {n} {i}. One {s} holds {k} {i}. How many {g} does {N} need for all {i}?",
    "{N} packs {n} {i} into {g} of {k}. How many {g} can {N} fill?",
    "Each {s} holds {k} {i}. There are {n} {i}. How many {g} are full?",
    "{N} puts {n} {i} into {g} with {k} {i} in each. How many {g} are there?",
    "I have {n} {i} and {k} of them fit into one {s}. How many {g} do I need?",
    "We packed {n} {i}, {k} to a {s}. How many {g} did we fill?",
    "{n} {i} are sorted into {g} of {k}. How many {g} is that?",
    "A shop sells {i} in {g} of {k}. Today {n} {i} were sold. How many {g} were sold?",
    "{N} needs {n} {i}, and they come in {g} of {k}. How many {g} does {N} have to get?",
    "There is room for {k} {i} in every {s}, and {n} {i} have to be stored. What number of {g} is needed?",
    "A worker fills {g} with {k} {i} each until all {n} {i} are gone. How many {g} does the worker fill?",
    "{n} {i}, {k} per {s}. How many {g}?",
    "{N} makes equal {g} of {k} {i} out of {n} {i}. How many {g} does {N} get?",
    "{k} {i} go into one {s}. {N} has to store {n} {i}. How many {g} will be filled?",
    "Our school orders {n} {i}. They are delivered in {g} of {k}. How many {g} arrive?",
    "{N} wants to give away {n} {i}, {k} to every child. How many children can get some?",
    "Every guest gets {k} {i}. {N} has {n} {i}. For how many guests is that enough?",
    "My brother ties {n} {i} into bundles of {k}. How many bundles does he make?",
    "{N} uses up {k} {i} a day and has {n} {i}. How many days do they last?",
    "How many {g} do you need for {n} {i} if each {s} holds {k}?",
    "How many {g} of {k} can be filled with {n} {i}?",
    "If {k} {i} fit into one {s}, how many {g} does {N} need for {n} {i}?",
    "If {N} packs {n} {i} into {g} of {k}, how many {g} are there?",
    "How many groups of {k} can you make out of {n} {i}?",
    "Find the number of {g} for {n} {i} with {k} {i} in each {s}.",
    "{n} {i} in {g} of {k}: how many {g}?",
];
const LEFT: &[&str] = &[
    "{N} has {n} {i} and puts {k} into each {s}. How many {i} are left over?",
    "{N} shares {n} {i} equally among {k} friends and keeps the rest. How many {i} does {N} keep?",
    "{n} {i} are packed into {g} of {k}. How many {i} are left over?",
    "{k} children share {n} {i} equally. How many {i} are left?",
    "I packed {n} {i} into {g} of {k} and filled as many {g} as I could. How many {i} did I have left?",
    "We split {n} {i} evenly between {k} people, each got as many as possible. How many {i} were left over?",
    "{N} fills {g} with {k} {i} each. There are {n} {i}, and only full {g} count. How many {i} do not fit into a full {s}?",
    "{n} {i} were shared out among {k} pupils, equally many to each. The teacher kept what was left. How many {i} did the teacher keep?",
    "A baker has {n} {i} and sells them only in full {g} of {k}. How many {i} can't be sold?",
    "{N} divides {n} {i} into {k} equal {g}, as big as possible. How many {i} remain?",
    "{n} {i}, {g} of {k}. How many left over?",
    "Each {s} holds exactly {k} {i}. {N} packs {n} {i} into full {g}. How many {i} stay behind?",
    "A farmer sorts {n} {i} into {g} of {k} and gives the rest to the neighbours. How many {i} do the neighbours get?",
    "{k} friends want to split {n} {i} fairly. What can't be shared goes to the dog. How many {i} does the dog get?",
    "{N} hands out {n} {i} to {k} children in equal shares, as many as possible. What's the rest?",
    "My sister lays {n} {i} out in {g} of {k}. How many {i} does she have left over?",
    "{N} makes as many groups of {k} as possible out of {n} {i}. How many {i} are in no group?",
    "{n} {i} are dealt out evenly to {k} players, as far as they go. How many {i} aren't dealt out?",
    "How many {i} are left over when {n} {i} are packed into {g} of {k}?",
    "If {k} people share {n} {i} equally, how many {i} are left over?",
    "If {N} puts {n} {i} into {g} of {k}, how many {i} remain?",
    "How many {i} remain after {n} {i} are shared out evenly among {k} friends?",
    "What is left when you split {n} {i} equally between {k} people?",
    "{n} {i} in {g} of {k}: how many are left over?",
    "Find how many {i} are left if {N} fills as many {g} of {k} as possible with {n} {i}.",
];
/// There are `{n}` things at first, and `{m}` more before the sharing.
const MORE: &[&str] = &[
    "{N} has {n} {i} and gets {m} more. They are shared equally among {k} people. How many {i} does each person get?",
    "{N} has {n} {i} and buys another {m}. Then {N} shares all of them equally among {k} friends. How many {i} does each friend get?",
    "I had {n} {i}, then I was given {m} more. I split them all evenly between {k} people. How many {i} did each person get?",
    "There are {n} {i} on the table. {N} adds {m} more and divides all of them equally among {k} children. How many {i} does each child get?",
    "{N} brings {n} {i} and a friend chips in {m}. Together that makes {k} equal shares. How many {i} are in one share?",
    "{n} {i} and another {m} {i} are put together and shared out equally to {k} people. How many {i} is that per person?",
    "My brother found {n} {i}, my sister found {m}. All of them were split evenly among {k} of us. How many {i} did each of us get?",
    "A teacher has {n} {i}, and {m} more arrive. All are handed out to {k} pupils, equally many to each. How many {i} does each pupil receive?",
    "{N} picks up {n} {i} and later {m} more, and puts all of them equally into {k} {g}. How many {i} are in each {s}?",
    "We bought {n} {i} and {m} more were donated. It was all split evenly among {k} people. What was one share?",
    "First there were {n} {i}, then {m} extra ones came. They were spread evenly over {k} {g}. How many {i} were in one {s}?",
    "A shop has {n} {i} and orders {m} more. All of them go into {k} {g}, the same number in each. How many {i} go into each {s}?",
    "{n} {i} plus {m} more, split evenly {k} ways. How many each?",
    "If {N} has {n} {i}, gets {m} more and shares all of them equally among {k} people, how many {i} does each person get?",
    "How many {i} does each of {k} people get if {n} {i} and {m} more are shared equally?",
];

/// A text as its story and the question, which is the last sentence.
fn parted(text: &str) -> (String, String) {
    match text.rsplit_once(". ") {
        Some((story, question)) => (format!("{story}."), question.to_owned()),
        None => (String::new(), text.to_owned()),
    }
}

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let someone = person(draw);
    let item = items(draw);
    let holders = groups(draw, &item);
    let (k, each) = (draw.range(2..=9), level.factor(draw));
    let left = draw.chance(30);
    let filled = !left && draw.chance(40);
    let rest = if left { draw.range(0..=k - 1) } else { 0 };
    let n = k * each + rest;
    let k_text = number(draw, k);
    let text = draw.pick(if left {
        LEFT
    } else if filled {
        FILLED
    } else {
        EXACT
    });
    let one = singular(holders);
    let gaps = [
        ("N", someone.name.as_str()),
        ("n", &n.to_string()),
        ("i", &item),
        ("k", &k_text),
        ("g", holders),
        ("s", &one),
    ];
    let said = capital(&fill(text, &gaps));
    let (story, question) = parted(&said);
    let mut plan = Plan::default();
    plan.note(if story.is_empty() { &question } else { &story });
    if !left {
        if draw.chance(30) && level != Level::Easy {
            // One more event before the sharing: first all of them, then the shares.
            let more = draw.range(2..=n - 2);
            let (before, more_text) = ((n - more).to_string(), more.to_string());
            // Before the other gaps: `{n}` is what there is at first here.
            let counts = [("n", before.as_str()), ("m", more_text.as_str())];
            let text = fill(draw.pick(MORE), &counts);
            let said = capital(&fill(&text, &gaps));
            let (story, question) = parted(&said);
            let mut plan = Plan::default();
            plan.note(if story.is_empty() { &question } else { &story });
            let all = plan.step("First all of them.", n - more, Op::Add, more);
            plan.step(format!("Then equal shares for {k}."), all, Op::Div, k);
            return Draft {
                story,
                question,
                plan,
                formula: format!("x = ({} + {more}) / {k}", n - more),
            };
        }
        plan.step("Equal parts.", n, Op::Div, k);
        return Draft {
            story,
            question,
            plan,
            formula: format!("x * {k} = {n}"),
        };
    }
    plan.step("What is left is the remainder.", n, Op::Remainder, k);
    let rest_way = each * k;
    plan.proof(|plan| {
        plan.step("", each, Op::Mul, k);
        plan.step("", rest_way, Op::Add, rest);
    });
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {n} - {k} * floor({n} / {k})"),
    }
}

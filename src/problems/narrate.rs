//! Tells a plan in the manner of reasoning models: quoting, working digit by digit, now and then a slip that is caught,
//! then checking, working backwards, trying a second way.
//!
//! How much is checked hangs on the number of steps, not on chance alone: a model that decodes greedily then reflects too.

use std::fmt::Write as _;

use super::arithmetic::{slip, work};
use super::draw::Draw;
use super::plan::{Line, Op, Plan, Step};

/// Percentage of double checks that go wrong by themselves. A model that has seen none says that it found the same again
/// whatever it found; one that has compares. And a cache that forgets a number makes checks go wrong.
const SLIPPED_CHECKS: u32 = 12;

/// Most steps of a problem whose steps are undone digit by digit.
const MOST_UNDONE: usize = 4;

/// The text between `<think>` and `</think>`, without the line breaks at its ends.
pub(super) fn narrate(plan: &Plan, question: &str, answer: i64, draw: &mut Draw) -> String {
    let mut text = String::from(draw.pick(&[
        "Okay, let me see. ",
        "Okay, let me think. ",
        "Alright, let me read it. ",
        "Let me see. ",
    ]));
    let steps = plan.steps().count();
    tell(plan, true, draw, &mut text);
    let _ = write!(text, "\nThe question is: {question} So it is {answer}.");
    if draw.chance(if steps > 1 { 92 } else { 70 }) {
        double_check(plan, answer, draw, &mut text);
    }
    if let Some(proof) = &plan.proof {
        if draw.chance(85) {
            text.push_str("\nLet me put it in and see.");
            tell(proof, false, draw, &mut text);
            let _ = write!(text, " That agrees, so {answer} is right.");
        }
    } else if draw.chance(if steps > 1 { 85 } else { 40 })
        && steps <= MOST_UNDONE
        && plan.steps().all(|step| undo(step).is_some())
    {
        text.push_str(draw.pick(&[
            "\nLet me also work backwards.",
            "\nNow let me go backwards.",
        ]));
        for step in plan.steps().rev() {
            if let Some(back) = undo(step) {
                text.push(' ');
                text.push_str(&work(back.a, back.op, back.b));
            }
        }
        let _ = write!(text, " That agrees, so {answer} is right.");
    }
    if let Some(second) = &plan.second_way
        && draw.chance(85)
    {
        text.push_str(draw.pick(&[
            "\nAlternatively, there is another way.",
            "\nWait, maybe there is another way.",
        ]));
        tell(second, false, draw, &mut text);
        let _ = write!(text, " That is {answer} again.");
    }
    if steps > 2 && draw.chance(85) {
        let _ = write!(
            text,
            "\nWait, did I answer the question? {question} Yes, it is {answer}."
        );
    }
    let _ = write!(text, "\nSo the answer is {answer}.");
    text
}

/// Every step once more, and whether it came to the same.
fn double_check(plan: &Plan, answer: i64, draw: &mut Draw, text: &mut String) {
    text.push_str(draw.pick(&[
        "\nWait, let me double-check.",
        "\nWait, let me check that again.",
        "\nHmm, let me verify each step.",
    ]));
    let misread = if draw.chance(SLIPPED_CHECKS) {
        misread(plan, answer, draw)
    } else {
        None
    };
    let slipped = misread.is_some();
    let steps = misread.unwrap_or_else(|| plan.steps().cloned().collect());
    for step in &steps {
        text.push(' ');
        text.push_str(&work(step.a, step.op, step.b));
    }
    let found = steps.last().map_or(answer, Step::value);
    let _ = if slipped {
        write!(
            text,
            " That is {found}, not {answer}. I misread a number here, so it stays {answer}."
        )
    } else {
        let again = draw.pick(&[" Yes, that is", " Good, that is"]);
        write!(text, "{again} {answer} again.")
    };
}

/// The steps of a plan as someone does them who misreads one number: what follows from it is wrong, each step by itself
/// right. `None` if that would not be noticed, or would lead out of the whole numbers.
fn misread(plan: &Plan, answer: i64, draw: &mut Draw) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = plan.steps().cloned().collect();
    let first = draw.below(steps.len());
    let (mut old, mut new) = (steps[first].a, misreading(steps[first].a, draw));
    for step in &mut steps[first..] {
        let value = step.value();
        if step.a == old {
            step.a = new;
        } else if step.b == old {
            step.b = new;
        } else {
            continue;
        }
        let possible = match step.op {
            Op::Sub => step.a >= step.b,
            Op::Div => step.b > 0 && step.a % step.b == 0 && step.a > 0,
            Op::Remainder => step.b > 0 && step.a >= step.b,
            Op::Add | Op::Mul => true,
        };
        if step.op == Op::Mul && step.a < step.b {
            (step.a, step.b) = (step.b, step.a);
        }
        if !possible || step.a > 9999 {
            return None;
        }
        (old, new) = (value, step.value());
    }
    let wrong = steps.last()?.value() != answer;
    wrong.then_some(steps)
}

/// Another number: a digit of `n` read as another one, or not at all.
fn misreading(n: i64, draw: &mut Draw) -> i64 {
    let mut digits: Vec<char> = n.to_string().chars().collect();
    let at = draw.below(digits.len());
    if digits.len() > 1 && draw.chance(30) {
        digits.remove(at);
    } else {
        digits[at] = draw.pick(&['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    }
    let read: String = digits.into_iter().collect();
    read.parse().unwrap_or(n)
}

/// The lines of a plan; each on a line of its own in the main part, in one paragraph in a check.
fn tell(plan: &Plan, main: bool, draw: &mut Draw, text: &mut String) {
    let mut first = true;
    for line in &plan.lines {
        if !text.ends_with([' ', '\n']) {
            text.push(if main { '\n' } else { ' ' });
        }
        match line {
            Line::Note(note) => text.push_str(note),
            Line::Step(step) => {
                if !step.lead.is_empty() {
                    text.push_str(&step.lead);
                    text.push(' ');
                }
                if main {
                    text.push_str(hint(step.op));
                    text.push(' ');
                    // A hard carry tempts: a greedy decoder too should be seen to slip and to catch it.
                    let tempting = first && step.op == Op::Add && step.a % 10 + step.b % 10 >= 16;
                    if draw.chance(if tempting { 75 } else { 4 })
                        && let Some(wrong) = slip(step.a, step.op, step.b)
                    {
                        let expression = format!("{} {} {}", step.a, step.op.sign(), step.b);
                        let _ = write!(
                            text,
                            "Quickly, {expression} = {wrong}. Wait, that is not right. Digit by digit, "
                        );
                    }
                    first = false;
                }
                text.push_str(&work(step.a, step.op, step.b));
            }
        }
    }
}

fn hint(op: Op) -> &'static str {
    match op {
        Op::Add => "So I add.",
        Op::Sub => "So I subtract.",
        Op::Mul => "So I multiply.",
        Op::Div | Op::Remainder => "So I divide.",
    }
}

/// The step that leads from the value of `step` back to its first number.
fn undo(step: &Step) -> Option<Step> {
    let inverse = match step.op {
        Op::Add => Op::Sub,
        Op::Sub => Op::Add,
        Op::Mul if step.b < 10 && step.b > 0 => Op::Div,
        Op::Div if step.b < 10 => Op::Mul,
        _ => return None,
    };
    Some(Step {
        lead: String::new(),
        a: step.value(),
        op: inverse,
        b: step.b,
    })
}

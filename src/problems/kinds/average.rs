//! The mean of some numbers.

use crate::problems::draw::Draw;
use crate::problems::plan::{Op, Plan, label, labelled, list};
use crate::problems::words::person;
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let count = draw.range(level.choose(2, 3, 3)..=level.choose(2, 4, 5));
    let mut values: Vec<i64> = (1..count).map(|_| level.number_to(draw, 200)).collect();
    // The last number is the one that makes the mean whole.
    let sum: i64 = values.iter().sum();
    values.push(draw.range(2..=level.choose(9, 30, 60)) * count + (count - sum % count) % count);
    let list_text = list(&values);
    let terms: Vec<String> = values.iter().map(i64::to_string).collect();
    let someone = person(draw);
    let (story, question) = draw.pick(&[
        ("", "What is the average of {l}?"),
        ("", "Find the mean of {l}."),
        ("", "What is the mean of the numbers {l}?"),
        ("{N} has the scores {l}.", "What is the average score?"),
        (
            "On some days {N} reads {l} pages.",
            "How many pages a day is that on average?",
        ),
        ("The numbers are {l}.", "What is their average?"),
    ]);
    let fill = |text: &str| {
        text.replace("{l}", &list_text)
            .replace("{N}", &someone.name)
    };
    let mut plan = Plan::default();
    let told: Vec<String> = terms.iter().map(|value| format!("{value}.")).collect();
    plan.note(format!("{} That is {count} numbers.", labelled(&told)));
    let mut total = plan.step("First (A) and (B).", values[0], Op::Add, values[1]);
    for (i, &value) in values.iter().enumerate().skip(2) {
        total = plan.step(format!("Then {}.", label(i)), total, Op::Add, value);
    }
    plan.step(format!("Then divided by {count}."), total, Op::Div, count);
    Draft {
        story: fill(story),
        question: fill(question),
        plan,
        formula: format!("x = ({}) / {count}", terms.join(" + ")),
    }
}

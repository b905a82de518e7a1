//! Buying several things: total, change, or what is left.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled, list};
use crate::problems::words::{different_items, number, person, tense};
use crate::problems::{Draft, Level};

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let buyer = person(draw);
    let past = draw.chance(45);
    let most = draw.range(2..=3) as usize;
    let goods = different_items(draw, level.choose(1, 2, most));
    let (unit, before) = draw.pick(&[
        ("", "$"),
        ("", "$"),
        (" dollars", ""),
        (" euros", ""),
        (" cents", ""),
    ]);
    let money = |n: i64| format!("{before}{n}{unit}");
    let style = draw.below(4);
    let (mut parts, mut costs, mut formulas, mut goods_told) = (vec![], vec![], vec![], vec![]);
    let mut plan = Plan::default();
    for item in &goods {
        let (count, price) = (draw.range(2..=9), draw.range(2..=level.choose(9, 20, 60)));
        let count_text = number(draw, count);
        parts.push(match style {
            0 => format!("{count_text} {item} at {} each", money(price)),
            1 => format!("{count_text} {item} for {} each", money(price)),
            2 => format!("{count_text} {item} that cost {} each", money(price)),
            _ => format!("{count_text} {item} at {} apiece", money(price)),
        });
        goods_told.push(format!("{item}: {count} at {} each.", money(price)));
        costs.push(plan.step(
            format!("{} {item}: {count} times {price}.", label(costs.len())),
            price,
            Op::Mul,
            count,
        ));
        formulas.push(format!("{count} * {price}"));
    }
    let bought = list(&parts);
    let told = labelled(&goods_told);
    plan.lines.insert(0, Line::Note(told));
    let mut total = costs[0];
    if costs.len() > 1 {
        total = plan.sum(&format!("Now all together: {}.", list(&costs)), &costs);
    }
    let formula = formulas.join(" + ");
    let name = &buyer.name;
    let buys = tense(
        draw.pick(&[
            "[buys|bought]",
            "[orders|ordered]",
            "[wants to buy|wanted to buy]",
            "[gets|got]",
        ]),
        past,
    );
    let story = format!("{name} {buys} {bought}.");
    let story = if draw.chance(20) {
        format!(
            "{name} [goes|went] to the shop. {} {buys} {bought}.",
            crate::problems::words::capital(buyer.pronoun)
        )
    } else {
        story
    };
    let story = tense(&story, past);
    if draw.chance(50) {
        let question = draw.pick(&[
            "How much [does|did] {N} pay in total?",
            "How much [does|did] {N} pay?",
            "What [is|was] the total cost?",
            "How much [is|was] that altogether?",
            "How much money [does|did] {N} spend?",
            "What [does|did] it cost in total?",
        ]);
        return Draft {
            story,
            question: tense(question, past).replace("{N}", name),
            plan,
            formula: format!("x = {formula}"),
        };
    }
    let step = if total < 40 { 10 } else { 50 };
    let paid = (total / step + 1) * step + if draw.chance(30) { step } else { 0 };
    let (sentence, question) = draw.pick(&[
        (
            "{N} [pays|paid] with {p}.",
            "How much change [does|did] {N} get?",
        ),
        (
            "{N} [gives|gave] the cashier {p}.",
            "What [is|was] the change?",
        ),
        (
            "{N} [has|had] {p}.",
            "How much money [does|did] {N} have left?",
        ),
        (
            "{N} [has|had] {p} at first.",
            "How much money [is|was] left?",
        ),
        (
            "{N} [hands|handed] over {p}.",
            "How much money [does|did] {N} get back?",
        ),
    ]);
    let gaps = [("N", name.as_str()), ("p", &money(paid))];
    let sentence = crate::problems::words::fill(&tense(sentence, past), &gaps);
    plan.step(&sentence, paid, Op::Sub, total);
    let first = sentence.contains(" has ") || sentence.contains(" had ");
    let story = if first {
        format!("{sentence} {story}")
    } else {
        format!("{story} {sentence}")
    };
    Draft {
        story,
        question: tense(question, past).replace("{N}", name),
        plan,
        formula: format!("x = {paid} - ({formula})"),
    }
}

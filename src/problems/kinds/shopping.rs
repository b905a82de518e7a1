//! Buying several things: total, change, or what is left.

use crate::problems::draw::Draw;
use crate::problems::plan::{Line, Op, Plan, label, labelled, list};
use crate::problems::words::{capital, different_items, fill, number, person, tense};
use crate::problems::{Draft, Level};

/// What stands behind and before an amount, and how the currency is called.
const MONEY: &[(&str, &str, &str)] = &[
    ("", "$", "dollars"),
    ("", "$", "dollars"),
    ("", "$", "dollars"),
    (" dollars", "", "dollars"),
    (" dollars", "", "dollars"),
    (" euros", "", "euros"),
    (" cents", "", "cents"),
    (" pounds", "", "pounds"),
    (" bucks", "", "bucks"),
    (" rupees", "", "rupees"),
    (" pesos", "", "pesos"),
];
/// Buyers without a name: first and later mention, pronoun.
const ROLES: &[(&str, &str, &str)] = &[
    ("a teacher", "the teacher", "she"),
    ("a customer", "the customer", "he"),
    ("a farmer", "the farmer", "he"),
    ("a cook", "the cook", "she"),
    ("a tourist", "the tourist", "she"),
    ("my mother", "my mother", "she"),
    ("my brother", "my brother", "he"),
    ("my sister", "my sister", "she"),
    ("my friend", "my friend", "he"),
    ("our neighbour", "our neighbour", "he"),
    ("the coach", "the coach", "he"),
    ("our school", "our school", "it"),
];
/// Their verbs differ from those of a name in the present: for the past only, and never with `was`.
const SELVES: &[(&str, &str, &str)] = &[("I", "I", "I"), ("we", "we", "we"), ("you", "you", "you")];
const PARTS: &[&str] = &[
    "{c} {i} at {p} each",
    "{c} {i} for {p} each",
    "{c} {i} that cost {p} each",
    "{c} {i} at {p} apiece",
    "{c} {i} for {p} apiece",
    "{c} {i} ({p} each)",
    "{c} {i} ({p} apiece)",
    "{c} {i} at {p} a piece",
    "{c} {i} for {p} a piece",
    "{c} {i} priced at {p} each",
    "{c} {i} costing {p} each",
    "{c} {i} worth {p} each",
    "{c} {i} at a price of {p} each",
    "{c} {i} which cost {p} apiece",
    "{c} {i} @ {p} each",
    "{c} {i} that sell for {p} each",
    "{c} {i} at {p} per piece",
    "{c} {i} that go for {p} apiece",
];
/// `{N}` is the first mention of the buyer, `{n}` a later one, `{b}` what is bought.
const STORIES: &[&str] = &[
    "{N} [buys|bought] {b}.",
    "{N} [buys|bought] {b}.",
    "{N} [orders|ordered] {b}.",
    "{N} [wants to buy|wanted to buy] {b}.",
    "{N} [gets|got] {b}.",
    "{N} [goes|went] to the shop. {He} [buys|bought] {b}.",
    "{N} [goes|went] to the shop. {He} [wants|wanted] {b}.",
    "{N} [picks|picked] up {b}.",
    "{N} [purchases|purchased] {b}.",
    "{N} [goes|went] to the store and [gets|got] {b}.",
    "{N} [goes|went] into town to buy {b}.",
    "{N} [puts|put] {b} into the shopping cart.",
    "{N} [takes|took] {b} to the till.",
    "{N} [chooses|chose] {b}.",
    "In the store, {N} [chooses|chose] {b}.",
    "At the market, {N} [buys|bought] {b}.",
    "Online, {N} [orders|ordered] {b}.",
    "{N} [does|did] the shopping: {b}.",
    "{N} [spends|spent] money on {b}.",
    "{N} [stocks|stocked] up on {b}.",
    "{N} [comes|came] home with {b}.",
    "{N} [decides|decided] to buy {b}.",
];
const TOTAL: &[&str] = &[
    "How much [does|did] {n} pay in total?",
    "How much [does|did] {n} pay?",
    "What [is|was] the total cost?",
    "How much [is|was] that altogether?",
    "How much money [does|did] {n} spend?",
    "What [does|did] it cost in total?",
    "How much [does|did] {n} have to pay?",
    "How many {u} [does|did] {n} spend?",
    "How many {u} [does|did] {n} pay altogether?",
    "How many {u} [is|was] that in all?",
    "What's the total?",
    "What's the bill?",
    "What [does|did] everything cost together?",
    "What [does|did] {n} owe the shop?",
    "How much [is|was] the bill?",
    "How much [does|did] it all come to?",
    "How much [is|was] due at the till?",
    "Find the total cost.",
    "Work out the total price.",
    "What [is|was] the total amount to pay?",
    "Total?",
    "How much money [is|was] needed for that?",
    "Tell me how much {n} [spends|spent] in all.",
];
/// Problems of one sentence.
const TOTAL_ASKED: &[&str] = &[
    "How much [does|did] {N} pay for {b}?",
    "How much [does|did] {N} spend on {b}?",
    "How much money [does|did] {N} need for {b}?",
    "How many {u} [does|did] {N} pay for {b}?",
    "If {N} [buys|bought] {b}, how much [does|did] {he} pay?",
    "If {N} [buys|bought] {b}, what [is|was] the total?",
    "Work out how much {N} [pays|paid] for {b}.",
    "What's the total for {b}?",
    "What's the total price of {b}?",
    "What would {b} come to?",
    "How much would it be for {b}?",
    "How much for {b}?",
    "Total cost of {b}?",
    "Find the total cost of {b}.",
    "Calculate the bill for {b}.",
    "Please tell me the total price of {b}.",
    "Can you add up the bill for {b}?",
    "{b}: how much is that altogether?",
    "{b}. Total?",
    "{b}. How many {u} in all?",
];
/// What there is before the shopping.
const PURSE: &[&str] = &[
    "{N} [has|had] {p}.",
    "{N} [has|had] {p} at first.",
    "{N} [has|had] {p} to spend.",
    "{N} [starts|started] with {p}.",
    "{N} [sets|set] out with {p}.",
    "{N} [goes|went] shopping with {p}.",
    "{N} [takes|took] {p} along.",
    "{N} [brings|brought] {p}.",
    "{N} [carries|carried] {p}.",
    "{N} [has|had] {p} in cash.",
    "{N} [has|had] saved up {p}.",
    "At the start, {N} [has|had] {p}.",
    "{N} [leaves|left] home with {p}.",
];
const LEFT: &[&str] = &[
    "How much money [does|did] {n} have left?",
    "How much money [is|was] left?",
    "How many {u} [does|did] {n} have left?",
    "How many {u} [are|were] left?",
    "How much [does|did] {n} still have?",
    "How much [is|was] left over?",
    "How much money [remains|remained]?",
    "What [is|was] left of the money?",
    "What amount [does|did] {n} keep?",
    "What's left?",
    "How much [does|did] {n} have after that?",
    "How much money [does|did] {n} end up with?",
    "How much money [does|did] {n} take back home?",
    "Find out how much money [is|was] left.",
    "Money left?",
];
/// What is handed over after the shopping.
const PAID: &[&str] = &[
    "{n} [pays|paid] with {p}.",
    "{n} [gives|gave] the cashier {p}.",
    "{n} [hands|handed] over {p}.",
    "{n} [hands|handed] {p} to the cashier.",
    "{n} [hands|handed] the shop assistant {p}.",
    "{n} [puts|put] {p} on the counter.",
    "{n} [pays|paid] with {p} in cash.",
    "{n} [uses|used] {p} to pay.",
    "{n} [settles|settled] the bill with {p}.",
    "{n} [offers|offered] {p} as payment.",
    "{n} [passes|passed] {p} across the counter.",
    "To pay, {n} [takes|took] out {p}.",
    "The cashier [gets|got] {p}.",
    "The cashier [receives|received] {p} from the buyer.",
];
const CHANGE: &[&str] = &[
    "How much change [does|did] {n} get?",
    "What [is|was] the change?",
    "How much money [does|did] {n} get back?",
    "How much [does|did] {n} get back?",
    "How many {u} [does|did] {n} get back?",
    "How many {u} of change [is|was] that?",
    "What's the change?",
    "How much change [is|was] due?",
    "How much change [does|did] {n} receive?",
    "How much [comes|came] back?",
    "How much money [has|had] to be given back?",
    "What [does|did] the cashier give back?",
    "How much change [does|did] the cashier hand back?",
    "Work out the change.",
    "Change?",
];
/// Problems of one sentence, and the passage with the money that is paid.
const CHANGE_ASKED: &[(&str, &str)] = &[
    (
        "How much change [does|did] {N} get from {p} after buying {b}?",
        "Change from {p}.",
    ),
    (
        "{N} [buys|bought] {b} and [pays|paid] with {p}. What's the change?",
        "{N} [pays|paid] with {p}.",
    ),
    (
        "If {N} [buys|bought] {b} and [pays|paid] with {p}, how much [does|did] {he} get back?",
        "{N} [pays|paid] with {p}.",
    ),
    (
        "If {N} [has|had] {p} and [buys|bought] {b}, how much money [is|was] left?",
        "{N} [has|had] {p}.",
    ),
    (
        "{N} [has|had] {p} and [buys|bought] {b}. How much [is|was] left?",
        "{N} [has|had] {p}.",
    ),
    (
        "Out of {p}, how much remains after buying {b}?",
        "Out of {p}.",
    ),
    (
        "Find the change from {p} when {N} [buys|bought] {b}.",
        "Change from {p}.",
    ),
    ("What change is due from {p} for {b}?", "Due from {p}."),
    ("Change from {p} for {b}?", "Change from {p}."),
    (
        "How much is left of {p} once {b} are paid for?",
        "Left of {p}.",
    ),
    (
        "How much of {p} [does|did] {N} keep after paying for {b}?",
        "Of {p}.",
    ),
    ("{b}, paid with {p}. Change?", "Paid with {p}."),
    (
        "After spending money on {b}, how much of {p} is left?",
        "Of {p}.",
    ),
];

/// First and later mention of who buys, and the pronoun.
fn buyer(draw: &mut Draw, past: bool) -> (String, String, &'static str) {
    let (first, again, pronoun) = if past && draw.chance(20) {
        draw.pick(SELVES)
    } else if draw.chance(20) {
        draw.pick(ROLES)
    } else {
        let someone = person(draw);
        return (someone.name.clone(), someone.name, someone.pronoun);
    };
    (first.to_owned(), again.to_owned(), pronoun)
}

pub(super) fn draft(draw: &mut Draw, level: Level) -> Draft {
    let past = draw.chance(45);
    let (first, again, pronoun) = buyer(draw, past);
    let most = draw.range(2..=3) as usize;
    let goods = different_items(draw, level.choose(1, 2, most));
    let (unit, before, currency) = draw.pick(MONEY);
    let money = |n: i64| format!("{before}{n}{unit}");
    let part = draw.pick(PARTS);
    let (mut parts, mut costs, mut formulas, mut goods_told) = (vec![], vec![], vec![], vec![]);
    let mut plan = Plan::default();
    for item in &goods {
        let (count, price) = (draw.range(2..=9), draw.range(2..=level.choose(9, 20, 60)));
        let count_text = number(draw, count);
        let price_text = money(price);
        let gaps = [
            ("c", count_text.as_str()),
            ("i", item.as_str()),
            ("p", price_text.as_str()),
        ];
        parts.push(fill(part, &gaps));
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
    let step = if total < 40 { 10 } else { 50 };
    let paid = (total / step + 1) * step + if draw.chance(30) { step } else { 0 };
    let (he, paid_text) = (capital(pronoun), money(paid));
    let gaps = [
        ("N", first.as_str()),
        ("n", &again),
        ("he", pronoun),
        ("He", &he),
        ("b", &bought),
        ("u", currency),
        ("p", &paid_text),
    ];
    let say = |template: &str| capital(&fill(&tense(template, past), &gaps));
    let in_one_sentence = draw.chance(30);
    if draw.chance(50) {
        let (story, question) = if in_one_sentence {
            (String::new(), say(draw.pick(TOTAL_ASKED)))
        } else {
            (say(draw.pick(STORIES)), say(draw.pick(TOTAL)))
        };
        return Draft {
            story,
            question,
            plan,
            formula: format!("x = {formula}"),
        };
    }
    let (sentence, story, question) = if in_one_sentence {
        let (question, passage) = draw.pick(CHANGE_ASKED);
        (say(passage), String::new(), say(question))
    } else if draw.chance(45) {
        let sentence = say(draw.pick(PURSE));
        // Whoever has the money has been mentioned by then.
        let story = say(&draw.pick(STORIES).replace("{N}", "{n}"));
        let story = format!("{sentence} {story}");
        (sentence, story, say(draw.pick(LEFT)))
    } else {
        let story = say(draw.pick(STORIES));
        let sentence = say(draw.pick(PAID));
        let story = format!("{story} {sentence}");
        (sentence, story, say(draw.pick(CHANGE)))
    };
    plan.step(&sentence, paid, Op::Sub, total);
    Draft {
        story,
        question,
        plan,
        formula: format!("x = {paid} - ({formula})"),
    }
}

//! Names, things and places, and sentences with gaps.

use super::draw::Draw;

const SHE: &[&str] = &[
    "Ana", "Cara", "Eva", "Gina", "Ivy", "Kira", "Mia", "Olga", "Rosa", "Tara", "Uma", "Vera",
    "Zoe", "Bella", "Dina", "Farah", "Hana", "Julia", "Lena", "Nina", "Emma", "Sofia", "Maria",
    "Anna", "Lucy", "Grace", "Sarah", "Amy", "Alice", "Clara", "Natalia", "Betty", "Janet", "Lisa",
    "Maya", "Priya", "Fatima", "Yuki", "Mary", "Susan",
];
const HE: &[&str] = &[
    "Ben", "Dan", "Finn", "Hugo", "Jack", "Leo", "Noah", "Paul", "Quinn", "Sam", "Will", "Zane",
    "Amir", "Carlos", "Erik", "George", "Igor", "Kofi", "Marco", "Tom", "John", "Peter", "Max",
    "Liam", "Lucas", "David", "James", "Omar", "Ravi", "Ken", "Mark", "Weng", "Adam", "Oscar",
    "Felix", "Bob", "Tim", "Joe", "Ali", "Henry",
];
const ITEMS: &[&str] = &[
    "apples",
    "oranges",
    "books",
    "pencils",
    "marbles",
    "stickers",
    "coins",
    "cards",
    "stamps",
    "shells",
    "cookies",
    "muffins",
    "pens",
    "balloons",
    "eggs",
    "flowers",
    "toys",
    "beads",
    "candles",
    "buttons",
    "bottles",
    "hats",
    "plums",
    "pears",
    "cups",
    "plates",
    "bricks",
    "tickets",
    "photos",
    "stones",
    "bananas",
    "lemons",
    "cakes",
    "sweets",
    "nuts",
    "dolls",
    "cars",
    "kites",
    "boxes",
    "letters",
    "magazines",
    "roses",
    "chairs",
    "chocolates",
    "candies",
    "notebooks",
    "erasers",
    "crayons",
    "puzzles",
    "rings",
    "leaves",
    "feathers",
    "mugs",
    "spoons",
    "towels",
    "shirts",
    "socks",
    "postcards",
    "badges",
    "cherries",
    "grapes",
    "tomatoes",
    "potatoes",
    "carrots",
    "onions",
    "sandwiches",
    "pies",
    "clips",
    "blocks",
    "tiles",
];
const PLACES: &[&str] = &[
    "a farm",
    "a shop",
    "a school",
    "a library",
    "a bakery",
    "a market",
    "a museum",
    "a garden",
    "a factory",
    "a club",
    "a box",
    "a jar",
    "a basket",
    "a store",
    "a kitchen",
    "a drawer",
    "a bag",
    "the storeroom",
    "the classroom",
    "the kiosk",
];
const GROUPS: &[&str] = &[
    "boxes", "bags", "baskets", "shelves", "tables", "crates", "rows", "jars", "packs", "trays",
    "piles", "cartons",
];
const NUMERALS: [&str; 11] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

/// A person of a problem.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub name: String,
    /// `he` or `she`.
    pub pronoun: &'static str,
}

/// One who has a common name or, so that names are copied and not known by heart, a made-up one.
pub(super) fn person(draw: &mut Draw) -> Person {
    let she = draw.chance(50);
    let name = if draw.chance(12) {
        capital(&made_up(draw))
    } else {
        draw.pick(if she { SHE } else { HE }).to_owned()
    };
    Person {
        name,
        pronoun: if she { "she" } else { "he" },
    }
}

/// Two people of different names.
pub(super) fn two_people(draw: &mut Draw) -> (Person, Person) {
    let first = person(draw);
    loop {
        let second = person(draw);
        if second.name != first.name {
            return (first, second);
        }
    }
}

fn made_up(draw: &mut Draw) -> String {
    let mut word = String::new();
    for _ in 0..draw.range(2..=3) {
        word.push_str(draw.pick(&[
            "b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "kl",
            "st",
        ]));
        word.push_str(draw.pick(&["a", "e", "i", "o", "u", "ai", "oo"]));
    }
    word.push_str(draw.pick(&["", "n", "l", "r", "k"]));
    word
}

/// A plural.
pub(super) fn items(draw: &mut Draw) -> String {
    if draw.chance(5) {
        format!("{}ks", made_up(draw))
    } else {
        draw.pick(ITEMS).to_owned()
    }
}

/// Some different plurals.
pub(super) fn different_items(draw: &mut Draw, count: usize) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    while all.len() < count {
        let item = items(draw);
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all
}

pub(super) fn place(draw: &mut Draw) -> &'static str {
    draw.pick(PLACES)
}

/// Plural of a container other than the thing it holds.
pub(super) fn groups(draw: &mut Draw, items: &str) -> &'static str {
    loop {
        let groups = draw.pick(GROUPS);
        if groups != items {
            return groups;
        }
    }
}

/// The singular of a container from [`groups`].
pub(super) fn singular(plural: &str) -> String {
    match plural {
        "boxes" => "box".to_owned(),
        "shelves" => "shelf".to_owned(),
        _ => plural.trim_end_matches('s').to_owned(),
    }
}

/// A number as a person writes it in a sentence: digits, or now and then a word for a small one.
pub(super) fn number(draw: &mut Draw, n: i64) -> String {
    match usize::try_from(n).ok().and_then(|n| NUMERALS.get(n)) {
        Some(word) if draw.chance(12) => (*word).to_owned(),
        _ => n.to_string(),
    }
}

/// The word of a small number, for tests that read problems.
#[cfg(test)]
pub(super) fn numeral(word: &str) -> Option<usize> {
    NUMERALS.iter().position(|numeral| *numeral == word)
}

/// With a capital first letter.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// Fills the gaps `{key}` of a template.
pub(super) fn fill(template: &str, gaps: &[(&str, &str)]) -> String {
    let mut text = template.to_owned();
    for (key, value) in gaps {
        text = text.replace(&format!("{{{key}}}"), value);
    }
    text
}

/// Chooses one side of every `[now|then]`: sentences in present or past tense from one template.
pub(super) fn tense(template: &str, past: bool) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, choice)) = rest.split_once('[') {
        text.push_str(before);
        let (choice, after) = choice.split_once(']').unwrap_or((choice, ""));
        let (now, then) = choice.split_once('|').unwrap_or((choice, choice));
        text.push_str(if past { then } else { now });
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_in_either_tense() {
        let template = "{who} [buys|bought] {m} more.";
        assert_eq!(
            fill(&tense(template, true), &[("who", "Ana"), ("m", "3")]),
            "Ana bought 3 more."
        );
        assert_eq!(
            fill(&tense(template, false), &[("who", "She"), ("m", "3")]),
            "She buys 3 more."
        );
        assert_eq!(capital("ana"), "Ana");
        assert_eq!(singular("shelves"), "shelf");
    }
}

//! Draws what a story leaves open and tells its solution.

use super::Book;
use super::expression::Numbers;
use super::gap::Gap;
use super::story::Story;
use crate::problems::draw::Draw;
use crate::problems::plan::{Plan, labelled};
use crate::problems::words::{capital, fill, items, number, tense, two_people};
use crate::problems::{Draft, Level};

/// How often the numbers of a story are drawn before another story is taken.
const TRIES: usize = 60;

/// Words behind a number that are noted with it.
const BEHIND: usize = 2;

/// Words that hold an expression together.
const SIGNS: &[&str] = &["+", "-", "*", "/", "=", "x"];

/// Words that are not noted at either end.
const LOOSE: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "but", "by", "for", "from", "in", "into", "is", "of",
    "on", "or", "so", "than", "that", "the", "to", "was", "were", "with",
];

/// A problem from one of the stories of a book.
pub(in crate::problems) fn draft(book: &Book, draw: &mut Draw, level: Level) -> Draft {
    loop {
        let story = draw.one_of(&book.0);
        if draw.chance(share(story, level)) {
            let sizes = sizes(story, level, draw);
            if let Some(draft) = story.draft(draw, sizes) {
                return draft;
            }
        }
    }
}

/// How often in 100 draws a story is taken for a level, by its steps.
pub(super) fn share(story: &Story, level: Level) -> u32 {
    match (level, story.solution.steps()) {
        (Level::Easy, ..=2) | (Level::Medium, ..=3) | (Level::Hard, 3..) => 100,
        (Level::Hard, 2) => 25,
        _ => 0,
    }
}

/// The size of its numbers: a single step is not too much for numbers of some hundreds.
fn sizes(story: &Story, level: Level, draw: &mut Draw) -> Level {
    if level == Level::Medium && story.solution.steps() == 1 && draw.chance(40) {
        Level::Hard
    } else {
        level
    }
}

impl Story {
    /// The story with everything drawn, if numbers are found with which every step comes out whole.
    pub fn draft(&self, draw: &mut Draw, sizes: Level) -> Option<Draft> {
        let numbers = (0..TRIES).find_map(|_| self.numbers(draw, sizes))?;
        let words = self.words(draw, &numbers);
        let past = draw.chance(50);
        let worded = |template: &String| sentences(&filled(&tense(template, past), &words));
        let text = worded(draw.one_of(&self.texts));
        let question = worded(draw.one_of(&self.questions));
        let all: Vec<&str> = text.iter().chain(&question).map(String::as_str).collect();
        let spelled = self.spelled(draw, &numbers, &all);
        let read = |sentence: &str| capital(&filled(sentence, &spelled));
        let told: Vec<String> = all.iter().map(|sentence| read(sentence)).collect();
        let passages: Vec<String> = all.iter().flat_map(|sentence| passages(sentence)).collect();
        let noted: Vec<String> = passages
            .iter()
            .map(|passage| format!("{}.", filled(passage, &spelled)))
            .collect();
        let mut plan = Plan::default();
        plan.note(match noted.as_slice() {
            [only] => only.clone(),
            several => labelled(several),
        });
        for fact in &self.facts {
            let said: Vec<String> = worded(fact).iter().map(|said| read(said)).collect();
            plan.note(said.join(" "));
        }
        let places = numbers.keys().filter_map(|name| {
            let gap = format!("{{{name}}}");
            let place = passages.iter().position(|passage| passage.contains(&gap))?;
            Some((name.as_str(), place))
        });
        self.solution
            .tell(&numbers, &places.collect(), noted.len(), &mut plan);
        Some(Draft {
            story: told[..text.len()].join(" "),
            question: told[text.len()..].join(" "),
            plan,
            formula: format!("x = {}", self.solution.formula(&numbers)),
        })
    }

    fn numbers(&self, draw: &mut Draw, sizes: Level) -> Option<Numbers> {
        let mut numbers = Numbers::new();
        for (name, gap) in &self.gaps {
            let value = match gap {
                Gap::Quantity { below: None } => sizes.number(draw),
                Gap::Quantity { below: Some(other) } => {
                    let most = numbers.get(other)? - 1;
                    (most > 0).then(|| sizes.number_to(draw, most))?
                }
                Gap::Few => draw.range(2..=9),
                Gap::Factor => sizes.factor(draw),
                Gap::Range(low, high) => draw.range(*low..=*high),
                Gap::Derived(expression) => expression.value(&numbers)?,
                Gap::Numeral(choices) => draw.one_of(choices).1,
                Gap::Word(_) => continue,
            };
            // A plural follows every number, and a number that stands twice would not tell where it is from.
            let known = numbers.values().any(|other| *other == value);
            (value > 1 && !known).then(|| numbers.insert(name.clone(), value))?;
        }
        self.solution.value(&numbers).map(|_| numbers)
    }

    /// What fills the gaps that are no numbers, and those of words that stand for numbers.
    fn words(&self, draw: &mut Draw, numbers: &Numbers) -> Vec<(String, String)> {
        let (a, b) = two_people(draw);
        let [he, his, him] = if a.pronoun == "she" {
            ["she", "her", "her"]
        } else {
            ["he", "his", "him"]
        };
        let people = [
            ("A", &*a.name),
            ("B", &b.name),
            ("he", he),
            ("He", &capital(he)),
            ("his", his),
            ("His", &capital(his)),
            ("him", him),
            ("items", &items(draw)),
        ];
        let mut words = people
            .map(|(gap, word)| (gap.to_owned(), word.to_owned()))
            .to_vec();
        for (name, gap) in &self.gaps {
            match gap {
                Gap::Word(choices) => {
                    let (word, partner) = draw.one_of(choices);
                    words.push((name.clone(), word.clone()));
                    words.extend(partner.clone().map(|partner| (format!("{name}2"), partner)));
                }
                Gap::Numeral(_) => {
                    let value = numbers.get(name).map(i64::to_string).unwrap_or_default();
                    words.push((format!("{name}#"), value));
                }
                _ => {}
            }
        }
        words
    }

    /// How each number is written: digits beside a sign, else digits or, now and then, a word.
    fn spelled(
        &self,
        draw: &mut Draw,
        numbers: &Numbers,
        sentences: &[&str],
    ) -> Vec<(&str, String)> {
        let mut all = vec![];
        for (name, gap) in &self.gaps {
            let Some(value) = numbers.get(name) else {
                continue;
            };
            let word = match gap {
                Gap::Numeral(choices) => {
                    let words: Vec<&String> = choices
                        .iter()
                        .filter(|(_, n)| n == value)
                        .map(|(word, _)| word)
                        .collect();
                    draw.pick(&words).clone()
                }
                Gap::Quantity { .. } | Gap::Few | Gap::Factor
                    if !beside_a_sign(name, sentences) =>
                {
                    number(draw, *value)
                }
                _ => value.to_string(),
            };
            all.push((name.as_str(), word));
        }
        all
    }
}

/// A template with gaps filled by what was drawn.
fn filled(template: &str, drawn: &[(impl AsRef<str>, String)]) -> String {
    let gaps: Vec<(&str, &str)> = drawn
        .iter()
        .map(|(gap, word)| (gap.as_ref(), word.as_str()))
        .collect();
    fill(template, &gaps)
}

/// Whether a number stands by a sign or in a row of numbers somewhere, where no word may stand.
fn beside_a_sign(name: &str, sentences: &[&str]) -> bool {
    const SIGNS: &str = "$€£%+*/=";
    let gap = format!("{{{name}}}");
    sentences.iter().any(|sentence| {
        sentence.match_indices(&gap).any(|(at, _)| {
            let (before, after) = (&sentence[..at], &sentence[at + gap.len()..]);
            before.ends_with(" - ")
                || before.ends_with("}, ")
                || after.starts_with(", {")
                || after.starts_with(" - ")
                || before.trim_end().ends_with(|c| SIGNS.contains(c))
                || after.trim_start().starts_with(|c| SIGNS.contains(c))
        })
    })
}

/// What someone notes of a sentence: its numbers, each with the words behind it. What is counted stands there mostly, and a
/// small model copies a few words more surely than a sentence. An expression or equation stays whole.
fn passages(sentence: &str) -> Vec<String> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let ends_clause = |word: &str| word.ends_with([',', ';', ':']);
    let is_sign = |at: usize| words.get(at).is_some_and(|word| SIGNS.contains(word));
    let is_number = |at: &usize| words[*at].contains('{');
    let mut spans: Vec<(usize, usize)> = vec![];
    for at in (0..words.len()).filter(is_number) {
        let mut from = at;
        while from > 1 && is_sign(from - 1) {
            from -= 2;
        }
        let behind =
            (0..BEHIND).take_while(|n| at + n + 1 < words.len() && !ends_clause(words[at + n]));
        let mut to = at + behind.count();
        while to + 1 < words.len() && (is_sign(to) || is_sign(to + 1)) {
            to += 1;
        }
        match spans.last_mut() {
            Some((_, last))
                if from <= *last || (from == *last + 1 && !ends_clause(words[*last])) =>
            {
                *last = to.max(*last);
            }
            _ => spans.push((from, to)),
        }
    }
    let noted = |&(from, to): &(usize, usize)| without_loose_ends(&words[from..=to]);
    spans.iter().map(noted).collect()
}

/// Words as a text, without words and signs at either end that say nothing.
fn without_loose_ends(mut words: &[&str]) -> String {
    let loose = |word: &str| {
        LOOSE.contains(&word) || !word.contains(|c: char| c == '{' || c.is_alphanumeric())
    };
    while let [first, rest @ ..] = words
        && loose(first)
    {
        words = rest;
    }
    // The question mark of `7 * ?` stands for a number.
    if let [.., sign, "?"] = words
        && SIGNS.contains(sign)
    {
        return words.join(" ");
    }
    while let [rest @ .., last] = words
        && loose(last)
    {
        words = rest;
    }
    let text = words.join(" ");
    text.trim_end_matches([',', ';', ':', '.', '?', '!'])
        .to_owned()
}

/// The sentences of a text, each with its full stop.
fn sentences(text: &str) -> Vec<String> {
    let mut all = vec![];
    let mut rest = text.trim();
    while let Some(end) = rest
        .find(['.', '?', '!'])
        .filter(|end| end + 1 < rest.len())
    {
        let step = rest[end + 1..]
            .find(' ')
            .map_or(rest.len(), |space| end + 1 + space);
        all.push(rest[..step].trim().to_owned());
        rest = rest[step..].trim_start();
    }
    if !rest.is_empty() {
        all.push(rest.to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_noted_with_the_words_behind_it() {
        assert_eq!(passages("A farmer had {n} sheep."), ["{n} sheep"]);
        assert_eq!(
            passages("Today, {m} of the {n} old apples on the table were sold for ${p}."),
            ["{m} of the {n} old apples", "${p}"]
        );
        assert_eq!(
            passages("They counted 5 and {n} on the first day."),
            ["{n}"]
        );
        assert_eq!(passages("{n} * ? = {m}"), ["{n} * ? = {m}"]);
        assert_eq!(passages("What is {n} - ?"), ["{n} - ?"]);
        assert_eq!(
            passages("Given that w / {k} - {m} = {n}, find w"),
            ["w / {k} - {m} = {n}"]
        );
        assert!(passages("How many are left?").is_empty());
    }
}

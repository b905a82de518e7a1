//! One story of a book as its author writes it, read and checked.

use std::collections::BTreeSet;

use super::expression::Expression;
use super::gap::{Gap, declarations};

/// A story: texts with gaps, questions, and the expression that solves it.
#[derive(Debug, Clone)]
pub(super) struct Story {
    /// What fills the gaps, in the order of drawing.
    pub gaps: Vec<(String, Gap)>,
    /// Wordings of what is told; one of them is drawn.
    pub texts: Vec<String>,
    pub questions: Vec<String>,
    /// Facts of the world that the solver says before calculating.
    pub facts: Vec<String>,
    pub solution: Expression,
}

/// Gaps that need no declaration: two people, somebody's pronouns, and some plural thing.
pub(super) const PEOPLE: &[&str] = &["A", "B", "he", "He", "his", "His", "him", "items"];

/// What is wrong with a story.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mistake {
    #[error("`{0}` is no expression of names, digits, + - * / % and brackets")]
    Expression(String),
    #[error(
        "`{0}` is no declaration such as n=number, k=few, e=factor, p=5..60, n=k*e or x=<one|two>"
    )]
    Declaration(String),
    #[error("`{0}` begins with none of `with`, `-`, `?`, `!`, `=` and `#`")]
    Line(String),
    #[error("there is no line `{0}`")]
    Missing(&'static str),
    #[error("`{{{gap}}}` in `{place}` is not declared before it")]
    Undeclared { gap: String, place: String },
    #[error("`{name}` is calculated with, but not told in `{text}` and `{question}`")]
    Untold {
        name: String,
        text: String,
        question: String,
    },
    #[error("`{0}` has a digit: numbers are declared")]
    Digit(String),
}

/// A mistake and the line on which its story begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("story of line {line}: {mistake}")]
pub(super) struct Misprint {
    pub line: usize,
    pub mistake: Mistake,
}

/// The stories of a book, divided by empty lines.
///
/// # Errors
///
/// The mistakes of all its stories, if there are any.
pub(super) fn read(book: &str) -> Result<Vec<Story>, Vec<Misprint>> {
    let (mut stories, mut misprints) = (vec![], vec![]);
    let mut lines: Vec<&str> = vec![];
    let mut first = 1;
    for (number, line) in book.lines().chain([""]).enumerate() {
        if !line.trim().is_empty() {
            if lines.is_empty() {
                first = number + 1;
            }
            if !line.starts_with('#') {
                lines.push(line.trim_end());
            }
        } else if !lines.is_empty() {
            match Story::read(&lines) {
                Ok(story) => stories.push(story),
                Err(mistake) => misprints.push(Misprint {
                    line: first,
                    mistake,
                }),
            }
            lines.clear();
        }
    }
    if misprints.is_empty() {
        Ok(stories)
    } else {
        Err(misprints)
    }
}

impl Story {
    fn read(lines: &[&str]) -> Result<Self, Mistake> {
        let (mut gaps, mut texts, mut questions, mut facts) = (vec![], vec![], vec![], vec![]);
        let mut solution = None;
        for line in lines {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            let rest = rest.trim();
            match mark {
                "with" => gaps = declarations(rest)?,
                "-" => texts.push(rest.to_owned()),
                "?" => questions.push(rest.to_owned()),
                "!" => facts.push(rest.to_owned()),
                "=" => solution = Some(Expression::parse(rest)?),
                _ => return Err(Mistake::Line((*line).to_owned())),
            }
        }
        if texts.is_empty() {
            texts.push(String::new());
        }
        if questions.is_empty() {
            return Err(Mistake::Missing("?"));
        }
        let story = Self {
            gaps,
            texts,
            questions,
            facts,
            solution: solution.ok_or(Mistake::Missing("="))?,
        };
        story.check()?;
        Ok(story)
    }

    fn check(&self) -> Result<(), Mistake> {
        let mut known: BTreeSet<String> = PEOPLE.iter().map(|gap| (*gap).to_owned()).collect();
        let mut numbers: BTreeSet<&str> = BTreeSet::new();
        for (name, gap) in &self.gaps {
            let earlier = match gap {
                Gap::Derived(expression) => expression.names(),
                Gap::Quantity { below: Some(other) } => vec![other.as_str()],
                _ => vec![],
            };
            declared(&numbers, &earlier, name)?;
            known.insert(name.clone());
            match gap {
                Gap::Word(_) => drop(known.insert(format!("{name}2"))),
                Gap::Numeral(_) => drop(known.insert(format!("{name}#"))),
                _ => {}
            }
            if !matches!(gap, Gap::Word(_)) {
                numbers.insert(name);
            }
        }
        declared(&numbers, &self.solution.names(), "=")?;
        for text in self.texts.iter().chain(&self.questions).chain(&self.facts) {
            if let Some(gap) = gaps_of(text).find(|gap| !known.contains(*gap)) {
                return Err(Mistake::Undeclared {
                    gap: gap.to_owned(),
                    place: text.clone(),
                });
            }
        }
        for text in self.texts.iter().chain(&self.questions) {
            if outside_gaps(text).any(|part| part.contains(|c: char| c.is_ascii_digit())) {
                return Err(Mistake::Digit(text.clone()));
            }
        }
        for text in &self.texts {
            for question in &self.questions {
                let told: Vec<&str> = gaps_of(text).chain(gaps_of(question)).collect();
                let untold = |name: &&str| !told.contains(name);
                if let Some(name) = self.solution.names().into_iter().find(untold) {
                    return Err(Mistake::Untold {
                        name: name.to_owned(),
                        text: text.clone(),
                        question: question.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

fn declared(numbers: &BTreeSet<&str>, names: &[&str], place: &str) -> Result<(), Mistake> {
    match names.iter().find(|name| !numbers.contains(**name)) {
        Some(name) => Err(Mistake::Undeclared {
            gap: (*name).to_owned(),
            place: place.to_owned(),
        }),
        None => Ok(()),
    }
}

/// The parts of a text that are not between braces.
fn outside_gaps(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .map(|part| part.split_once('}').map_or(part, |(_, after)| after))
}

/// The names between braces.
fn gaps_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(gap, _)| gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOCK: &str = "# a flock\nwith  n=number  m=number<n  x=<sheep|cows>\n- {A} has {n} {x}. {He} sells {m}.\n? How many {x} are left?\n= n - m";

    #[test]
    fn a_story_is_read_from_its_paragraph() {
        let book = format!("{FLOCK}\n\n{FLOCK}\n");
        let stories = read(&book).unwrap();
        assert_eq!(stories.len(), 2);
        assert_eq!(stories[0].gaps.len(), 3);
        assert_eq!(stories[0].solution.names(), ["n", "m"]);
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        for (right, wrong, said) in [
            ("= n - m", "= n - k", "`{k}` in `=` is not declared"),
            ("sells {m}.", "sells some.", "`m` is calculated with"),
            ("{m}.", "{m} of {y}.", "`{y}` in"),
            ("sells {m}", "sells 5 and {m}", "digit"),
            ("m=number<n", "m=lots!", "no expression"),
            ("= n - m", "", "no line `=`"),
            ("- {A}", "* {A}", "begins with none"),
        ] {
            let book = format!("\n\n{}", FLOCK.replace(right, wrong));
            let misprints = read(&book).unwrap_err();
            assert_eq!(misprints.len(), 1, "{wrong}");
            assert_eq!(misprints[0].line, 4, "{wrong}");
            assert!(misprints[0].to_string().contains(said), "{}", misprints[0]);
        }
    }
}

//! Stories in everyday words: the part of the generator that is text and no code.
//!
//! People word the same sum in more ways than a function per kind can hold. A book is a text file of stories divided by
//! empty lines; a wording more is a line more. A story:
//!
//! ```text
//! # a flock
//! with  n=number  m=number<n  k=number  x=<sheep|goats|cows>
//! - A farmer [has|had] {n} {x}. {He} [sells|sold] {m} of them. Then {k} more [are|were] born.
//! - There [are|were] {n} {x} on a farm. {m} of them [are|were] sold and {k} young ones [come|came] into the world.
//! ? How many {x} [are|were] there in the end?
//! = n - m + k
//! ```
//!
//! - `with` declares what fills the gaps, in the order of drawing. `number` is a quantity of the level, `number<n` one below
//!   `n`, `few` is 2 to 9, `factor` a quantity to be multiplied, `5..60` a range, `k*e+r` follows from others (a division must
//!   come out whole). `<rolls|buns>` draws a word; `<box/boxes|shelf/shelves>` one with a partner, which fills `{x2}`;
//!   `<half:2|a third:3>` a word that stands for a number, with `{x#}` for its digits.
//! - `-` is one wording of the text (none: the question tells all), `?` one of the question; every question fits every text.
//!   `[now|then]` chooses the tense of the whole story. `{A}` and `{B}` are people, `{he}`, `{his}`, `{him}` is A or
//!   somebody without a name, `{items}` some plural thing.
//! - `!` is a fact that the solver says before calculating.
//! - `=` solves it, in the order of the steps; `%` is the remainder. Numbers are drawn again until every step is positive,
//!   whole and below 10000. All but facts of the world (`* 7`) are told in the text.

mod expression;
mod gap;
mod story;
mod teller;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use story::Story;
pub(super) use teller::draft;

/// The stories of one subject.
pub(super) struct Book(LazyLock<Vec<Story>>);

macro_rules! books {
    ($($subject:ident $file:literal)+) => {
        $(pub(super) static $subject: Book = Book(LazyLock::new(|| open(include_str!($file))));)+

        #[cfg(test)]
        const FILES: &[(&str, &str, &Book)] = &[$(($file, include_str!($file), &$subject)),+];
    };
}

books! {
    ASKS "asks.txt"
    CHANGES "changes.txt"
    CHATTY "chatty.txt"
    COMPARING "comparing.txt"
    GRADES "grades.txt"
    HOUSEHOLD "household.txt"
    LEISURE "leisure.txt"
    MEASURES "measures.txt"
    MESSAGES "messages.txt"
    MONEY "money.txt"
    PORTIONS "portions.txt"
    PUZZLES "puzzles.txt"
    SHORT "short.txt"
    TEXTBOOK "textbook.txt"
    TURNED "turned.txt"
    WHOLES "wholes.txt"
    WORLD "world.txt"
}

fn open(book: &str) -> Vec<Story> {
    story::read(book).expect("a test reads every book")
}

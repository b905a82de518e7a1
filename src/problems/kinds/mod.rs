//! The kinds of problem, one file each.

mod ages;
mod average;
mod comparison;
mod equation;
mod expression;
mod fraction;
mod gains;
mod groups;
mod number_riddle;
mod parts;
mod percentage;
mod rectangle;
mod remainder;
mod saving;
mod sequence;
mod sharing;
mod shopping;
mod sum_difference;
mod travel;
mod unit_price;
mod units;
mod unknown_start;

use super::{Kind, stories};

macro_rules! kinds {
    ($($weight:literal $module:ident $about:literal)+; $($name:ident $book:ident $subject:literal)+) => {
        /// Every kind of problem, in the order of results.
        pub static KINDS: &[Kind] = &[
            $(Kind {
                name: stringify!($module),
                about: $about,
                common: true,
                weight: $weight,
                draft: $module::draft,
            },)+
            $(Kind {
                name: stringify!($name),
                about: $subject,
                // The embedded reasoner has not been trained on stories yet.
                common: false,
                weight: 9,
                draft: |draw, level| stories::draft(&stories::$book, draw, level),
            },)+
        ];
    };
}

kinds! {
    10 gains "gains and losses, one after the other"
    6 comparison "two people, one has more, fewer or times as many"
    8 expression "expressions of one to three operations"
    5 equation "linear equations in one unknown"
    4 sequence "the next or a later term of an arithmetic sequence"
    6 shopping "several things bought: total, change or what is left"
    4 travel "speed, time and distance"
    4 sharing "equal shares and full groups, with what is left over"
    2 remainder "remainders of plain divisions"
    4 ages "ages now, before and later"
    4 parts "parts of a whole: together, or the missing one"
    4 percentage "percentages, discounts and raises"
    4 rectangle "perimeter, area, a missing side"
    4 fraction "halves, thirds and other fractions"
    4 saving "the same amount again and again"
    3 average "the mean of some numbers"
    4 unknown_start "the end is known, the start is asked for"
    3 number_riddle "think of a number"
    3 sum_difference "two unknowns, their sum and difference or ratio"
    4 unit_price "so many cost so much, what do others cost"
    5 groups "equal groups, with some more or some gone"
    3 units "hours to minutes and the like";

    changes CHANGES "stories: people, animals and things come and go"
    comparing COMPARING "stories: more, fewer, older, twice as many"
    measures MEASURES "stories: lengths, weights, volumes, speeds, times"
    money MONEY "stories: prices, wages, savings, change"
    portions PORTIONS "stories: equal groups and shares"
    puzzles PUZZLES "stories of several steps, and number puzzles"
    wholes WHOLES "stories: parts, fractions, percentages, averages"
    short SHORT "stories of all subjects in few words"
    textbook TEXTBOOK "stories of all subjects as schoolbooks tell them"
    chatty CHATTY "stories of all subjects as people tell them"
    asks ASKS "bare questions: sums, equations, fractions in all words"
    grades GRADES "stories: chains of facts as in grade-school sets"
    household HOUSEHOLD "stories: bills, recipes, work, repairs"
    leisure LEISURE "stories: sport, games, clubs, exams"
    world WORLD "stories: nature, travel, time, machines"
    turned TURNED "stories whose plain operation is the wrong one"
    messages MESSAGES "questions as people type them to an assistant"
}

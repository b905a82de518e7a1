//! How hard a problem is: the size of its numbers and how many steps it takes.

use super::draw::Draw;
use crate::named::named;

/// Size of numbers and count of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Numbers to about 20, one or two steps.
    Easy,
    /// Numbers below 100, two or three steps.
    Medium,
    /// Numbers to some hundreds, three to five steps.
    Hard,
}

named!(Level { Easy => "easy", Medium => "medium", Hard => "hard" });

impl Level {
    /// A quantity of this level.
    pub(super) fn number(self, draw: &mut Draw) -> i64 {
        match self {
            Self::Easy => draw.range(2..=20),
            Self::Medium => draw.range(5..=99),
            Self::Hard if draw.chance(50) => draw.range(10..=99),
            Self::Hard => draw.range(100..=600),
        }
    }

    /// A quantity of this level, but at most `most`, which must be at least 1. Evenly below it where the level's own would
    /// be more: taking `most` itself instead would make problems in which the same number stands again and again.
    pub(super) fn number_to(self, draw: &mut Draw, most: i64) -> i64 {
        let number = self.number(draw);
        if number > most {
            draw.range(1..=most)
        } else {
            number
        }
    }

    /// A count of things in a group, a price, a number of groups: it will be multiplied by something small.
    pub(super) fn factor(self, draw: &mut Draw) -> i64 {
        match self {
            Self::Easy => draw.range(2..=9),
            Self::Medium => draw.range(3..=25),
            Self::Hard => draw.range(6..=99),
        }
    }

    /// One of three, by level.
    pub(super) fn choose<T>(self, easy: T, medium: T, hard: T) -> T {
        match self {
            Self::Easy => easy,
            Self::Medium => medium,
            Self::Hard => hard,
        }
    }
}

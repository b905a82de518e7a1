//! Problems drawn by chance, for a person who has none at hand: of the kinds that the embedded reasoner knows.

use std::hash::{BuildHasher as _, RandomState};

use crate::problems::{Generator, HELD_OUT_SEEDS};

/// A problem that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// The problem, as it goes into the field.
    pub problem: String,
    /// What is right.
    pub answer: i64,
}

/// Draws one, of a seed that training never uses.
pub fn draw() -> Drawn {
    let number = RandomState::new().hash_one(());
    let problem = Generator::new(HELD_OUT_SEEDS.end - 1).problem(number);
    Drawn {
        problem: problem.problem,
        answer: problem.answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_draw_is_another_problem() {
        let drawn: Vec<Drawn> = (0..5).map(|_| draw()).collect();
        assert!(drawn.windows(2).any(|pair| pair[0] != pair[1]));
        assert!(drawn.iter().all(|one| !one.problem.is_empty()));
    }
}

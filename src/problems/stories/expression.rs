//! The expression that solves a story: parsed once, worked out for the numbers drawn, told step by step.

use std::collections::BTreeMap;

use super::story::Mistake;
use crate::problems::plan::{Op, Plan, label};
use crate::problems::words::capital;

/// Largest intermediate result that is worked out digit by digit.
const LARGEST: i64 = 9999;
/// Most multiples that are listed for a division by a number of two digits.
const MOST_MULTIPLES: i64 = 15;

/// Arithmetic over the numbers of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// A fact of the world, such as the seven days of a week.
    Fact(i64),
    /// A number of the story, by its name.
    Name(String),
    Operation(Box<Self>, Op, Box<Self>),
}

/// The numbers of a story by name.
pub(super) type Numbers = BTreeMap<String, i64>;

/// Where a number of a step comes from, which decides how the step refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Fact,
    /// The passage that tells it, by its place.
    Told(usize),
    /// An earlier step.
    Found,
}

impl Expression {
    /// Reads `n * (k + 1) - m` with the usual precedence.
    ///
    /// # Errors
    ///
    /// If it is not such an expression.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let mut reader = Reader { rest: text.trim() };
        let expression = reader.sum()?;
        if reader.rest.is_empty() {
            Ok(expression)
        } else {
            Err(Mistake::Expression(text.to_owned()))
        }
    }

    /// How many steps it takes.
    pub fn steps(&self) -> usize {
        match self {
            Self::Fact(_) | Self::Name(_) => 0,
            Self::Operation(a, _, b) => a.steps() + 1 + b.steps(),
        }
    }

    /// Every name in it, in the order of telling.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Fact(_) => vec![],
            Self::Name(name) => vec![name],
            Self::Operation(a, _, b) => [a.names(), b.names()].concat(),
        }
    }

    /// Its value if every step comes out as a positive whole number that can be worked out on paper.
    pub fn value(&self, numbers: &Numbers) -> Option<i64> {
        let value = match self {
            Self::Fact(value) => *value,
            Self::Name(name) => *numbers.get(name)?,
            Self::Operation(a, op, b) => {
                let (a, b) = (a.value(numbers)?, b.value(numbers)?);
                let possible = match op {
                    Op::Add | Op::Sub | Op::Mul => true,
                    Op::Div => {
                        b > 1
                            && a % b == 0
                            && (b < 10 || b % 10 == 0 || a / b <= MOST_MULTIPLES)
                            && (b <= 99)
                    }
                    Op::Remainder => (2..10).contains(&b) && a >= b,
                };
                possible.then(|| op.apply(a, b))?
            }
        };
        (1..=LARGEST).contains(&value).then_some(value)
    }

    /// Adds its steps to a plan. `told` gives the passage in which a number stands, `passages` their count: where there is
    /// only one it has no label.
    pub fn tell(
        &self,
        numbers: &Numbers,
        told: &BTreeMap<&str, usize>,
        passages: usize,
        plan: &mut Plan,
    ) {
        let mut teller = Teller {
            numbers,
            told,
            labels: passages > 1,
            plan,
        };
        teller.tell(self);
    }

    /// The expression with its numbers, in the language of [`Problem::formula`](crate::problems::Problem::formula).
    pub fn formula(&self, numbers: &Numbers) -> String {
        match self {
            Self::Fact(value) => value.to_string(),
            Self::Name(name) => numbers
                .get(name)
                .map_or_else(|| name.clone(), i64::to_string),
            Self::Operation(a, op, b) => {
                let (a, b) = (a.formula(numbers), b.formula(numbers));
                match op {
                    Op::Remainder => format!("({a} - {b} * floor({a} / {b}))"),
                    _ => format!("({a} {} {b})", op.sign()),
                }
            }
        }
    }
}

struct Teller<'a> {
    numbers: &'a Numbers,
    told: &'a BTreeMap<&'a str, usize>,
    labels: bool,
    plan: &'a mut Plan,
}

impl Teller<'_> {
    fn tell(&mut self, expression: &Expression) -> (i64, Source) {
        match expression {
            Expression::Fact(value) => (*value, Source::Fact),
            Expression::Name(name) => {
                let value = self.numbers.get(name).copied().unwrap_or(0);
                let source = self.told.get(name.as_str());
                (value, source.map_or(Source::Fact, |at| Source::Told(*at)))
            }
            Expression::Operation(a, op, b) => {
                let (mut a, mut b) = (self.tell(a), self.tell(b));
                // The larger factor is multiplied digit by digit, so it is said first.
                if *op == Op::Mul && a.0 < b.0 {
                    (a, b) = (b, a);
                }
                let lead = self.lead(a, *op, b);
                (self.plan.step(lead, a.0, *op, b.0), Source::Found)
            }
        }
    }

    /// `(A) 24, (B) times 5.`: a step says from which passage its numbers are, but for what the step before found.
    fn lead(&self, (a, from): (i64, Source), op: Op, (b, to): (i64, Source)) -> String {
        let at = |source: Source| match source {
            Source::Told(passage) if self.labels => format!("{} ", label(passage)),
            _ => String::new(),
        };
        let said = op.said(b);
        let text = match (from, to) {
            (Source::Found, Source::Told(_)) => format!("{}{said}.", at(to)),
            (Source::Found, Source::Fact) => format!("{said}."),
            (Source::Found, Source::Found) => format!("now {a} {said}."),
            (_, Source::Told(_)) if from != to && self.labels => {
                format!("{}{a}, {}{said}.", at(from), at(to))
            }
            _ => format!("{}{a} {said}.", at(from)),
        };
        capital(&text)
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn sum(&mut self) -> Result<Expression, Mistake> {
        self.chain(&[('+', Op::Add), ('-', Op::Sub)], Self::product)
    }

    fn product(&mut self) -> Result<Expression, Mistake> {
        self.chain(
            &[('*', Op::Mul), ('/', Op::Div), ('%', Op::Remainder)],
            Self::operand,
        )
    }

    fn chain(
        &mut self,
        signs: &[(char, Op)],
        part: fn(&mut Self) -> Result<Expression, Mistake>,
    ) -> Result<Expression, Mistake> {
        let mut left = part(self)?;
        while let Some((sign, op)) = signs.iter().find(|(sign, _)| self.rest.starts_with(*sign)) {
            self.rest = self.rest[sign.len_utf8()..].trim_start();
            let right = part(self)?;
            left = Expression::Operation(Box::new(left), *op, Box::new(right));
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, Mistake> {
        if let Some(inner) = self.rest.strip_prefix('(') {
            self.rest = inner.trim_start();
            let sum = self.sum()?;
            let Some(after) = self.rest.strip_prefix(')') else {
                return Err(Mistake::Expression(self.rest.to_owned()));
            };
            self.rest = after.trim_start();
            return Ok(sum);
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(Mistake::Expression(self.rest.to_owned()));
        }
        self.rest = after.trim_start();
        Ok(word.parse().map_or_else(
            |_not_a_number| Expression::Name(word.to_owned()),
            Expression::Fact,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(all: &[(&str, i64)]) -> Numbers {
        all.iter()
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect()
    }

    #[test]
    fn precedence_is_the_usual_one_and_steps_come_in_order() {
        let expression = Expression::parse("n * (k + 1) - m / 2").unwrap();
        assert_eq!(expression.steps(), 4);
        assert_eq!(expression.names(), ["n", "k", "m"]);
        let numbers = numbers(&[("n", 12), ("k", 4), ("m", 6)]);
        assert_eq!(expression.value(&numbers), Some(57));
        assert_eq!(expression.formula(&numbers), "((12 * (4 + 1)) - (6 / 2))");
    }

    #[test]
    fn what_is_not_worked_out_on_paper_has_no_value() {
        let at = |text: &str| {
            Expression::parse(text)
                .unwrap()
                .value(&numbers(&[("n", 20)]))
        };
        assert_eq!(at("n - 20"), None, "nothing is left");
        assert_eq!(at("n / 3"), None, "not whole");
        assert_eq!(at("n * 600"), None, "too large");
        assert_eq!(at("n % 3"), Some(2));
        assert_eq!(at("m + 1"), None, "no such number");
    }

    #[test]
    fn steps_name_the_sentences_of_their_numbers() {
        let expression = Expression::parse("n * k - m + d * 7").unwrap();
        let numbers = numbers(&[("n", 24), ("k", 5), ("m", 37), ("d", 2)]);
        let told = BTreeMap::from([("n", 0), ("k", 1), ("m", 1), ("d", 2)]);
        let leads = |sentences| {
            let mut plan = Plan::default();
            expression.tell(&numbers, &told, sentences, &mut plan);
            plan.steps()
                .map(|step| step.lead.clone())
                .collect::<Vec<_>>()
        };
        let labelled = [
            "(A) 24, (B) times 5.",
            "(B) minus 37.",
            "7, (C) times 2.",
            "Now 83 plus 14.",
        ];
        assert_eq!(leads(3), labelled);
        assert_eq!(
            leads(1),
            ["24 times 5.", "Minus 37.", "7 times 2.", "Now 83 plus 14."]
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "n +", "(n", "n n", "n ! 2"] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }
}

//! The solution of a problem as steps of arithmetic, before any of it is told.

/// An operation on two whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
    /// Exact: the divisor divides.
    Div,
    /// The remainder of a division.
    Remainder,
}

impl Op {
    pub fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Sub => '-',
            Self::Mul => '*',
            Self::Div | Self::Remainder => '/',
        }
    }

    /// What the operation with `m` does, in words: `minus 82`.
    pub fn said(self, m: i64) -> String {
        let word = match self {
            Self::Add => "plus",
            Self::Sub => "minus",
            Self::Mul => "times",
            Self::Div | Self::Remainder => "divided by",
        };
        format!("{word} {m}")
    }

    pub fn apply(self, a: i64, b: i64) -> i64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Remainder => a % b,
        }
    }
}

/// One operation, and what leads to it: a quotation of the problem, or a thought.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub lead: String,
    pub a: i64,
    pub op: Op,
    pub b: i64,
}

impl Step {
    pub fn value(&self) -> i64 {
        self.op.apply(self.a, self.b)
    }
}

/// The label of thing number `index` of a list. A letter, since the problem has digits enough.
///
/// # Panics
///
/// After 26 things.
pub(super) fn label(index: usize) -> String {
    let letter = ('A'..='Z').nth(index).expect("a plan lists a few things");
    format!("({letter})")
}

/// A label before each thing that a plan comes back to: a model finds `(B)` more surely than the sentence after the last one.
pub(super) fn labelled(things: &[String]) -> String {
    let things = things.iter().enumerate();
    let all: Vec<String> = things
        .map(|(index, thing)| format!("{} {thing}", label(index)))
        .collect();
    all.join(" ")
}

/// `99, 156 and 70`.
pub(super) fn list<T: std::fmt::Display>(values: &[T]) -> String {
    let mut text = String::new();
    for (i, value) in values.iter().enumerate() {
        text.push_str(match i {
            0 => "",
            _ if i + 1 == values.len() => " and ",
            _ => ", ",
        });
        text.push_str(&value.to_string());
    }
    text
}

/// A line of the plan.
#[derive(Debug, Clone)]
pub(super) enum Line {
    /// A thought without arithmetic.
    Note(String),
    Step(Step),
}

/// How to solve a problem.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub lines: Vec<Line>,
    /// Another way to the same answer.
    pub second_way: Option<Box<Self>>,
    /// A last check that leads back to a number of the problem, instead of undoing each step.
    pub proof: Option<Box<Self>>,
}

impl Plan {
    pub fn note(&mut self, note: impl Into<String>) {
        self.lines.push(Line::Note(note.into()));
    }

    /// Adds a step and returns its value. The larger factor of a product comes first: it is multiplied digit by digit.
    pub fn step(&mut self, lead: impl Into<String>, a: i64, op: Op, b: i64) -> i64 {
        let (a, b) = if op == Op::Mul && a < b {
            (b, a)
        } else {
            (a, b)
        };
        let step = Step {
            lead: lead.into(),
            a,
            op,
            b,
        };
        let value = step.value();
        self.lines.push(Line::Step(step));
        value
    }

    /// Adds `values` one after the other; the lead stands before the first sum.
    pub fn sum(&mut self, lead: &str, values: &[i64]) -> i64 {
        let mut total = values[0];
        for (i, &value) in values[1..].iter().enumerate() {
            total = self.step(if i == 0 { lead } else { "" }, total, Op::Add, value);
        }
        total
    }

    pub fn second_way(&mut self, build: impl FnOnce(&mut Self)) {
        let mut plan = Self::default();
        build(&mut plan);
        self.second_way = Some(Box::new(plan));
    }

    pub fn proof(&mut self, build: impl FnOnce(&mut Self)) {
        let mut plan = Self::default();
        build(&mut plan);
        self.proof = Some(Box::new(plan));
    }

    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.lines.iter().filter_map(|line| match line {
            Line::Step(step) => Some(step),
            Line::Note(_) => None,
        })
    }

    /// The value of the last step.
    pub fn answer(&self) -> Option<i64> {
        self.steps().next_back().map(Step::value)
    }
}

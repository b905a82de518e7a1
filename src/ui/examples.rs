//! Problems to start with: of the kinds the embedded reasoner was trained on.

/// A problem and the kind it stands for.
pub struct Example {
    /// The kind, in a word or two.
    pub kind: &'static str,
    /// The problem, as it goes into the prompt bar.
    pub problem: &'static str,
}

/// The examples, simplest first.
pub const EXAMPLES: &[Example] = &[
    Example {
        kind: "Gains and losses",
        problem: "Ivy has 46 shells. Ivy finds 38 more. Ivy gives away 29 of them. How many shells does Ivy have left?",
    },
    Example {
        kind: "Comparison",
        problem: "Tom has 24 marbles. Anna has 3 times as many marbles as Tom. How many marbles do they have together?",
    },
    Example { kind: "Expression", problem: "What is (12 + 7) * 3?" },
    Example { kind: "Equation", problem: "Solve for x: 7x + 15 = 85." },
    Example {
        kind: "Sequence",
        problem: "A sequence starts 5, 12, 19, 26 and goes on in the same way. What is term number 14?",
    },
    Example {
        kind: "Shopping",
        problem: "Mia buys 4 pens at $3 each, 2 books at $12 each. Mia pays with $50. How much change does Mia get?",
    },
    Example {
        kind: "Travel",
        problem: "A train travels at 80 km per hour for 3 hours, then at 60 km per hour for 2 hours. How far does it travel?",
    },
    Example {
        kind: "Long chain",
        problem: "Leo has 57 stamps. Leo buys 26 more. Then the number of stamps doubles. Leo loses 48 of them. Leo gets 6 boxes with 8 stamps in each. How many stamps does Leo have in the end?",
    },
];

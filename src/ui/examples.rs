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
        problem: "Leo has 57 stamps. Leo buys 26 more. Leo loses 48 of them. How many stamps does Leo have in the end?",
    },
    Example {
        kind: "Comparison",
        problem: "Ben has 24 marbles. Ana has 3 times as many marbles as Ben. How many marbles do they have together?",
    },
    Example {
        kind: "Expression",
        problem: "What is 35 + 12 * 4?",
    },
    Example {
        kind: "Equation",
        problem: "Solve for x: 6x + 14 = 74.",
    },
    Example {
        kind: "Sequence",
        problem: "A sequence starts 5, 12, 19, 26 and goes on in the same way. What is term number 14?",
    },
    Example {
        kind: "Shopping",
        problem: "Mia buys 4 pens at $3 each and 2 books at $12 each. How much does Mia pay in total?",
    },
    Example {
        kind: "Travel",
        problem: "A train travels at 40 km per hour for 3 hours, then at 30 km per hour for 2 hours. How far does it travel?",
    },
    Example {
        kind: "Longer chain",
        problem: "A farm has 24 eggs. It gets 5 baskets with 12 eggs in each. It sells 37 of them. How many eggs does it have left?",
    },
];

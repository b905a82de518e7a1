//! Problems to start with: of the kinds the embedded reasoner was trained on.

/// A problem and the kind it stands for.
pub struct Example {
    /// The kind, in a word or two.
    pub kind: &'static str,
    /// The problem, as it goes into the prompt bar.
    pub problem: &'static str,
    /// What is right, so that a person sees at once whether the cache forgot too much.
    pub answer: u32,
}

/// The examples, simplest first.
pub const EXAMPLES: &[Example] = &[
    Example {
        kind: "Gains and losses",
        problem: "Leo has 57 stamps. Leo buys 26 more. How many stamps does Leo have now?",
        answer: 83,
    },
    Example {
        kind: "Comparison",
        problem: "Ben has 24 marbles. Ana has 3 times as many marbles as Ben. How many marbles do they have together?",
        answer: 96,
    },
    Example {
        kind: "Expression",
        problem: "What is 46 + 12 * 3?",
        answer: 82,
    },
    Example {
        kind: "Equation",
        problem: "Solve for x: 6x + 14 = 74.",
        answer: 10,
    },
    Example {
        kind: "Sequence",
        problem: "A sequence starts 5, 12, 19, 26 and goes on in the same way. What is term number 14?",
        answer: 96,
    },
    Example {
        kind: "Shopping",
        problem: "Mia buys 4 pens at $3 each and 2 books at $12 each. How much does Mia pay in total?",
        answer: 36,
    },
    Example {
        kind: "Travel",
        problem: "A train travels at 40 km per hour for 3 hours, then at 30 km per hour for 2 hours. How far does it travel?",
        answer: 180,
    },
    Example {
        kind: "Groups",
        problem: "A baker fills 5 boxes with 24 cookies each. Then 37 of them are sold. How many cookies are left?",
        answer: 83,
    },
];

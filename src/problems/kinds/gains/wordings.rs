//! What people say of gains and losses: templates with gaps, and what fills them.

/// Wordings of a sentence: for any subject, for people only, and for people who have something to eat.
pub(super) struct Wordings {
    pub anyone: &'static [&'static str],
    pub people: &'static [&'static str],
    pub food: &'static [&'static str],
}

pub(super) const STARTS: Wordings = Wordings {
    anyone: &[
        "{N} [has|had] {n} {i}.",
        "{N} [starts|started] with {n} {i}.",
        "{N} [owns|owned] {n} {i}.",
        "At first {lower} [has|had] {n} {i}.",
        "{N} [collects|collected] {n} {i}.",
        "In the morning {lower} [has|had] {n} {i}.",
        "{N} [starts|started] out with {n} {i}.",
        "{N} [begins|began] the week with {n} {i}.",
        "{N} [starts|started] the day with {n} {i}.",
        "{N} [has|had] {n} {i} to begin with.",
        "{N} [has|had] a total of {n} {i}.",
        "{N} [buys|bought] {n} {i}.",
        "{N} [gets|got] {n} {i} on Monday.",
        "{N} {was} given {n} {i}.",
        "[{N}'s got|{N} had] {n} {i}.",
        "Suppose {lower} [has|had] {n} {i}.",
        "Say {lower} [has|had] {n} {i}.",
        "Initially, {lower} [has|had] {n} {i}.",
        "To start with, {lower} [has|had] {n} {i}.",
        "{n} {i} [belong|belonged] to {to}.",
        "{n} {i} to begin with.",
    ],
    people: &[
        "There [are|were] {n} {i} in {at}.",
        "{N} [keeps|kept] {n} {i} in {at}.",
        "{their} collection [has|had] {n} {i}.",
        "{N} [brings|brought] {n} {i} along.",
        "{N} [comes|came] home with {n} {i}.",
        "In {at} {lower} [finds|found] {n} {i}.",
        "For {own} birthday, {lower} [gets|got] {n} {i}.",
    ],
    food: &[],
};
pub(super) const GAINS: Wordings = Wordings {
    anyone: &[
        "{who} {got} {more}.",
        "{who} {got} {more} {later}.",
        "{who} [buys|bought] {more}.",
        "{who} [gets|got] {more}.",
        "{who} [receives|received] {more}.",
        "{who} {was} given {more}.",
        "{who} {was} sent {more}.",
        "{who} {was} handed {more} {later}.",
        "{giver} [gives|gave] {him} {more}.",
        "{giver} [brings|brought] {him} {more}.",
        "{giver} [hands|handed] {more} to {him}.",
        "{giver} [chips|chipped] in with {more}.",
        "{more} [arrive|arrived].",
        "{more} [come|came] in.",
        "{more} [are|were] added.",
        "{more} [are|were] delivered to {him}.",
    ],
    people: &[
        "{who} {found} {more}.",
        "{who} {found} {more} {later}.",
        "{who} [finds|found] {more}.",
        "{who} [wins|won] {more}.",
        "{who} {was} lucky: {giver} [gives|gave] {him} {more}.",
        "{who} {was} rewarded with {more}.",
    ],
    food: &[],
};
pub(super) const LOSSES: Wordings = Wordings {
    anyone: &[
        "{who} {lost} {some}.",
        "{who} {lost} {some} {later}.",
        "{who} [gives|gave] away {some}.",
        "{who} [sells|sold] {some}.",
        "{who} [loses|lost] {some}.",
        "{who} [uses|used] {some}.",
        "{who} {handed} {some} to {taker}.",
        "{who} {handed} {some} to {taker} {later}.",
        "{who} [puts|put] {some} away for good.",
        "{who} [lets|let] {taker} have {some}.",
        "{Other} [takes|took] {some} from {him}.",
        "{Other} [buys|bought] {some} from {him}.",
        "{Other} [walks|walked] off with {some}.",
        "{some} {broke}.",
        "{some} [are|were] {gone}.",
        "{some} [are|were] {gone} {later}.",
        "{some} [go|went] to {taker}.",
    ],
    people: &[
        "{who} {dropped} {some}.",
        "{who} {dropped} {some} {later}.",
        "{who} [drops|dropped] {some}.",
    ],
    food: &[
        "{who} {ate} {some}.",
        "{who} {ate} {some} {later}.",
        "{giver} {ate} {some}.",
        "{some} [are|were] eaten.",
    ],
};
pub(super) const GROUPED: &[&str] = &[
    "{who} [gets|got] {count} {holders} with {each} {i} in each.",
    "{who} [buys|bought] {count} {holders} with {each} {i} in each.",
    "{who} [receives|received] {count} {holders}, each with {each} {i}.",
    "{who} {was} given {count} {holders} of {each} {i} each.",
    "{giver} [brings|brought] {him} {count} {holders} of {each} {i} each.",
    "{count} {holders} [arrive|arrived], and each [holds|held] {each} {i}.",
    "{count} {holders} with {each} {i} apiece [are|were] added.",
];
/// What doubles the number; each starts small, since a `Then` may come before it.
pub(super) const DOUBLED: &[&str] = &[
    "the number of {i} [doubles|doubled].",
    "{who} [doubles|doubled] the number of {i}.",
    "the number of {i} [is|was] doubled.",
    "{who} [has|had] twice as many as before.",
    "there [are|were] twice as many {i} as before.",
];
pub(super) const TRIPLED: &[&str] = &[
    "the number of {i} [triples|tripled].",
    "{who} [triples|tripled] the number of {i}.",
    "the number of {i} [is|was] tripled.",
    "{who} [has|had] three times as many as before.",
    "there [are|were] three times as many {i} as before.",
];
pub(super) const HALVED: &[&str] = &[
    "{who} [gives|gave] half of them away.",
    "{who} [sells|sold] half of the {i}.",
    "{who} [keeps|kept] only half of them.",
    "{who} {lost} half of them.",
    "{who} {lost} half of {own} {i}.",
    "{who} {handed} half of them to {taker}.",
    "half of the {i} [are|were] {gone}.",
    "half of them [go|went] to {taker}.",
];
/// What fills a gap of the templates above, before tense and names are known.
pub(super) const CHOICES: &[(&str, &str)] = &[
    (
        "got",
        "[buys|bought], [gets|got], [receives|received], [adds|added], [makes|made], [orders|ordered], \
      [collects|collected], [gathers|gathered], [purchases|purchased], [obtains|obtained], [acquires|acquired], \
      [takes|took] in, [brings|brought] in, [gains|gained], [stocks|stocked] up on",
    ),
    (
        "found",
        "[finds|found], [wins|won], [picks|picked] up, [earns|earned], [comes|came] across, \
      [comes|came] home with, [discovers|discovered], [grabs|grabbed], [fetches|fetched], [scores|scored]",
    ),
    (
        "more",
        "{m} more, {m} more, {m} more {i}, {m} more {i}, another {m}, another {m} {i}, {m} {i}, {m} extra {i}, \
      {m} additional {i}, {m} new {i}",
    ),
    (
        "lost",
        "[gives|gave] away, [sells|sold], [loses|lost], [uses|used], [uses|used] up, [throws|threw] away, \
      [throws|threw] out, [donates|donated], [removes|removed], [discards|discarded], [hands|handed] out, \
      [sells|sold] off, [gets|got] rid of, [parts|parted] with, [sends|sent] away, [auctions|auctioned] off",
    ),
    (
        "dropped",
        "[misplaces|misplaced], [trades|traded] away, [leaves|left] behind, [hands|handed] over, \
      [wastes|wasted], [gambles|gambled] away, [tosses|tossed] out",
    ),
    (
        "handed",
        "[gives|gave], [hands|handed], [passes|passed], [sells|sold], [sends|sent], [donates|donated]",
    ),
    (
        "some",
        "{m}, {m}, {m} of them, {m} of them, {m} {i}, {m} {i}, {m} of the {i}, {m} of {own} {i}",
    ),
    (
        "ate",
        "[eats|ate], [eats|ate], [eats|ate] up, [gobbles|gobbled] up, [munches|munched], [snacks|snacked] on",
    ),
    (
        "broke",
        "[break|broke] and [go|went] in the bin, [go|went] missing, [disappear|disappeared], [get|got] lost",
    ),
    (
        "gone",
        "taken away, lost, sold, given away, stolen, thrown out, used up, handed out, donated",
    ),
    (
        "giver",
        "a friend, a neighbour, someone, {Other}, {Other}, an old friend, a kind stranger",
    ),
    (
        "taker",
        "a friend, a neighbour, someone, {Other}, {Other}, charity, some children, the school next door",
    ),
    (
        "later",
        "later, later on, the next day, in the afternoon, after lunch, after a while, that evening, on Friday",
    ),
];
/// What may stand before an event.
pub(super) const WHENS: &str = "Then; Then; After that,; Later; Later on,; Next,; The next day; Afterwards,; A day later,; \
    In the afternoon; That evening; Soon; But then; And then";
pub(super) const ENDS: &[&str] = &[
    "How many {i} [does {N} have now|did {N} have in the end]?",
    "How many {i} [does|did] {N} have in the end?",
    "How many {i} [does {N} have left|did {N} have left]?",
    "How many {i} are left?",
    "How many {i} are there now?",
    "How many {i} [are|were] there in the end?",
    "What is the number of {i} in the end?",
    "How many [does|did] {p} have in the end?",
    "How many {i} [does {p} have now|did {p} have left]?",
    "How many {i} [remain|remained]?",
    "How many {i} {was} {N} left with?",
    "How many {i} [does|did] {N} end up with?",
    "How many [does|did] {p} end up with?",
    "With how many {i} [does|did] {N} end up?",
    "How many {i} [does|did] that leave?",
    "How many {i} does that make now?",
    "What's the number of {i} now?",
    "What's the final number of {i}?",
    "What's the count now?",
    "What number of {i} [does|did] {N} have after all this?",
    "After all that, how many {i} [does|did] {N} have?",
    "So how many {i} [does|did] {N} have at the end?",
    "In the end, how many {i} [does|did] {p} have?",
    "At the end, how many {i} [are|were] there?",
    "Now how many {i} are there?",
    "How many {i} now?",
    "How many {i} in the end?",
    "How many {i} at the end?",
    "How many now?",
    "Number of {i} at the end?",
    "And how many {i} are there now?",
    "Find the number of {i} in the end.",
    "Find how many {i} there are now.",
    "Work out how many {i} there are now.",
    "Calculate the final number of {i}.",
    "Tell me how many {i} {N} [has now|had in the end].",
    "Please tell me how many {i} that leaves.",
    "Please work out how many {i} there are at the end.",
    "Can you tell me how many {i} there are now?",
    "Could you work out how many {i} {N} [has|had] in the end?",
];
/// What can be eaten, of the things that problems are about.
pub(in crate::problems::kinds) const EDIBLE: &[&str] = &[
    "apples",
    "oranges",
    "cookies",
    "muffins",
    "eggs",
    "plums",
    "pears",
    "bananas",
    "lemons",
    "cakes",
    "sweets",
    "nuts",
    "chocolates",
    "candies",
    "cherries",
    "grapes",
    "tomatoes",
    "potatoes",
    "carrots",
    "onions",
    "sandwiches",
    "pies",
];
pub(super) const ROLES: &[(&str, &str)] = &[
    ("A farmer", "he"),
    ("A farmer", "she"),
    ("My teacher", "she"),
    ("My teacher", "he"),
    ("My brother", "he"),
    ("My sister", "she"),
    ("My mum", "she"),
    ("My dad", "he"),
    ("My uncle", "he"),
    ("My aunt", "she"),
    ("A girl", "she"),
    ("A boy", "he"),
    ("A trader", "he"),
    ("The baker", "she"),
    ("Grandma", "she"),
    ("Grandpa", "he"),
    ("I", "I"),
    ("I", "I"),
    ("I", "I"),
    ("We", "we"),
    ("We", "we"),
];
/// What people say before they ask.
pub(super) const ASIDES: &[&str] = &[
    "Quick question:",
    "Please help me with this.",
    "Can you solve this?",
    "Here is a problem for you.",
    "Help, I can't work this out:",
    "My homework says:",
    "Try this:",
    "Okay, listen:",
];

//! The answer for one run, or for several of one policy: who was evicted, group by group.

use serde::Serialize;

use super::group::Token;
use super::{
    Block, Counts, CueList, DuplicateCounts, Exposure, Group, Ledger, Ratio, Repeats, Segment,
    Segmentation, Tally, policy_ids, settings_in_force,
};
use crate::config::CacheSettings;
use crate::trace::{ModelSummary, TraceView};

/// A group's numbers. Shares are of everything seen, 0 to 1.
///
/// Tokens become older or newest copies on the way: their pairs count as eligible, evicted and expected over the
/// compressions from that moment on, while tokens, and what shares are of, are those of the whole run. What was evicted
/// before its twin was written is in neither group, but in the repetitions.
///
/// Of near duplicates a pair counts once for every compression that could have evicted it, and so does what their shares
/// are of: they are not shares of the pairs of the other groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupRow {
    /// The group's name.
    pub group: &'static str,
    /// Its tokens; missing for near duplicates.
    pub tokens: Option<u64>,
    /// Its share of all tokens.
    pub token_share: Option<f64>,
    /// Its pairs that could be evicted.
    pub eligible: u64,
    /// Its share of these.
    pub eligible_share: Option<f64>,
    /// Its pairs that were evicted.
    pub evicted: u64,
    /// Its share of these.
    pub evicted_share: Option<f64>,
    /// Its log-rank expectation: the sum over compressions of the share dropped, over its pairs still held. No number of
    /// pairs.
    pub expected: f64,
    /// Share of evicted pairs over share of tokens; missing for copies, whose pairs count for a part of the run.
    pub over_tokens: Option<Ratio>,
    /// Share of evicted pairs over share of eligible pairs; missing for copies, and for near duplicates, where it would be
    /// that over chance.
    pub over_eligible: Option<Ratio>,
    /// Evicted pairs over that expectation: the pace against a blind choice.
    pub over_chance: Option<Ratio>,
}

impl GroupRow {
    /// The numbers of a group's counts.
    pub fn of(group: Group, counts: &Counts) -> Self {
        let Block { part, whole } = counts.total();
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let by_tokens = group != Group::NearDuplicates;
        // The others could go for the whole run.
        let all_along = !group.counts_from_a_moment();
        // Candidates of every compression are what chance goes by, too: the two ratios would be one.
        let own_pairs = all_along && by_tokens;
        Self {
            group: group.name(),
            tokens: by_tokens.then_some(part.tokens),
            token_share: share(part.tokens, whole.tokens),
            eligible: part.eligible,
            eligible_share: share(part.eligible, whole.eligible),
            evicted: part.evicted,
            evicted_share: share(part.evicted, whole.evicted),
            expected: part.expected,
            over_tokens: all_along.then(|| counts.over_tokens()).flatten(),
            over_eligible: own_pairs.then(|| counts.over_eligible()).flatten(),
            over_chance: counts.over_chance(),
        }
    }
}

/// The counts of every group that is made of tokens, one block per segment.
///
/// The ledger decides how many tokens had been seen; segments and repeats must reach as far. `copies` is the ledger that
/// the repeats began for the same moment ([`Repeats::begin_ledger`]).
pub fn group_counts(
    segments: &Segmentation,
    repeats: &Repeats,
    ledger: &Ledger,
    copies: &Ledger,
) -> Vec<(Group, Counts)> {
    let cursor = ledger.eligible.len();
    let groups = Group::ALL.iter().filter(|g| **g != Group::NearDuplicates);
    let mut found: Vec<(Group, Counts)> = groups.map(|g| (*g, Counts::default())).collect();
    for segment in segments.seen(cursor) {
        let mut whole = Tally::default();
        let mut parts = vec![Tally::default(); found.len()];
        for position in segment.tokens() {
            let token = Token {
                class: segment.class,
                repeated: repeats.is_repeated(position, cursor),
                superseded: repeats.is_superseded(position, cursor),
            };
            ledger.add_to(&mut whole, position);
            for (part, (group, _)) in parts.iter_mut().zip(&found) {
                if group.holds(&token) {
                    let ledger = if group.counts_from_a_moment() {
                        copies
                    } else {
                        ledger
                    };
                    ledger.add_to(part, position);
                }
            }
        }
        for (part, (_, counts)) in parts.into_iter().zip(&mut found) {
            counts.blocks.push(Block { part, whole });
        }
    }
    found
}

/// One segment's numbers at a cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentRow {
    /// The segment, cut at the cursor.
    pub segment: Segment,
    /// Its tally.
    pub tally: Tally,
    /// Share of its pairs that heads still hold, 0 to 1.
    pub held: f64,
    /// Its tokens that have a twin.
    pub repeated: usize,
}

impl SegmentRow {
    /// The numbers of a segment among the tokens the ledger has seen.
    pub fn of(segment: Segment, repeats: &Repeats, ledger: &Ledger) -> Self {
        let cursor = ledger.eligible.len();
        let mut tally = Tally::default();
        let tokens = segment.seen(cursor);
        for position in tokens.clone() {
            ledger.add_to(&mut tally, position);
        }
        let pairs = (tokens.len() * ledger.heads) as f64;
        Self {
            segment,
            held: if pairs > 0.0 {
                1.0 - tally.evicted as f64 / pairs
            } else {
                1.0
            },
            repeated: tokens.filter(|&p| repeats.is_repeated(p, cursor)).count(),
            tally,
        }
    }
}

impl Ledger {
    fn add_to(&self, tally: &mut Tally, position: usize) {
        tally.tokens += 1;
        tally.eligible += u64::from(self.eligible[position]);
        tally.evicted += u64::from(self.evicted[position]);
        tally.expected += self.expected[position];
    }
}

/// What `analyze` says of one run, or of several with the same policy, or the same policies in the same order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The policy's id, or the ids of those that followed each other: `rkv, then snapkv`.
    pub policy: String,
    /// The model that wrote them.
    pub model: ModelSummary,
    /// Runs in it.
    pub runs: usize,
    /// Runs of these in which near duplicates were recorded: only they count in that group.
    pub runs_with_near_duplicates: usize,
    /// What the runs were under, no two alike; each run's settings in the order in which they decided.
    #[serde(skip)]
    pub settings: Vec<Vec<CacheSettings>>,
    /// Tokens seen.
    pub tokens: u64,
    /// Compressions.
    pub compressions: u64,
    /// Pairs that could be evicted.
    pub eligible: u64,
    /// Pairs that were.
    pub evicted: u64,
    /// Segments, reflections among them.
    pub segments: u64,
    /// Reflections.
    pub reflections: u64,
    /// Repeated spans.
    pub repeated_spans: u64,
    /// Fewest tokens of a repetition.
    pub shortest_repeat: usize,
    /// The groups' numbers.
    pub groups: Vec<GroupRow>,
    #[serde(skip)]
    counts: Vec<(Group, Counts)>,
}

impl Report {
    /// Looks through a run as its view shows it.
    pub fn of(view: &TraceView<'_>, cues: &CueList, shortest_repeat: usize) -> Self {
        let store = view.store();
        let segments = Segmentation::of(store, cues.clone());
        let mut repeats = Repeats::new(shortest_repeat);
        repeats.extend(store, &mut || true);
        let mut exposure = Exposure::default();
        exposure.extend(store, &mut || true);
        let ledger = Ledger::of(&exposure, view);
        let mut copies = repeats.begin_ledger(view);
        copies.advance(&exposure, store, &mut || true);
        let mut duplicates = DuplicateCounts::default();
        duplicates.extend(store, &mut || true);
        let mut counts = group_counts(&segments, &repeats, &ledger, &copies);
        let found = duplicates.counts(view.event_count());
        let runs_with_near_duplicates = usize::from(found.is_some());
        counts.extend(found.map(|found| (Group::NearDuplicates, found)));
        let seen = || segments.seen(view.cursor());
        let mut report = Self {
            policy: policy_ids(view),
            model: view.store().header().model.clone(),
            runs: 1,
            runs_with_near_duplicates,
            settings: vec![settings_in_force(view).into_iter().cloned().collect()],
            tokens: view.cursor() as u64,
            compressions: view.event_count() as u64,
            eligible: ledger.eligible.iter().map(|&n| u64::from(n)).sum(),
            evicted: ledger.evicted_pairs(),
            segments: seen().count() as u64,
            reflections: seen().filter(|s| s.class.reflection().is_some()).count() as u64,
            repeated_spans: repeats.spans(view.cursor()).len() as u64,
            shortest_repeat: repeats.shortest(),
            groups: vec![],
            counts,
        };
        report.sum_up();
        report
    }

    /// Several runs of one model as one: counts are added, so longer runs weigh more.
    pub fn pooled(reports: &[&Self]) -> Option<Self> {
        let (first, rest) = reports.split_first()?;
        let mut all = (*first).clone();
        for report in rest {
            all.runs += report.runs;
            all.runs_with_near_duplicates += report.runs_with_near_duplicates;
            for settings in &report.settings {
                if !all.settings.contains(settings) {
                    all.settings.push(settings.clone());
                }
            }
            all.tokens += report.tokens;
            all.compressions += report.compressions;
            all.eligible += report.eligible;
            all.evicted += report.evicted;
            all.segments += report.segments;
            all.reflections += report.reflections;
            all.repeated_spans += report.repeated_spans;
            for (group, counts) in &report.counts {
                match all.counts.iter_mut().find(|(known, _)| known == group) {
                    Some((_, known)) => known.blocks.extend(&counts.blocks),
                    None => all.counts.push((*group, counts.clone())),
                }
            }
        }
        all.sum_up();
        Some(all)
    }

    fn sum_up(&mut self) {
        let counts = self.counts.iter();
        self.groups = counts
            .map(|(group, counts)| GroupRow::of(*group, counts))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::hand_made;
    use super::*;
    use crate::trace::Position;
    use crate::trace::synthetic::Synthetic;

    /// A prompt token, a step of four tokens, a reflection of five that repeats three of them, two more.
    ///
    /// At the compression 0 to 7 are open; head 0 drops 2, 3 and 5, head 1 drops 2, 5 and 6.
    fn report() -> Report {
        let texts = [
            "P", "So", " it", " is", ".", " Wait", ",", " it", " is", ".", " Or", " z",
        ];
        let events: [(u32, [&[u32]; 2]); 1] = [(10, [&[2, 3, 5], &[2, 5, 6]])];
        let store = hand_made(&texts, &CacheSettings::default(), 1, &events, None);
        Report::of(&store.view(10), &CueList::default(), 3)
    }

    fn row(report: &Report, group: Group) -> GroupRow {
        let found = report.groups.iter().find(|row| row.group == group.name());
        found.cloned().unwrap()
    }

    #[test]
    fn shares_and_ratios_are_those_counted_by_hand() {
        let report = report();
        assert_eq!(
            (report.segments, report.reflections, report.repeated_spans),
            (3, 1, 1)
        );
        assert_eq!(
            (report.tokens, report.eligible, report.evicted),
            (10, 16, 6)
        );
        let reflections = row(&report, Group::Reflections);
        assert_eq!(
            (
                reflections.tokens,
                reflections.eligible,
                reflections.evicted
            ),
            (Some(5), 6, 3)
        );
        assert_eq!(reflections.token_share, Some(0.5));
        assert_eq!(reflections.evicted_share, Some(0.5));
        assert!((reflections.over_tokens.unwrap().value - 1.0).abs() < 1e-12);
        // 3 of 6 evictions over 6 of 16 eligible pairs; by chance 6 pairs at 3/8 each.
        assert!((reflections.over_eligible.unwrap().value - 8.0 / 6.0).abs() < 1e-12);
        assert!((reflections.expected - 2.25).abs() < 1e-12);
        assert!((reflections.over_chance.unwrap().value - 3.0 / 2.25).abs() < 1e-12);
        // 2 to 4 and 7 to 9 are copies, of which 2 to 4 are the older; the compression had just seen both.
        let of = |group| {
            let row = row(&report, group);
            (row.tokens.unwrap(), row.eligible, row.evicted)
        };
        assert_eq!(of(Group::Repetitions), (6, 8, 3));
        assert_eq!(of(Group::OlderCopies), (3, 6, 3));
        assert_eq!(of(Group::NewestCopies), (3, 2, 0));
        assert_eq!(of(Group::Either), (8, 12, 6));
        assert_eq!(of(Group::Prompt), (1, 2, 0));
        assert_eq!(of(Group::Steps), (4, 8, 3));
        assert_eq!(of(Group::Answer), (0, 0, 0));
        assert!(
            report
                .groups
                .iter()
                .all(|row| row.group != "near duplicates")
        );
    }

    /// 1 to 4 stand again at 7 to 10, which is known once 11 tokens have been seen. Every compression draws half of its
    /// candidates: at 10 tokens 0 to 7 in both heads, at 12 tokens 0, 3, 4, 6, 8 and 9 in head 0, 1, 4, 5, 7, 8 and 9 in
    /// head 1.
    #[test]
    fn copies_count_from_the_moment_at_which_they_are_some() {
        let texts = [
            "P", " it", " is", " so", ".", " x", " y", " it", " is", " so", ".", " z",
        ];
        let events: [(u32, [&[u32]; 2]); 2] = [
            (10, [&[1, 2, 5, 7], &[0, 2, 3, 6]]),
            (12, [&[3, 4, 8], &[1, 5, 9]]),
        ];
        let store = hand_made(&texts, &CacheSettings::default(), 1, &events, None);
        let at = |cursor: usize| Report::of(&store.view(cursor), &CueList::default(), 4);
        let of = |report: &Report, group| {
            let row = row(report, group);
            (row.tokens.unwrap(), row.eligible, row.evicted, row.expected)
        };
        let report = at(12);
        assert_eq!((report.eligible, report.evicted), (20, 14));
        // At the second compression head 0 had 3 and 4 open and dropped them, head 1 had 1 and 4 and dropped 1. Both had
        // dropped 2 at the first, when nothing repeated it.
        assert_eq!(of(&report, Group::OlderCopies), (4, 4, 3, 2.0));
        // Head 0 had 8 and 9 open and dropped 8, head 1 had 7, 8 and 9 and dropped 9. Head 0 had dropped 7 before it was
        // known to be a copy.
        assert_eq!(of(&report, Group::NewestCopies), (4, 5, 2, 2.5));
        // Over both compressions: 1 to 4 and 7 to 9 in either head, twice where they were left by the first.
        assert_eq!(of(&report, Group::Repetitions), (8, 14, 10, 9.5));
        let over_chance = |group| row(&report, group).over_chance.unwrap().value;
        assert!((over_chance(Group::OlderCopies) - 1.5).abs() < 1e-12);
        assert!((over_chance(Group::NewestCopies) - 0.8).abs() < 1e-12);
        // The shares are of all that was evicted.
        let older = row(&report, Group::OlderCopies);
        assert_eq!(older.evicted_share, Some(3.0 / 14.0));
        assert_eq!(older.eligible_share, Some(4.0 / 20.0));
        // Known to be copies, and no compression since.
        let between = at(11);
        assert_eq!(of(&between, Group::OlderCopies), (4, 0, 0, 0.0));
        assert_eq!(of(&between, Group::NewestCopies), (4, 0, 0, 0.0));
        assert_eq!(of(&between, Group::Repetitions), (8, 10, 5, 5.0));
        assert_eq!(row(&between, Group::OlderCopies).over_chance, None);
        assert_eq!(of(&at(10), Group::OlderCopies), (0, 0, 0, 0.0));
    }

    #[test]
    fn runs_pool_by_their_counts() {
        let (one, other) = (report(), report());
        let both = Report::pooled(&[&one, &other]).unwrap();
        assert_eq!((both.runs, both.evicted), (2, 12));
        let (single, double) = (
            row(&one, Group::Reflections),
            row(&both, Group::Reflections),
        );
        assert_eq!(double.evicted, 2 * single.evicted);
        assert_eq!(double.evicted_share, single.evicted_share);
        assert!(Report::pooled(&[]).is_none());
    }

    #[test]
    fn parts_of_the_text_add_up_to_all_of_it() {
        let store = Synthetic::default().store();
        for cursor in [150, 431, store.tokens().len()] {
            let report = Report::of(&store.view(cursor), &CueList::default(), 8);
            let parts = [
                Group::Prompt,
                Group::Steps,
                Group::Reflections,
                Group::Answer,
            ];
            let sum = |what: fn(&GroupRow) -> u64| -> u64 {
                parts.iter().map(|group| what(&row(&report, *group))).sum()
            };
            assert_eq!(sum(|row| row.evicted), report.evicted);
            assert_eq!(sum(|row| row.eligible), report.eligible);
            assert_eq!(sum(|row| row.tokens.unwrap()), cursor as u64);
        }
    }

    /// Asked of the trace pair by pair, with what was known of the token when the compression ran.
    #[test]
    fn older_newest_and_not_yet_copies_add_up_to_the_repetitions() {
        let store = Synthetic::default().store();
        let mut repeats = Repeats::new(8);
        assert!(repeats.extend(&store, &mut || true));
        let mut ever_before = 0;
        for cursor in [150, 431, store.tokens().len()] {
            let (mut older, mut newest, mut before) = (0u64, 0u64, 0u64);
            for p in (0..cursor).filter(|&p| repeats.is_repeated(p, cursor)) {
                let superseded = repeats.is_superseded(p, cursor);
                for row in 0..store.evictions().heads() {
                    let event = store.evictions().evicted_at(row, Position(p as u32));
                    let seen = event.map(|event| store.events()[event.index()].seen as usize);
                    let Some(seen) = seen.filter(|&seen| seen <= cursor) else {
                        continue;
                    };
                    if superseded && repeats.is_superseded(p, seen) {
                        older += 1;
                    } else if !superseded && repeats.is_copy(p, seen) {
                        newest += 1;
                    } else {
                        before += 1;
                    }
                }
            }
            let report = Report::of(&store.view(cursor), &CueList::default(), 8);
            let evicted = |group| row(&report, group).evicted;
            assert_eq!(evicted(Group::OlderCopies), older);
            assert_eq!(evicted(Group::NewestCopies), newest);
            assert_eq!(evicted(Group::Repetitions), older + newest + before);
            ever_before += before;
        }
        assert!(ever_before > 0, "the run has nothing to tell apart");
    }
}

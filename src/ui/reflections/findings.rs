//! What the tab shows, counted in pieces of a few milliseconds a frame: a long run never holds the window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clusters::ClusterRows;
use crate::analysis::{
    Clusters, DuplicateCounts, Exposure, Group, GroupRow, Ledger, RepeatedSpan, Repeats, Segment,
    SegmentRow, Segmentation, group_counts,
};
use crate::trace::{EventIndex, TraceHeader, TraceStore, TraceView};

/// Time a frame may spend on counting.
const SLICE: Duration = Duration::from_millis(4);
/// After a long count, the next waits this many times as long, so that playing stays smooth.
const REST: u32 = 4;
/// A count this short needs no rest.
const SHORT: Duration = Duration::from_millis(10);

/// Everything counted at a cursor.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Tokens seen.
    pub cursor: usize,
    /// Evicted and eligible pairs per token.
    pub ledger: Ledger,
    /// The segments that had begun.
    pub segments: Vec<SegmentRow>,
    /// Repeated spans, and the share of each copy that is held.
    pub spans: Vec<(RepeatedSpan, Vec<f64>)>,
    /// The groups' numbers.
    pub groups: Vec<(Group, GroupRow)>,
}

impl Counted {
    /// What was counted of a segment; `None` if other words have made it or moved it since, for the count then speaks of
    /// another stretch of text.
    pub fn of(&self, index: usize, segment: &Segment) -> Option<&SegmentRow> {
        let row = self.segments.get(index)?;
        let same = (row.segment.start, row.segment.class) == (segment.start, segment.class);
        (same && row.segment.end == segment.end.min(self.cursor)).then_some(row)
    }
}

/// Counts of one run, and what is still to be counted.
pub struct Findings {
    header: Option<Arc<TraceHeader>>,
    tokens: usize,
    repeats: Repeats,
    exposure: Exposure,
    duplicates: DuplicateCounts,
    /// The ledger of all tokens, and that of the copies.
    underway: Option<(Ledger, Ledger)>,
    counted: Option<Counted>,
    /// Changes with the segmentation.
    cues: u64,
    stale: bool,
    clusters: Option<(EventIndex, Clusters, Option<ClusterRows>)>,
    spent: Duration,
    done: Option<Instant>,
}

impl Findings {
    /// Nothing counted yet; repetitions are at least `shortest` tokens long.
    pub fn new(shortest: usize) -> Self {
        Self {
            header: None,
            tokens: 0,
            repeats: Repeats::new(shortest),
            exposure: Exposure::default(),
            duplicates: DuplicateCounts::default(),
            underway: None,
            counted: None,
            cues: 0,
            stale: true,
            clusters: None,
            spent: Duration::ZERO,
            done: None,
        }
    }

    /// Fewest tokens of a repetition.
    pub fn shortest(&self) -> usize {
        self.repeats.shortest()
    }

    /// What was counted last, which may be a moment behind the cursor.
    pub fn counted(&self) -> Option<&Counted> {
        self.counted.as_ref()
    }

    /// Forgets another run's counts.
    fn meet(&mut self, store: &TraceStore) {
        let same = self
            .header
            .as_ref()
            .is_some_and(|header| Arc::ptr_eq(header, store.header()));
        if !same || self.tokens > store.tokens().len() {
            *self = Self {
                header: Some(Arc::clone(store.header())),
                ..Self::new(self.shortest())
            };
        }
        self.tokens = store.tokens().len();
    }

    /// Counts on for a slice of time. `None` when everything is counted, else when to go on.
    pub fn update(
        &mut self,
        view: &TraceView<'_>,
        segments: &Segmentation,
        cues: u64,
    ) -> Option<Duration> {
        let store = view.store();
        self.meet(store);
        if self.cues != cues {
            (self.cues, self.stale) = (cues, true);
        }
        let current = self.counted.as_ref().is_some_and(|counted| {
            (counted.cursor, counted.ledger.events) == (view.cursor(), view.event_count())
        });
        if current && !self.stale && self.underway.is_none() {
            return None;
        }
        if let Some(wait) = self.rest() {
            return Some(wait);
        }
        let started = Instant::now();
        let mut go_on = || started.elapsed() < SLICE;
        let ready = self.repeats.extend(store, &mut go_on)
            && self.exposure.extend(store, &mut go_on)
            && self.duplicates.extend(store, &mut go_on);
        if ready {
            let (mut ledger, mut copies) = self
                .underway
                .take()
                .unwrap_or_else(|| (Ledger::begin(view), self.repeats.begin_ledger(view)));
            if ledger.advance(&self.exposure, store, &mut go_on)
                && copies.advance(&self.exposure, store, &mut go_on)
            {
                self.finish(ledger, &copies, segments);
                self.spent += started.elapsed();
                self.done = Some(Instant::now());
            } else {
                self.underway = Some((ledger, copies));
            }
        }
        if self.underway.is_some() || !ready {
            self.spent += started.elapsed();
        }
        Some(Duration::ZERO)
    }

    /// Time to wait after a long count.
    fn rest(&mut self) -> Option<Duration> {
        let done = self.done?;
        let wait = (self.spent * REST).checked_sub(done.elapsed());
        if self.spent > SHORT && wait.is_some() {
            return wait;
        }
        (self.done, self.spent) = (None, Duration::ZERO);
        None
    }

    fn finish(&mut self, ledger: Ledger, copies: &Ledger, segments: &Segmentation) {
        let cursor = ledger.evicted.len();
        let mut counts = group_counts(segments, &self.repeats, &ledger, copies);
        if let Some(found) = self.duplicates.counts(ledger.events) {
            counts.push((Group::NearDuplicates, found));
        }
        let spans = self.repeats.spans(cursor).into_iter();
        self.counted = Some(Counted {
            cursor,
            segments: segments
                .seen(cursor)
                .map(|segment| SegmentRow::of(segment, &self.repeats, &ledger))
                .collect(),
            spans: spans
                .map(|span| (span.held(&ledger), span))
                .map(|(h, s)| (s, h))
                .collect(),
            groups: counts
                .iter()
                .map(|(group, counts)| (*group, GroupRow::of(*group, counts)))
                .collect(),
            ledger,
        });
        self.stale = false;
    }

    /// The near duplicates of the view's last compression, once they are counted.
    pub fn clusters(&mut self, view: &TraceView<'_>) -> Option<&ClusterRows> {
        let event = view.last_event()?;
        if self.clusters.as_ref().is_none_or(|(of, ..)| *of != event) {
            self.clusters = Some((event, Clusters::default(), None));
        }
        let (_, counting, found) = self.clusters.as_mut()?;
        if found.is_none() {
            let started = Instant::now();
            let mut go_on = || started.elapsed() < SLICE;
            if counting.advance(view, event, &mut go_on) {
                *found = Some(ClusterRows::new(counting.found()));
            }
        }
        found.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{CueList, Report, SHORTEST_REPEAT};
    use crate::trace::synthetic::Synthetic;

    /// Also of a cursor that went back, and of one that moved while an earlier one was being counted.
    #[test]
    fn the_groups_are_those_of_a_report_at_the_cursor() {
        let store = Synthetic::default().store();
        let segments = Segmentation::of(&store, CueList::default());
        let mut findings = Findings::new(SHORTEST_REPEAT);
        for cursor in [431, store.tokens().len(), 300] {
            findings.update(&store.view(cursor - 40), &segments, 0);
            let view = store.view(cursor);
            while findings.update(&view, &segments, 0).is_some() {}
            let counted = findings.counted().unwrap();
            let rows: Vec<_> = counted.groups.iter().map(|(_, row)| row).collect();
            let report = Report::of(&view, &CueList::default(), SHORTEST_REPEAT);
            assert_eq!(
                rows,
                report.groups.iter().collect::<Vec<_>>(),
                "at {cursor}"
            );
        }
    }

    #[test]
    fn a_count_speaks_only_of_the_segment_that_was_counted() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let segments = Segmentation::of(&store, CueList::default());
        let mut findings = Findings::new(SHORTEST_REPEAT);
        while findings.update(&view, &segments, 0).is_some() {}
        let counted = findings.counted().unwrap();
        let of = |list: &[Segment]| -> Vec<Option<Segment>> {
            let each = list.iter().enumerate();
            each.map(|(i, segment)| Some(counted.of(i, segment)?.segment))
                .collect()
        };
        let all: Vec<_> = segments.list().iter().copied().map(Some).collect();
        assert_eq!(of(segments.list()), all);
        // Until it is counted anew, under cues that make a reflection of the first step.
        let others = Segmentation::of(&store, CueList::parse("doubt: ^okay\n").unwrap());
        let found = of(others.list());
        assert!(found[0].is_some(), "the prompt is the same");
        assert_eq!(found[1], None);
        for (segment, found) in others.list().iter().zip(found) {
            assert!(found.is_none_or(|found| found == *segment));
        }
    }
}

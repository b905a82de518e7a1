//! Who held the tokens of each column of the raster at each of its lines, counted from the evictions when a picture is due:
//! a row per compression would take hundreds of megabytes for a long run with a small buffer.

use crate::analysis::GoOn;
use crate::trace::TraceStore;
use crate::ui::columns::Columns;

/// How many (head, token) pairs a column of tokens lost from line to line.
pub struct Counts {
    columns: Columns,
    lines: usize,
    /// The line at which each compression shows first. Later ones count for nothing: what ran after the count was begun
    /// does not change it.
    line_of: Vec<u32>,
    /// Pairs lost, `[column][line]`.
    lost: Vec<u32>,
    /// Heads that have been counted.
    heads: usize,
}

impl Counts {
    /// Nothing counted yet of a run's first `events` compressions, which `lines` lines are to show.
    pub fn begin(columns: Columns, lines: usize, events: usize) -> Self {
        let mut line_of = Vec::with_capacity(events);
        for line in 0..lines {
            line_of.resize(event_of_line(line, lines, events) + 1, line as u32);
        }
        Self {
            columns,
            lines,
            line_of,
            lost: vec![0; columns.count() * lines],
            heads: 0,
        }
    }

    /// Counts on in the run that it was begun for, one head at least; returns whether all of them are counted.
    pub fn advance(&mut self, store: &TraceStore, go_on: GoOn<'_>) -> bool {
        let evictions = store.evictions();
        while self.heads < evictions.heads() {
            for column in 0..self.columns.count() {
                let lost = &mut self.lost[column * self.lines..][..self.lines];
                let dropped = evictions.dropped_at(self.heads, self.columns.positions(column));
                for event in dropped.flatten() {
                    if let Some(&line) = self.line_of.get(event.index()) {
                        lost[line as usize] += 1;
                    }
                }
            }
            self.heads += 1;
            if !go_on() {
                break;
            }
        }
        self.heads == evictions.heads()
    }

    /// Mean share of heads that hold the tokens of a column, line by line from the first compression on, 0 to 1; `None`
    /// where none of them was written yet.
    pub fn shares<'a>(
        &'a self,
        store: &'a TraceStore,
        column: usize,
    ) -> impl Iterator<Item = Option<f32>> + 'a {
        let positions = self.columns.positions(column);
        let heads = self.heads as u32;
        let mut lost = 0;
        let lines = self.lost[column * self.lines..][..self.lines].iter();
        lines.enumerate().map(move |(line, here)| {
            lost += here;
            let event = event_of_line(line, self.lines, self.line_of.len());
            let seen = store.events()[event].seen as usize;
            let written = positions.end.min(seen).saturating_sub(positions.start) as u32;
            let held = (written * heads - lost) as f32;
            (written > 0).then(|| held / written as f32 / heads.max(1) as f32)
        })
    }
}

/// The compression that a line (0 = lowest) shows; where lines are short, the last of those it stands for.
pub fn event_of_line(line: usize, lines: usize, events: usize) -> usize {
    ((line + 1) * events / lines.max(1)).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CacheSettings;
    use crate::trace::EventIndex;
    use crate::trace::synthetic::Synthetic;

    fn run() -> TraceStore {
        let plan = Synthetic {
            settings: CacheSettings {
                budget: 96,
                buffer: 16,
                ..CacheSettings::default()
            },
            ..Synthetic::default()
        };
        plan.store()
    }

    fn seen(store: &TraceStore, events: usize) -> usize {
        store.events()[events - 1].seen as usize
    }

    /// The same shares from who holds each token after a line's compression.
    fn plainly(
        store: &TraceStore,
        columns: &Columns,
        lines: usize,
        events: usize,
    ) -> Vec<Vec<Option<f32>>> {
        let heads = store.evictions().heads() as f32;
        let share = |column: usize, line: usize| {
            let event = event_of_line(line, lines, events);
            let holders = store
                .evictions()
                .holders(Some(EventIndex(event as u32)), seen(store, event + 1));
            let range = columns.positions(column);
            let held = holders.get(range.start..range.end.min(holders.len()))?;
            let sum: u32 = held.iter().sum();
            (!held.is_empty()).then(|| sum as f32 / held.len() as f32 / heads)
        };
        (0..columns.count())
            .map(|column| (0..lines).map(|line| share(column, line)).collect())
            .collect()
    }

    fn shares(counts: &Counts, store: &TraceStore) -> Vec<Vec<Option<f32>>> {
        (0..counts.columns.count())
            .map(|column| counts.shares(store, column).collect())
            .collect()
    }

    #[test]
    fn counts_agree_with_who_holds_each_token_whatever_the_size_of_the_picture() {
        let store = run();
        let events = store.events().len();
        assert!(events > 20);
        for (range, pixels) in [
            ((0.0, 700.0), 900),
            ((0.0, 700.0), 90),
            ((120.5, 260.0), 60),
        ] {
            let columns = Columns::new(range, seen(&store, events), pixels);
            for lines in [1, 7, events - 1, events] {
                let mut counts = Counts::begin(columns, lines, events);
                let mut slices = 1;
                while !counts.advance(&store, &mut || false) {
                    slices += 1;
                }
                assert_eq!(slices, store.evictions().heads());
                let want = plainly(&store, &columns, lines, events);
                assert_eq!(shares(&counts, &store), want, "{range:?}, {lines} lines");
            }
        }
    }

    #[test]
    fn a_count_is_of_the_moment_at_which_it_was_begun() {
        let store = run();
        let events = store.events().len() / 2;
        let columns = Columns::new((0.0, 700.0), seen(&store, events), 200);
        let mut counts = Counts::begin(columns, events, events);
        assert!(counts.advance(&store, &mut || true));
        let want = plainly(&store, &columns, events, events);
        assert_eq!(shares(&counts, &store), want);
    }

    #[test]
    fn every_line_shows_a_compression_and_the_last_one_shows() {
        assert_eq!(
            (0..4).map(|l| event_of_line(l, 4, 4)).collect::<Vec<_>>(),
            [0, 1, 2, 3]
        );
        assert_eq!(event_of_line(9, 10, 1000), 999);
        assert_eq!(event_of_line(0, 10, 1000), 99);
    }
}

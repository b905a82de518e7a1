//! The compression that is drawn, and the next one while it is read: a slice of each frame, for the scores of a large model
//! would hold the window for several.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Quality, Scale};
use crate::analysis::{GoOn, HeadTable};
use crate::trace::{CompressionRecord, EventIndex, TraceStore, TraceView};

/// Time a frame may spend on reading.
const SLICE: Duration = Duration::from_millis(4);

/// What was read last stays until what is read next is whole.
#[derive(Default)]
pub struct Reading {
    shown: Option<Compression>,
    underway: Option<Compression>,
}

/// A compression and what was read of it.
pub struct Compression {
    /// The compression.
    pub record: Arc<CompressionRecord>,
    /// What its heads knew.
    pub table: HeadTable,
    scale: Option<(Quality, Option<Scale>)>,
}

impl Reading {
    /// Reads on for a slice of time; `quality` is what will be drawn. Returns whether there is more to read.
    pub fn update(&mut self, view: &TraceView<'_>, event: EventIndex, quality: Quality) -> bool {
        let started = Instant::now();
        self.advance(view, event, quality, &mut || started.elapsed() < SLICE)
    }

    /// A compression whose reading has begun is read to its end, whatever is asked for by then: else nothing would be
    /// drawn while compressions follow each other faster than they are read.
    fn advance(
        &mut self,
        view: &TraceView<'_>,
        event: EventIndex,
        quality: Quality,
        go_on: GoOn<'_>,
    ) -> bool {
        let store = view.store();
        self.shown.take_if(|shown| !shown.is_in(store));
        self.underway.take_if(|underway| !underway.is_in(store));
        let asked = store.events().get(event.index());
        if self.shows(asked) {
            // The cursor has come back before the other one was read.
            self.underway = None;
            return false;
        }
        if self.underway.is_none() {
            self.underway = Compression::begin(view, event);
        }
        if let Some(mut next) = self.underway.take() {
            let known = next.table.is_whole(store);
            if known || (next.table.advance(view, go_on) && go_on()) {
                next.scale(quality);
                self.shown = Some(next);
            } else {
                self.underway = Some(next);
            }
        }
        !self.shows(asked)
    }

    fn shows(&self, asked: Option<&Arc<CompressionRecord>>) -> bool {
        let shown = self.shown.as_ref().map(|shown| &shown.record);
        asked.is_none_or(|asked| shown.is_some_and(|shown| Arc::ptr_eq(shown, asked)))
    }

    /// What is drawn, which may be a moment behind what was asked for.
    pub fn shown(&self) -> Option<&Compression> {
        self.shown.as_ref()
    }

    /// How a quality of what is drawn maps to colour; `None` if it was not recorded.
    pub fn scale(&mut self, quality: Quality) -> Option<Scale> {
        self.shown.as_mut()?.scale(quality)
    }
}

impl Compression {
    fn begin(view: &TraceView<'_>, event: EventIndex) -> Option<Self> {
        Some(Self {
            record: Arc::clone(view.store().events().get(event.index())?),
            table: HeadTable::begin(view, event)?,
            scale: None,
        })
    }

    fn is_in(&self, store: &TraceStore) -> bool {
        let there = store.events().get(self.table.event().index());
        there.is_some_and(|record| Arc::ptr_eq(record, &self.record))
    }

    fn scale(&mut self, quality: Quality) -> Option<Scale> {
        match self.scale {
            Some((of, scale)) if of == quality => scale,
            _ => {
                let scale = Scale::of(quality, quality.values(&self.table));
                self.scale = Some((quality, scale));
                scale
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    fn drawn(reading: &Reading) -> Option<EventIndex> {
        reading.shown().map(|shown| shown.table.event())
    }

    #[test]
    fn until_a_compression_is_read_the_one_before_stays() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let [first, second, third] = [0, 1, 2].map(EventIndex);
        let quality = Quality::Importance;
        let mut reading = Reading::default();
        assert!(!reading.advance(&view, first, quality, &mut || true));
        assert_eq!(drawn(&reading), Some(first));
        // One head a frame, and the cursor goes on meanwhile.
        let mut frames = 0;
        while drawn(&reading) == Some(first) {
            let asked = if frames == 0 { second } else { third };
            assert!(reading.advance(&view, asked, quality, &mut || false));
            frames += 1;
        }
        assert_eq!(frames, store.header().model.heads() + 1);
        assert_eq!(drawn(&reading), Some(second), "what was begun is read");
        while reading.advance(&view, third, quality, &mut || false) {}
        let whole = HeadTable::of(&view, third).unwrap();
        assert_eq!(reading.shown().unwrap().table, whole);
        let scale = Scale::of(quality, quality.values(&whole));
        assert_eq!(reading.scale(quality), scale);
    }

    #[test]
    fn what_was_left_for_the_one_that_is_drawn_is_not_drawn_later() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let [here, there] = [0, 1].map(EventIndex);
        let mut reading = Reading::default();
        let mut read = |event, go_on: bool| {
            let more = reading.advance(&view, event, Quality::Score, &mut || go_on);
            (drawn(&reading), more)
        };
        assert_eq!(read(here, true), (Some(here), false));
        assert_eq!(read(there, false), (Some(here), true));
        for _ in 0..2 * store.header().model.heads() {
            assert_eq!(read(here, true), (Some(here), false));
        }
    }

    #[test]
    fn nothing_of_another_run_stays() {
        let (one, other) = (Synthetic::default().store(), Synthetic::default().store());
        let mut reading = Reading::default();
        let mut read = |store: &TraceStore, go_on: bool| {
            reading.advance(&store.latest(), EventIndex(1), Quality::Score, &mut || {
                go_on
            });
            drawn(&reading)
        };
        assert_eq!(read(&one, true), Some(EventIndex(1)));
        assert_eq!(read(&other, false), None);
        assert_eq!(read(&one, true), Some(EventIndex(1)));
    }
}

//! A store as the records that rebuild it: what saving, comparing and what-ifs start from.

use super::{Position, TokenRecord, TraceRecord, TraceStore};

/// Tokens per batch when a store is turned back into records.
const BATCH: usize = 1024;

impl TraceStore {
    /// The records of the run in time order; applied to an empty store with the same header they give
    /// an equal store. Batches of tokens are cut anew, so records may differ from those that came in.
    pub fn records(&self) -> impl Iterator<Item = TraceRecord> + '_ {
        let mut cursor = Cursor {
            store: self,
            tokens: 0,
            segments: 0,
            params: 0,
            events: 0,
            end: false,
        };
        std::iter::from_fn(move || cursor.next())
    }

    /// All of [`Self::records`] at once.
    pub fn to_records(&self) -> Vec<TraceRecord> {
        self.records().collect()
    }
}

struct Cursor<'a> {
    store: &'a TraceStore,
    tokens: usize,
    segments: usize,
    params: usize,
    events: usize,
    end: bool,
}

impl Cursor<'_> {
    fn next(&mut self) -> Option<TraceRecord> {
        let len = self.store.tokens().len();
        let segment = self.store.segments().get(self.segments);
        let params = self.store.params().get(self.params);
        let event = self.store.events().get(self.events);
        // At one place: settings before the compression that uses them, a part before its tokens.
        let stops = [
            params.map(|(at, ..)| at.index()),
            event.map(|e| e.seen as usize),
            segment.map(|(at, _)| at.index()),
        ];
        let stop = stops
            .iter()
            .flatten()
            .copied()
            .min()
            .map_or(len, |s| s.min(len));
        if self.tokens < stop {
            let to = stop.min(self.tokens + BATCH);
            let batch = (self.tokens..to)
                .map(|p| self.token(Position(p as u32)))
                .collect();
            self.tokens = to;
            return Some(TraceRecord::Tokens(batch));
        }
        let due = |at: Option<usize>| at.is_some_and(|at| at <= self.tokens || self.tokens == len);
        if let (true, Some((at, revision, settings))) = (due(stops[0]), params) {
            self.params += 1;
            return Some(TraceRecord::ParamsChanged {
                at: *at,
                revision: *revision,
                settings: settings.clone(),
            });
        }
        if let (true, Some(event)) = (due(stops[1]), event) {
            self.events += 1;
            return Some(TraceRecord::Compression(Box::new(event.as_ref().clone())));
        }
        if let (true, Some(&(at, kind))) = (due(stops[2]), segment) {
            self.segments += 1;
            return Some(TraceRecord::Segment { at, kind });
        }
        let (at, reason, seconds) = self.store.end().filter(|_| !self.end)?;
        self.end = true;
        Some(TraceRecord::End {
            at: *at,
            reason: reason.clone(),
            seconds: *seconds,
        })
    }

    fn token(&self, position: Position) -> TokenRecord {
        let tokens = self.store.tokens();
        TokenRecord {
            id: tokens.id(position).unwrap_or(0),
            text: tokens.text(position).to_owned(),
            logprob: tokens.logprob(position),
            entropy: tokens.entropy(position),
            micros: tokens.micros(position),
        }
    }
}

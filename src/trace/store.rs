//! The store: append-only, one writer function, the same for a live run, a file and a what-if.

use std::sync::Arc;

use super::{
    CompressionRecord, EventIndex, EventMeans, EvictionMap, FinishReason, Position, SegmentKind,
    TokenColumns, TraceHeader, TraceRecord, TraceView, last_boxed,
};
use crate::config::CacheSettings;

/// A record that does not fit what came before it: the trace is damaged or from another program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Events must count up from 0.
    #[error("compression {got} follows {have} compressions")]
    EventOrder {
        /// Event index of the record.
        got: u32,
        /// Events so far.
        have: usize,
    },
    /// A table of the record has the wrong size or speaks of unknown tokens.
    #[error("compression {event} does not fit the trace: {what}")]
    Shape {
        /// Event index of the record.
        event: u32,
        /// What is off.
        what: &'static str,
    },
    /// A record came after the end.
    #[error("a record follows the end of the run")]
    AfterEnd,
}

/// What an apply added, for caches that extend instead of rescanning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceDelta {
    /// Tokens appended.
    pub tokens: usize,
    /// Compressions appended.
    pub events: usize,
}

/// A whole run, as far as it is known.
///
/// A clone takes microseconds: it shares what it holds with the original until one of the two goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceStore {
    header: Arc<TraceHeader>,
    tokens: Arc<TokenColumns>,
    segments: Vec<(Position, SegmentKind)>,
    evictions: Arc<EvictionMap>,
    events: Vec<Arc<CompressionRecord>>,
    means: Vec<Arc<EventMeans>>,
    params: Vec<(Position, u32, CacheSettings)>,
    end: Option<(Position, FinishReason, f32)>,
    /// Per head: positions held after the last event, ascending, for the tokens known to it.
    held: Arc<Vec<Vec<u32>>>,
    held_until: u32,
}

impl TraceStore {
    /// An empty run.
    pub fn new(header: Arc<TraceHeader>) -> Self {
        let heads = header.model.heads() as usize;
        Self {
            header,
            tokens: Arc::default(),
            segments: vec![],
            evictions: Arc::new(EvictionMap::new(heads)),
            events: vec![],
            means: vec![],
            params: vec![],
            end: None,
            held: Arc::new(vec![vec![]; heads]),
            held_until: 0,
        }
    }

    /// Appends one record.
    ///
    /// # Errors
    /// [`ApplyError`] if the record does not fit; the store is then unchanged.
    pub fn apply(&mut self, record: TraceRecord) -> Result<TraceDelta, ApplyError> {
        if self.end.is_some() {
            return Err(ApplyError::AfterEnd);
        }
        let mut delta = TraceDelta::default();
        match record {
            TraceRecord::Tokens(batch) => {
                let tokens = Arc::make_mut(&mut self.tokens);
                for token in &batch {
                    tokens.push(token);
                }
                Arc::make_mut(&mut self.evictions).push_tokens(batch.len());
                delta.tokens = batch.len();
            }
            TraceRecord::Compression(record) => {
                self.compress(Arc::from(record))?;
                delta.events = 1;
            }
            TraceRecord::ParamsChanged {
                at,
                revision,
                settings,
            } => {
                self.params.push((at, revision, settings));
            }
            TraceRecord::Segment { at, kind } => self.segments.push((at, kind)),
            TraceRecord::End {
                at,
                reason,
                seconds,
            } => self.end = Some((at, reason, seconds)),
        }
        Ok(delta)
    }

    fn compress(&mut self, record: Arc<CompressionRecord>) -> Result<(), ApplyError> {
        self.check(&record)?;
        let kv_heads = self.header.model.kv_heads as usize;
        for held in Arc::make_mut(&mut self.held) {
            held.extend(self.held_until..record.seen);
        }
        self.held_until = record.seen;
        let candidates = self.held.iter().enumerate().map(|(row, held)| {
            let n = record.candidates((row / kv_heads) as u32) as usize;
            &held[..n.min(held.len())]
        });
        let lambda = self.settings_of(record.revision).lambda as f32;
        let means = EventMeans::of(&record, candidates, kv_heads, lambda);
        self.means.push(Arc::new(means));
        let evictions = Arc::make_mut(&mut self.evictions);
        let rows = Arc::make_mut(&mut self.held).iter_mut();
        for (row, (evicted, held)) in record.evicted.iter().zip(rows).enumerate() {
            for &position in evicted {
                evictions.evict(row, position, EventIndex(record.event));
            }
            let mut gone = evicted.iter().copied().peekable();
            held.retain(|&p| gone.next_if_eq(&p).is_none());
        }
        self.events.push(record);
        Ok(())
    }

    fn check(&self, record: &CompressionRecord) -> Result<(), ApplyError> {
        let event = record.event;
        let shape = |ok: bool, what: &'static str| {
            if ok {
                Ok(())
            } else {
                Err(ApplyError::Shape { event, what })
            }
        };
        if event as usize != self.events.len() {
            return Err(ApplyError::EventOrder {
                got: event,
                have: self.events.len(),
            });
        }
        let model = &self.header.model;
        let heads = self.held.len();
        shape(
            record.seen as usize <= self.tokens.len(),
            "it has seen tokens that are not there",
        )?;
        shape(
            record.seen >= self.held_until,
            "it has seen fewer tokens than the one before",
        )?;
        shape(record.evicted.len() == heads, "wrong number of heads")?;
        shape(
            record.slots_before.len() == model.layers as usize
                && record.slots_after.len() == model.layers as usize,
            "wrong number of layers",
        )?;
        let fresh = (record.seen - self.held_until) as usize;
        for (row, evicted) in record.evicted.iter().enumerate() {
            let layer = row / model.kv_heads as usize;
            let before = self.held[row].len() + fresh;
            shape(
                record.slots_before[layer] as usize == before,
                "its cache length is another",
            )?;
            shape(
                record.slots_after[layer] as usize + evicted.len() == before,
                "kept and evicted do not add up",
            )?;
            shape(
                evicted.is_sorted_by(|a, b| a < b),
                "evicted positions are not ascending",
            )?;
            let held = |p: u32| {
                p < record.seen
                    && (p >= self.held_until || self.held[row].binary_search(&p).is_ok())
            };
            shape(
                evicted.iter().all(|&p| held(p)),
                "it evicts a token that is not held",
            )?;
        }
        for block in &record.scores {
            shape(
                block.is_consistent() && block.rows() == heads,
                "damaged score table",
            )?;
            for row in 0..heads {
                let n = record.candidates((row / model.kv_heads as usize) as u32) as usize;
                shape(block.row_len(row) == n, "a score row has another length")?;
            }
        }
        if let Some(links) = &record.links {
            let all: u32 = (0..model.layers)
                .map(|l| record.candidates(l) * model.kv_heads)
                .sum();
            shape(links.newest.len() == all as usize, "damaged link table")?;
        }
        Ok(())
    }

    /// What the run started from.
    pub fn header(&self) -> &Arc<TraceHeader> {
        &self.header
    }

    /// All tokens.
    pub fn tokens(&self) -> &TokenColumns {
        &self.tokens
    }

    /// All compressions.
    pub fn events(&self) -> &[Arc<CompressionRecord>] {
        &self.events
    }

    /// Mean scores per compression, parallel to [`Self::events`].
    pub fn means(&self) -> &[Arc<EventMeans>] {
        &self.means
    }

    /// Who left when.
    pub fn evictions(&self) -> &EvictionMap {
        &self.evictions
    }

    /// Parts of the text by their first token.
    pub fn segments(&self) -> &[(Position, SegmentKind)] {
        &self.segments
    }

    /// Changes of the settings: when, revision, settings.
    pub fn params(&self) -> &[(Position, u32, CacheSettings)] {
        &self.params
    }

    /// Where and why the run ended and its seconds of work, pauses left out, once it has.
    pub fn end(&self) -> Option<&(Position, FinishReason, f32)> {
        self.end.as_ref()
    }

    /// The settings of a revision; the header's for 0 or an unknown one.
    pub fn settings_of(&self, revision: u32) -> &CacheSettings {
        self.params
            .iter()
            .rev()
            .find(|(_, r, _)| *r == revision)
            .map_or(&self.header.settings, |(_, _, settings)| settings)
    }

    /// The part of the text a token belongs to.
    pub fn segment_at(&self, position: Position) -> Option<SegmentKind> {
        let after = self.segments.partition_point(|(at, _)| *at <= position);
        after.checked_sub(1).map(|i| self.segments[i].1)
    }

    /// What the model wrote, without the prompt.
    pub fn generated_text(&self) -> &str {
        let prompt = self.header.prompt_tokens as usize;
        self.tokens.text_of(prompt..self.tokens.len())
    }

    /// Content of the last [`\boxed{}`](last_boxed) that the model wrote.
    pub fn answer(&self) -> Option<String> {
        last_boxed(self.generated_text())
    }

    /// The run as it stood when `cursor` tokens had been seen.
    pub fn view(&self, cursor: usize) -> TraceView<'_> {
        TraceView::new(self, cursor)
    }

    /// The run as far as it is known.
    pub fn latest(&self) -> TraceView<'_> {
        self.view(self.tokens.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn a_clone_copies_nothing_large_until_the_run_goes_on() {
        let plan = Synthetic::default();
        let mut records = plan.records();
        let rest = records.split_off(records.len() / 2);
        let mut store = TraceStore::new(Arc::new(plan.header()));
        for record in records {
            store.apply(record).unwrap();
        }
        let kept = store.clone();
        assert!(Arc::ptr_eq(&store.tokens, &kept.tokens));
        assert!(Arc::ptr_eq(&store.evictions, &kept.evictions));
        assert!(Arc::ptr_eq(&store.held, &kept.held));
        let (tokens, events) = (kept.tokens().len(), kept.events().len());
        let (holders, records) = (kept.latest().holders(), kept.to_records());
        for record in rest {
            store.apply(record).unwrap();
        }
        assert_eq!(store, plan.store());
        assert!(store.events().len() > events && events > 0);
        assert_eq!((kept.tokens().len(), kept.events().len()), (tokens, events));
        assert_eq!(kept.latest().holders(), holders);
        assert_eq!(kept.to_records(), records);
        let mut both = store.means().iter().zip(kept.means());
        assert!(both.all(|(a, b)| Arc::ptr_eq(a, b)));
    }
}

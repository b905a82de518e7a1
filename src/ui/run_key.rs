//! Telling whether a cached picture still shows the run at hand, without asking who owns the run.

use std::sync::Arc;

use crate::trace::{CompressionRecord, TraceHeader, TraceStore};

/// Identity and length of a run. It holds what it compares, so that an address cannot come back as
/// another run.
#[derive(Clone, Debug)]
pub struct RunKey {
    header: Arc<TraceHeader>,
    last: Option<Arc<CompressionRecord>>,
    tokens: usize,
    events: usize,
    changes: usize,
}

impl RunKey {
    /// The key of a run as far as it is known now.
    pub fn of(store: &TraceStore) -> Self {
        Self {
            header: Arc::clone(store.header()),
            last: store.events().last().cloned(),
            tokens: store.tokens().len(),
            events: store.events().len(),
            changes: store.params().len()
                + store.segments().len()
                + usize::from(store.end().is_some()),
        }
    }

    /// The key of a run's compressions alone: unchanged while only tokens arrive.
    pub fn of_events(store: &TraceStore) -> Self {
        Self {
            tokens: 0,
            changes: 0,
            ..Self::of(store)
        }
    }
}

impl PartialEq for RunKey {
    fn eq(&self, other: &Self) -> bool {
        let same_last = match (&self.last, &other.last) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_last
            && Arc::ptr_eq(&self.header, &other.header)
            && (self.tokens, self.events, self.changes)
                == (other.tokens, other.events, other.changes)
    }
}

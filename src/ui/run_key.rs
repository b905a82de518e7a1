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

    /// Compressions of the run then.
    pub fn events(&self) -> usize {
        self.events
    }

    /// Whether a run is this one, as it was then or grown since.
    pub fn has_become(&self, store: &TraceStore) -> bool {
        let last = self.events.checked_sub(1);
        let last = last.and_then(|last| store.events().get(last));
        Arc::ptr_eq(&self.header, store.header()) && same(self.last.as_ref(), last)
    }
}

fn same(a: Option<&Arc<CompressionRecord>>, b: Option<&Arc<CompressionRecord>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

impl PartialEq for RunKey {
    fn eq(&self, other: &Self) -> bool {
        same(self.last.as_ref(), other.last.as_ref())
            && Arc::ptr_eq(&self.header, &other.header)
            && (self.tokens, self.events, self.changes)
                == (other.tokens, other.events, other.changes)
    }
}

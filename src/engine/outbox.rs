//! Events on their way to the front end: batched, never dropped, never blocking the decoder.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use super::{EngineEvent, RunId, Waker};
use crate::trace::TraceRecord;

/// Records are sent at most this often.
const BATCH_EVERY: Duration = Duration::from_millis(16);

/// The engine's side of the event channel. When the front end does not drain, events wait here.
pub struct Outbox {
    events: Sender<EngineEvent>,
    waker: Waker,
    waiting: VecDeque<EngineEvent>,
    batch: Vec<TraceRecord>,
    run: RunId,
    last: Instant,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(events: Sender<EngineEvent>, waker: Waker) -> Self {
        Self {
            events,
            waker,
            waiting: VecDeque::new(),
            batch: vec![],
            run: RunId::default(),
            last: Instant::now(),
        }
    }

    /// Queues an event behind all records gathered before it.
    pub fn send(&mut self, event: EngineEvent) {
        self.close_batch();
        self.waiting.push_back(event);
        self.deliver();
    }

    /// Gathers records of a run; they leave with the next batch.
    pub fn records(&mut self, run: RunId, records: Vec<TraceRecord>) {
        if run != self.run {
            self.close_batch();
            self.run = run;
        }
        self.batch.extend(records);
        if self.last.elapsed() >= BATCH_EVERY {
            self.flush();
        }
    }

    /// Sends the records gathered so far, for no more will come soon.
    pub fn flush(&mut self) {
        self.close_batch();
        self.deliver();
    }

    fn close_batch(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        // While the channel is full, batches merge instead of piling up.
        match self.waiting.back_mut() {
            Some(EngineEvent::Records {
                run,
                batch: waiting,
            }) if *run == self.run => {
                waiting.extend(batch);
            }
            _ => self.waiting.push_back(EngineEvent::Records {
                run: self.run,
                batch,
            }),
        }
    }

    /// Hands over as much as fits. Returns whether nothing waits any more; a front end that is gone
    /// counts as having taken everything.
    pub fn deliver(&mut self) -> bool {
        let mut sent = false;
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => sent = true,
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    break;
                }
                Err(TrySendError::Disconnected(_)) => {
                    self.waiting.clear();
                    break;
                }
            }
        }
        if sent {
            self.last = Instant::now();
            (self.waker)();
        }
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::trace::Position;

    #[test]
    fn what_a_paused_run_has_gathered_leaves_at_once() {
        let (sender, events) = crossbeam_channel::bounded(4);
        let mut outbox = Outbox::new(sender, Arc::new(|| {}));
        let record = TraceRecord::Segment {
            at: Position(0),
            kind: crate::trace::SegmentKind::Prompt,
        };
        // Long before the next batch is due.
        outbox.last = Instant::now() + Duration::from_hours(1);
        outbox.records(RunId(1), vec![record]);
        assert!(events.is_empty());
        outbox.flush();
        assert!(matches!(
            events.try_recv(),
            Ok(EngineEvent::Records { batch, .. }) if batch.len() == 1
        ));
    }
}

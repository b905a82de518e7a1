//! [`TraceView`]: a run as it stood at a moment; every panel and export reads through it.

use crate::config::CacheSettings;

use super::{
    Component, CompressionRecord, EventIndex, EventMeans, HeadId, Position, TokenScore, TraceStore,
};

/// A store seen at a cursor: `cursor` tokens had been seen, and every compression up to then had run.
#[derive(Clone, Copy, Debug)]
pub struct TraceView<'a> {
    store: &'a TraceStore,
    cursor: usize,
    events: usize,
}

/// One candidate of one head at one compression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadRow {
    /// The token.
    pub position: Position,
    /// Importance, if recorded.
    pub importance: Option<f32>,
    /// Redundancy, if recorded.
    pub redundancy: Option<f32>,
    /// The score that decided, if recorded or derivable.
    pub score: Option<f32>,
    /// Whether this compression evicted it.
    pub evicted: bool,
    /// Newest near duplicate of this key, if links were recorded and there is one.
    pub duplicate_of: Option<Position>,
}

impl HeadRow {
    /// A row of recorded values (importance, redundancy, score) and of its link, if links were recorded. Z is formed from
    /// its parts where only they were.
    pub(super) fn of(
        position: Position,
        [importance, redundancy, score]: [Option<f32>; 3],
        lambda: f32,
        evicted: bool,
        link: Option<u32>,
    ) -> Self {
        Self {
            position,
            importance,
            redundancy,
            score: score.or_else(|| Some(lambda * importance? - (1.0 - lambda) * redundancy?)),
            evicted,
            duplicate_of: link.filter(|&newest| newest != u32::MAX).map(Position),
        }
    }
}

impl<'a> TraceView<'a> {
    pub(super) fn new(store: &'a TraceStore, cursor: usize) -> Self {
        let cursor = cursor.min(store.tokens().len());
        let events = store
            .events()
            .partition_point(|e| e.seen as usize <= cursor);
        Self {
            store,
            cursor,
            events,
        }
    }

    /// The whole run behind the view.
    pub fn store(&self) -> &'a TraceStore {
        self.store
    }

    /// Tokens seen at this moment.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// The settings in force at this moment.
    pub fn settings(&self) -> &'a CacheSettings {
        let changes = self.store.params().iter().rev();
        changes
            .map(|(at, _, settings)| (at.index(), settings))
            .find(|(at, _)| *at <= self.cursor)
            .map_or(&self.store.header().settings, |(_, settings)| settings)
    }

    /// Compressions that had run.
    pub fn event_count(&self) -> usize {
        self.events
    }

    /// The last compression that had run.
    pub fn last_event(&self) -> Option<EventIndex> {
        self.events.checked_sub(1).map(|e| EventIndex(e as u32))
    }

    /// The record of the last compression that had run.
    pub fn last_record(&self) -> Option<&'a CompressionRecord> {
        self.events
            .checked_sub(1)
            .map(|e| self.store.events()[e].as_ref())
    }

    /// Whether a head held a token.
    pub fn holds(&self, head: HeadId, position: Position) -> bool {
        let row = head.row(self.store.header().model.kv_heads);
        position.index() < self.cursor
            && self
                .store
                .evictions()
                .held_after(row, position, self.last_event())
    }

    /// The event at which a head had dropped a token by now.
    pub fn dropped_at(&self, head: HeadId, position: Position) -> Option<EventIndex> {
        let row = head.row(self.store.header().model.kv_heads);
        let event = self.store.evictions().evicted_at(row, position)?;
        (event.index() < self.events).then_some(event)
    }

    /// Per token seen, how many (layer, KV head) pairs held it.
    pub fn holders(&self) -> Vec<u32> {
        self.store
            .evictions()
            .holders(self.last_event(), self.cursor)
    }

    /// Per token seen, its latest scores; `None` before its first compression.
    ///
    /// A token that every head has dropped keeps the last scores it had.
    pub fn token_scores(&self) -> Vec<Option<TokenScore>> {
        // From the end of each token's stay backwards, not forwards through all means: scrubbing back asks in every frame,
        // and a run with a small buffer has a hundred million of them.
        let events = self.store.means()[..self.events].iter().enumerate();
        let scored: Vec<(usize, &EventMeans)> = events
            .map(|(event, means)| (event, means.as_ref()))
            .filter(|(_, means)| !means.scores().is_empty())
            .collect();
        let dropped = self.store.evictions().dropped_by_all(self.cursor);
        let latest = |(position, dropped): (usize, Option<EventIndex>)| {
            let position = Position(position as u32);
            let held = dropped.map_or(scored.len(), |dropped| {
                scored.partition_point(|(event, _)| *event <= dropped.index())
            });
            let knew = |event: usize| position.0 < self.store.events()[event].seen;
            let backwards = scored[..held].iter().rev();
            backwards
                .take_while(|(event, _)| knew(*event))
                .find_map(|(_, means)| means.at(position).copied())
        };
        dropped.into_iter().enumerate().map(latest).collect()
    }

    /// Slots per head, averaged over layers.
    pub fn slots(&self) -> f64 {
        match self.last_record() {
            None => self.cursor as f64,
            Some(record) => record.mean_slots_after() + (self.cursor - record.seen as usize) as f64,
        }
    }

    /// Bytes of the compressed cache.
    pub fn cache_bytes(&self) -> u64 {
        (self.slots() * self.store.header().model.token_bytes() as f64).round() as u64
    }

    /// Bytes a full cache would take.
    pub fn full_bytes(&self) -> u64 {
        self.cursor as u64 * self.store.header().model.token_bytes()
    }

    /// One head's candidates at a compression, by position.
    ///
    /// `None` if there is no such event or head. Z is formed from its parts when only they were
    /// recorded, with the lambda in force then.
    pub fn head_rows(&self, event: EventIndex, head: HeadId) -> Option<Vec<HeadRow>> {
        let (record, row, before) = self.at(event, head)?;
        let kv_heads = self.store.header().model.kv_heads;
        let n = record.candidates(head.layer) as usize;
        let held = self.store.evictions().held(row, before);
        let positions = held.take_while(|p| p.0 < record.seen).take(n);
        let column = |component| -> Vec<Option<f32>> {
            match record.block(component) {
                Some(block) => block.row(row).map(Some).collect(),
                None => vec![None; n],
            }
        };
        let importance = column(Component::Importance);
        let redundancy = column(Component::Redundancy);
        let score = column(Component::Score);
        let lambda = self.store.settings_of(record.revision).lambda as f32;
        let links = record.links_of(head, kv_heads);
        let rows = positions.enumerate().map(|(i, position)| {
            HeadRow::of(
                position,
                [importance[i], redundancy[i], score[i]],
                lambda,
                self.store.evictions().evicted_at(row, position) == Some(event),
                links.map(|links| links[i]),
            )
        });
        Some(rows.collect())
    }

    /// A compression, the row of a head in its tables, and the compression before it; `None` if the model has no such head
    /// or the run no such compression.
    pub(super) fn at(
        &self,
        event: EventIndex,
        head: HeadId,
    ) -> Option<(&'a CompressionRecord, usize, Option<EventIndex>)> {
        let record = self.store.events().get(event.index())?;
        let model = &self.store.header().model;
        if head.layer >= model.layers || head.head >= model.kv_heads {
            return None;
        }
        let before = event.0.checked_sub(1).map(EventIndex);
        Some((record, head.row(model.kv_heads), before))
    }
}

#[cfg(test)]
mod tests {
    use crate::trace::RecordLevel;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn the_latest_scores_are_those_that_a_walk_through_all_compressions_leaves() {
        for level in [RecordLevel::Summary, RecordLevel::Components] {
            let plan = Synthetic {
                level,
                ..Synthetic::default()
            };
            let store = plan.store();
            let mut gone = 0;
            for cursor in (0..=store.tokens().len()).step_by(13) {
                let view = store.view(cursor);
                let mut latest = vec![None; cursor];
                for means in &store.means()[..view.event_count()] {
                    for (position, score) in means.iter() {
                        latest[position as usize] = Some(*score);
                    }
                }
                assert_eq!(view.token_scores(), latest, "{level:?} at {cursor}");
                gone = view.holders().iter().filter(|held| **held == 0).count();
            }
            assert!(gone > 0, "some tokens were scored for the last time early");
        }
    }
}

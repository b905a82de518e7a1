//! What every head knew at one compression, looked up by (head, position), and by which scores they decided.

use super::GoOn;
use super::cut::cut;
use crate::config::{CacheSettings, Scope};
use crate::policy::select::{layer_mean, mean_of_holders};
use crate::trace::{
    Component, CompressionRecord, EventIndex, HeadId, HeadRow, Position, TraceStore, TraceView,
};

/// All heads' candidates at one compression.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadTable {
    event: EventIndex,
    seen: usize,
    kv_heads: u32,
    scope: Scope,
    /// Tokens at the beginning that stay whatever their score.
    protected: u32,
    heads: Vec<Head>,
}

#[derive(Clone, Debug, PartialEq)]
struct Head {
    /// What makes importance and redundancy relative to an even share.
    even: (f32, f32),
    /// Candidates by position.
    rows: Vec<HeadRow>,
    /// Where heads decide together, the score by which each candidate was judged; else empty, since its own did.
    shared: Vec<Option<f32>>,
    /// Held without a score: the observation window, by position.
    window: Vec<u32>,
    /// Between the lowest deciding score that could have stayed and the highest that had to go.
    cut: Option<f32>,
}

/// One head's relation to one token at a compression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeadCell<'a> {
    /// The token came later.
    Unwritten,
    /// Dropped at an earlier compression.
    Gone,
    /// In the observation window: kept without a score.
    Window,
    /// A candidate.
    Scored(&'a HeadRow),
}

impl HeadTable {
    /// Reads all heads of a compression; `None` if there is no such compression.
    pub fn of(view: &TraceView<'_>, event: EventIndex) -> Option<Self> {
        let mut table = Self::begin(view, event)?;
        table.advance(view, &mut || true);
        Some(table)
    }

    /// A compression of which no head has been read; `None` if there is no such compression.
    pub fn begin(view: &TraceView<'_>, event: EventIndex) -> Option<Self> {
        let record = view.store().events().get(event.index())?;
        let header = view.store().header();
        let model = &header.model;
        let settings: &CacheSettings = view.store().settings_of(record.revision);
        Some(Self {
            event,
            seen: record.seen as usize,
            kv_heads: model.kv_heads,
            scope: settings.scope,
            protected: settings.protected(header.prompt_tokens),
            heads: Vec::with_capacity(model.heads() as usize),
        })
    }

    /// Whether all heads of the run that it was begun with are read.
    pub fn is_whole(&self, store: &TraceStore) -> bool {
        self.heads.len() >= store.header().model.heads() as usize
    }

    /// Reads on in the run that it was begun with, one head at least; returns whether all of them are read.
    pub fn advance(&mut self, view: &TraceView<'_>, go_on: GoOn<'_>) -> bool {
        let record = &view.store().events()[self.event.index()];
        while !self.is_whole(view.store()) {
            let id = self.head(self.heads.len());
            self.heads.push(Head::of(view, record, id));
            if self.is_whole(view.store()) {
                self.decide();
            } else if !go_on() {
                break;
            }
        }
        self.is_whole(view.store())
    }

    /// By which scores the heads, all of which are read, decided, and where they cut.
    fn decide(&mut self) {
        let layers = self.heads.chunks(self.kv_heads.max(1) as usize);
        let mut means: Vec<Vec<Option<f32>>> = match self.scope {
            Scope::Head => vec![],
            Scope::Layer | Scope::Global => layers.map(shared_by).collect(),
        };
        if self.scope == Scope::Global {
            let all = mean_of_holders(&means);
            means = vec![all; means.len()];
        }
        for (row, head) in self.heads.iter_mut().enumerate() {
            let means = means.get(row / self.kv_heads.max(1) as usize);
            head.shared = means.map_or(vec![], |means| {
                let rows = head.rows.iter();
                rows.map(|row| means.get(row.position.index()).copied().flatten())
                    .collect()
            });
            let judged: Vec<(Option<f32>, bool)> = (0..head.rows.len())
                .filter(|i| head.rows[*i].position.0 >= self.protected)
                .map(|i| (head.deciding(i), head.rows[i].evicted))
                .collect();
            head.cut = cut(&judged);
        }
    }

    /// Whose mean of the scores decided, if not each head's own.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The compression.
    pub fn event(&self) -> EventIndex {
        self.event
    }

    /// Tokens known to it.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// All (layer, KV head) pairs that are read.
    pub fn heads(&self) -> usize {
        self.heads.len()
    }

    /// The head of a row.
    pub fn head(&self, row: usize) -> HeadId {
        let row = row as u32;
        HeadId {
            layer: row / self.kv_heads.max(1),
            head: row % self.kv_heads.max(1),
        }
    }

    /// A head's candidates by position.
    pub fn rows(&self, row: usize) -> &[HeadRow] {
        self.heads.get(row).map_or(&[], |h| &h.rows)
    }

    /// A head's unscored tokens, the observation window, by position.
    pub fn window(&self, row: usize) -> &[u32] {
        self.heads.get(row).map_or(&[], |h| &h.window)
    }

    /// The score by which a head's candidate was judged: its own, or a mean over the heads that decide together.
    pub fn deciding(&self, row: usize, candidate: &HeadRow) -> Option<f32> {
        let head = self.heads.get(row)?;
        if head.shared.is_empty() {
            return candidate.score;
        }
        let found = head
            .rows
            .binary_search_by_key(&candidate.position, |r| r.position);
        head.deciding(found.ok()?)
    }

    /// The deciding score between a head's kept and evicted candidates, those apart that are protected.
    pub fn cut(&self, row: usize) -> Option<f32> {
        self.heads.get(row)?.cut
    }

    /// What a head had of a token.
    pub fn cell(&self, row: usize, position: Position) -> HeadCell<'_> {
        if position.index() >= self.seen {
            return HeadCell::Unwritten;
        }
        let Some(head) = self.heads.get(row) else {
            return HeadCell::Gone;
        };
        if let Ok(i) = head.rows.binary_search_by_key(&position, |r| r.position) {
            HeadCell::Scored(&head.rows[i])
        } else if head.window.binary_search(&position.0).is_ok() {
            HeadCell::Window
        } else {
            HeadCell::Gone
        }
    }

    /// A candidate's importance times an even share: 1 is the average of its head's candidates. `None` if not recorded.
    pub fn importance(&self, row: usize, candidate: &HeadRow) -> Option<f32> {
        Some(candidate.importance? * self.heads.get(row)?.even.0)
    }

    /// A candidate's redundancy times an even share: 1 is the average of its head's slots. `None` if not recorded.
    pub fn redundancy(&self, row: usize, candidate: &HeadRow) -> Option<f32> {
        Some(candidate.redundancy? * self.heads.get(row)?.even.1)
    }

    /// The deciding score of a candidate minus its head's cut, in units of the score: what lies above 0 stays and what lies
    /// below leaves, unless it is protected or the policy does not go by the score alone.
    pub fn over_cut(&self, row: usize, candidate: &HeadRow) -> Option<f32> {
        Some(self.deciding(row, candidate)? - self.cut(row)?)
    }
}

impl Head {
    fn of(view: &TraceView<'_>, record: &CompressionRecord, id: HeadId) -> Self {
        let store = view.store();
        let event = EventIndex(record.event);
        let before = event.0.checked_sub(1).map(EventIndex);
        let rows = view.head_rows(event, id).unwrap_or_default();
        let first = rows.last().map_or(0, |r| r.position.0 + 1);
        let row = id.row(store.header().model.kv_heads);
        let held = |p: &u32| store.evictions().held_after(row, Position(*p), before);
        let importance = rows.iter().filter_map(|row| row.importance);
        Self {
            even: (
                record.values_to_even_share(Component::Importance, id.layer, importance),
                record.to_even_share(Component::Redundancy, id.layer, row),
            ),
            shared: vec![],
            cut: None,
            window: (first..record.seen).filter(held).collect(),
            rows,
        }
    }

    fn deciding(&self, candidate: usize) -> Option<f32> {
        let own = self.rows.get(candidate)?.score;
        self.shared.get(candidate).copied().unwrap_or(own)
    }

    /// Its candidates that have a score: where they are, and the scores.
    fn scored(&self) -> (Vec<Position>, Vec<f32>) {
        let scored = |row: &HeadRow| Some((row.position, row.score?));
        self.rows.iter().filter_map(scored).unzip()
    }
}

/// By position, the mean score over the heads that have the token as a candidate.
fn shared_by(heads: &[Head]) -> Vec<Option<f32>> {
    let (positions, scores): (Vec<_>, Vec<_>) = heads.iter().map(Head::scored).unzip();
    let positions: Vec<&[Position]> = positions.iter().map(Vec::as_slice).collect();
    layer_mean(&scores, &positions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn heads_that_decide_together_are_judged_by_the_mean_of_those_that_have_the_token() {
        for scope in [Scope::Layer, Scope::Global] {
            let mut plan = Synthetic::default();
            plan.settings.scope = scope;
            let store = plan.store();
            let table = HeadTable::of(&store.latest(), EventIndex(3)).unwrap();
            let heads = plan.kv_heads as usize;
            let mean = |of: Vec<f32>| of.iter().sum::<f32>() / of.len().max(1) as f32;
            let of_layer = |layer: usize, position| {
                let rows = (layer * heads..(layer + 1) * heads).flat_map(|row| table.rows(row));
                let own: Vec<f32> = rows
                    .filter(|row| row.position == position)
                    .filter_map(|row| row.score)
                    .collect();
                (!own.is_empty()).then(|| mean(own))
            };
            for row in 0..table.heads() {
                for candidate in table.rows(row) {
                    let want = match scope {
                        Scope::Layer => of_layer(row / heads, candidate.position).unwrap(),
                        _ => mean(
                            (0..plan.layers as usize)
                                .filter_map(|layer| of_layer(layer, candidate.position))
                                .collect(),
                        ),
                    };
                    let deciding = table.deciding(row, candidate).unwrap();
                    assert!((deciding - want).abs() < 1e-6, "{scope}: {candidate:?}");
                    let over = table.over_cut(row, candidate).unwrap();
                    assert_eq!(over, deciding - table.cut(row).unwrap());
                }
            }
        }
    }
}

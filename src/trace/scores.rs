//! Scores per token: what each compression thought of it, averaged over the heads that had it.
//!
//! Raw importance and redundancy are mostly softmax shares and shrink with the number of candidates, so the means are kept
//! relative to an even share ([`CompressionRecord::to_even_share`]): 1 is average, 10 is ten times the average token.

use super::{Component, CompressionRecord, EventIndex, Position};

/// A token's scores at one compression, averaged over the heads that still held it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TokenScore {
    /// Importance relative to an even share (1 = average); 0 if the policy has none.
    pub importance: f32,
    /// Redundancy relative to an even share (1 = average); 0 if the policy has none.
    pub redundancy: f32,
    /// Final score, raw mean; formed from its parts where only they were recorded, `None` if nothing tells it.
    pub score: Option<f32>,
    /// The compression that scored it.
    pub event: EventIndex,
}

/// Mean scores of one compression, for the tokens it scored, by position.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventMeans {
    positions: Vec<u32>,
    scores: Vec<TokenScore>,
}

/// What the heads that had a token as a candidate add up to.
#[derive(Clone, Copy, Default)]
struct Sums {
    heads: u32,
    importance: f32,
    redundancy: f32,
    score: f32,
}

impl EventMeans {
    /// `candidates` are, head by head, the positions that its score rows speak of, ascending; `lambda` was in force.
    pub(super) fn of<'a>(
        record: &CompressionRecord,
        candidates: impl Iterator<Item = &'a [u32]>,
        kv_heads: usize,
        lambda: f32,
    ) -> Self {
        let columns = [
            Component::Importance,
            Component::Redundancy,
            Component::Score,
        ];
        let blocks = columns.map(|component| record.block(component));
        if blocks.iter().all(Option::is_none) {
            return Self::default();
        }
        let [has_importance, has_redundancy, has_score] = blocks.map(|block| block.is_some());
        let from_parts = has_importance && has_redundancy && !has_score;
        let mut sums = vec![Sums::default(); record.seen as usize];
        // Every code is read once: a compression of a large model has a million, and the window waits for it.
        let mut values: [Vec<f32>; 3] = Default::default();
        let mut even = [1.0; 3];
        for (row, positions) in candidates.enumerate() {
            let layer = (row / kv_heads.max(1)) as u32;
            for (column, block) in blocks.iter().enumerate() {
                let values = &mut values[column];
                values.clear();
                if let Some(block) = block {
                    values.extend(block.row(row));
                }
                let read = values.iter().copied();
                even[column] = record.values_to_even_share(columns[column], layer, read);
                // What was not recorded adds nothing.
                values.resize(positions.len(), 0.0);
            }
            if from_parts {
                let [importance, redundancy, score] = &mut values;
                for ((z, i), r) in score.iter_mut().zip(importance).zip(redundancy) {
                    *z = lambda * *i - (1.0 - lambda) * *r;
                }
            }
            let [importance, redundancy, score] = &values;
            let candidates = positions.iter().zip(importance).zip(redundancy).zip(score);
            for (((&p, importance), redundancy), score) in candidates {
                let sum = &mut sums[p as usize];
                sum.heads += 1;
                sum.importance += importance * even[0];
                sum.redundancy += redundancy * even[1];
                sum.score += score;
            }
        }
        let event = EventIndex(record.event);
        let mut means = Self::default();
        for (p, sum) in sums.iter().enumerate().filter(|(_, sum)| sum.heads > 0) {
            let n = sum.heads as f32;
            means.positions.push(p as u32);
            means.scores.push(TokenScore {
                importance: sum.importance / n,
                redundancy: sum.redundancy / n,
                score: (has_score || from_parts).then_some(sum.score / n),
                event,
            });
        }
        means
    }

    /// A token's means; `None` if no head scored it.
    pub fn at(&self, position: Position) -> Option<&TokenScore> {
        let place = self.positions.binary_search(&position.0).ok()?;
        self.scores.get(place)
    }

    /// The means in the order of their positions.
    pub fn scores(&self) -> &[TokenScore] {
        &self.scores
    }

    /// Positions scored, ascending, with their means.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &TokenScore)> {
        self.positions.iter().copied().zip(&self.scores)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;
    use crate::trace::{RecordLevel, TraceStore};

    /// The same means, from every head's rows one by one.
    fn plainly(store: &TraceStore, event: EventIndex) -> Vec<(u32, TokenScore)> {
        let record = &store.events()[event.index()];
        let (view, model) = (store.latest(), &store.header().model);
        let mut sums = vec![[0f32; 4]; record.seen as usize];
        for head in model.head_ids() {
            let even = |c| record.to_even_share(c, head.layer, head.row(model.kv_heads));
            for row in view.head_rows(event, head).unwrap() {
                let sum = &mut sums[row.position.index()];
                sum[0] += 1.0;
                sum[1] += row.importance.unwrap_or(0.0) * even(Component::Importance);
                sum[2] += row.redundancy.unwrap_or(0.0) * even(Component::Redundancy);
                sum[3] += row.score.unwrap_or(0.0);
            }
        }
        let scored = sums.iter().enumerate().filter(|(_, sum)| sum[0] > 0.0);
        let mean = |(p, [n, importance, redundancy, score]): (usize, &[f32; 4])| {
            let score = TokenScore {
                importance: importance / n,
                redundancy: redundancy / n,
                score: Some(score / n),
                event,
            };
            (p as u32, score)
        };
        scored.map(mean).collect()
    }

    #[test]
    fn means_are_those_of_the_heads_rows_whatever_was_recorded() {
        for level in [RecordLevel::Scores, RecordLevel::Components] {
            let plan = Synthetic {
                level,
                ..Synthetic::default()
            };
            let store = plan.store();
            for (event, means) in store.means().iter().enumerate() {
                let event = EventIndex(event as u32);
                let got: Vec<(u32, TokenScore)> = means.iter().map(|(p, s)| (p, *s)).collect();
                assert_eq!(got, plainly(&store, event));
                for (p, score) in got {
                    assert_eq!(means.at(Position(p)), Some(&score));
                }
                assert_eq!(means.at(Position(u32::MAX)), None);
            }
        }
    }
}

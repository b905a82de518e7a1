//! Scores per token: what each compression thought of it, averaged over the heads that had it.
//!
//! Raw importance and redundancy are mostly softmax shares and shrink with the number of candidates, so the means are kept
//! relative to an even share ([`CompressionRecord::to_even_share`]): 1 is average, 10 is ten times the average token.

use super::{Component, CompressionRecord, EventIndex};

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

impl EventMeans {
    /// `candidates[row]` are the positions that head's score rows speak of, ascending; `lambda` was in force.
    pub(super) fn of(
        record: &CompressionRecord,
        candidates: &[Vec<u32>],
        kv_heads: usize,
        lambda: f32,
    ) -> Self {
        let importance = record.block(Component::Importance);
        let redundancy = record.block(Component::Redundancy);
        let score = record.block(Component::Score);
        if importance.is_none() && redundancy.is_none() && score.is_none() {
            return Self::default();
        }
        let parts = importance.zip(redundancy).filter(|_| score.is_none());
        let seen = record.seen as usize;
        let mut sums = vec![[0f32; 3]; seen];
        let mut heads = vec![0u32; seen];
        for (row, positions) in candidates.iter().enumerate() {
            let layer = (row / kv_heads.max(1)) as u32;
            for &p in positions {
                heads[p as usize] += 1;
            }
            for (column, component) in [
                Component::Importance,
                Component::Redundancy,
                Component::Score,
            ]
            .into_iter()
            .enumerate()
            {
                let Some(block) = record.block(component) else {
                    continue;
                };
                let values: Vec<f32> = block.row(row).collect();
                let scale = record.values_to_even_share(component, layer, &values);
                for (&p, value) in positions.iter().zip(&values) {
                    sums[p as usize][column] += value * scale;
                }
            }
            if let Some((importance, redundancy)) = parts {
                let parts = importance.row(row).zip(redundancy.row(row));
                for (&p, (i, r)) in positions.iter().zip(parts) {
                    sums[p as usize][2] += lambda * i - (1.0 - lambda) * r;
                }
            }
        }
        let event = EventIndex(record.event);
        let mut means = Self::default();
        for (p, (sum, &count)) in sums.iter().zip(&heads).enumerate() {
            if count > 0 {
                let n = count as f32;
                means.positions.push(p as u32);
                means.scores.push(TokenScore {
                    importance: sum[0] / n,
                    redundancy: sum[1] / n,
                    score: (score.is_some() || parts.is_some()).then_some(sum[2] / n),
                    event,
                });
            }
        }
        means
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

//! [`TraceRecord`]: the one unit of append, of the channel and of the file.

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::codec::MOST_HEADS;
use super::{Component, HeadId, Position, ScoreBlock};
use crate::config::CacheSettings;
use crate::named::named;

/// One thing that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TraceRecord {
    /// Tokens that entered the sequence, in order.
    Tokens(Vec<TokenRecord>),
    /// One compression of every layer.
    Compression(Box<CompressionRecord>),
    /// The settings that a person changed came into force: the cache was due for compression under the old ones or under
    /// these, or these never compress.
    ParamsChanged {
        /// Tokens seen when it was taken up.
        at: Position,
        /// Counts up with each change; 0 is the header's settings.
        revision: u32,
        /// The settings now in force.
        settings: CacheSettings,
    },
    /// A part of the text begins here.
    Segment {
        /// First token of the part.
        at: Position,
        /// What it is.
        kind: SegmentKind,
    },
    /// The run ended.
    End {
        /// Tokens seen.
        at: Position,
        /// Why.
        reason: FinishReason,
        /// Seconds of work from the first prompt token on; the time a person held the run is left out. Programs
        /// before this rule counted it.
        seconds: f32,
    },
}

/// One token of the sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Id in the model's vocabulary.
    pub id: u32,
    /// The characters this token completed; empty inside a multi-token character.
    pub text: String,
    /// Natural log of the probability the model gave it; 0 for prompt tokens.
    pub logprob: f32,
    /// Entropy of the model's distribution, at temperature 1 and before any cut, in nats; 0 for prompt tokens.
    pub entropy: f32,
    /// Microseconds since the run began, pauses left out as in [`TraceRecord::End`].
    pub micros: u64,
}

/// One compression of every layer, after a decode step or within prefill.
///
/// Per-head lists are ordered by layer, then KV head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompressionRecord {
    /// Index of the event, counted from 0.
    pub event: u32,
    /// Tokens seen when it ran: positions below are known to it.
    pub seen: u32,
    /// Revision of the settings it used.
    pub revision: u32,
    /// Newest tokens that were kept without a score.
    pub window: u32,
    /// Slots per head before, one per layer.
    #[serde(deserialize_with = "one_per_layer")]
    pub slots_before: Vec<u32>,
    /// Slots per head after, one per layer.
    #[serde(deserialize_with = "one_per_layer")]
    pub slots_after: Vec<u32>,
    /// Time it took, in microseconds, scoring, selection and compaction of all layers.
    pub micros: u32,
    /// Positions evicted, ascending, one list per head.
    #[serde(deserialize_with = "one_per_head")]
    pub evicted: Vec<Vec<u32>>,
    /// Scores of the candidates, by position, as far as the record level asks for them.
    #[serde(deserialize_with = "one_per_component")]
    pub scores: Vec<ScoreBlock>,
    /// Near duplicates that the policy found, if it looks for them.
    pub links: Option<DuplicateLinks>,
}

/// For each candidate, the newest other key whose cosine is above the threshold.
///
/// One entry per candidate, head by head, in the order of the score rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateLinks {
    /// Position of that key; `u32::MAX` where a key has no near duplicate.
    pub newest: Vec<u32>,
}

/// What a part of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SegmentKind {
    /// The prompt, chat template included.
    Prompt,
    /// The model reasons.
    Reasoning,
    /// The model answers.
    Answer,
}

named!(SegmentKind { Prompt => "prompt", Reasoning => "reasoning", Answer => "answer" });

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FinishReason {
    /// The model wrote its end token.
    EndOfText,
    /// The token limit of the run.
    MaxTokens,
    /// The model's context is full.
    ContextFull,
    /// The person stopped it.
    Stopped,
    /// An error; what was recorded so far stays valid.
    Failed(String),
}

/// Lists for no more heads than a model may have: an empty one takes a byte in a file and 24 in memory.
fn one_per_head<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<u32>>, D::Error> {
    from.deserialize_seq(AtMost::new(MOST_HEADS as usize, "heads of a model"))
}

fn one_per_layer<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u32>, D::Error> {
    // A layer has a head at least.
    from.deserialize_seq(AtMost::new(MOST_HEADS as usize, "layers of a model"))
}

fn one_per_component<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ScoreBlock>, D::Error> {
    from.deserialize_seq(AtMost::new(3, "components of a score"))
}

/// A list that a damaged file must not make longer than what it lists: empty items cost the file next to nothing.
struct AtMost<T> {
    most: usize,
    of: &'static str,
    items: Vec<T>,
}

impl<T> AtMost<T> {
    fn new(most: usize, of: &'static str) -> Self {
        Self {
            most,
            of,
            items: vec![],
        }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtMost<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a list with at most one item for each of the {}",
            self.of
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        while let Some(item) = items.next_element()? {
            if self.items.len() == self.most {
                return Err(A::Error::custom(format_args!(
                    "more items than there are {}",
                    self.of
                )));
            }
            self.items.push(item);
        }
        Ok(self.items)
    }
}

fn mean(layers: &[u32]) -> f64 {
    layers.iter().map(|&slots| f64::from(slots)).sum::<f64>() / layers.len().max(1) as f64
}

impl CompressionRecord {
    /// The recorded scores of one kind.
    pub fn block(&self, component: Component) -> Option<&ScoreBlock> {
        self.scores
            .iter()
            .find(|block| block.component == component)
    }

    /// Whether a recorded value of a head is a bound: the score was too small to be told from less.
    pub fn is_floor(&self, component: Component, row: usize, value: f32) -> bool {
        let block = self.block(component);
        block.is_some_and(|block| block.is_floor(row, value))
    }

    /// Slots per head before, averaged over layers.
    pub fn mean_slots_before(&self) -> f64 {
        mean(&self.slots_before)
    }

    /// Slots per head after, averaged over layers.
    pub fn mean_slots_after(&self) -> f64 {
        mean(&self.slots_after)
    }

    /// Candidates (scored tokens) per head of a layer.
    pub fn candidates(&self, layer: u32) -> u32 {
        self.slots_before
            .get(layer as usize)
            .map_or(0, |n| n.saturating_sub(self.window))
    }

    /// A head's part of the links, in the order of its score rows; `None` if none were recorded.
    pub(super) fn links_of(&self, head: HeadId, kv_heads: u32) -> Option<&[u32]> {
        let of_layer = |layer| self.candidates(layer) as usize;
        let before: usize = (0..head.layer).map(of_layer).sum();
        let own = of_layer(head.layer);
        let first = before * kv_heads as usize + head.head as usize * own;
        self.links.as_ref()?.newest.get(first..first + own)
    }

    /// What makes a component of a head relative to an even share: a value times this is 1 for the average token.
    ///
    /// Importance goes by its mean over the head's candidates, for a policy may record shares of attention, shares that
    /// were pooled, or sums over many queries. Redundancy is a softmax over all slots (R-KV code); a score is no share.
    /// `row` is the head's place in the per-head lists.
    pub fn to_even_share(&self, component: Component, layer: u32, row: usize) -> f32 {
        let importance = self
            .block(component)
            .filter(|_| component == Component::Importance);
        let values = importance.into_iter().flat_map(|block| block.row(row));
        self.values_to_even_share(component, layer, values)
    }

    /// The same for who has read the row's `values` already.
    pub fn values_to_even_share(
        &self,
        component: Component,
        layer: u32,
        values: impl Iterator<Item = f32>,
    ) -> f32 {
        match component {
            Component::Importance => {
                let (count, sum) =
                    values.fold((0u32, 0f32), |(count, sum), value| (count + 1, sum + value));
                if sum > 0.0 { count as f32 / sum } else { 1.0 }
            }
            Component::Redundancy => {
                let slots = self.slots_before.get(layer as usize).copied();
                slots.unwrap_or(0) as f32
            }
            Component::Score => 1.0,
        }
    }
}

impl FinishReason {
    /// The name used in files and in the window.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EndOfText => "end-of-text",
            Self::MaxTokens => "max-tokens",
            Self::ContextFull => "context-full",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_more_lists_than_heads_is_refused_before_it_fills_the_memory() {
        let with = |lists: usize| {
            let record = CompressionRecord {
                evicted: vec![vec![]; lists],
                ..CompressionRecord::default()
            };
            postcard::from_bytes::<CompressionRecord>(&postcard::to_stdvec(&record).unwrap())
        };
        assert_eq!(with(MOST_HEADS as usize).unwrap().evicted.len(), 65_536);
        assert!(with(MOST_HEADS as usize + 1).is_err());
    }

    #[test]
    fn one_is_the_average_importance_whatever_the_policy_records() {
        for sums in [[0.1f32, 0.3, 0.6], [40.0, 120.0, 240.0]] {
            let mut block = ScoreBlock::new(Component::Importance);
            block.push_row(&sums);
            let record = CompressionRecord {
                scores: vec![block],
                ..CompressionRecord::default()
            };
            let factor = record.to_even_share(Component::Importance, 0, 0);
            let mean: f32 = sums.iter().map(|value| value * factor).sum::<f32>() / 3.0;
            assert!((mean - 1.0).abs() < 1e-3, "{mean}");
        }
    }
}

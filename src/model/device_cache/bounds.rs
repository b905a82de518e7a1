//! What can be asked of a cache on an accelerator.
//!
//! Kernels get addresses and counts: with a count that is too large they read and write what belongs to somebody else, and
//! nobody would notice. So each request is held against the cache's sizes before it is launched.

use super::{Choice, DeviceCache, DeviceScore, Question};
use crate::kernels::cuda::decode::NewTokens;
use crate::kernels::cuda::{Accelerator, AcceleratorError, MOST_WINDOW};
use crate::model::kv_cache::CacheShape;

type Checked = Result<(), AcceleratorError>;

/// Refuses the first request that does not hold, with its reason.
fn require(what: &str, requirements: &[(bool, &str)]) -> Checked {
    match requirements.iter().find(|(holds, _)| !holds) {
        None => Ok(()),
        Some((_, why)) => Err(AcceleratorError::Beyond {
            what: what.to_owned(),
            why: (*why).to_owned(),
        }),
    }
}

/// Whether there can be a cache of this shape.
pub(super) fn of_shape(shape: &CacheShape, batch: usize) -> Checked {
    let sizes = [
        shape.layers,
        shape.query_heads,
        shape.kv_heads,
        shape.head_dim,
        shape.capacity,
        shape.window,
        batch,
    ];
    // Kernels count in `int`; sixteen bytes for each number of a slot are more than is ever allocated.
    let slots = [batch, shape.layers, shape.kv_heads, shape.head_dim, 16]
        .iter()
        .try_fold(shape.capacity, |all, size| all.checked_mul(*size));
    require(
        "be made",
        &[
            (!sizes.contains(&0), "a size of its shape is nought"),
            (
                shape.kv_heads > 0 && shape.query_heads.is_multiple_of(shape.kv_heads),
                "its query heads are no multiple of its KV heads",
            ),
            (
                slots.is_some() && i32::try_from(shape.capacity).is_ok(),
                "it would have more slots than can be counted",
            ),
        ],
    )
}

impl<A: Accelerator> DeviceCache<A> {
    /// Whether there is such a layer.
    pub(super) fn check_layer(&self, layer: usize) -> Checked {
        require(
            "reach a layer",
            &[(layer < self.shape.layers, "it has fewer layers")],
        )
    }

    /// Whether keys are those of one row.
    pub(super) fn check_filling(&self, keys: &[f32]) -> Checked {
        require(
            "be filled",
            &[(
                keys.len() == self.shape.capacity * self.shape.head_dim,
                "the keys are not those of one row",
            )],
        )
    }

    /// Whether there is room for new tokens whose rows have these dimensions.
    pub(super) fn check_new(&self, layer: usize, rows: &[usize], new: &NewTokens) -> Checked {
        self.check_layer(layer)?;
        let shape = &self.shape;
        let width = (shape.query_heads + 2 * shape.kv_heads) * shape.head_dim;
        require(
            "take tokens",
            &[
                (new.tokens > 0, "there are none"),
                (
                    new.batch == self.batch,
                    "they are of another number of sequences",
                ),
                (
                    new.batch
                        .checked_mul(new.tokens)
                        .is_some_and(|count| rows == [count, width]),
                    "their rows have other sizes",
                ),
                (
                    new.held.saturating_add(new.tokens) <= shape.capacity,
                    "there are no slots left for them",
                ),
                (
                    new.ring == self.ring() && new.ring_next < new.ring,
                    "they are remembered in a row that it has not",
                ),
                (
                    new.remember <= new.ring,
                    "more of them are to be remembered than it has rows",
                ),
            ],
        )
    }

    /// Whether what is asked of a compression is about slots and queries that are there.
    pub(super) fn check_question(&self, question: &Question, choice: Option<&Choice>) -> Checked {
        let (first, used) = question.queries;
        let scored = question.score != DeviceScore::Recency;
        require(
            "be compressed",
            &[
                (
                    question.held <= self.shape.capacity,
                    "more slots are said to be in use than it has",
                ),
                (
                    question.window < question.held,
                    "the window leaves no candidates",
                ),
                (
                    first < self.ring() && used <= self.ring().min(MOST_WINDOW),
                    "more queries are asked for than it remembers",
                ),
                (used > 0 || !scored, "there are no queries to score it with"),
                (
                    choice.is_none_or(|choice| {
                        (question.window..=question.held).contains(&choice.kept)
                    }),
                    "it would keep less than the window, or more than it holds",
                ),
            ],
        )
    }

    /// Whether lists of slots to keep are one for each row, of slots that it has.
    pub(super) fn check_keep(&self, keep: &[u32], kept: usize) -> Checked {
        let rows = self.shape.layers * self.layer_rows();
        require(
            "be compacted",
            &[
                (
                    kept <= self.shape.capacity && keep.len() == rows * kept,
                    "the lists of kept slots have another length",
                ),
                (
                    keep.iter()
                        .all(|&slot| (slot as usize) < self.shape.capacity),
                    "a slot to keep is beyond its last one",
                ),
            ],
        )
    }

    /// Whether so many slots are in use that all go into a cache of another capacity.
    pub(super) fn check_resized(&self, capacity: usize, held: usize) -> Checked {
        require(
            "be resized",
            &[(
                held <= capacity.min(self.shape.capacity),
                "the slots in use do not fit",
            )],
        )
    }
}

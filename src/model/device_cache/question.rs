//! What a compression asks of the kernels, and what they answer.

use crate::kernels::cuda::AcceleratorError;
use crate::kernels::cuda::compression::KeepOrder;

/// What a compression asks of the kernels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Slots in use.
    pub held: usize,
    /// Newest slots, which stay.
    pub window: usize,
    /// Of the remembered queries, the ring's row of the oldest that counts, and how many count.
    pub queries: (usize, usize),
    /// The score.
    pub score: DeviceScore,
    /// How the kept slots are chosen, or not at all.
    pub choice: Option<Choice>,
    /// Parts of the score that the host wants to know.
    pub wanted: Wanted,
}

/// A score that kernels compute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DeviceScore {
    /// R-KV.
    RKv {
        /// Weight of importance, 0 to 1.
        lambda: f64,
        /// Cosine above which keys are near duplicates.
        threshold: f32,
        /// Width of the max-pool.
        pool: usize,
    },
    /// SnapKV: importance alone.
    Importance {
        /// Width of the max-pool.
        pool: usize,
    },
    /// The newest stay.
    Recency,
}

/// How many slots each head keeps, and in what order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Slots kept, the window's included.
    pub kept: usize,
    /// Tokens at positions below this one stay.
    pub protect: u32,
    /// Order of the kept slots.
    pub order: KeepOrder,
}

/// Which parts of a score come back to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// None.
    Nothing,
    /// The score.
    Score,
    /// Importance, redundancy and near duplicates too.
    Parts,
}

/// The answer.
pub struct Answer {
    /// Who stays, `[rows, kept]`; empty if it was not asked.
    pub keep: Vec<u32>,
    /// What was wanted of the score, on its way to the host.
    pub told: Late<Told>,
}

/// Something that is on its way from the device: called, it waits.
pub type Late<T> = Box<dyn FnOnce() -> Result<T, AcceleratorError> + Send + Sync>;

/// Parts of a score; what was not wanted, or what the score does not have, is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// `[rows, candidates]`.
    pub score: Vec<f32>,
    /// `[rows, candidates]`.
    pub importance: Vec<f32>,
    /// `[rows, candidates]`.
    pub redundancy: Vec<f32>,
    /// `[rows, held]`, -1 for none.
    pub newest: Vec<i32>,
}

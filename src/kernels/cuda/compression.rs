//! Launches of a compression: logits, similarity, scores, selection, compaction. See the sources for shapes and bytes.

use super::launch::arguments;
use super::{Element, Kernel, Launch};

/// Threads and keys of a block where keys are multiplied (`products.cuh`).
const PRODUCT_THREADS: u32 = 128;
const PRODUCT_ROWS: usize = 64;

/// Some layers' keys of a cache: one row is one KV head of one sequence in one layer.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Type of the numbers.
    pub element: Element,
    /// Rows: layers * batch * KV heads.
    pub count: usize,
    /// KV heads of a layer.
    pub kv_heads: usize,
    /// Query heads that share a KV head.
    pub group: usize,
    /// Width of a head; one of [`HEAD_DIMS`](super::HEAD_DIMS).
    pub head_dim: usize,
    /// Slots per row.
    pub capacity: usize,
    /// Slots in use.
    pub held: usize,
}

impl Rows {
    fn launch(&self, file: &str, kernel: &str, grid: [u32; 3], threads: u32) -> Launch {
        Launch {
            kernel: Kernel::sized(file, kernel, self.element, self.head_dim),
            grid,
            threads,
            arguments: vec![],
        }
    }

    /// Bytes of a slot's key, in chunks of sixteen.
    pub fn chunks(&self) -> usize {
        self.head_dim * self.element.bytes() / 16
    }
}

/// The last queries of a layer, a ring of `ring` rows of which `used` from `first` on count.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// `[layers * batch, ring, query_heads, head_dim]`.
    pub queries: u64,
    /// Rows kept.
    pub ring: usize,
    /// The oldest row that counts.
    pub first: usize,
    /// Rows that count.
    pub used: usize,
}

/// `importance.cu`: logits `[rows, window, candidates]`, inverse norms `[rows, held]`, and the sum of unit keys
/// `[rows, head_dim]` (64 bits each), which must be zero before.
pub fn importance_logits(
    rows: &Rows,
    window: &Window,
    keys: u64,
    candidates: usize,
    logits: u64,
    inverse_norm: u64,
    unit_sum: u64,
) -> Launch {
    let grid = [
        rows.held.div_ceil(PRODUCT_ROWS) as u32,
        rows.count as u32,
        1,
    ];
    Launch {
        arguments: arguments![
            window.queries,
            keys,
            logits,
            inverse_norm,
            unit_sum,
            rows.kv_heads,
            rows.group,
            rows.capacity,
            rows.held,
            candidates,
            window.used,
            window.ring,
            window.first,
            (1.0 / (rows.head_dim as f64).sqrt()) as f32,
        ],
        ..rows.launch("importance", "importance_logits", grid, PRODUCT_THREADS)
    }
}

/// Where similarity goes, each `[rows, held]`.
#[derive(Clone, Copy, Debug)]
pub struct Similarity {
    /// Sums of the columns of cosines, but for what is spared.
    pub column_sum: u64,
    /// What is spared of them, 64 bits each; zero before.
    pub spared: u64,
    /// Each slot's newest near duplicate, -1 for none.
    pub newest: u64,
}

/// `newest_similar.cu`, after [`importance_logits`] has made norms and the sum of unit keys.
pub fn newest_similar(
    rows: &Rows,
    keys: u64,
    inverse_norm: u64,
    unit_sum: u64,
    threshold: f32,
    to: &Similarity,
) -> Launch {
    let grid = [
        rows.held.div_ceil(PRODUCT_ROWS) as u32,
        rows.count as u32,
        1,
    ];
    Launch {
        arguments: arguments![
            keys,
            inverse_norm,
            unit_sum,
            to.column_sum,
            to.spared,
            to.newest,
            rows.capacity,
            rows.held,
            threshold
        ],
        ..rows.launch("newest_similar", "newest_similar", grid, PRODUCT_THREADS)
    }
}

/// Where the parts of a score are, each `[rows, candidates]`.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// Importance before pooling; room to work in.
    pub raw: u64,
    /// Importance.
    pub importance: u64,
    /// Redundancy; left alone if there is none.
    pub redundancy: u64,
    /// What decides.
    pub score: u64,
}

/// How a score is mixed.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Rows of queries.
    pub window: usize,
    /// Width of the max-pool, odd.
    pub pool: usize,
    /// Weight of importance, 0 to 1.
    pub lambda: f64,
}

/// `score.cu`: with `similarity` R-KV's score, without it SnapKV's.
pub fn score_candidates(
    rows: &Rows,
    logits: u64,
    similarity: Option<&Similarity>,
    parts: &Parts,
    candidates: usize,
    mix: &Mix,
) -> Launch {
    Launch {
        kernel: Kernel::general("score", "score_candidates"),
        grid: [rows.count as u32, 1, 1],
        threads: 256,
        // The published code forms 1 - lambda in double precision before it meets the f32 tensor.
        arguments: arguments![
            logits,
            similarity.map_or(0, |similarity| similarity.column_sum),
            similarity.map_or(0, |similarity| similarity.spared),
            parts.raw,
            parts.importance,
            parts.redundancy,
            parts.score,
            mix.window,
            rows.held,
            candidates,
            mix.pool,
            mix.lambda as f32,
            (1.0 - mix.lambda) as f32,
        ],
    }
}

/// Order of the kept slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepOrder {
    /// As they are in a cache that is in time order.
    Slots,
    /// By position.
    Positions,
    /// By descending score, as the published code leaves them.
    Scores,
}

/// Room to sort the kept slots of a row in: entries per row, a power of two.
pub fn sort_size(kept: usize) -> usize {
    kept.next_power_of_two()
}

/// What is selected from.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// `[rows, candidates]`; 0 keeps the newest.
    pub scores: u64,
    /// `[rows, capacity]`.
    pub positions: u64,
    /// Slots that may leave.
    pub candidates: usize,
    /// Slots that stay, the window's included.
    pub kept: usize,
    /// Positions below this one stay.
    pub protect: u32,
    /// Order of the kept slots.
    pub order: KeepOrder,
}

/// `select.cu`: the slots to keep, `[rows, kept]`. `sort` is room of [`sort_size`] keys of 64 bits and as many slots of 32
/// per row, unless the order is [`KeepOrder::Slots`].
pub fn select_slots(rows: &Rows, from: &Selection, sort: (u64, u64), keep: u64) -> Launch {
    Launch {
        kernel: Kernel::general("select", "select_slots"),
        grid: [rows.count as u32, 1, 1],
        threads: 256,
        arguments: arguments![
            from.scores,
            from.positions,
            keep,
            sort.0,
            sort.1,
            rows.capacity,
            rows.held,
            from.candidates,
            from.kept,
            from.protect,
            from.order as i32,
        ],
    }
}

/// `compact.cu`: moves keys, values and positions. `room` is 0 for ascending lists, else room for `[rows, kept]` keys and
/// values and as many positions.
pub fn compact_slots(
    rows: &Rows,
    cache: (u64, u64, u64),
    keep: u64,
    kept: usize,
    room: (u64, u64),
) -> Launch {
    let chunks = rows.chunks();
    let slice = if chunks.is_multiple_of(4) { 4 } else { 2 };
    Launch {
        kernel: Kernel::general("compact", "compact_slots"),
        grid: [(2 * chunks / slice + 1) as u32, rows.count as u32, 1],
        threads: 256,
        arguments: arguments![
            cache.0,
            cache.1,
            cache.2,
            keep,
            room.0,
            room.1,
            rows.capacity,
            kept,
            chunks,
            slice
        ],
    }
}

//! Launches of a decode step in one layer: append, attend, merge. See the sources for shapes and bytes.

use super::compression::Rows;
use super::launch::arguments;
use super::{Element, Kernel, Launch};

/// Query rows of a block in `attention.cu`.
const ATTEND_ROWS: usize = 8;
/// Slots below which a range of them is not worth a block.
const LEAST_SLOTS: usize = 64;

/// New tokens of every sequence.
#[derive(Clone, Copy, Debug)]
pub struct NewTokens {
    /// Sequences.
    pub batch: usize,
    /// New tokens of each.
    pub tokens: usize,
    /// Slots in use before them.
    pub held: usize,
    /// Tokens ever seen before them: the position of the first.
    pub seen: usize,
    /// Ring of remembered queries: its rows, the next one to write, and how many tokens' queries are remembered.
    pub ring: usize,
    /// The next row of the ring.
    pub ring_next: usize,
    /// Tokens remembered.
    pub remember: usize,
}

/// Addresses of one layer's cache and of what a pass adds to it.
#[derive(Clone, Copy, Debug)]
pub struct LayerMemory {
    /// `[batch * kv_heads, capacity, head_dim]`.
    pub keys: u64,
    /// The same for values.
    pub values: u64,
    /// `[batch * kv_heads, capacity]`.
    pub positions: u64,
    /// `[batch, ring, query_heads, head_dim]`.
    pub window: u64,
    /// The new tokens' queries, `[batch, tokens, query_heads, head_dim]`.
    pub queries: u64,
}

/// Constants of a layer on the way into the cache; 0 where an architecture has none.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerConstants {
    /// f32, one per feature of queries, keys and values.
    pub bias: u64,
    /// f32 `[head_dim]`.
    pub query_norm: u64,
    /// f32 `[head_dim]`.
    pub key_norm: u64,
    /// f32 `[head_dim / 2]`.
    pub frequencies: u64,
    /// Added to the mean square in head norms.
    pub epsilon: f32,
}

/// `append.cu`: `rows` are queries, keys and values before RoPE, stored as `from`.
pub fn append(
    shape: &Rows,
    new: &NewTokens,
    from: Element,
    rows: u64,
    constants: &LayerConstants,
    layer: &LayerMemory,
) -> Launch {
    let query_heads = shape.kv_heads * shape.group;
    let heads = query_heads + 2 * shape.kv_heads;
    Launch {
        kernel: Kernel::append(from, shape.element),
        grid: [
            heads.div_ceil(4) as u32,
            new.tokens as u32,
            new.batch as u32,
        ],
        threads: 128,
        arguments: arguments![
            rows,
            constants.bias,
            constants.query_norm,
            constants.key_norm,
            constants.frequencies,
            layer.keys,
            layer.values,
            layer.positions,
            layer.queries,
            layer.window,
            query_heads,
            shape.kv_heads,
            shape.head_dim,
            shape.capacity,
            new.held,
            new.seen as u32,
            new.ring,
            new.ring_next,
            new.remember,
            constants.epsilon,
        ],
    }
}

/// Ranges of slots that each head's work is cut into, so that `blocks` run at once.
pub fn splits(shape: &Rows, new: &NewTokens, blocks: usize) -> usize {
    let tiles = (new.tokens * shape.group).div_ceil(ATTEND_ROWS) * new.batch * shape.kv_heads;
    let held = new.held + new.tokens;
    blocks.div_ceil(tiles).clamp(1, held.div_ceil(LEAST_SLOTS))
}

/// Floats of `part` in [`attend`]; none for one range.
pub fn part_floats(shape: &Rows, new: &NewTokens, splits: usize) -> usize {
    if splits == 1 {
        return 0;
    }
    new.batch * shape.kv_heads * new.tokens * shape.group * splits * (shape.head_dim + 2)
}

/// `attention.cu`: `out` becomes `[batch, tokens, query_heads, head_dim]`. One launch, or two where ranges are merged.
pub fn attend(
    shape: &Rows,
    new: &NewTokens,
    layer: &LayerMemory,
    splits: usize,
    part: u64,
    out: u64,
) -> Vec<Launch> {
    let kernel = |name| Kernel::sized("attention", name, shape.element, shape.head_dim);
    let (rows, heads) = (new.tokens * shape.group, new.batch * shape.kv_heads);
    let mut launches = vec![Launch {
        kernel: kernel("attend"),
        grid: [
            splits as u32,
            rows.div_ceil(ATTEND_ROWS) as u32,
            heads as u32,
        ],
        threads: 128,
        arguments: arguments![
            layer.queries,
            layer.keys,
            layer.values,
            part,
            out,
            shape.kv_heads,
            shape.group,
            new.tokens,
            shape.capacity,
            new.held + new.tokens,
            (1.0 / (shape.head_dim as f64).sqrt()) as f32,
        ],
    }];
    if splits > 1 {
        launches.push(Launch {
            kernel: kernel("attend_merge"),
            grid: [rows as u32, heads as u32, 1],
            threads: 64,
            arguments: arguments![part, out, shape.kv_heads, shape.group, new.tokens, splits],
        });
    }
    launches
}

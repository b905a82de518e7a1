//! The decoder's memory: keys and values of every layer in slots that are allocated once.
//!
//! Keys are stored after `RoPE` and never rotated again, so an entry stays valid wherever compaction moves it; which
//! token it stems from is kept beside it as a [`Position`]. The last queries are kept too, because every policy that
//! looks at attention asks how much the recent tokens attended to each entry.

mod attention_mass;
mod prompt_probe;

use crate::trace::{Position, Slot};
use attention_mass::AttentionMass;
use prompt_probe::PromptProbe;

/// The cache cannot do what was asked of it. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CacheError {
    /// More tokens than free slots.
    #[error(
        "the cache holds {held} of {capacity} entries and cannot take {asked} more; compress it first, \
         or raise the budget or the buffer"
    )]
    CapacityExceeded {
        /// Entries in the fullest layer.
        held: usize,
        /// Entries asked for.
        asked: usize,
        /// Slots per head.
        capacity: usize,
    },
    /// The slots to keep are not a list of distinct held slots, equally many for each head.
    #[error("layer {layer}: {reason}")]
    BadSelection {
        /// The layer.
        layer: usize,
        /// What was wrong.
        reason: String,
    },
    /// The machine cannot hold a cache of this size.
    #[error(
        "a cache of {capacity} entries needs {bytes} bytes, more than this machine can give; ask for a smaller budget"
    )]
    TooLarge {
        /// Slots per head.
        capacity: usize,
        /// Bytes it would take (saturating).
        bytes: u64,
    },
    /// A size was zero.
    #[error("a cache needs at least one layer, head, slot and query row")]
    Empty,
}

/// Sizes of a [`KvCache`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheShape {
    /// Decoder layers.
    pub layers: usize,
    /// Query heads per layer.
    pub query_heads: usize,
    /// KV heads per layer.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Slots per head.
    pub capacity: usize,
    /// Query rows kept per layer.
    pub window: usize,
}

impl CacheShape {
    fn head_floats(&self) -> usize {
        self.capacity * self.head_dim
    }

    fn query_floats(&self) -> usize {
        self.query_heads * self.head_dim
    }
}

/// One layer's share. Every head of a layer holds equally many entries.
#[derive(Clone, Debug)]
struct LayerCache {
    /// `[kv_heads, capacity, head_dim]`, after `RoPE`.
    keys: Vec<f32>,
    /// `[kv_heads, capacity, head_dim]`.
    values: Vec<f32>,
    /// Per head, `len` positions.
    positions: Vec<Vec<Position>>,
    len: usize,
    /// Ring of `2 * window` rows `[query_heads * head_dim]`: rows of a pass that is undone must not cost older ones.
    queries: Vec<f32>,
    /// Query rows ever committed.
    query_count: usize,
    pending_entries: usize,
    pending_queries: usize,
    /// Attention received, if it is counted.
    mass: Option<AttentionMass>,
}

/// Fixed-size KV cache of all layers.
#[derive(Clone, Debug)]
pub struct KvCache {
    shape: CacheShape,
    layers: Vec<LayerCache>,
    seen: usize,
    /// One head's keys or values, for gathers that are not ascending: `[capacity, head_dim]`.
    scratch: Vec<f32>,
    moved: Vec<Position>,
    marked: Vec<bool>,
    probe: PromptProbe,
}

impl KvCache {
    /// An empty cache. Pages are zero until used, so an unfilled cache takes little memory.
    ///
    /// # Errors
    /// [`CacheError::Empty`] if a size is zero, [`CacheError::TooLarge`] if the memory cannot be had.
    pub fn new(shape: CacheShape) -> Result<Self, CacheError> {
        let CacheShape {
            layers,
            query_heads,
            kv_heads,
            head_dim,
            capacity,
            window,
        } = shape;
        if [layers, query_heads, kv_heads, head_dim, capacity, window].contains(&0) {
            return Err(CacheError::Empty);
        }
        let per_layer = [kv_heads, capacity, head_dim]
            .iter()
            .try_fold(1usize, |product, &n| product.checked_mul(n));
        let queries = [2, window, query_heads, head_dim]
            .iter()
            .try_fold(1usize, |product, &n| product.checked_mul(n));
        let total = per_layer
            .zip(queries)
            .and_then(|(kv, queries)| kv.checked_mul(2)?.checked_add(queries))
            .and_then(|floats| floats.checked_mul(layers)?.checked_mul(size_of::<f32>()));
        let too_large = |bytes: usize| CacheError::TooLarge {
            capacity,
            bytes: bytes as u64,
        };
        let (Some(per_layer), Some(queries), Some(total)) = (per_layer, queries, total) else {
            return Err(too_large(usize::MAX));
        };
        // Asking for the whole once turns an allocation failure, which would abort, into an error.
        Vec::<u8>::new()
            .try_reserve_exact(total)
            .map_err(|_refused| too_large(total))?;
        let layer = |_index| LayerCache {
            keys: vec![0.0; per_layer],
            values: vec![0.0; per_layer],
            positions: vec![Vec::with_capacity(capacity); kv_heads],
            len: 0,
            queries: vec![0.0; queries],
            query_count: 0,
            pending_entries: 0,
            pending_queries: 0,
            mass: None,
        };
        Ok(Self {
            shape,
            layers: (0..layers).map(layer).collect(),
            seen: 0,
            scratch: vec![0.0; shape.head_floats()],
            moved: Vec::with_capacity(capacity),
            marked: vec![false; capacity],
            probe: PromptProbe::default(),
        })
    }

    /// The sizes it was made with.
    pub fn shape(&self) -> CacheShape {
        self.shape
    }

    /// Tokens ever fed: the `RoPE` position of the next one, whatever was evicted since.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Slots per head.
    pub fn capacity(&self) -> usize {
        self.shape.capacity
    }

    /// Entries each head of `layer` holds.
    pub fn len(&self, layer: usize) -> usize {
        self.layers[layer].len
    }

    /// Entries of the fullest layer.
    pub fn longest(&self) -> usize {
        self.layers.iter().map(|layer| layer.len).max().unwrap_or(0)
    }

    /// Whether no layer holds an entry.
    pub fn is_empty(&self) -> bool {
        self.longest() == 0
    }

    /// Keys of one head after `RoPE`, `[len, head_dim]`.
    pub fn keys(&self, layer: usize, head: usize) -> &[f32] {
        let start = head * self.shape.head_floats();
        &self.layers[layer].keys[start..start + self.layers[layer].len * self.shape.head_dim]
    }

    /// Values of one head, `[len, head_dim]`.
    pub fn values(&self, layer: usize, head: usize) -> &[f32] {
        let start = head * self.shape.head_floats();
        &self.layers[layer].values[start..start + self.layers[layer].len * self.shape.head_dim]
    }

    /// The token behind each slot of one head, `[len]`.
    pub fn positions(&self, layer: usize, head: usize) -> &[Position] {
        &self.layers[layer].positions[head]
    }

    /// The last query rows of `layer`, oldest first, each `[query_heads, head_dim]` after `RoPE`.
    ///
    /// As many as the window, or as tokens were fed if those are fewer.
    pub fn window_queries(&self, layer: usize) -> impl ExactSizeIterator<Item = &[f32]> + Clone {
        let (ring, width) = (2 * self.shape.window, self.shape.query_floats());
        let layer = &self.layers[layer];
        let rows = layer.query_count.min(self.shape.window);
        let first = layer.query_count - rows;
        (0..rows).map(move |row| {
            let at = (first + row) % ring * width;
            &layer.queries[at..at + width]
        })
    }

    /// The last `rows` queries of the query heads that read one KV head: `[rows, group, head_dim]`, oldest row first.
    ///
    /// Fewer if the window or the sequence is shorter. Returns the number of rows; `out` is overwritten.
    pub fn group_queries(
        &self,
        layer: usize,
        head: usize,
        rows: usize,
        out: &mut Vec<f32>,
    ) -> usize {
        let all = self.window_queries(layer);
        let skipped = all.len().saturating_sub(rows);
        self.take_group(all.skip(skipped), head, out)
    }

    /// The prompt's kept queries of the query heads that read one KV head, as in [`KvCache::group_queries`].
    pub fn prompt_queries(&self, layer: usize, head: usize, out: &mut Vec<f32>) -> usize {
        let width = self.shape.query_floats();
        self.take_group(self.probe.rows(layer, self.seen, width), head, out)
    }

    fn take_group<'a>(
        &self,
        rows: impl ExactSizeIterator<Item = &'a [f32]>,
        head: usize,
        out: &mut Vec<f32>,
    ) -> usize {
        let width = self.shape.query_floats() / self.shape.kv_heads;
        out.clear();
        let count = rows.len();
        for row in rows {
            out.extend_from_slice(&row[head * width..(head + 1) * width]);
        }
        count
    }

    /// Keeps queries of the first `prompt_tokens` tokens as they are fed, a fixed number spread evenly.
    pub fn probe_prompt(&mut self, prompt_tokens: usize) {
        let (layers, width) = (self.shape.layers, self.shape.query_floats());
        self.probe = PromptProbe::new(prompt_tokens, layers, width);
    }

    /// Starts or stops counting the attention that slots receive; a count that is under way goes on.
    pub fn count_attention(&mut self, on: bool) {
        for layer in &mut self.layers {
            if !on {
                layer.mass = None;
            } else if layer.mass.is_none() {
                layer.mass = Some(AttentionMass::new(self.shape.kv_heads, self.shape.capacity));
            }
        }
    }

    /// Attention received by each slot of one head since it was filled or counting began, `[len]`; empty if not counted.
    pub fn attention(&self, layer: usize, head: usize) -> &[f32] {
        let layer = &self.layers[layer];
        layer
            .mass
            .as_ref()
            .map_or(&[], |mass| mass.of(head, layer.len))
    }

    /// Bytes allocated for keys and values.
    pub fn bytes(&self) -> u64 {
        (2 * self.shape.layers * self.shape.kv_heads * self.shape.head_floats() * size_of::<f32>())
            as u64
    }

    /// Bytes the held keys and values take.
    pub fn used_bytes(&self) -> u64 {
        let entries: usize = self.layers.iter().map(|layer| layer.len).sum();
        (2 * entries * self.shape.kv_heads * self.shape.head_dim * size_of::<f32>()) as u64
    }

    /// Forgets everything and keeps the memory.
    pub fn reset(&mut self) {
        self.seen = 0;
        for layer in &mut self.layers {
            layer.len = 0;
            layer.query_count = 0;
            layer.pending_entries = 0;
            layer.pending_queries = 0;
            layer.positions.iter_mut().for_each(Vec::clear);
            if let Some(mass) = &mut layer.mass {
                mass.clear();
            }
        }
    }

    /// Gives the cache another number of slots and query rows; what it holds stays.
    ///
    /// For a budget or window that a person raises while a run is under way.
    ///
    /// # Errors
    /// [`CacheError::CapacityExceeded`] if it holds more than `capacity`, [`CacheError::TooLarge`] if the memory cannot
    /// be had; the cache is then unchanged.
    pub fn resize(&mut self, capacity: usize, window: usize) -> Result<(), CacheError> {
        *self = self.resized(capacity, window)?;
        Ok(())
    }

    /// A copy with another number of slots and query rows.
    ///
    /// # Errors
    /// As [`KvCache::resize`].
    pub fn resized(&self, capacity: usize, window: usize) -> Result<Self, CacheError> {
        let held = self.longest();
        if held > capacity {
            return Err(CacheError::CapacityExceeded {
                held,
                asked: 0,
                capacity,
            });
        }
        let mut next = Self::new(CacheShape {
            capacity,
            window,
            ..self.shape
        })?;
        let (dim, width) = (self.shape.head_dim, self.shape.query_floats());
        for index in 0..self.shape.layers {
            let rows: Vec<Vec<f32>> = self.window_queries(index).map(<[f32]>::to_vec).collect();
            let (layer, old) = (&mut next.layers[index], &self.layers[index]);
            for head in 0..self.shape.kv_heads {
                let floats = old.len * dim;
                let (from, to) = (
                    head * self.shape.head_floats(),
                    head * next.shape.head_floats(),
                );
                layer.keys[to..to + floats].copy_from_slice(&old.keys[from..from + floats]);
                layer.values[to..to + floats].copy_from_slice(&old.values[from..from + floats]);
                layer.positions[head].extend_from_slice(&old.positions[head]);
            }
            layer.len = old.len;
            layer.mass = old
                .mass
                .as_ref()
                .map(|mass| mass.resized(capacity, old.len));
            let newest = rows.len().saturating_sub(2 * window);
            for row in &rows[newest..] {
                let at = layer.query_count % (2 * window) * width;
                layer.queries[at..at + width].copy_from_slice(row);
                layer.query_count += 1;
            }
        }
        next.seen = self.seen;
        next.probe = self.probe.clone();
        Ok(next)
    }

    /// Keeps the listed slots of each head of `layer`, in the order given, and frees the rest.
    ///
    /// `keep[head]` may be in any order; every head keeps equally many. An ascending list moves entries within the
    /// cache; any other goes through a buffer that is allocated with the cache.
    ///
    /// # Errors
    /// [`CacheError::BadSelection`] unless the slots are held, distinct and equally many per head.
    pub fn compact(&mut self, layer: usize, keep: &[Vec<Slot>]) -> Result<(), CacheError> {
        let kept = self.check_selection(layer, keep)?;
        let (dim, head_floats) = (self.shape.head_dim, self.shape.head_floats());
        let held = self.layers[layer].len;
        let cache = &mut self.layers[layer];
        for (head, slots) in keep.iter().enumerate() {
            let span = head * head_floats..(head + 1) * head_floats;
            gather(
                &mut cache.keys[span.clone()],
                slots,
                held,
                dim,
                &mut self.scratch,
            );
            gather(&mut cache.values[span], slots, held, dim, &mut self.scratch);
            if let Some(mass) = &mut cache.mass {
                mass.compact(head, slots, held);
            }
            let positions = &mut cache.positions[head];
            self.moved.clear();
            self.moved
                .extend(slots.iter().map(|slot| positions[slot.index()]));
            positions.clear();
            positions.extend_from_slice(&self.moved);
        }
        cache.len = kept;
        Ok(())
    }

    fn check_selection(&mut self, layer: usize, keep: &[Vec<Slot>]) -> Result<usize, CacheError> {
        let bad = |reason: String| CacheError::BadSelection { layer, reason };
        let (heads, held) = (self.shape.kv_heads, self.layers[layer].len);
        if keep.len() != heads {
            return Err(bad(format!(
                "{} lists of slots for {heads} KV heads",
                keep.len()
            )));
        }
        let kept = keep[0].len();
        for (head, slots) in keep.iter().enumerate() {
            if slots.len() != kept {
                let found = slots.len();
                return Err(bad(format!(
                    "head {head} keeps {found} entries where head 0 keeps {kept}"
                )));
            }
            self.marked[..held].fill(false);
            for slot in slots {
                match self.marked[..held].get_mut(slot.index()) {
                    Some(mark) if !*mark => *mark = true,
                    Some(_) => return Err(bad(format!("head {head} lists slot {} twice", slot.0))),
                    None => {
                        return Err(bad(format!("head {head} lists slot {} of {held}", slot.0)));
                    }
                }
            }
        }
        Ok(kept)
    }

    /// Whether `tokens` more entries fit into every layer.
    ///
    /// # Errors
    /// [`CacheError::CapacityExceeded`] if not.
    pub fn room_for(&self, tokens: usize) -> Result<(), CacheError> {
        let held = self.longest();
        if tokens > self.shape.capacity - held {
            return Err(CacheError::CapacityExceeded {
                held,
                asked: tokens,
                capacity: self.shape.capacity,
            });
        }
        Ok(())
    }

    /// Appends one layer's rows of a pass over `tokens` new tokens; [`KvCache::commit`] makes them count.
    ///
    /// `rows` holds per token `stride` floats: queries, then keys, then values, all after `RoPE`. Room was checked.
    pub fn append(&mut self, layer: usize, tokens: usize, rows: &[f32], stride: usize) {
        let (dim, heads, head_floats) = (
            self.shape.head_dim,
            self.shape.kv_heads,
            self.shape.head_floats(),
        );
        let (query_width, kv_width) = (self.shape.query_floats(), heads * dim);
        let (ring, window) = (2 * self.shape.window, self.shape.window);
        let cache = &mut self.layers[layer];
        for (token, row) in rows.chunks_exact(stride).take(tokens).enumerate() {
            let (query, rest) = row.split_at(query_width);
            let (key, value) = rest.split_at(kv_width);
            for head in 0..heads {
                let at = head * head_floats + (cache.len + token) * dim;
                cache.keys[at..at + dim].copy_from_slice(&key[head * dim..(head + 1) * dim]);
                cache.values[at..at + dim].copy_from_slice(&value[head * dim..(head + 1) * dim]);
                cache.positions[head].push(Position((self.seen + token) as u32));
            }
            if token + window >= tokens {
                let at = (cache.query_count + cache.pending_queries) % ring * query_width;
                cache.queries[at..at + query_width].copy_from_slice(query);
                cache.pending_queries += 1;
            }
            self.probe.offer(layer, self.seen + token, query);
        }
        cache.len += tokens;
        cache.pending_entries += tokens;
    }

    /// All of a layer's keys and values with the free slots between heads, `[kv_heads, capacity, head_dim]`, and where
    /// the pass adds the attention that slots receive, `[kv_heads, capacity]`, if it is counted.
    pub(crate) fn layer(&mut self, layer: usize) -> (&[f32], &[f32], Option<&mut [f32]>) {
        let layer = &mut self.layers[layer];
        let mass = layer.mass.as_mut().map(AttentionMass::pass_mut);
        (&layer.keys, &layer.values, mass)
    }

    /// Ends a pass over `tokens` tokens that reached every layer.
    pub fn commit(&mut self, tokens: usize) {
        self.seen += tokens;
        for layer in &mut self.layers {
            layer.query_count += layer.pending_queries;
            if let Some(mass) = &mut layer.mass {
                mass.commit(layer.len);
            }
            layer.pending_entries = 0;
            layer.pending_queries = 0;
        }
    }

    /// Undoes a pass that did not reach every layer.
    pub(crate) fn rollback(&mut self) {
        for layer in &mut self.layers {
            layer.len -= layer.pending_entries;
            if let Some(mass) = &mut layer.mass {
                mass.undo();
            }
            for positions in &mut layer.positions {
                positions.truncate(layer.len);
            }
            layer.pending_entries = 0;
            layer.pending_queries = 0;
        }
    }
}

/// Moves the rows `slots` of `[held, dim]` to the front, in their order.
fn gather(rows: &mut [f32], slots: &[Slot], held: usize, dim: usize, scratch: &mut [f32]) {
    if slots.is_sorted() {
        let mut to = 0;
        for run in slots.chunk_by(|a, b| a.0 + 1 == b.0) {
            let from = run[0].index();
            if from != to {
                rows.copy_within(from * dim..(from + run.len()) * dim, to * dim);
            }
            to += run.len();
        }
        return;
    }
    let old = &mut scratch[..held * dim];
    old.copy_from_slice(&rows[..held * dim]);
    for (to, slot) in slots.iter().enumerate() {
        let from = slot.index();
        rows[to * dim..(to + 1) * dim].copy_from_slice(&old[from * dim..(from + 1) * dim]);
    }
}

#[cfg(test)]
mod tests;

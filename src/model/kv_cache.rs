//! The decoder's memory: keys and values of every layer in slots that are allocated once.
//!
//! Keys are stored after `RoPE` and never rotated again, so an entry stays valid wherever compaction moves it; which
//! token it stems from is kept beside it as a [`Position`]. The last queries are kept too, because every policy that
//! looks at attention asks how much the recent tokens attended to each entry.

mod attention_mass;
mod compaction;
mod error;
mod on_device;
mod prompt_probe;
mod shape;

use crate::trace::Position;
use attention_mass::AttentionMass;
pub use error::CacheError;
pub use on_device::{Decided, DeviceMemory, LateScores};
use prompt_probe::PromptProbe;
pub use shape::CacheShape;

/// One layer's share. Every head of a layer holds equally many entries.
#[derive(Clone, Debug)]
struct LayerCache {
    /// `[kv_heads, capacity, head_dim]`, after `RoPE`. Keys, values and queries of a cache on a device are empty until they
    /// are fetched.
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
#[derive(Debug)]
pub struct KvCache {
    shape: CacheShape,
    layers: Vec<LayerCache>,
    seen: usize,
    /// One head's keys or values, for gathers that are not ascending: `[capacity, head_dim]`. Empty on a device.
    scratch: Vec<f32>,
    moved: Vec<Position>,
    marked: Vec<bool>,
    probe: PromptProbe,
    /// Where keys, values and queries are, if not here.
    device: Option<Box<dyn DeviceMemory>>,
}

impl KvCache {
    /// An empty cache. Pages are zero until used, so an unfilled cache takes little memory.
    ///
    /// # Errors
    /// [`CacheError::Empty`] if a size is zero, [`CacheError::TooLarge`] if the memory cannot be had.
    pub fn new(shape: CacheShape) -> Result<Self, CacheError> {
        let (keys, queries) = Self::room_on_host(shape)?;
        let mut cache = Self::without_numbers(shape)?;
        for layer in &mut cache.layers {
            layer.keys = vec![0.0; keys];
            layer.values = vec![0.0; keys];
            layer.queries = vec![0.0; queries];
        }
        cache.scratch = vec![0.0; shape.head_floats()];
        Ok(cache)
    }

    /// Floats of a layer's keys, and of its remembered queries, if the host has room for those of all layers.
    fn room_on_host(shape: CacheShape) -> Result<(usize, usize), CacheError> {
        let CacheShape {
            layers,
            query_heads,
            kv_heads,
            head_dim,
            capacity,
            window,
        } = shape;
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
        Ok((per_layer, queries))
    }

    /// An empty cache whose keys, values and queries are elsewhere.
    fn without_numbers(shape: CacheShape) -> Result<Self, CacheError> {
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
        let layer = |_index| LayerCache {
            keys: vec![],
            values: vec![],
            positions: vec![Vec::with_capacity(capacity); kv_heads],
            len: 0,
            queries: vec![],
            query_count: 0,
            pending_entries: 0,
            pending_queries: 0,
            mass: None,
        };
        Ok(Self {
            shape,
            layers: (0..layers).map(layer).collect(),
            seen: 0,
            scratch: vec![],
            moved: Vec::with_capacity(capacity),
            marked: vec![false; capacity],
            probe: PromptProbe::default(),
            device: None,
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
        let layer = &self.layers[layer];
        self.shape.newest_rows(&layer.queries, layer.query_count)
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

    fn element_bytes(&self) -> usize {
        self.device
            .as_ref()
            .map_or(size_of::<f32>(), |device| device.element_bytes())
    }

    /// Bytes allocated for keys and values.
    pub fn bytes(&self) -> u64 {
        let heads = self.shape.layers * self.shape.kv_heads;
        (2 * heads * self.shape.head_floats() * self.element_bytes()) as u64
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

#[cfg(test)]
mod tests;

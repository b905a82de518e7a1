//! The cache's memory on an accelerator: keys, values, positions and the last queries of every layer, each allocated once.
//!
//! It holds `batch` sequences that go in step: equally many slots in use, equally many tokens seen. Which those are is the
//! caller's knowledge ([`KvCache`](super::KvCache) for one sequence); here are the addresses and the launches. All layers
//! of a compression go in one launch of each kernel, unless the scores of all would take too much room at once.

mod bounds;
mod compression;
mod question;

use std::sync::Arc;

use candle_core::Tensor;

pub use question::{Answer, Choice, DeviceScore, Late, Question, Told, Wanted};

use super::kv_cache::CacheShape;
use crate::kernels::cuda::compression::Rows;
use crate::kernels::cuda::decode::{
    LayerConstants, LayerMemory, NewTokens, append, attend, part_floats, splits,
};
use crate::kernels::cuda::{Accelerator, AcceleratorError, Element, Kernel, run_on};

/// Rows of a launch: a grid is no higher.
const MOST_ROWS: usize = 65_535;
/// Bytes of a position, an index or a score.
const WORD: usize = 4;

/// Memory of a cache on an accelerator.
pub struct DeviceCache<A: Accelerator> {
    accelerator: Arc<A>,
    shape: CacheShape,
    batch: usize,
    element: Element,
    keys: A::Memory,
    values: A::Memory,
    positions: A::Memory,
    /// `[layers, batch, 2 * window, query_heads, head_dim]`.
    queries: A::Memory,
}

fn failed(what: &str, error: &candle_core::Error) -> AcceleratorError {
    AcceleratorError::Failed {
        what: what.to_owned(),
        why: error.to_string(),
    }
}

impl<A: Accelerator> std::fmt::Debug for DeviceCache<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceCache")
            .field("shape", &self.shape)
            .field("batch", &self.batch)
            .field("element", &self.element)
            .finish_non_exhaustive()
    }
}

impl<A: Accelerator> DeviceCache<A> {
    /// An empty cache of `batch` sequences, and the kernels for it.
    ///
    /// # Errors
    /// [`AcceleratorError::OutOfMemory`], [`AcceleratorError::Beyond`] for a shape that no cache has, or the device failed.
    pub fn new(
        accelerator: Arc<A>,
        shape: CacheShape,
        batch: usize,
        element: Element,
    ) -> Result<Self, AcceleratorError> {
        bounds::of_shape(&shape, batch)?;
        let slots = shape.layers * batch * shape.kv_heads * shape.capacity;
        let bytes = slots * shape.head_dim * element.bytes();
        let rows = shape.layers * batch * 2 * shape.window;
        let queries = rows * shape.query_heads * shape.head_dim * element.bytes();
        let cache = Self {
            keys: accelerator.allocate(bytes)?,
            values: accelerator.allocate(bytes)?,
            positions: accelerator.allocate(slots * WORD)?,
            queries: accelerator.allocate(queries)?,
            accelerator,
            shape,
            batch,
            element,
        };
        let kernels = Kernel::of_cache(element, shape.head_dim);
        cache.accelerator.prepare(&kernels)?;
        Ok(cache)
    }

    /// Makes every slot hold zeros, for measurements that take slots for used which nobody has filled.
    ///
    /// # Errors
    /// The device failed.
    pub fn clear(&mut self) -> Result<(), AcceleratorError> {
        for memory in [
            &mut self.keys,
            &mut self.values,
            &mut self.positions,
            &mut self.queries,
        ] {
            self.accelerator.clear(memory)?;
        }
        Ok(())
    }

    /// Gives every row the same keys, `[capacity, head_dim]`, for measurements that depend on how alike keys are.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn fill_keys(&mut self, keys: &[f32]) -> Result<(), AcceleratorError> {
        self.check_filling(keys)?;
        let gpu = Arc::clone(&self.accelerator);
        let bytes = self
            .element
            .encode(keys)
            .map_err(|error| failed("take keys", &error))?;
        let mut row = gpu.allocate(bytes.len())?;
        gpu.upload(&mut row, 0, &bytes)?;
        for index in 0..self.shape.layers * self.layer_rows() {
            let to = (&mut self.keys, index * bytes.len());
            gpu.copy((&row, 0), to, bytes.len())?;
        }
        Ok(())
    }

    /// The sizes it was made with.
    pub fn shape(&self) -> CacheShape {
        self.shape
    }

    /// Type of its numbers.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Rows of the ring of queries.
    pub fn ring(&self) -> usize {
        2 * self.shape.window
    }

    fn layer_rows(&self) -> usize {
        self.batch * self.shape.kv_heads
    }

    fn rows(&self, layers: usize, held: usize) -> Rows {
        Rows {
            element: self.element,
            count: layers * self.layer_rows(),
            kv_heads: self.shape.kv_heads,
            group: self.shape.query_heads / self.shape.kv_heads,
            head_dim: self.shape.head_dim,
            capacity: self.shape.capacity,
            held,
        }
    }

    /// Bytes of one layer's keys.
    fn layer_bytes(&self) -> usize {
        self.layer_rows() * self.shape.capacity * self.shape.head_dim * self.element.bytes()
    }

    /// Bytes of one layer's remembered queries.
    fn query_bytes(&self) -> usize {
        self.batch
            * self.ring()
            * self.shape.query_heads
            * self.shape.head_dim
            * self.element.bytes()
    }

    fn keys_at(&self, layer: usize) -> u64 {
        self.accelerator.address(&self.keys) + (layer * self.layer_bytes()) as u64
    }

    fn values_at(&self, layer: usize) -> u64 {
        self.accelerator.address(&self.values) + (layer * self.layer_bytes()) as u64
    }

    fn positions_at(&self, layer: usize) -> u64 {
        let bytes = layer * self.layer_rows() * self.shape.capacity * WORD;
        self.accelerator.address(&self.positions) + bytes as u64
    }

    fn queries_at(&self, layer: usize) -> u64 {
        self.accelerator.address(&self.queries) + (layer * self.query_bytes()) as u64
    }

    /// Appends new tokens to one layer and attends over it.
    ///
    /// `rows` is `[batch * tokens, (query_heads + 2 * kv_heads) * head_dim]` before RoPE, in f32 or in the cache's type;
    /// the result `[batch * tokens, query_heads * head_dim]` is in the cache's type.
    ///
    /// # Errors
    /// Another type or layout, [`AcceleratorError::Beyond`] for tokens or rows of other sizes, or the device failed.
    pub fn append_and_attend(
        &mut self,
        layer: usize,
        rows: &Tensor,
        new: &NewTokens,
        constants: &LayerConstants,
    ) -> candle_core::Result<Tensor> {
        self.check_new(layer, rows.dims(), new)?;
        if !rows.device().same_device(self.accelerator.device()) {
            candle_core::bail!("rows on another device than the cache");
        }
        let Some(from) =
            Element::of(rows.dtype()).filter(|e| [Element::F32, self.element].contains(e))
        else {
            candle_core::bail!(
                "a {} cache cannot take {:?}",
                self.element.name(),
                rows.dtype()
            );
        };
        let shape = self.rows(1, new.held);
        let width = self.shape.query_heads * self.shape.head_dim;
        let count = new.batch * new.tokens;
        let out = Tensor::zeros((count, width), self.element.dtype(), rows.device())?;
        let splits = splits(&shape, new, self.accelerator.parallel_blocks());
        let part = part_floats(&shape, new, splits) * WORD;
        let queries = self
            .accelerator
            .allocate(count * width * self.element.bytes())?;
        let part = self.accelerator.allocate(part)?;
        let memory = LayerMemory {
            keys: self.keys_at(layer),
            values: self.values_at(layer),
            positions: self.positions_at(layer),
            window: self.queries_at(layer),
            queries: self.accelerator.address(&queries),
        };
        run_on(&out, rows, |out, rows| {
            self.accelerator
                .launch(&append(&shape, new, from, rows, constants, &memory))?;
            let part = self.accelerator.address(&part);
            for launch in attend(&shape, new, &memory, splits, part, out) {
                self.accelerator.launch(&launch)?;
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// One layer's keys and values as numbers, `[batch * kv_heads, capacity, head_dim]`; slots not in use are undefined.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn read_layer(&self, layer: usize) -> Result<(Vec<f32>, Vec<f32>), AcceleratorError> {
        self.check_layer(layer)?;
        let bytes = self.layer_bytes();
        Ok((
            self.read(&self.keys, layer * bytes, bytes)?,
            self.read(&self.values, layer * bytes, bytes)?,
        ))
    }

    /// One layer's ring of remembered queries as numbers, `[batch, ring, query_heads, head_dim]`.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn read_queries(&self, layer: usize) -> Result<Vec<f32>, AcceleratorError> {
        self.check_layer(layer)?;
        let bytes = self.query_bytes();
        self.read(&self.queries, layer * bytes, bytes)
    }

    fn read(
        &self,
        memory: &A::Memory,
        at: usize,
        count: usize,
    ) -> Result<Vec<f32>, AcceleratorError> {
        let mut bytes = vec![0; count];
        self.accelerator.download(memory, at, &mut bytes)?;
        self.element
            .decode(&bytes)
            .map_err(|error| failed("give the cache back", &error))
    }

    /// The same contents in a cache of another capacity; `held` slots are in use. Queries stay only with an equal window.
    ///
    /// # Errors
    /// [`AcceleratorError::OutOfMemory`], [`AcceleratorError::Beyond`] if they do not fit, or the device failed.
    pub fn resized(&self, capacity: usize, held: usize) -> Result<Self, AcceleratorError> {
        self.check_resized(capacity, held)?;
        let shape = CacheShape {
            capacity,
            ..self.shape
        };
        let gpu = Arc::clone(&self.accelerator);
        let mut next = Self::new(Arc::clone(&gpu), shape, self.batch, self.element)?;
        let line = self.shape.head_dim * self.element.bytes();
        for row in 0..self.shape.layers * self.layer_rows() {
            let (from, to) = (row * self.shape.capacity, row * capacity);
            let bytes = held * line;
            gpu.copy(
                (&self.keys, from * line),
                (&mut next.keys, to * line),
                bytes,
            )?;
            gpu.copy(
                (&self.values, from * line),
                (&mut next.values, to * line),
                bytes,
            )?;
            gpu.copy(
                (&self.positions, from * WORD),
                (&mut next.positions, to * WORD),
                held * WORD,
            )?;
        }
        let queries = self.shape.layers * self.query_bytes();
        gpu.copy((&self.queries, 0), (&mut next.queries, 0), queries)?;
        Ok(next)
    }
}

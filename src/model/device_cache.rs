//! The cache's memory on an accelerator: keys, values, positions and the last queries of every layer, each allocated once.
//!
//! It holds `batch` sequences that go in step: equally many slots in use, equally many tokens seen. Which those are is the
//! caller's knowledge ([`KvCache`](super::KvCache) for one sequence); here are the addresses and the launches. All layers
//! of a compression go in one launch of each kernel, unless the scores of all would take too much room at once.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Tensor;

use super::kv_cache::CacheShape;
use crate::kernels::cuda::compression::{
    KeepOrder, Mix, Parts, Rows, Selection, Similarity, Window, compact_slots, importance_logits,
    newest_similar, score_candidates, select_slots, sort_size,
};
use crate::kernels::cuda::decode::{
    LayerConstants, LayerMemory, NewTokens, append, attend, part_floats, splits,
};
use crate::kernels::cuda::{Accelerator, AcceleratorError, Element, run_on};

/// Bytes that scores and their parts may take at once; more layers than fit go in several rounds.
const SCORE_ROOM: usize = 256 << 20;
/// Rows of a launch: a grid is no higher.
const MOST_ROWS: usize = 65_535;
/// Bytes of a number or an index of a score, and of a sum in fixed point.
const WORD: usize = 4;
const FIXED: usize = 8;

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

/// The answer; what was not wanted, or what the score does not have, is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// `[rows, kept]`.
    pub keep: Vec<u32>,
    /// `[rows, candidates]`.
    pub score: Vec<f32>,
    /// `[rows, candidates]`.
    pub importance: Vec<f32>,
    /// `[rows, candidates]`.
    pub redundancy: Vec<f32>,
    /// `[rows, held]`, -1 for none.
    pub newest: Vec<i32>,
}

/// Scores of some layers, in the accelerator's memory; nothing for recency.
struct Scored<M> {
    score: Option<M>,
    importance: Option<M>,
    /// Redundancy and newest near duplicates.
    similar: Option<(M, M)>,
}

impl<M> Default for Scored<M> {
    fn default() -> Self {
        Self {
            score: None,
            importance: None,
            similar: None,
        }
    }
}

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

impl<A: Accelerator> std::fmt::Debug for DeviceCache<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceCache")
            .field("shape", &self.shape)
            .field("batch", &self.batch)
            .field("element", &self.element)
            .finish_non_exhaustive()
    }
}

/// Reads the numbers at the start of some memory.
fn words<A: Accelerator, T>(
    accelerator: &A,
    memory: &A::Memory,
    count: usize,
    number: fn([u8; WORD]) -> T,
) -> Result<Vec<T>, AcceleratorError> {
    let mut bytes = vec![0; count * WORD];
    accelerator.download(memory, 0, &mut bytes)?;
    Ok(bytes
        .chunks_exact(WORD)
        .map(|b| number([b[0], b[1], b[2], b[3]]))
        .collect())
}

impl<A: Accelerator> DeviceCache<A> {
    /// An empty cache of `batch` sequences.
    ///
    /// # Errors
    /// [`AcceleratorError::OutOfMemory`], or the device failed.
    pub fn new(
        accelerator: Arc<A>,
        shape: CacheShape,
        batch: usize,
        element: Element,
    ) -> Result<Self, AcceleratorError> {
        let slots = shape.layers * batch * shape.kv_heads * shape.capacity;
        let bytes = slots * shape.head_dim * element.bytes();
        let rows = shape.layers * batch * 2 * shape.window;
        let queries = rows * shape.query_heads * shape.head_dim * element.bytes();
        Ok(Self {
            keys: accelerator.allocate(bytes)?,
            values: accelerator.allocate(bytes)?,
            positions: accelerator.allocate(slots * WORD)?,
            queries: accelerator.allocate(queries)?,
            accelerator,
            shape,
            batch,
            element,
        })
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
    /// Another type or layout, or the device failed.
    pub fn append_and_attend(
        &mut self,
        layer: usize,
        rows: &Tensor,
        new: &NewTokens,
        constants: &LayerConstants,
    ) -> candle_core::Result<Tensor> {
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

    /// Layers whose scores are in memory at the same time.
    fn rounds(&self, question: &Question) -> impl Iterator<Item = Range<usize>> + use<A> {
        let (layers, rows) = (self.shape.layers, self.layer_rows());
        let row_bytes =
            (question.queries.1 + 6) * question.held * WORD + self.shape.head_dim * FIXED;
        let room = SCORE_ROOM / (rows * row_bytes).max(1);
        let at_once = room.min(MOST_ROWS / rows).max(1);
        (0..layers)
            .step_by(at_once)
            .map(move |first| first..(first + at_once).min(layers))
    }

    /// Scores the candidates of every layer and chooses who stays.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn decide(&self, question: &Question) -> Result<Answer, AcceleratorError> {
        let mut answer = Answer::default();
        for layers in self.rounds(question) {
            let scored = self.score(question, &layers)?;
            if let Some(choice) = &question.choice {
                let keep = self.choose(question, choice, &layers, &scored)?;
                let count = layers.len() * self.layer_rows() * choice.kept;
                answer
                    .keep
                    .extend(words(&*self.accelerator, &keep, count, u32::from_le_bytes)?);
            }
            self.tell(question, &layers, &scored, &mut answer)?;
        }
        Ok(answer)
    }

    /// Scores, chooses and compacts without a word to the host.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn compress(
        &mut self,
        question: &Question,
        choice: &Choice,
    ) -> Result<(), AcceleratorError> {
        for layers in self.rounds(question) {
            let scored = self.score(question, &layers)?;
            let keep = self.choose(question, choice, &layers, &scored)?;
            let ascending = choice.order == KeepOrder::Slots;
            self.move_slots(&layers, &keep, choice.kept, ascending)?;
        }
        Ok(())
    }

    /// Launches all that makes the scores of some layers.
    fn score(
        &self,
        question: &Question,
        layers: &Range<usize>,
    ) -> Result<Scored<A::Memory>, AcceleratorError> {
        let (gpu, held) = (&*self.accelerator, question.held);
        let shape = self.rows(layers.len(), held);
        let candidates = held - question.window;
        let (all, open) = (shape.count * held, shape.count * candidates);
        let (DeviceScore::RKv { pool, .. } | DeviceScore::Importance { pool }) = question.score
        else {
            return Ok(Scored::default());
        };
        let words_of = |count: usize| gpu.allocate(count * WORD);
        let raw = words_of(open)?;
        let (importance, redundancy, score) = (words_of(open)?, words_of(open)?, words_of(open)?);
        let newest = words_of(all)?;
        let logits = words_of(question.queries.1 * open)?;
        let (inverse_norm, column_sum) = (words_of(all)?, words_of(all)?);
        let mut unit_sum = gpu.allocate(shape.count * shape.head_dim * FIXED)?;
        let mut spared = gpu.allocate(all * FIXED)?;
        gpu.clear(&mut unit_sum)?;
        gpu.clear(&mut spared)?;
        let at = |memory: &A::Memory| gpu.address(memory);
        let keys = self.keys_at(layers.start);
        let window = Window {
            queries: self.queries_at(layers.start),
            ring: self.ring(),
            first: question.queries.0,
            used: question.queries.1,
        };
        gpu.launch(&importance_logits(
            &shape,
            &window,
            keys,
            candidates,
            at(&logits),
            at(&inverse_norm),
            at(&unit_sum),
        ))?;
        let (mut similarity, mut weight) = (None, 1.0);
        if let DeviceScore::RKv {
            lambda, threshold, ..
        } = question.score
        {
            weight = lambda;
            let to = Similarity {
                column_sum: at(&column_sum),
                spared: at(&spared),
                newest: at(&newest),
            };
            let (norms, sum) = (at(&inverse_norm), at(&unit_sum));
            gpu.launch(&newest_similar(&shape, keys, norms, sum, threshold, &to))?;
            similarity = Some(to);
        }
        let places = Parts {
            raw: at(&raw),
            importance: at(&importance),
            redundancy: at(&redundancy),
            score: at(&score),
        };
        let mix = Mix {
            window: window.used,
            pool,
            lambda: weight,
        };
        gpu.launch(&score_candidates(
            &shape,
            at(&logits),
            similarity.as_ref(),
            &places,
            candidates,
            &mix,
        ))?;
        let similar = similarity.is_some().then_some((redundancy, newest));
        Ok(Scored {
            score: Some(score),
            importance: Some(importance),
            similar,
        })
    }

    /// Launches the selection; the result is `[rows, kept]`.
    fn choose(
        &self,
        question: &Question,
        choice: &Choice,
        layers: &Range<usize>,
        scored: &Scored<A::Memory>,
    ) -> Result<A::Memory, AcceleratorError> {
        let gpu = &*self.accelerator;
        let shape = self.rows(layers.len(), question.held);
        let sorted = if choice.order == KeepOrder::Slots {
            0
        } else {
            shape.count * sort_size(choice.kept)
        };
        let (sort_keys, sort_slots) = (gpu.allocate(sorted * FIXED)?, gpu.allocate(sorted * WORD)?);
        let keep = gpu.allocate(shape.count * choice.kept * WORD)?;
        let from = Selection {
            scores: scored.score.as_ref().map_or(0, |score| gpu.address(score)),
            positions: self.positions_at(layers.start),
            candidates: question.held - question.window,
            kept: choice.kept,
            protect: choice.protect,
            order: choice.order,
        };
        let sort = (gpu.address(&sort_keys), gpu.address(&sort_slots));
        gpu.launch(&select_slots(&shape, &from, sort, gpu.address(&keep)))?;
        Ok(keep)
    }

    /// Copies what the host wants to know.
    fn tell(
        &self,
        question: &Question,
        layers: &Range<usize>,
        scored: &Scored<A::Memory>,
        answer: &mut Answer,
    ) -> Result<(), AcceleratorError> {
        let gpu = &*self.accelerator;
        let rows = layers.len() * self.layer_rows();
        let (all, open) = (
            rows * question.held,
            rows * (question.held - question.window),
        );
        let float = f32::from_le_bytes;
        if let (Some(score), true) = (&scored.score, question.wanted >= Wanted::Score) {
            answer.score.extend(words(gpu, score, open, float)?);
        }
        if question.wanted < Wanted::Parts {
            return Ok(());
        }
        if let Some(importance) = &scored.importance {
            answer
                .importance
                .extend(words(gpu, importance, open, float)?);
        }
        if let Some((redundancy, newest)) = &scored.similar {
            answer
                .redundancy
                .extend(words(gpu, redundancy, open, float)?);
            answer
                .newest
                .extend(words(gpu, newest, all, i32::from_le_bytes)?);
        }
        Ok(())
    }

    /// Keeps the listed slots of every row, `[rows, kept]` in the order given, in all layers at once.
    ///
    /// Lists that are not ascending go layer by layer, through room for one layer's kept slots.
    ///
    /// # Errors
    /// [`AcceleratorError`]. The slots must be held and distinct within a row.
    pub fn compact(&mut self, keep: &[u32], kept: usize) -> Result<(), AcceleratorError> {
        let gpu = Arc::clone(&self.accelerator);
        let bytes: Vec<u8> = keep.iter().flat_map(|slot| slot.to_le_bytes()).collect();
        let mut list = gpu.allocate(bytes.len())?;
        gpu.upload(&mut list, 0, &bytes)?;
        let ascending = keep.chunks_exact(kept.max(1)).all(<[u32]>::is_sorted);
        self.move_slots(&(0..self.shape.layers), &list, kept, ascending)
    }

    /// Launches the compaction of some layers by a list `[rows, kept]`.
    fn move_slots(
        &mut self,
        layers: &Range<usize>,
        list: &A::Memory,
        kept: usize,
        ascending: bool,
    ) -> Result<(), AcceleratorError> {
        let gpu = Arc::clone(&self.accelerator);
        let layer_keep = self.layer_rows() * kept;
        let at_once = if ascending {
            (MOST_ROWS / self.layer_rows()).max(1)
        } else {
            1
        };
        let room = if ascending {
            None
        } else {
            let chunks = self.rows(1, 0).chunks();
            Some((
                gpu.allocate(layer_keep * 2 * chunks * 16)?,
                gpu.allocate(layer_keep * WORD)?,
            ))
        };
        let room = room.as_ref();
        let addresses = room.map_or((0, 0), |(slots, positions)| {
            (gpu.address(slots), gpu.address(positions))
        });
        for layer in layers.clone().step_by(at_once) {
            let shape = self.rows(at_once.min(layers.end - layer), 0);
            let cache = (
                self.keys_at(layer),
                self.values_at(layer),
                self.positions_at(layer),
            );
            let offset = (layer - layers.start) * layer_keep * WORD;
            let list = gpu.address(list) + offset as u64;
            gpu.launch(&compact_slots(&shape, cache, list, kept, addresses))?;
        }
        Ok(())
    }

    /// One layer's keys and values as numbers, `[batch * kv_heads, capacity, head_dim]`; slots not in use are undefined.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn read_layer(&self, layer: usize) -> Result<(Vec<f32>, Vec<f32>), AcceleratorError> {
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
            .map_err(|error| AcceleratorError::Failed {
                what: "give the cache back".to_owned(),
                why: error.to_string(),
            })
    }

    /// The same contents in a cache of another capacity; `held` slots are in use. Queries stay only with an equal window.
    ///
    /// # Errors
    /// [`AcceleratorError::OutOfMemory`], or the device failed.
    pub fn resized(&self, capacity: usize, held: usize) -> Result<Self, AcceleratorError> {
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

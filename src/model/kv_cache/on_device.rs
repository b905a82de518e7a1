//! A cache whose keys, values and queries are in an accelerator's memory.
//!
//! [`KvCache`] stays the one who knows which token is in which slot; the numbers are elsewhere. Policies with kernels are
//! asked there ([`KvCache::decide`]); any other sees the cache as always, after [`KvCache::fetch`] has brought copies of
//! all keys, values and queries. A policy that wants more than those (attention at every step) needs
//! [`KvCache::move_to_host`]: attention then runs on the CPU.

use candle_core::Tensor;

use super::{CacheError, CacheShape, KvCache};
use crate::config::{CacheSettings, Retain, Scope, SlotOrder};
use crate::kernels::cuda::compression::KeepOrder;
use crate::kernels::cuda::decode::{LayerConstants, NewTokens};
use crate::kernels::cuda::{Accelerator, AcceleratorError, MOST_WINDOW};
use crate::model::device_cache::{
    Answer, Choice, DeviceCache, DeviceScore, Question, Told, Wanted,
};
use crate::policy::HeadScores;
use crate::policy::select::Keep;
use crate::trace::{Position, RecordLevel, Slot};

/// The numbers of a cache on some accelerator.
pub trait DeviceMemory: std::fmt::Debug + Send + Sync {
    /// See [`DeviceCache::append_and_attend`].
    ///
    /// # Errors
    /// As there.
    fn append_and_attend(
        &mut self,
        layer: usize,
        rows: &Tensor,
        new: &NewTokens,
        constants: &LayerConstants,
    ) -> candle_core::Result<Tensor>;

    /// See [`DeviceCache::decide`].
    ///
    /// # Errors
    /// As there.
    fn decide(&self, question: &Question) -> Result<Answer, AcceleratorError>;

    /// See [`DeviceCache::compact`].
    ///
    /// # Errors
    /// As there.
    fn compact(&mut self, keep: &[u32], kept: usize) -> Result<(), AcceleratorError>;

    /// See [`DeviceCache::read_layer`].
    ///
    /// # Errors
    /// As there.
    fn read_layer(&self, layer: usize) -> Result<(Vec<f32>, Vec<f32>), AcceleratorError>;

    /// See [`DeviceCache::read_queries`].
    ///
    /// # Errors
    /// As there.
    fn read_queries(&self, layer: usize) -> Result<Vec<f32>, AcceleratorError>;

    /// See [`DeviceCache::resized`].
    ///
    /// # Errors
    /// As there.
    fn resized(
        &self,
        capacity: usize,
        held: usize,
    ) -> Result<Box<dyn DeviceMemory>, AcceleratorError>;

    /// Bytes of a number.
    fn element_bytes(&self) -> usize;
}

impl<A: Accelerator + 'static> DeviceMemory for DeviceCache<A> {
    fn append_and_attend(
        &mut self,
        layer: usize,
        rows: &Tensor,
        new: &NewTokens,
        constants: &LayerConstants,
    ) -> candle_core::Result<Tensor> {
        Self::append_and_attend(self, layer, rows, new, constants)
    }

    fn decide(&self, question: &Question) -> Result<Answer, AcceleratorError> {
        Self::decide(self, question)
    }

    fn compact(&mut self, keep: &[u32], kept: usize) -> Result<(), AcceleratorError> {
        Self::compact(self, keep, kept)
    }

    fn read_layer(&self, layer: usize) -> Result<(Vec<f32>, Vec<f32>), AcceleratorError> {
        Self::read_layer(self, layer)
    }

    fn read_queries(&self, layer: usize) -> Result<Vec<f32>, AcceleratorError> {
        Self::read_queries(self, layer)
    }

    fn resized(
        &self,
        capacity: usize,
        held: usize,
    ) -> Result<Box<dyn DeviceMemory>, AcceleratorError> {
        Ok(Box::new(Self::resized(self, capacity, held)?))
    }

    fn element_bytes(&self) -> usize {
        self.element().bytes()
    }
}

/// What kernels have decided.
pub struct Decided {
    /// Scores as far as they are recorded, on their way to the host.
    pub scores: LateScores,
    /// Who stays, `[layers][kv_heads]`, if that was theirs to choose.
    pub keep: Option<Vec<Vec<Keep>>>,
}

/// Waits for the scores, `[layers][kv_heads]`.
pub type LateScores = Box<dyn FnOnce() -> Result<Vec<Vec<HeadScores>>, CacheError> + Send + Sync>;

impl KvCache {
    /// An empty cache for one sequence, with its numbers in `memory`, which has the same shape.
    ///
    /// # Errors
    /// [`CacheError::Empty`] if a size is zero.
    pub fn on_device(shape: CacheShape, memory: Box<dyn DeviceMemory>) -> Result<Self, CacheError> {
        let mut cache = Self::without_numbers(shape)?;
        cache.device = Some(memory);
        Ok(cache)
    }

    /// Whether the numbers are in an accelerator's memory.
    pub fn is_on_device(&self) -> bool {
        self.device.is_some()
    }

    /// Appends a layer's rows of a pass over `tokens` tokens, as they are before RoPE, and attends over the layer.
    /// [`KvCache::commit`] makes them count. Room was checked.
    ///
    /// # Errors
    /// The device failed; the caller rolls back.
    pub fn append_on_device(
        &mut self,
        layer: usize,
        tokens: usize,
        rows: &Tensor,
        constants: &LayerConstants,
    ) -> candle_core::Result<Tensor> {
        let Some(device) = &mut self.device else {
            candle_core::bail!("the cache is not on a device");
        };
        let (ring, window) = (2 * self.shape.window, self.shape.window);
        let cache = &mut self.layers[layer];
        let new = NewTokens {
            batch: 1,
            tokens,
            held: cache.len,
            seen: self.seen,
            ring,
            ring_next: (cache.query_count + cache.pending_queries) % ring,
            remember: window,
        };
        let attended = device.append_and_attend(layer, rows, &new, constants)?;
        for positions in &mut cache.positions {
            positions.extend((0..tokens).map(|token| Position((self.seen + token) as u32)));
        }
        cache.len += tokens;
        cache.pending_entries += tokens;
        cache.pending_queries += tokens.min(window);
        Ok(attended)
    }

    /// Asks the kernels for scores and, where each head decides for itself, who stays. `None` if the cache is not on a
    /// device, or the policy's score has no kernel.
    ///
    /// # Errors
    /// [`CacheError::Device`].
    pub fn decide(
        &self,
        settings: &CacheSettings,
        prompt_tokens: u32,
        level: RecordLevel,
    ) -> Result<Option<Decided>, CacheError> {
        let (Some(device), Some(score)) = (&self.device, kernel_for(settings)) else {
            return Ok(None);
        };
        let (held, window) = (self.longest(), settings.window as usize);
        let uniform = self.layers.iter().all(|layer| layer.len == held);
        let remembered = self.layers[0].query_count.min(self.shape.window);
        let rows = remembered.min(window);
        if !uniform || rows == 0 || window > MOST_WINDOW || held <= window {
            return Ok(None);
        }
        let in_time_order = self
            .layers
            .iter()
            .flat_map(|layer| &layer.positions)
            .all(|positions| positions.is_sorted());
        let by_head = settings.scope == Scope::Head;
        let choice = by_head.then(|| Choice {
            kept: (settings.budget as usize).min(held),
            protect: settings.protected(prompt_tokens),
            order: match settings.order {
                SlotOrder::Reference => KeepOrder::Scores,
                SlotOrder::Time if in_time_order => KeepOrder::Slots,
                SlotOrder::Time => KeepOrder::Positions,
            },
        });
        let wanted = match level {
            RecordLevel::Components => Wanted::Parts,
            RecordLevel::Summary if by_head => Wanted::Nothing,
            RecordLevel::Scores | RecordLevel::Summary => Wanted::Score,
        };
        let question = Question {
            held,
            window,
            queries: (
                (self.layers[0].query_count - rows) % (2 * self.shape.window),
                rows,
            ),
            score,
            choice,
            wanted,
        };
        Ok(Some(self.unpack(question, device.decide(&question)?)))
    }

    fn unpack(&self, question: Question, answer: Answer) -> Decided {
        let (layers, heads) = (self.shape.layers, self.shape.kv_heads);
        let Answer { keep, told } = answer;
        let keep = question.choice.map(|choice| {
            let mut rows = keep.chunks_exact(choice.kept);
            let mut row = || {
                rows.next()
                    .unwrap_or_default()
                    .iter()
                    .map(|&slot| Slot(slot))
            };
            (0..layers)
                .map(|_| (0..heads).map(|_| row().collect()).collect())
                .collect()
        });
        // The slots will have moved when the scores arrive.
        let recency = (question.score == DeviceScore::Recency)
            .then(|| self.recency(question.held - question.window));
        let scores = move || {
            let mut told = told()?;
            if let Some(recency) = recency {
                told.score = recency;
            }
            let row = |row: usize| head_scores(&question, &told, row);
            let rows = |layer: usize| (layer * heads..(layer + 1) * heads).map(row).collect();
            Ok((0..layers).map(rows).collect())
        };
        Decided {
            scores: Box::new(scores),
            keep,
        }
    }

    /// Of the newest token the highest: positions as scores, `[rows, candidates]`.
    fn recency(&self, candidates: usize) -> Vec<f32> {
        let heads = self.layers.iter().flat_map(|layer| &layer.positions);
        heads
            .flat_map(|positions| &positions[..candidates])
            .map(|position| position.0 as f32)
            .collect()
    }

    /// Keeps the listed slots of every head of every layer, `[layers][kv_heads]`, as [`KvCache::compact`] does of one.
    ///
    /// # Errors
    /// [`CacheError::BadSelection`], or [`CacheError::Device`].
    pub fn compact_all(&mut self, keep: &[Vec<Keep>]) -> Result<(), CacheError> {
        let kept = keep
            .first()
            .and_then(|heads| heads.first())
            .map_or(0, Vec::len);
        let alike = keep.iter().flatten().all(|slots| slots.len() == kept);
        if self.device.is_some() && !alike {
            // Layers of different lengths are more than the kernels know.
            self.move_to_host()?;
        }
        for (layer, heads) in keep.iter().enumerate() {
            if self.device.is_none() {
                self.compact(layer, heads)?;
            } else {
                self.check_selection(layer, heads)?;
            }
        }
        let Some(device) = &mut self.device else {
            return Ok(());
        };
        let flat: Vec<u32> = keep.iter().flatten().flatten().map(|slot| slot.0).collect();
        device.compact(&flat, kept)?;
        for (layer, heads) in self.layers.iter_mut().zip(keep) {
            for (positions, slots) in layer.positions.iter_mut().zip(heads) {
                *positions = slots.iter().map(|slot| positions[slot.index()]).collect();
            }
            layer.len = kept;
        }
        Ok(())
    }

    /// Copies keys, values and remembered queries from the device, so that [`KvCache::keys`] and its like show them as
    /// they are now. Does nothing for a cache on the host.
    ///
    /// # Errors
    /// [`CacheError::Device`], or [`CacheError::TooLarge`] if the host has no room for them.
    pub fn fetch(&mut self) -> Result<(), CacheError> {
        let Some(device) = &self.device else {
            return Ok(());
        };
        // What an earlier look has fetched is there already, and makes room for the new.
        if self
            .layers
            .first()
            .is_some_and(|layer| layer.keys.is_empty())
        {
            Self::room_on_host(self.shape)?;
        }
        for (index, layer) in self.layers.iter_mut().enumerate() {
            (layer.keys, layer.values) = device.read_layer(index)?;
            layer.queries = device.read_queries(index)?;
        }
        Ok(())
    }

    /// Whether the host could take the cache, if `settings` name a policy that no kernel scores.
    ///
    /// # Errors
    /// [`CacheError::TooLarge`].
    pub fn can_be_scored(&self, settings: &CacheSettings) -> Result<(), CacheError> {
        if self.device.is_some() && kernel_for(settings).is_none() {
            Self::room_on_host(self.shape)?;
        }
        Ok(())
    }

    /// Takes the cache off the device, for a policy that watches attention.
    ///
    /// # Errors
    /// As [`KvCache::fetch`].
    pub fn move_to_host(&mut self) -> Result<(), CacheError> {
        self.fetch()?;
        self.scratch.resize(self.shape.head_floats(), 0.0);
        self.device = None;
        Ok(())
    }
}

/// One head's scores among those of all.
fn head_scores(question: &Question, told: &Told, row: usize) -> HeadScores {
    let candidates = question.held - question.window;
    let numbers = |all: &[f32]| {
        (!all.is_empty()).then(|| all[row * candidates..(row + 1) * candidates].to_vec())
    };
    HeadScores {
        score: numbers(&told.score).unwrap_or_default(),
        importance: numbers(&told.importance),
        redundancy: numbers(&told.redundancy),
        newest_similar: (!told.newest.is_empty()).then(|| {
            told.newest[row * question.held..][..candidates]
                .iter()
                .map(|&slot| u32::try_from(slot).ok())
                .collect()
        }),
    }
}

/// The kernel that computes the score of a policy, if there is one.
fn kernel_for(settings: &CacheSettings) -> Option<DeviceScore> {
    let pool = settings.kernel as usize;
    match settings.policy.as_str() {
        "rkv" | "rkv-global" if settings.retain == Retain::Newest => Some(DeviceScore::RKv {
            lambda: settings.lambda,
            threshold: settings.threshold as f32,
            pool,
        }),
        "snapkv" => Some(DeviceScore::Importance { pool }),
        "streamingllm" | "recency-prompt" => Some(DeviceScore::Recency),
        _ => None,
    }
}

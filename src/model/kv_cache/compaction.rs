//! What takes entries out of a cache or moves them: compaction to the kept slots, another capacity, an empty start.

use super::{CacheError, CacheShape, KvCache};
use crate::trace::Slot;

impl KvCache {
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
        if self.device.is_some() && window != self.shape.window {
            // The device's ring of queries is of one size; this happens for windows of more than 64 only.
            let mut copy = self.resized(self.shape.capacity, self.shape.window)?;
            copy.move_to_host()?;
            return copy.resized(capacity, window);
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
        if let Some(device) = &self.device {
            next.device = Some(device.resized(capacity, held)?);
            for (next, old) in next.layers.iter_mut().zip(&self.layers) {
                next.query_count = old.query_count;
            }
        }
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

    pub(super) fn check_selection(
        &mut self,
        layer: usize,
        keep: &[Vec<Slot>],
    ) -> Result<usize, CacheError> {
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

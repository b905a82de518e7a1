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
        let shape = CacheShape {
            capacity,
            window,
            ..self.shape
        };
        // The device's ring of queries is of one size: with another window, which there is above 64 only, the copy is on the
        // host.
        let device = self.device.as_ref();
        let stays = device.filter(|_| window == self.shape.window);
        let mut next = match stays {
            Some(device) => Self::on_device(shape, device.resized(capacity, held)?)?,
            None => Self::new(shape)?,
        };
        for (index, old) in self.layers.iter().enumerate() {
            let layer = &mut next.layers[index];
            for (positions, old) in layer.positions.iter_mut().zip(&old.positions) {
                positions.extend_from_slice(old);
            }
            layer.len = old.len;
            layer.mass = old
                .mass
                .as_ref()
                .map(|mass| mass.resized(capacity, old.len));
            match (stays, device) {
                (Some(_), _) => layer.query_count = old.query_count,
                (None, None) => {
                    next.take_numbers(index, self, [&old.keys, &old.values, &old.queries]);
                }
                (None, Some(device)) => {
                    let (keys, values) = device.read_layer(index)?;
                    let queries = device.read_queries(index)?;
                    next.take_numbers(index, self, [&keys, &values, &queries]);
                }
            }
        }
        next.seen = self.seen;
        next.probe = self.probe.clone();
        Ok(next)
    }

    /// Takes one layer's keys, values and queries over from a cache of other sizes.
    fn take_numbers(&mut self, index: usize, from: &Self, [keys, values, queries]: [&[f32]; 3]) {
        let (old, shape) = (&from.layers[index], self.shape);
        let layer = &mut self.layers[index];
        let floats = old.len * shape.head_dim;
        for head in 0..shape.kv_heads {
            let (at, to) = (head * from.shape.head_floats(), head * shape.head_floats());
            layer.keys[to..to + floats].copy_from_slice(&keys[at..at + floats]);
            layer.values[to..to + floats].copy_from_slice(&values[at..at + floats]);
        }
        let (ring, width) = (2 * shape.window, shape.query_floats());
        let rows = from.shape.newest_rows(queries, old.query_count);
        let skipped = rows.len().saturating_sub(ring);
        for row in rows.skip(skipped) {
            let at = layer.query_count % ring * width;
            layer.queries[at..at + width].copy_from_slice(row);
            layer.query_count += 1;
        }
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

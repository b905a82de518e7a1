//! How much attention each slot has received: what policies that count heavy hitters keep beside keys and values.

use crate::trace::Slot;

/// Sums of softmax weights over all queries since a slot was filled, and over the query heads of its KV head.
#[derive(Clone, Debug)]
pub(super) struct AttentionMass {
    capacity: usize,
    /// `[kv_heads, capacity]`; zero beyond the held slots.
    total: Vec<f32>,
    /// The pass under way, which may yet be undone; zero between passes.
    pass: Vec<f32>,
}

impl AttentionMass {
    pub(super) fn new(kv_heads: usize, capacity: usize) -> Self {
        Self {
            capacity,
            total: vec![0.0; kv_heads * capacity],
            pass: vec![0.0; kv_heads * capacity],
        }
    }

    /// The same sums over another number of slots, of which `held` are filled.
    pub(super) fn resized(&self, capacity: usize, held: usize) -> Self {
        let mut next = Self::new(self.total.len() / self.capacity, capacity);
        for (new, old) in next
            .total
            .chunks_exact_mut(capacity)
            .zip(self.total.chunks_exact(self.capacity))
        {
            new[..held].copy_from_slice(&old[..held]);
        }
        next
    }

    /// One head's sums over its `held` slots.
    pub(super) fn of(&self, head: usize, held: usize) -> &[f32] {
        &self.total[head * self.capacity..][..held]
    }

    /// Where the attention of the pass under way adds its weights, `[kv_heads, capacity]`.
    pub(super) fn pass_mut(&mut self) -> &mut [f32] {
        &mut self.pass
    }

    pub(super) fn commit(&mut self, held: usize) {
        let totals = self.total.chunks_exact_mut(self.capacity);
        for (total, pass) in totals.zip(self.pass.chunks_exact_mut(self.capacity)) {
            for (total, pass) in total[..held].iter_mut().zip(&mut pass[..held]) {
                *total += *pass;
                *pass = 0.0;
            }
        }
    }

    pub(super) fn undo(&mut self) {
        self.pass.fill(0.0);
    }

    pub(super) fn clear(&mut self) {
        self.total.fill(0.0);
        self.pass.fill(0.0);
    }

    /// Keeps the listed ones of `held` slots, in their order.
    pub(super) fn compact(&mut self, head: usize, slots: &[Slot], held: usize) {
        let total = &mut self.total[head * self.capacity..][..held];
        let kept: Vec<f32> = slots.iter().map(|slot| total[slot.index()]).collect();
        let (front, rest) = total.split_at_mut(kept.len());
        front.copy_from_slice(&kept);
        rest.fill(0.0);
    }
}

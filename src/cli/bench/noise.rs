//! Made-up contents of a cache.

/// Roughly normal numbers (a sum of uniform ones), the same on every machine.
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> f32 {
        let mut sum = 0.0;
        for _ in 0..4 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (self.0 >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
        }
        sum * 3f32.sqrt()
    }

    pub(super) fn take(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next()).collect()
    }

    /// A direction for keys to have in common, as strong as that of real ones.
    pub(super) fn direction(&mut self, head_dim: usize) -> Vec<f32> {
        (0..head_dim).map(|_| 1.5 * self.next()).collect()
    }

    /// Keys with a direction in common, `[slots, direction.len()]`.
    pub(super) fn keys_along(&mut self, direction: &[f32], slots: usize) -> Vec<f32> {
        let repeated = direction.iter().cycle().take(slots * direction.len());
        repeated.map(|common| self.next() + common).collect()
    }
}

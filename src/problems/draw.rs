//! Seeded random draws: the same seed gives the same problems on every machine, so the generator is our own (SplitMix64,
//! Steele, Lea and Flood 2014) and uses integers only.

use std::ops::RangeInclusive;

/// A stream of random draws.
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// The stream of problem number `index` of a seed: any problem can be drawn without those before it.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut seeded = Self(seed);
        let start = seeded.next();
        let mut indexed = Self(start ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03));
        Self(indexed.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`, for `n` of at least 1 (multiply and shift: the bias is below n / 2^64).
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Uniform in a range that is not empty.
    pub fn range(&mut self, range: RangeInclusive<i64>) -> i64 {
        range.start() + self.below((range.end() - range.start() + 1) as usize) as i64
    }

    /// True in `percent` of 100 draws.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    /// One of several; `from` must not be empty.
    pub fn one_of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A copy of one of several; `from` must not be empty.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *self.one_of(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_same_everywhere() {
        // First output of SplitMix64 for state 0, as its authors publish it.
        assert_eq!(Draw(0).next(), 0xE220_A839_7B1D_CDAF);
        let mut draw = Draw::new(1, 2);
        let values: Vec<i64> = (0..1000).map(|_| draw.range(3..=9)).collect();
        assert!((3..=9).all(|v| values.contains(&v)) && values.iter().all(|v| (3..=9).contains(v)));
        assert_ne!(Draw::new(1, 2).next(), Draw::new(2, 1).next());
    }
}

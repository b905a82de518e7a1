//! A group's share of the evictions against its share of something else, with an honest range.
//!
//! Tokens of one sentence, and one token's heads, leave together; counting pairs as if each were a draw of
//! its own would give ranges far too narrow. The range therefore comes from leaving out one block (a
//! segment; for near duplicates a compression) at a time: the delete-one jackknife (Efron and Tibshirani
//! 1993, chapter 11) of the ratio's logarithm, `exp(ln r ± 1.96 se)`. It says how far the ratio hangs on
//! single blocks of these runs, nothing about other problems or models.

use serde::Serialize;

/// What a stretch of text came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Tokens.
    pub tokens: u64,
    /// Pairs that could be evicted.
    pub eligible: u64,
    /// Pairs that were.
    pub evicted: u64,
    /// Log-rank expectation of a blind choice; may exceed the pairs.
    pub expected: f64,
}

/// A block's tally, the group's part of it and the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Block {
    /// What belongs to the group.
    pub part: Tally,
    /// Everything.
    pub whole: Tally,
}

/// A group's counts, block by block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Blocks that stand or fall together.
    pub blocks: Vec<Block>,
}

/// A share of the evictions over another share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// 1 is the fair share.
    pub value: f64,
    /// 95 % range; missing if leaving out one block leaves nothing to compare.
    pub range: Option<[f64; 2]>,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.tokens += other.tokens;
        self.eligible += other.eligible;
        self.evicted += other.evicted;
        self.expected += other.expected;
    }

    fn without(&self, other: &Self) -> Self {
        Self {
            tokens: self.tokens - other.tokens,
            eligible: self.eligible - other.eligible,
            evicted: self.evicted - other.evicted,
            expected: self.expected - other.expected,
        }
    }
}

impl Counts {
    /// All blocks together.
    pub fn total(&self) -> Block {
        let mut total = Block::default();
        for block in &self.blocks {
            total.part.add(&block.part);
            total.whole.add(&block.whole);
        }
        total
    }

    /// Share of evicted pairs over share of tokens; `None` without either.
    pub fn over_tokens(&self) -> Option<Ratio> {
        self.ratio(|tally| tally.tokens as f64)
    }

    /// Share of evicted pairs over share of eligible pairs.
    pub fn over_eligible(&self) -> Option<Ratio> {
        self.ratio(|tally| tally.eligible as f64)
    }

    /// Share of evicted pairs over the share of the expectation: the pace against a blind choice.
    pub fn over_chance(&self) -> Option<Ratio> {
        self.ratio(|tally| tally.expected)
    }

    fn ratio(&self, base: impl Fn(&Tally) -> f64) -> Option<Ratio> {
        let total = self.total();
        let log = |part: &Tally, whole: &Tally| {
            let share = part.evicted as f64 / whole.evicted as f64;
            let fair = base(part) / base(whole);
            let ratio = share / fair;
            // Sums of chances leave a trace of rounding where nothing is left.
            let left = ratio.is_finite() && ratio > 0.0 && base(part) > 1e-9;
            left.then(|| ratio.ln())
        };
        let fair = base(&total.part) / base(&total.whole);
        if total.whole.evicted == 0 || fair.is_nan() || fair <= 0.0 {
            return None;
        }
        let share = total.part.evicted as f64 / total.whole.evicted as f64;
        Some(Ratio {
            value: share / fair,
            range: log(&total.part, &total.whole).and_then(|middle| {
                let without: Vec<f64> = self
                    .blocks
                    .iter()
                    .map(|b| log(&total.part.without(&b.part), &total.whole.without(&b.whole)))
                    .collect::<Option<_>>()?;
                let n = without.len() as f64;
                let mean = without.iter().sum::<f64>() / n;
                let squares: f64 = without.iter().map(|v| (v - mean).powi(2)).sum();
                let error = ((n - 1.0) / n * squares).sqrt();
                let reach = 1.96 * error;
                (n >= 2.0).then(|| [(middle - reach).exp(), (middle + reach).exp()])
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(part: (u64, u64), whole: (u64, u64)) -> Block {
        let tally = |(tokens, evicted)| Tally {
            tokens,
            evicted,
            eligible: tokens,
            expected: tokens as f64 / 2.0,
        };
        Block {
            part: tally(part),
            whole: tally(whole),
        }
    }

    #[test]
    fn a_ratio_is_share_over_share() {
        // The group is 20 of 100 tokens and 30 of 60 evictions: half over a fifth.
        let counts = Counts {
            blocks: vec![block((10, 10), (50, 30)), block((10, 20), (50, 30))],
        };
        let ratio = counts.over_tokens().unwrap();
        assert!((ratio.value - 2.5).abs() < 1e-12);
        // Without the first block 2/3 over 1/5, without the second 1/3 over 1/5.
        let (a, b) = ((10f64 / 3.0).ln(), (5f64 / 3.0).ln());
        let error = (0.5 * 2.0 * ((a - b) / 2.0).powi(2)).sqrt();
        let [low, high] = ratio.range.unwrap();
        assert!((low - (2.5f64.ln() - 1.96 * error).exp()).abs() < 1e-12);
        assert!((high - (2.5f64.ln() + 1.96 * error).exp()).abs() < 1e-12);
    }

    #[test]
    fn alike_blocks_have_a_narrow_range_and_one_block_none() {
        let alike = Counts {
            blocks: vec![block((10, 5), (50, 10)); 8],
        };
        let ratio = alike.over_chance().unwrap();
        assert!((ratio.value - 2.5).abs() < 1e-12);
        assert!(
            ratio
                .range
                .unwrap()
                .iter()
                .all(|end| (end - 2.5).abs() < 1e-9)
        );
        let one = Counts {
            blocks: vec![block((10, 5), (50, 10))],
        };
        assert_eq!(one.over_eligible().unwrap().range, None);
        let lonely = Counts {
            blocks: vec![block((10, 5), (50, 10)), block((0, 0), (50, 10))],
        };
        assert_eq!(lonely.over_tokens().unwrap().range, None);
    }

    #[test]
    fn nothing_evicted_is_no_ratio_and_none_of_the_group_is_zero() {
        let none = Counts {
            blocks: vec![block((10, 0), (50, 0)); 2],
        };
        assert_eq!(none.over_tokens(), None);
        let spared = Counts {
            blocks: vec![block((10, 0), (50, 9)); 2],
        };
        assert_eq!(
            spared.over_tokens(),
            Some(Ratio {
                value: 0.0,
                range: None
            })
        );
        assert_eq!(Counts::default().over_tokens(), None);
    }
}

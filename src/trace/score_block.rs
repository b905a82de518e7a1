//! Scores of one compression, two bytes each, with a range per head.
//!
//! Importance spans many orders of magnitude and redundancy a few per mille, so positive scores are
//! coded in the logarithm within their row's own range: the relative error is below 2e-4 for any row
//! whose largest and smallest differ by up to 1e9, and far below that for redundancy.

use serde::{Deserialize, Serialize};

/// Which score a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Component {
    /// What the last queries attend to (R-KV §3.2): higher is kept.
    Importance,
    /// How much a key repeats others (R-KV §3.3): higher is dropped.
    Redundancy,
    /// The score that decided: higher is kept.
    Score,
}

/// How codes map to values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coding {
    /// `exp` of a linear range; for positive scores.
    Log,
    /// A linear range; for scores of either sign.
    Linear,
}

/// Smallest share of a row's maximum that the logarithmic coding keeps apart from zero.
const LOG_FLOOR: f32 = 1e-9;

/// No f32 has a logarithm further from zero.
const FURTHEST_LOG: f32 = 104.0;

/// Rows of scores, one per head (by layer, then KV head), each over that head's candidates by position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreBlock {
    /// Which score this is.
    pub component: Component,
    coding: Coding,
    ends: Vec<u32>,
    low: Vec<f32>,
    high: Vec<f32>,
    #[serde(with = "super::packed")]
    codes: Vec<u16>,
}

impl ScoreBlock {
    /// An empty block; rows are pushed head by head. Scores may be of either sign.
    pub fn new(component: Component) -> Self {
        let coding = match component {
            Component::Importance | Component::Redundancy => Coding::Log,
            Component::Score => Coding::Linear,
        };
        Self::coded(component, coding)
    }

    /// An empty block of scores none of which is negative, as policies have that score by attention: the tokens at the
    /// edge of eviction are the smallest of a long tail.
    pub fn of_positive_scores() -> Self {
        Self::coded(Component::Score, Coding::Log)
    }

    fn coded(component: Component, coding: Coding) -> Self {
        Self {
            component,
            coding,
            ends: vec![],
            low: vec![],
            high: vec![],
            codes: vec![],
        }
    }

    /// Appends the next head's row. Values that are not finite count as the row's lowest.
    pub fn push_row(&mut self, values: &[f32]) {
        let map = |value: f32, floor: f32| match self.coding {
            Coding::Log => value.max(floor).ln(),
            Coding::Linear => value,
        };
        let max = values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(0.0f32, f32::max);
        let floor = (max * LOG_FLOOR).max(f32::MIN_POSITIVE);
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for &value in values.iter().filter(|v| v.is_finite()) {
            let mapped = map(value, floor);
            low = low.min(mapped);
            high = high.max(mapped);
        }
        if low > high {
            (low, high) = (0.0, 0.0);
        }
        let scale = if high > low {
            65535.0 / (f64::from(high) - f64::from(low))
        } else {
            0.0
        };
        self.codes.extend(values.iter().map(|&value| {
            if value.is_finite() {
                let offset = f64::from(map(value, floor)) - f64::from(low);
                (offset * scale).round() as u16
            } else {
                0
            }
        }));
        self.low.push(low);
        self.high.push(high);
        self.ends.push(self.codes.len() as u32);
    }

    /// Number of rows (heads).
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// Scores in a row; 0 for a row that is not there.
    pub fn row_len(&self, row: usize) -> usize {
        self.range(row).len()
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        let Some(&end) = self.ends.get(row) else {
            return 0..0;
        };
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start as usize..end as usize
    }

    /// The values of a head's row, by candidate.
    pub fn row(&self, row: usize) -> impl Iterator<Item = f32> + '_ {
        let codes = &self.codes[self.range(row)];
        let mut decoder = self.decoder(row);
        if codes.len() >= WORTH_TABLES {
            decoder.prepare();
        }
        codes.iter().map(move |&code| decoder.value(code))
    }

    /// One value of a head's row; `None` if it has no such candidate.
    pub fn value(&self, row: usize, candidate: usize) -> Option<f32> {
        let code = self.codes[self.range(row)].get(candidate)?;
        Some(self.decoder(row).value(*code))
    }

    /// Whether a value of a head's row stands at the recording's floor: the score was this much or less.
    pub fn is_floor(&self, row: usize, value: f32) -> bool {
        let Some(high) = self.high.get(row) else {
            return false;
        };
        let floor = (high.exp() * LOG_FLOOR).max(f32::MIN_POSITIVE);
        // Less than the step from one code to the next, more than what the logarithms round away.
        self.coding == Coding::Log && value <= floor * (1.0 + 1e-4)
    }

    fn decoder(&self, row: usize) -> Decoder {
        let end = |ends: &[f32]| f64::from(ends.get(row).copied().unwrap_or(0.0));
        let (low, high) = (end(&self.low), end(&self.high));
        Decoder {
            coding: self.coding,
            low,
            step: (high - low) / 65535.0,
            tables: None,
        }
    }

    /// Whether the parts agree with each other; false only for a damaged file.
    pub fn is_consistent(&self) -> bool {
        let furthest = match self.coding {
            Coding::Log => FURTHEST_LOG,
            Coding::Linear => f32::MAX,
        };
        self.ends.len() == self.low.len()
            && self.ends.len() == self.high.len()
            && self.ends.is_sorted()
            && self.ends.last().copied().unwrap_or(0) as usize == self.codes.len()
            && self
                .low
                .iter()
                .chain(&self.high)
                .all(|end| end.abs() <= furthest)
    }
}

/// Candidates of a row from which on it is cheaper to read with tables.
const WORTH_TABLES: usize = 256;

/// What the codes of a row stand for.
///
/// A logarithmic value is the exponential of its code's high byte times that of the low one, so 512 exponentials serve a
/// row, however long. In f64 the product is off by less than a millionth of the spacing of the f32 that it ends as.
struct Decoder {
    coding: Coding,
    low: f64,
    step: f64,
    tables: Option<Box<Tables>>,
}

/// Exponentials by byte.
struct Tables {
    coarse: [f64; 256],
    fine: [f64; 256],
}

impl Decoder {
    /// Forms the tables, if the coding has a use for them.
    fn prepare(&mut self) {
        self.tables = (self.coding == Coding::Log).then(|| {
            Box::new(Tables {
                coarse: std::array::from_fn(|byte| self.coarse(byte as u8)),
                fine: std::array::from_fn(|byte| self.fine(byte as u8)),
            })
        });
    }

    fn value(&self, code: u16) -> f32 {
        let [high, low] = code.to_be_bytes();
        let value = match (&self.tables, self.coding) {
            (Some(tables), _) => tables.coarse[usize::from(high)] * tables.fine[usize::from(low)],
            (None, Coding::Log) => self.coarse(high) * self.fine(low),
            (None, Coding::Linear) => self.low + f64::from(code) * self.step,
        };
        value as f32
    }

    fn coarse(&self, high: u8) -> f64 {
        (self.low + f64::from(high) * 256.0 * self.step).exp()
    }

    fn fine(&self, low: u8) -> f64 {
        (f64::from(low) * self.step).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{HeadRow, Position};

    /// From 0 to 1, decided by its arguments.
    fn noise(seed: u32, i: u32) -> f32 {
        let mut bits = seed ^ i.wrapping_mul(0x9e37_79b9);
        bits = (bits ^ (bits >> 16)).wrapping_mul(0x85eb_ca6b);
        bits = (bits ^ (bits >> 13)).wrapping_mul(0xc2b2_ae35);
        (bits ^ (bits >> 16)) as f32 / u32::MAX as f32
    }

    fn range_of(values: &[f32]) -> f32 {
        let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let min = values.iter().copied().fold(f32::INFINITY, f32::min);
        max - min
    }

    #[test]
    fn importance_keeps_its_relative_precision_over_six_decades() {
        let values: Vec<f32> = (0..600).map(|i| 10f32.powf(-(i as f32) / 100.0)).collect();
        let mut block = ScoreBlock::new(Component::Importance);
        block.push_row(&[1.0, 2.0]);
        block.push_row(&values);
        for (want, got) in values.iter().zip(block.row(1)) {
            assert!((want - got).abs() <= 2e-4 * want, "{want} became {got}");
        }
    }

    #[test]
    fn a_long_row_one_value_of_it_and_the_exponential_of_each_code_agree() {
        let values: Vec<f32> = (0..3000).map(|i| (i as f32 * 0.37).sin().exp()).collect();
        let mut block = ScoreBlock::new(Component::Importance);
        block.push_row(&values);
        let (low, high) = (f64::from(block.low[0]), f64::from(block.high[0]));
        for (i, got) in block.row(0).enumerate() {
            assert_eq!(block.value(0, i), Some(got));
            let code = f64::from(block.codes[i]);
            let want = (low + code * ((high - low) / 65535.0)).exp() as f32;
            assert!((want - got).abs() <= f32::EPSILON * want, "{want} or {got}");
        }
    }

    #[test]
    fn a_range_that_no_score_has_is_damage() {
        let mut block = ScoreBlock::of_positive_scores();
        block.push_row(&[f32::MIN_POSITIVE, f32::MAX]);
        assert!(block.is_consistent());
        block.high[0] = 1e30;
        assert!(!block.is_consistent());
    }

    #[test]
    fn scores_of_either_sign_are_true_to_a_fifty_thousandth_of_their_range() {
        let values: Vec<f32> = (0..1000).map(|i| 0.75 * noise(1, i) - 0.5).collect();
        let range = range_of(&values);
        let mut block = ScoreBlock::new(Component::Score);
        block.push_row(&values);
        assert_eq!(block.row_len(0), values.len());
        for (want, got) in values.iter().zip(block.row(0)) {
            assert!((want - got).abs() <= 2e-5 * range, "{want} became {got}");
        }
        assert!(block.is_consistent());
    }

    #[test]
    fn z_formed_again_from_its_recorded_parts_is_true_to_a_five_thousandth_of_its_range() {
        // Importance spans decades, and redundancy is nearly the same for every token.
        let importance: Vec<f32> = (0..1000)
            .map(|i| 0.01 * 10f32.powf(-8.0 * noise(2, i)))
            .collect();
        let redundancy: Vec<f32> = (0..1000)
            .map(|i| (1.0 + 0.2 * noise(3, i)) / 1000.0)
            .collect();
        let mut recorded = [
            ScoreBlock::new(Component::Importance),
            ScoreBlock::new(Component::Redundancy),
        ];
        recorded[0].push_row(&importance);
        recorded[1].push_row(&redundancy);
        for lambda in [0.0f32, 0.1, 0.5, 1.0] {
            let parts = importance.iter().zip(&redundancy);
            let scores: Vec<f32> = parts
                .map(|(importance, redundancy)| lambda * importance - (1.0 - lambda) * redundancy)
                .collect();
            let range = range_of(&scores);
            for (i, want) in scores.iter().enumerate() {
                let [importance, redundancy] = [0, 1].map(|part| recorded[part].value(0, i));
                let row = HeadRow::of(
                    Position(i as u32),
                    [importance, redundancy, None],
                    lambda,
                    false,
                    None,
                );
                let got = row.score.unwrap();
                assert!(
                    (want - got).abs() <= 2e-4 * range,
                    "lambda {lambda}: {want} became {got}"
                );
            }
        }
    }

    #[test]
    fn small_positive_scores_stay_apart() {
        let mut block = ScoreBlock::of_positive_scores();
        let scores = [0.9, 6e-6, 2e-6, 1e-6];
        block.push_row(&scores);
        for (want, got) in scores.iter().zip(block.row(0)) {
            assert!((want - got).abs() <= 2e-4 * want, "{want} became {got}");
        }
    }

    #[test]
    fn what_was_too_small_to_record_is_known_as_a_bound() {
        let mut block = ScoreBlock::new(Component::Importance);
        block.push_row(&[12.0, 3e-3, 2e-8, 1e-12, 0.0]);
        block.push_row(&[0.25, 0.125]);
        block.push_row(&[0.0; 2]);
        let floor = |row: usize| -> Vec<bool> {
            block
                .row(row)
                .map(|value| block.is_floor(row, value))
                .collect()
        };
        assert_eq!(floor(0), [false, false, false, true, true]);
        assert_eq!(floor(1), [false; 2]);
        assert_eq!(floor(2), [true; 2]);
        let mut scores = ScoreBlock::new(Component::Score);
        scores.push_row(&[-0.5, 0.25]);
        assert!(!scores.is_floor(0, -0.5));
    }

    #[test]
    fn a_constant_row_and_an_empty_row_survive() {
        let mut block = ScoreBlock::new(Component::Redundancy);
        block.push_row(&[0.125; 4]);
        block.push_row(&[]);
        assert_eq!(block.row(0).collect::<Vec<_>>(), vec![0.125; 4]);
        assert_eq!(block.row_len(1), 0);
        assert_eq!(block.row(7).count(), 0);
        assert_eq!(block.value(0, 3), Some(0.125));
        assert_eq!(
            (block.value(0, 4), block.value(1, 0), block.value(7, 0)),
            (None, None, None)
        );
    }
}

//! From values to 0..1 for colour, and the numbers on the colour bar.

use crate::export::{IMPORTANCE_ENDS, IMPORTANCE_REACH, REDUNDANCY_ENDS, SCORE_ENDS};
use crate::ui::quantity::{score, signed};

use super::Quality;

/// How a quality's values of one compression map to a ramp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Even steps of the logarithm between two positive values.
    Log {
        /// Value at 0.
        low: f32,
        /// Value at 1.
        high: f32,
    },
    /// Even steps between two values.
    Linear {
        /// Value at 0.
        low: f32,
        /// Value at 1.
        high: f32,
    },
    /// Zero lies at 0.5; even steps on each side, whose reaches differ: scores fall short of a cut by
    /// little and exceed it by much.
    Centred {
        /// Value at 0, negative.
        below: f32,
        /// Value at 1, positive.
        above: f32,
    },
}

impl Scale {
    /// The scale that shows a quality's values best, with the ends that it has in an export.
    pub fn of(quality: Quality, mut values: Vec<f32>) -> Option<Self> {
        let mut at = |share: f32| {
            let i = ((values.len().checked_sub(1)?) as f32 * share).round() as usize;
            Some(*values.select_nth_unstable_by(i, f32::total_cmp).1)
        };
        Some(match quality {
            Quality::Importance => {
                let [lower, upper] = IMPORTANCE_ENDS;
                let high = at(upper)?.max(f32::MIN_POSITIVE);
                let low = at(lower)?.max(high * IMPORTANCE_REACH).min(high * 0.999);
                Self::Log { low, high }
            }
            Quality::Redundancy | Quality::Held => {
                let [lower, upper] = REDUNDANCY_ENDS;
                let (low, high) = (at(lower)?, at(upper)?);
                Self::Linear {
                    low,
                    high: if high > low {
                        high
                    } else {
                        low + low.abs().max(1e-12)
                    },
                }
            }
            Quality::Score => {
                let [lower, upper] = SCORE_ENDS;
                let (below, above) = (at(lower)?, at(upper)?);
                let least = (above - below).abs().max(f32::MIN_POSITIVE) * 1e-3;
                Self::Centred {
                    below: below.min(-least),
                    above: above.max(least),
                }
            }
        })
    }

    /// A value's place on the ramp, 0 to 1.
    pub fn unit(&self, value: f32) -> f32 {
        let t = match *self {
            Self::Log { low, high } => (value.max(low) / low).ln() / (high / low).ln(),
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Centred { below, .. } if value < 0.0 => 0.5 - 0.5 * value / below,
            Self::Centred { above, .. } => 0.5 + 0.5 * value / above,
        };
        if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) }
    }

    /// Numbers for the colour bar by their place.
    pub fn numbers(&self) -> Vec<(f32, String)> {
        match *self {
            Self::Log { low, high } => vec![
                (0.0, format!("≤ {}", score(low))),
                (0.5, score((low * high).sqrt())),
                (1.0, score(high)),
            ],
            Self::Linear { low, high } => vec![
                (0.0, format!("≤ {}", score(low))),
                (0.5, score(f32::midpoint(low, high))),
                (1.0, format!("≥ {}", score(high))),
            ],
            Self::Centred { below, above } => vec![
                (0.0, format!("≤ {}", score(below))),
                // The ends are differences, unlike the score in a cell's tooltip.
                (0.5, "Z − cut".to_owned()),
                (1.0, format!("≥ {}", signed(above))),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importance_is_logarithmic() {
        let values: Vec<f32> = (0..=400).map(|i| 10f32.powf(-(i as f32) / 100.0)).collect();
        let scale = Scale::of(Quality::Importance, values).unwrap();
        assert_eq!(scale.unit(1.0), 1.0);
        let (a, b) = (scale.unit(1e-1), scale.unit(1e-2));
        assert!(
            (scale.unit(1.0) - a - (a - b)).abs() < 1e-3,
            "a decade is a step"
        );
        assert_eq!(scale.unit(0.0), 0.0);
    }

    #[test]
    fn scores_put_the_cut_in_the_middle() {
        let scale = Scale::of(Quality::Score, vec![-0.02, -0.01, 0.0, 0.005]).unwrap();
        assert_eq!(scale.unit(0.0), 0.5);
        assert!(scale.unit(0.005) > 0.9 && scale.unit(-0.02) < 0.1);
        assert!(
            (scale.unit(-0.01) - 0.25).abs() < 1e-3,
            "half way down to the lowest"
        );
    }

    #[test]
    fn a_constant_row_and_no_values_do_not_break() {
        let flat = Scale::of(Quality::Redundancy, vec![0.01; 5]).unwrap();
        assert_eq!(flat.unit(0.01), 0.0);
        assert!(
            Scale::of(Quality::Importance, vec![0.0; 3])
                .unwrap()
                .unit(0.0)
                .is_finite()
        );
        assert_eq!(Scale::of(Quality::Score, vec![]), None);
    }
}

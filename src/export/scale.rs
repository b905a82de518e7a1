//! From a value to its place on a colour bar, and the numbers beside the bar.

/// Most digits of a number beside a bar; values that they do not tell apart are not recorded apart either.
const MOST_DIGITS: i32 = 6;

/// Share of a value up to which two of them may be one: scores are recorded with this relative error.
pub const PRECISION: f32 = 2e-4;

/// How a scale goes from its lower end to its upper one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// Even steps of the value.
    Linear,
    /// Even steps of its logarithm; values that are not positive count as the lowest.
    Log,
    /// Zero in the middle, even steps on each side, whose reaches differ: scores fall short of a cut by little and exceed
    /// it by much.
    Centred,
}

/// A colour scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f32,
    high: f32,
    steps: Steps,
    /// Smallest and largest value, within the ends or beyond.
    range: (f32, f32),
}

impl Scale {
    /// From 0 to 1.
    pub const UNIT: Self = Self {
        low: 0.0,
        high: 1.0,
        steps: Steps::Linear,
        range: (0.0, 1.0),
    };

    /// Fits a scale to values, between two of their quantiles (each 0 to 1), so that outliers do not flatten the rest.
    /// Without values it is [`Self::UNIT`].
    pub fn fit(values: impl Iterator<Item = f32>, ends: [f32; 2], steps: Steps) -> Self {
        let mut sorted: Vec<f32> = values
            .filter(|v| v.is_finite() && (steps != Steps::Log || *v > 0.0))
            .collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
            return Self::UNIT;
        };
        let [low, high] = ends.map(|q| sorted[((sorted.len() - 1) as f32 * q).round() as usize]);
        // Where all values lie on one side of the middle, the other one has a little reach nevertheless.
        let least = low.abs().max(high.abs()) * 1e-3;
        let (low, high) = match steps {
            Steps::Linear | Steps::Log => (low, high),
            Steps::Centred => (low.min(-least), high.max(least)),
        };
        Self {
            low,
            high,
            steps,
            range: (first, last),
        }
    }

    /// The same scale, its lower end at no less than a share of the upper one.
    pub fn within(self, share: f32) -> Self {
        Self {
            low: self.low.max(self.high * share),
            ..self
        }
    }

    /// Whether its ends differ by no more than recording may have made of one value.
    fn is_flat(&self) -> bool {
        self.high - self.low <= PRECISION * self.high.abs()
    }

    /// Place of a value, 0 to 1; the middle where nothing can be told apart.
    pub fn unit(&self, value: f32) -> f32 {
        if self.is_flat() {
            return 0.5;
        }
        let ln = |v: f32| v.max(f32::MIN_POSITIVE).ln();
        let place = match self.steps {
            Steps::Linear => (value - self.low) / (self.high - self.low),
            Steps::Log => (ln(value) - ln(self.low)) / (ln(self.high) - ln(self.low)),
            Steps::Centred if value < 0.0 => 0.5 - 0.5 * value / self.low,
            Steps::Centred => 0.5 + 0.5 * value / self.high,
        };
        place.clamp(0.0, 1.0)
    }

    /// Value at a place.
    fn value(&self, unit: f32) -> f32 {
        match self.steps {
            Steps::Log if self.low > 0.0 => self.low * (self.high / self.low).powf(unit),
            Steps::Linear | Steps::Log => self.low + (self.high - self.low) * unit,
            Steps::Centred if unit < 0.5 => self.low * (1.0 - 2.0 * unit),
            Steps::Centred => self.high * (2.0 * unit - 1.0),
        }
    }

    /// Places and labels of `count` marks at equal distances; a single one in the middle where nothing can be told apart.
    pub fn marks(&self, count: usize) -> Vec<(f32, String)> {
        if self.is_flat() {
            return vec![(0.5, significant(self.low, 3))];
        }
        let last = count.saturating_sub(1).max(1);
        let places: Vec<f32> = (0..=last).map(|i| i as f32 / last as f32).collect();
        let numbers = |digits: i32| -> Vec<String> {
            let values = places.iter().map(|&place| self.value(place));
            values.map(|value| self.number(value, digits)).collect()
        };
        // A scale over decades needs fewer digits than one over a few per cent.
        let narrow = self.low > 0.0 && self.high / self.low < 5.0;
        let mut digits = if narrow { 3 } else { 2 };
        let mut labels = numbers(digits);
        while digits < MOST_DIGITS && labels.windows(2).any(|pair| pair[0] == pair[1]) {
            digits += 1;
            labels = numbers(digits);
        }
        if self.range.0 < self.low {
            labels[0].insert_str(0, "≤ ");
        }
        if self.range.1 > self.high {
            labels[last].insert_str(0, "≥ ");
        }
        places.into_iter().zip(labels).collect()
    }

    /// A value in figures; of a difference its sign, too.
    fn number(&self, value: f32, digits: i32) -> String {
        let text = significant(value, digits);
        if self.steps == Steps::Centred && value > 0.0 {
            format!("+{text}")
        } else {
            text
        }
    }
}

/// A number with some significant digits, without trailing zeros: `0.0123`, `1.5`, `1200`, `3.1e-7`;
/// negative numbers have a true minus sign.
pub fn significant(value: f32, digits: i32) -> String {
    if value < 0.0 {
        return format!("−{}", significant(-value, digits));
    }
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..6).contains(&magnitude) {
        return format!("{value:.1e}");
    }
    let decimals = (digits - 1 - magnitude).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A round step (1, 2 or 5 times a power of ten) so that `range / step` is at most `most`; at least 1.
pub fn round_step(range: usize, most: usize) -> usize {
    let mut power = 1usize;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if range / step <= most.max(1) {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts: Vec<String> = [0.0123, 1.5, 1200.0, 1.0, -0.25, 3.14e-7]
            .iter()
            .map(|&v| significant(v, 3))
            .collect();
        assert_eq!(texts, ["0.0123", "1.5", "1200", "1", "−0.25", "3.1e-7"]);
    }

    #[test]
    fn a_scale_says_that_it_clips() {
        let scale = Scale::fit((1..=1000).map(|v| v as f32), [0.1, 0.9], Steps::Log);
        let marks = scale.marks(3);
        assert!(
            marks[0].1.starts_with("≤ ") && marks[2].1.starts_with("≥ "),
            "{marks:?}"
        );
        assert_eq!((scale.unit(1.0), scale.unit(1000.0)), (0.0, 1.0));
    }

    #[test]
    fn odd_inputs_give_a_usable_scale() {
        let fit = |values: &[f32], steps| Scale::fit(values.iter().copied(), [0.0, 1.0], steps);
        assert_eq!(fit(&[], Steps::Log), Scale::UNIT);
        assert_eq!(fit(&[f32::NAN], Steps::Linear), Scale::UNIT);
        assert_eq!(fit(&[2.0; 3], Steps::Log).unit(2.0), 0.5);
        let level = fit(&[0.0; 3], Steps::Centred);
        assert_eq!((level.unit(0.0), level.marks(5).len()), (0.5, 1));
    }

    #[test]
    fn what_recording_may_have_made_of_one_value_is_not_told_apart() {
        for steps in [Steps::Linear, Steps::Log] {
            let noise = Scale::fit([0.99999994, 1.0].into_iter(), [0.0, 1.0], steps);
            assert_eq!((noise.unit(0.99999994), noise.unit(1.0)), (0.5, 0.5));
            assert_eq!(noise.marks(5), [(0.5, "1".to_owned())]);
            let told = Scale::fit([0.999, 1.0].into_iter(), [0.0, 1.0], steps);
            assert_eq!((told.unit(0.999), told.unit(1.0)), (0.0, 1.0));
            let mut labels: Vec<String> = told.marks(5).into_iter().map(|(_, text)| text).collect();
            labels.dedup();
            assert_eq!(labels.len(), 5, "{labels:?}");
        }
    }

    #[test]
    fn each_side_of_a_middle_has_its_own_reach() {
        let values = [-0.02, -0.01, 0.0, 0.5, 1.0];
        let scale = Scale::fit(values.into_iter(), [0.0, 1.0], Steps::Centred);
        let places = [-0.02, -0.01, 0.0, 0.5, 1.0].map(|value| scale.unit(value));
        assert_eq!(places, [0.0, 0.25, 0.5, 0.75, 1.0]);
        let marks: Vec<String> = scale.marks(5).into_iter().map(|(_, text)| text).collect();
        assert_eq!(marks, ["−0.02", "−0.01", "0", "+0.5", "+1"]);
        // All above: they are still drawn as above.
        let above = Scale::fit([0.1, 0.2].into_iter(), [0.0, 1.0], Steps::Centred);
        assert!(above.unit(0.0) == 0.5 && above.unit(0.1) > 0.7 && above.unit(0.2) == 1.0);
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(
            (
                round_step(700, 10),
                round_step(9, 10),
                round_step(32000, 10)
            ),
            (100, 1, 5000)
        );
    }
}

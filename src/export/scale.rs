//! From a value to its place on a colour bar, and the numbers beside the bar.

/// A colour scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f32,
    high: f32,
    log: bool,
    /// Smallest and largest value, within the ends or beyond.
    range: (f32, f32),
}

impl Scale {
    /// From 0 to 1.
    pub const UNIT: Self = Self {
        low: 0.0,
        high: 1.0,
        log: false,
        range: (0.0, 1.0),
    };

    /// Fits a scale to values, between two of their quantiles, so that outliers do not flatten the rest.
    ///
    /// `log` asks for a logarithmic scale; values that are not positive then count as the lowest.
    pub fn fit(values: impl Iterator<Item = f32>, ends: (f32, f32), log: bool) -> Self {
        let mut sorted: Vec<f32> = values
            .filter(|v| v.is_finite() && (!log || *v > 0.0))
            .collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
            return Self::UNIT;
        };
        let at = |q: f32| sorted[((sorted.len() - 1) as f32 * q).round() as usize];
        let (low, high) = (at(ends.0), at(ends.1));
        Self {
            low,
            high,
            log,
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

    /// The same scale, its middle moved to `centre` by widening the shorter side.
    pub fn centred(self, centre: f32) -> Self {
        let half = (centre - self.low).max(self.high - centre);
        Self {
            low: centre - half,
            high: centre + half,
            ..self
        }
    }

    /// Place of a value, 0 to 1.
    pub fn unit(&self, value: f32) -> f32 {
        let map = |v: f32| {
            if self.log {
                v.max(f32::MIN_POSITIVE).ln()
            } else {
                v
            }
        };
        let span = map(self.high) - map(self.low);
        if span <= 0.0 || !span.is_finite() {
            return 0.5;
        }
        ((map(value) - map(self.low)) / span).clamp(0.0, 1.0)
    }

    /// Value at a place.
    fn value(&self, unit: f32) -> f32 {
        if self.log && self.low > 0.0 {
            self.low * (self.high / self.low).powf(unit)
        } else {
            self.low + (self.high - self.low) * unit
        }
    }

    /// Places and labels of `count` marks at equal distances.
    pub fn marks(&self, count: usize) -> Vec<(f32, String)> {
        if self.low >= self.high {
            return vec![(0.5, significant(self.low, 3))];
        }
        // A scale over decades needs fewer digits than one over a few per cent.
        let narrow = self.low > 0.0 && self.high / self.low < 5.0;
        let digits = if narrow { 3 } else { 2 };
        let last = count.saturating_sub(1).max(1);
        (0..=last)
            .map(|i| {
                let unit = i as f32 / last as f32;
                let sign = match i {
                    0 if self.range.0 < self.low => "≤ ",
                    _ if i == last && self.range.1 > self.high => "≥ ",
                    _ => "",
                };
                (
                    unit,
                    format!("{sign}{}", significant(self.value(unit), digits)),
                )
            })
            .collect()
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
        let scale = Scale::fit((1..=1000).map(|v| v as f32), (0.1, 0.9), true);
        let marks = scale.marks(3);
        assert!(
            marks[0].1.starts_with("≤ ") && marks[2].1.starts_with("≥ "),
            "{marks:?}"
        );
        assert_eq!((scale.unit(1.0), scale.unit(1000.0)), (0.0, 1.0));
    }

    #[test]
    fn odd_inputs_give_a_usable_scale() {
        assert_eq!(
            Scale::fit(std::iter::empty(), (0.0, 1.0), true),
            Scale::UNIT
        );
        assert_eq!(
            Scale::fit([f32::NAN].into_iter(), (0.0, 1.0), false),
            Scale::UNIT
        );
        assert_eq!(
            Scale::fit([2.0; 3].into_iter(), (0.0, 1.0), true).unit(2.0),
            0.5
        );
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

//! The colour scale behind text: the page of an export and the window's reading.

use super::scale::PRECISION;

/// A logarithmic colour scale between two relative scores (1 = an even share).
///
/// Its ends are quantiles of the scores that it is fitted to: importance spans decades and redundancy a few per cent, and both
/// must fill the legend. The window fits it to the whole run, so that a colour keeps its meaning while the cursor moves; an
/// export to the tokens that it shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TokenScale {
    /// Relative score drawn as 0.
    pub low: f32,
    /// Relative score drawn as 1.
    pub high: f32,
}

impl TokenScale {
    /// Quantiles of the samples that become the ends: the lower third is left uncoloured, and a handful
    /// of outliers must not flatten the rest.
    pub const ENDS: [f32; 2] = [0.30, 0.985];

    /// Fits a scale to relative scores, of which those that are not positive are left out; without any it is empty.
    pub fn fit(mut samples: Vec<f32>) -> Self {
        samples.retain(|v| *v > 0.0 && v.is_finite());
        if samples.is_empty() {
            return Self::default();
        }
        samples.sort_unstable_by(f32::total_cmp);
        let [low, high] =
            Self::ENDS.map(|q| samples[((samples.len() - 1) as f32 * q).round() as usize]);
        Self { low, high }
    }

    /// Place of a relative score on the scale, 0 to 1; 0 on an empty scale. Where the ends are one value as far as recording
    /// tells, what lies above it is 1 and all else 0: scores that do not differ leave the text uncoloured.
    pub fn unit(self, relative: f32) -> f32 {
        if relative <= 0.0 || self.is_empty() {
            return 0.0;
        }
        if self.high <= self.low * (1.0 + PRECISION) {
            let above = relative > self.high * (1.0 + PRECISION);
            return f32::from(u8::from(above));
        }
        ((relative / self.low).ln() / (self.high / self.low).ln()).clamp(0.0, 1.0)
    }

    /// Whether nothing was scored.
    pub fn is_empty(self) -> bool {
        self.low <= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_range_fills_the_scale_as_a_wide_one_does() {
        let narrow = TokenScale::fit((0..1000).map(|i| 0.95 + 0.0001 * i as f32).collect());
        let wide = TokenScale::fit(
            (0..1000)
                .map(|i| 10f32.powf(i as f32 / 250.0 - 2.0))
                .collect(),
        );
        assert!(narrow.unit(1.04) > 0.8 && narrow.unit(0.96) == 0.0);
        assert!(wide.unit(80.0) > 0.8 && wide.unit(0.05) == 0.0);
    }

    #[test]
    fn a_policy_without_scores_colours_nothing() {
        let scale = TokenScale::fit(vec![0.0; 8]);
        assert!(scale.is_empty());
        assert_eq!(scale.unit(3.0), 0.0);
    }

    #[test]
    fn scores_that_do_not_differ_colour_nothing_but_one_above_them() {
        let mut samples = vec![0.99999994, 1.0];
        samples.resize(100, 1.0);
        samples.push(3.0);
        let scale = TokenScale::fit(samples);
        assert_eq!(
            [0.99999994, 1.0, 3.0].map(|v| scale.unit(v)),
            [0.0, 0.0, 1.0]
        );
    }
}

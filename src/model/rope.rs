//! Rotary position embedding (arXiv 2104.09864), in the half-split layout: feature `i` turns with `i + d/2`.
//!
//! GGUF files of the llama architecture pair features `2i` and `2i + 1` instead; their query and key rows are put back
//! into the half-split order when they are loaded, so the cache holds the same keys whatever the file was.

use super::error::ModelError;

/// How the rotary frequencies are stretched for contexts longer than the one first trained.
#[derive(Clone, Debug, PartialEq)]
pub enum RopeScaling {
    /// Not at all.
    None,
    /// Every frequency divided by `factor`.
    Linear {
        /// The stretch.
        factor: f32,
    },
    /// Llama 3.1: long wavelengths divided by `factor`, short ones kept, a smooth passage between.
    Llama3 {
        /// The stretch of the long wavelengths.
        factor: f32,
        /// Wavelengths above `original / low` are stretched in full.
        low: f32,
        /// Wavelengths below `original / high` are kept.
        high: f32,
        /// Context of the first training, in tokens.
        original: f32,
    },
    /// One divisor per frequency (`rope_freqs.weight` of a GGUF file).
    Divisors(Vec<f32>),
}

/// Rotary angles of a decoder.
#[derive(Clone, Debug)]
pub struct Rope {
    frequencies: Vec<f32>,
}

impl Rope {
    /// The `head_dim / 2` frequencies `theta^(-2i/d)`, stretched.
    ///
    /// # Errors
    /// [`ModelError::Config`] when `Divisors` do not fit the head size or a constant is unusable.
    pub fn new(
        head_dim: usize,
        theta: f32,
        scaling: &RopeScaling,
        file: &str,
    ) -> Result<Self, ModelError> {
        let half = head_dim / 2;
        let mut frequencies: Vec<f32> = (0..half)
            .map(|i| 1.0 / theta.powf((2 * i) as f32 / head_dim as f32))
            .collect();
        match scaling {
            RopeScaling::None => {}
            RopeScaling::Linear { factor } => frequencies.iter_mut().for_each(|f| *f /= factor),
            RopeScaling::Llama3 {
                factor,
                low,
                high,
                original,
            } => {
                for f in &mut frequencies {
                    *f = llama3(*f, *factor, *low, *high, *original);
                }
            }
            RopeScaling::Divisors(divisors) => {
                if divisors.len() != half {
                    let found = divisors.len();
                    return Err(ModelError::config(
                        file,
                        format!("{found} rotary divisors for {half} frequencies"),
                    ));
                }
                for (f, divisor) in frequencies.iter_mut().zip(divisors) {
                    *f /= divisor;
                }
            }
        }
        if frequencies.iter().any(|f| !f.is_finite()) {
            return Err(ModelError::config(
                file,
                "the rotary scaling divides by zero or by something that is no number",
            ));
        }
        Ok(Self { frequencies })
    }

    /// Turns per position in radians, `[head_dim / 2]`.
    pub fn frequencies(&self) -> &[f32] {
        &self.frequencies
    }

    /// Fills `cos` and `sin`, each `[count, head_dim / 2]`, for the positions `first .. first + count`.
    ///
    /// The angle is rounded to f32 before the cosine, as in the implementations the models were trained with.
    pub fn angles(&self, first: usize, count: usize, cos: &mut Vec<f32>, sin: &mut Vec<f32>) {
        cos.clear();
        sin.clear();
        for position in first..first + count {
            for &frequency in &self.frequencies {
                let (s, c) = f64::from(position as f32 * frequency).sin_cos();
                cos.push(c as f32);
                sin.push(s as f32);
            }
        }
    }
}

/// Rotates one head in place by the angles of its position.
pub fn rotate(head: &mut [f32], cos: &[f32], sin: &[f32]) {
    let (low, high) = head.split_at_mut(cos.len());
    for (((a, b), &c), &s) in low.iter_mut().zip(high).zip(cos).zip(sin) {
        (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
    }
}

/// Llama 3.1's stretch of one frequency (`_compute_llama3_parameters` of Hugging Face transformers).
fn llama3(frequency: f32, factor: f32, low: f32, high: f32, original: f32) -> f32 {
    let wavelength = 2.0 * std::f32::consts::PI / frequency;
    if wavelength < original / high {
        return frequency;
    }
    if wavelength > original / low {
        return frequency / factor;
    }
    let smooth = (original / wavelength - low) / (high - low);
    (1.0 - smooth) * frequency / factor + smooth * frequency
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(scaling: &RopeScaling) -> Rope {
        Rope::new(64, 10_000.0, scaling, "test").expect("valid constants")
    }

    #[test]
    fn rotation_keeps_lengths_and_depends_on_the_distance_alone() {
        let rope = rope(&RopeScaling::None);
        let query: Vec<f32> = (0..64).map(|i| (i as f32 * 0.37).sin()).collect();
        let key: Vec<f32> = (0..64).map(|i| (i as f32 * 0.91).cos()).collect();
        let at = |vector: &[f32], position: usize| {
            let (mut cos, mut sin) = (Vec::new(), Vec::new());
            rope.angles(position, 1, &mut cos, &mut sin);
            let mut turned = vector.to_vec();
            rotate(&mut turned, &cos, &sin);
            turned
        };
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        let near = dot(&at(&query, 12), &at(&key, 5));
        let far = dot(&at(&query, 1012), &at(&key, 1005));
        assert!((near - far).abs() < 1e-3, "{near} against {far}");
        let turned = at(&query, 4321);
        assert!((dot(&turned, &turned) - dot(&query, &query)).abs() < 1e-3);
    }

    #[test]
    fn llama3_keeps_short_waves_and_stretches_long_ones() {
        let plain = rope(&RopeScaling::None);
        let stretched = rope(&RopeScaling::Llama3 {
            factor: 8.0,
            low: 1.0,
            high: 4.0,
            original: 8192.0,
        });
        assert_eq!(plain.frequencies[0], stretched.frequencies[0]);
        assert_eq!(plain.frequencies[31] / 8.0, stretched.frequencies[31]);
    }

    #[test]
    fn divisors_must_fit_the_head() {
        let wrong = RopeScaling::Divisors(vec![1.0; 5]);
        assert!(Rope::new(64, 10_000.0, &wrong, "model.gguf").is_err());
        let zero = RopeScaling::Divisors(vec![0.0; 32]);
        assert!(Rope::new(64, 10_000.0, &zero, "model.gguf").is_err());
    }
}

//! Draws tokens: candle's logits processor behind our settings, and the numbers a trace keeps of a draw.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling as Method};

use crate::config::Sampling;

/// The logits cannot be drawn from.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A logit is infinite or not a number.
    #[error("the model's output holds numbers that are not finite; its weights may be damaged")]
    NotFinite,
    /// The draw itself failed.
    #[error("drawing a token failed")]
    Draw(#[from] candle_core::Error),
}

/// A drawn token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// Vocabulary id.
    pub token: u32,
    /// Its log-probability under the model (temperature 1), in nats.
    pub logprob: f32,
    /// Entropy of the model's distribution (temperature 1), in nats.
    pub entropy: f32,
}

/// Draws tokens; the same seed and logits give the same tokens.
pub struct Sampler {
    processor: LogitsProcessor,
    /// Where both cuts are asked for: only so many are left before top-p counts, from what these have together, as in
    /// transformers and vLLM. candle's own method counts from the mass of all.
    first: Option<usize>,
}

impl Sampler {
    /// A sampler at the start of its random sequence.
    pub fn new(sampling: &Sampling) -> Self {
        let temperature = sampling.temperature;
        let method = match (sampling.top_k.map(|k| k as usize), sampling.top_p) {
            _ if temperature <= 0.0 => Method::ArgMax,
            (None, None) => Method::All { temperature },
            (Some(k), None) => Method::TopK { k, temperature },
            (_, Some(p)) => Method::TopP { p, temperature },
        };
        let both = temperature > 0.0 && sampling.top_p.is_some();
        Self {
            processor: LogitsProcessor::from_sampling(sampling.seed, method),
            first: sampling.top_k.map(|k| k as usize).filter(|_| both),
        }
    }

    /// Draws from logits `[vocab]`.
    ///
    /// # Errors
    /// [`SampleError::NotFinite`] where a logit is not a finite number.
    pub fn draw(&mut self, logits: &[f32]) -> Result<Draw, SampleError> {
        if logits.is_empty() || logits.iter().any(|l| !l.is_finite()) {
            return Err(SampleError::NotFinite);
        }
        let left = self.first.map(|k| only_largest(logits, k));
        let left = left.as_deref().unwrap_or(logits);
        let left = Tensor::from_slice(left, left.len(), &Device::Cpu)?;
        let token = self.processor.sample(&left)?;
        let max = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let (mut mass, mut weighted) = (0f64, 0f64);
        for &logit in logits {
            let offset = f64::from(logit) - max;
            let weight = offset.exp();
            mass += weight;
            weighted += weight * offset;
        }
        let logprob = f64::from(logits[token as usize]) - max - mass.ln();
        let entropy = mass.ln() - weighted / mass;
        Ok(Draw {
            token,
            logprob: logprob as f32,
            entropy: entropy.max(0.0) as f32,
        })
    }
}

/// The `k` largest logits in their places, the others at minus infinity; of equal ones the first.
fn only_largest(logits: &[f32], k: usize) -> Vec<f32> {
    if k >= logits.len() {
        return logits.to_vec();
    }
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.select_nth_unstable_by(k, |&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
    let mut left = vec![f32::NEG_INFINITY; logits.len()];
    for &token in &order[..k] {
        left[token] = logits[token];
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(temperature: f64, top_p: Option<f64>, top_k: Option<u32>, seed: u64) -> Sampling {
        Sampling {
            temperature,
            top_p,
            top_k,
            seed,
            max_tokens: 1,
        }
    }

    fn draws(sampling: &Sampling, logits: &[f32], count: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(sampling);
        (0..count)
            .map(|_| sampler.draw(logits).unwrap().token)
            .collect()
    }

    #[test]
    fn greedy_takes_the_likeliest() {
        assert_eq!(
            draws(&sampling(0.0, None, None, 1), &[0.1, 2.0, 1.9], 3),
            [1, 1, 1]
        );
    }

    #[test]
    fn the_seed_decides_the_draws() {
        let logits: Vec<f32> = (0..50).map(|i| (i % 7) as f32 * 0.3).collect();
        let one = draws(&sampling(1.0, None, None, 7), &logits, 40);
        assert_eq!(one, draws(&sampling(1.0, None, None, 7), &logits, 40));
        assert_ne!(one, draws(&sampling(1.0, None, None, 8), &logits, 40));
    }

    #[test]
    fn the_cuts_leave_only_the_likeliest() {
        let logits = [0.0, 5.0, 4.9, -1.0];
        let seen = draws(&sampling(1.0, None, Some(2), 3), &logits, 60);
        assert!(seen.iter().all(|t| [1, 2].contains(t)) && seen.contains(&1) && seen.contains(&2));
        assert!(
            draws(&sampling(1.0, Some(0.3), None, 3), &logits, 60)
                .iter()
                .all(|&t| t == 1)
        );
    }

    #[test]
    fn a_lower_temperature_draws_the_likeliest_more_often_and_a_higher_one_less_whatever_is_cut() {
        // The last is so unlikely that what cuts it off changes nothing.
        let logits = [0.0, 3f32.ln(), -30.0];
        let count = 4000u32;
        let shares: [(f64, f64); 3] = [(0.5, 0.9), (1.0, 0.75), (2.0, 0.634)];
        for (temperature, share) in shares {
            let five_deviations = 5.0 * (share * (1.0 - share) / f64::from(count)).sqrt();
            for (top_p, top_k) in [
                (None, None),
                (None, Some(2)),
                (Some(0.999), None),
                (Some(0.999), Some(2)),
            ] {
                let sampling = sampling(temperature, top_p, top_k, 11);
                let seen = draws(&sampling, &logits, count as usize);
                let seconds = seen.iter().filter(|&&token| token == 1).count();
                let found = seconds as f64 / f64::from(count);
                assert!(
                    (found - share).abs() < five_deviations,
                    "{sampling}: {found}"
                );
            }
        }
    }

    #[test]
    fn top_p_counts_from_what_top_k_has_left() {
        let shares = [0.36f32, 0.2, 0.1, 0.085, 0.085, 0.085, 0.085];
        let logits = shares.map(f32::ln);
        let seen = |top_p: Option<f64>, top_k: Option<u32>| {
            let mut seen = draws(&sampling(1.0, top_p, top_k, 5), &logits, 400);
            seen.sort_unstable();
            seen.dedup();
            seen
        };
        assert_eq!(seen(None, None), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(seen(None, Some(3)), [0, 1, 2]);
        // Of what three tokens have together, the first alone is more than half.
        assert_eq!(seen(Some(0.5), Some(3)), [0]);
        assert_eq!(seen(Some(0.5), None), [0, 1]);
        assert_eq!(seen(Some(0.5), Some(1)), [0]);
        assert_eq!(seen(Some(0.6), Some(3)), [0, 1]);
        assert_eq!(seen(Some(0.9), Some(3)), [0, 1, 2]);
        assert_eq!(seen(Some(0.9), None).len(), 6);
    }

    #[test]
    fn log_probability_and_entropy_are_those_of_the_distribution() {
        let draw = Sampler::new(&sampling(0.0, None, None, 0))
            .draw(&[0.0, 3f32.ln()])
            .unwrap();
        assert!((draw.logprob - 0.75f32.ln()).abs() < 1e-6);
        let entropy = -(0.75f32 * 0.75f32.ln() + 0.25 * 0.25f32.ln());
        assert!((draw.entropy - entropy).abs() < 1e-6);
    }

    #[test]
    fn a_damaged_output_is_an_error() {
        let mut sampler = Sampler::new(&sampling(0.7, None, None, 0));
        assert!(matches!(
            sampler.draw(&[0.0, f32::NAN]),
            Err(SampleError::NotFinite)
        ));
    }
}

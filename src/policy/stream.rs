//! Random numbers for policies that draw: seeded by the run's seed, yet apart from the sampler's.
//!
//! Each (compression, layer, head) has a stream of its own, so that a draw depends neither on the order in which
//! threads come to the heads nor on how many numbers another head took.

/// Names the place of a draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    /// Seed of the run's sampling.
    pub seed: u64,
    /// Index of the compression.
    pub event: u32,
    /// The layer.
    pub layer: u32,
    /// The KV head.
    pub head: u32,
}

/// Keeps eviction's numbers apart from any other use of the seed.
const DOMAIN: u64 = 0x6b76_2d65_7669_6374;

impl Draw {
    /// The stream of this head alone.
    pub fn of_head(self) -> Stream {
        self.stream(u64::from(self.head) + 1)
    }

    /// The stream that all heads of the layer share.
    pub fn of_layer(self) -> Stream {
        self.stream(0)
    }

    fn stream(self, last: u64) -> Stream {
        let parts = [
            self.seed,
            u64::from(self.event),
            u64::from(self.layer),
            last,
        ];
        Stream(
            parts
                .iter()
                .fold(DOMAIN, |state, &part| mixed(state ^ mixed(part))),
        )
    }
}

/// A sequence of random numbers (SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Stream(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(GOLDEN);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl Stream {
    /// Uniform, above 0 and below 1.
    pub fn uniform(&mut self) -> f64 {
        let bits = mixed(self.0) >> 11;
        self.0 = self.0.wrapping_add(GOLDEN);
        (bits as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Two standard normal numbers (Box and Muller).
    pub fn gaussians(&mut self) -> [f64; 2] {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        [radius * cos, radius * sin]
    }

    /// Exponential of mean 1: the k largest `p_i / e_i` are a draw of k without replacement, probability as `p`.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let all: Vec<f64> = (0..100_000).map(|_| draw()).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
        (mean, variance)
    }

    /// Means and variances of the three distributions, within five standard errors.
    #[test]
    fn the_distributions_have_their_moments() {
        let mut stream = Draw::default().of_head();
        let (mean, variance) = moments(|| stream.uniform());
        assert!((mean - 0.5).abs() < 5e-3 && (variance - 1.0 / 12.0).abs() < 2e-3);
        for which in 0..2 {
            let (mean, variance) = moments(|| stream.gaussians()[which]);
            assert!(mean.abs() < 0.016 && (variance - 1.0).abs() < 0.025);
        }
        let (mean, variance) = moments(|| stream.exponential());
        assert!((mean - 1.0).abs() < 0.016 && (variance - 1.0).abs() < 0.05);
    }

    #[test]
    fn every_place_has_its_own_stream_and_keeps_it() {
        let place = Draw {
            seed: 7,
            event: 3,
            layer: 1,
            head: 2,
        };
        let first = |draw: Draw| draw.of_head().uniform();
        assert_eq!(first(place), first(place));
        for other in [
            Draw { seed: 8, ..place },
            Draw { event: 4, ..place },
            Draw { layer: 2, ..place },
            Draw { head: 1, ..place },
        ] {
            assert_ne!(first(place), first(other));
        }
        let neighbour = Draw { head: 0, ..place };
        assert_eq!(place.of_layer().uniform(), neighbour.of_layer().uniform());
        assert_ne!(first(place), place.of_layer().uniform());
    }
}

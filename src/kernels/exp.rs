//! The exponential function on eight floats, as a polynomial (Cephes `expf`, S. Moshier): vectorises where libm's call
//! does not. Relative error at most 1.5e-7.

use super::lanes::{LANES, Lanes};

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts, so that `x - n ln 2` keeps its low bits.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;
/// Adding and subtracting 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
const ROUND: f32 = 12_582_912.0;
/// Below, the result would be subnormal; it is as good as zero beside the maximum's 1.
const LOWEST: f32 = -87.0;
const HIGHEST: f32 = 88.0;

#[inline]
fn exp_lane(x: f32) -> f32 {
    let x = if x > LOWEST { x } else { LOWEST };
    let x = if x < HIGHEST { x } else { HIGHEST };
    let shifted = x.mul_add(LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, x));
    let p = 1.987_569_1e-4_f32;
    let p = p.mul_add(r, 1.398_199_9e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 1.666_666_6e-1);
    let p = p.mul_add(r, 0.5);
    let value = p.mul_add(r * r, r) + 1.0;
    let power = f32::from_bits(
        shifted
            .to_bits()
            .wrapping_sub(ROUND.to_bits())
            .wrapping_add(127)
            << 23,
    );
    value * power
}

/// `exp` of each lane, clamped to the range of normal floats.
#[inline]
pub fn exp(x: &Lanes) -> Lanes {
    let mut out = [0.0; LANES];
    for (out, &x) in out.iter_mut().zip(x) {
        *out = exp_lane(x);
    }
    out
}

/// Replaces each score by `exp((score - highest) * scale)` and returns the sum.
pub fn exp_row(scores: &mut [f32], highest: f32, scale: f32) -> f32 {
    let mut total = [0.0; LANES];
    let mut chunks = scores.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        let mut lanes = [0.0; LANES];
        for (lane, &score) in lanes.iter_mut().zip(chunk.iter()) {
            *lane = (score - highest) * scale;
        }
        let lanes = exp(&lanes);
        chunk.copy_from_slice(&lanes);
        for (total, lane) in total.iter_mut().zip(&lanes) {
            *total += lane;
        }
    }
    let mut sum = super::lanes::sum(&total);
    for score in chunks.into_remainder() {
        *score = exp_lane((*score - highest) * scale);
        sum += *score;
    }
    sum
}

/// `x * sigmoid(x)` of `gate`, times `up`: the feed-forward block's gate, written over `gate`.
pub fn silu_times(gate: &mut [f32], up: &[f32]) {
    let mut chunks = gate.chunks_exact_mut(LANES);
    let mut ups = up.chunks_exact(LANES);
    for (gate, up) in (&mut chunks).zip(&mut ups) {
        let mut negated = [0.0; LANES];
        for (negated, &gate) in negated.iter_mut().zip(gate.iter()) {
            *negated = -gate;
        }
        let powers = exp(&negated);
        for ((gate, up), power) in gate.iter_mut().zip(up).zip(&powers) {
            *gate = *gate / (1.0 + power) * up;
        }
    }
    for (gate, up) in chunks.into_remainder().iter_mut().zip(ups.remainder()) {
        *gate = *gate / (1.0 + exp_lane(-*gate)) * up;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_error_stays_below_two_in_ten_million() {
        let mut worst = 0f64;
        for step in 0..400_000 {
            let x = -86.9 + step as f32 * (174.0 / 400_000.0);
            let exact = f64::from(x).exp();
            worst = worst.max(((f64::from(exp_lane(x)) - exact) / exact).abs());
        }
        assert!(worst < 1.5e-7, "worst relative error {worst:e}");
    }

    #[test]
    fn the_ends_are_finite() {
        for x in [f32::NEG_INFINITY, -1e30, -88.0] {
            assert!(exp_lane(x) < 1e-37);
        }
        assert!(exp_lane(f32::INFINITY).is_finite());
        assert_eq!(exp_lane(0.0), 1.0);
    }

    #[test]
    fn the_gate_is_silu() {
        let gate: Vec<f32> = (0..37).map(|i| i as f32 * 0.7 - 12.0).collect();
        let up: Vec<f32> = (0..37).map(|i| 1.0 + i as f32 * 0.1).collect();
        let mut out = gate.clone();
        silu_times(&mut out, &up);
        for ((out, gate), up) in out.iter().zip(&gate).zip(&up) {
            let exact = f64::from(*gate) / (1.0 + (-f64::from(*gate)).exp()) * f64::from(*up);
            assert!((f64::from(*out) - exact).abs() < 1e-5, "silu({gate})");
        }
    }
}

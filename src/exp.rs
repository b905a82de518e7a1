//! The exponential function on eight floats, as a polynomial (Cephes `expf`, S. Moshier): vectorises where libm's call
//! does not. Relative error at most 1.5e-7.

use crate::lanes::{LANES, Lanes};

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
pub fn exp(x: Lanes) -> Lanes {
    let splat = Lanes::splat;
    let x = x.max(splat(LOWEST)).min(splat(HIGHEST));
    let shifted = splat(ROUND).plus(x, splat(LOG2_E));
    let n = shifted - splat(ROUND);
    let r = x.plus(n, splat(-LN2_HIGH)).plus(n, splat(-LN2_LOW));
    let p = splat(1.398_199_9e-3).plus(splat(1.987_569_1e-4), r);
    let p = splat(8.333_452e-3).plus(p, r);
    let p = splat(4.166_579_6e-2).plus(p, r);
    let p = splat(1.666_666_6e-1).plus(p, r);
    let p = splat(0.5).plus(p, r);
    let value = r.plus(p, r * r) + splat(1.0);
    value * shifted.power_of_two()
}

/// Replaces each score by `exp((score - highest) * scale)` and returns the sum.
pub fn exp_row(scores: &mut [f32], highest: f32, scale: f32) -> f32 {
    let whole = scores.len() / LANES * LANES;
    let (high, factor) = (Lanes::splat(highest), Lanes::splat(scale));
    let mut total = Lanes::zero();
    for at in (0..whole).step_by(LANES) {
        let lanes = exp((Lanes::load(scores, at) - high) * factor);
        lanes.store(scores, at);
        total = total + lanes;
    }
    let mut sum = total.sum();
    for score in &mut scores[whole..] {
        *score = exp_lane((*score - highest) * scale);
        sum += *score;
    }
    sum
}

/// `x * sigmoid(x)` of `gate`, times `up`: the feed-forward block's gate, written over `gate`.
pub fn silu_times(gate: &mut [f32], up: &[f32]) {
    let whole = gate.len() / LANES * LANES;
    let one = Lanes::splat(1.0);
    for at in (0..whole).step_by(LANES) {
        let x = Lanes::load(gate, at);
        let silu = x / (one + exp(Lanes::zero() - x));
        (silu * Lanes::load(up, at)).store(gate, at);
    }
    for (gate, up) in gate[whole..].iter_mut().zip(&up[whole..]) {
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
            let mut lanes = [0.0; LANES];
            exp(Lanes::splat(x)).store(&mut lanes, 0);
            for value in [exp_lane(x), lanes[0]] {
                worst = worst.max(((f64::from(value) - exact) / exact).abs());
            }
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

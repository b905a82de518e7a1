//! Softmax in place, in f32 with an f64 sum: the sum runs over up to tens of thousands of entries.

use crate::exp::exp_row;
use crate::lanes::{LANES, Lanes};

/// Entries summed in single precision before they go into the sum of all.
const BLOCK: usize = 256;

/// Turns logits into a distribution. An empty slice stays empty.
pub fn softmax(values: &mut [f32]) {
    let (_, max) = extremes(values);
    let sum: f64 = values
        .chunks_mut(BLOCK)
        .map(|block| f64::from(exp_row(block, max, 1.0)))
        .sum();
    let scale = (1.0 / sum) as f32;
    for value in values.iter_mut() {
        *value *= scale;
    }
}

/// The least and the greatest; infinity and minus infinity for none.
pub fn extremes(values: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = (Lanes::splat(f32::INFINITY), Lanes::splat(f32::NEG_INFINITY));
    let whole = values.len() / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let x = Lanes::load(values, at);
        low = low.min(x);
        high = high.max(x);
    }
    let (mut lows, mut highs) = ([0f32; LANES], [0f32; LANES]);
    low.store(&mut lows, 0);
    high.store(&mut highs, 0);
    let rest = &values[whole..];
    (
        lows.iter()
            .chain(rest)
            .copied()
            .fold(f32::INFINITY, f32::min),
        highs
            .iter()
            .chain(rest)
            .copied()
            .fold(f32::NEG_INFINITY, f32::max),
    )
}

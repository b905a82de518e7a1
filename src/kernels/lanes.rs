//! Eight floats at a time: the width of one AVX register, written so that every target can vectorise it.

/// Floats per chunk.
pub const LANES: usize = 8;

/// Eight floats.
pub type Lanes = [f32; LANES];

/// The eight floats of `row` that start at `at`.
#[inline]
pub fn load(row: &[f32], at: usize) -> Lanes {
    let mut lanes = [0.0; LANES];
    lanes.copy_from_slice(&row[at..at + LANES]);
    lanes
}

/// `acc + a * b`, lane by lane, rounded once.
#[inline]
pub fn fma(acc: &mut Lanes, a: &Lanes, b: &Lanes) {
    for ((acc, a), b) in acc.iter_mut().zip(a).zip(b) {
        *acc = a.mul_add(*b, *acc);
    }
}

/// `acc + a * b` for a number and eight, rounded once.
#[inline]
pub fn fma_scalar(acc: &mut Lanes, a: f32, b: &Lanes) {
    for (acc, b) in acc.iter_mut().zip(b) {
        *acc = a.mul_add(*b, *acc);
    }
}

/// Sum of the lanes, added in pairs.
#[inline]
pub fn sum(lanes: &Lanes) -> f32 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

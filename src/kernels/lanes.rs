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

/// Inner product of two slices of equal length.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut acc = [[0.0; LANES]; 2];
    let whole = a.len().min(b.len());
    let mut at = 0;
    while at + 2 * LANES <= whole {
        for (part, acc) in acc.iter_mut().enumerate() {
            fma(
                acc,
                &load(a, at + part * LANES),
                &load(b, at + part * LANES),
            );
        }
        at += 2 * LANES;
    }
    let tail: f32 = a[at..whole]
        .iter()
        .zip(&b[at..whole])
        .map(|(a, b)| a * b)
        .sum();
    sum(&acc[0]) + sum(&acc[1]) + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_agrees_with_f64_at_every_length() {
        for len in 0..70 {
            let a: Vec<f32> = (0..len).map(|i| (i as f32 * 0.7).sin()).collect();
            let b: Vec<f32> = (0..len).map(|i| (i as f32 * 1.3).cos()).collect();
            let exact: f64 = a
                .iter()
                .zip(&b)
                .map(|(&a, &b)| f64::from(a) * f64::from(b))
                .sum();
            assert!(
                (f64::from(dot(&a, &b)) - exact).abs() < 1e-5,
                "length {len}"
            );
        }
    }
}

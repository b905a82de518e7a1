//! Dot products: the inner loop of every score.
//!
//! Plain loops over fixed-size lanes that the compiler turns into fused vector instructions; with the
//! features set in `.cargo/config.toml` one row against four columns runs at the machine's load limit.

const LANES: usize = 8;

#[expect(
    clippy::inline_always,
    reason = "a call here would cost more than the product"
)]
#[inline(always)]
fn fused(a: f32, b: f32, sum: f32) -> f32 {
    // Without the instruction `mul_add` is a library call, many times slower than two roundings.
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        a.mul_add(b, sum)
    } else {
        a * b + sum
    }
}

/// The lanes' sum, rounded once: an attention logit of 60 loses 4e-6 with every further rounding, and
/// its softmax as much.
#[expect(
    clippy::inline_always,
    reason = "a call here would cost more than the product"
)]
#[inline(always)]
fn total<const N: usize>(lanes: [f32; N]) -> f64 {
    lanes.iter().map(|&lane| f64::from(lane)).sum()
}

/// `a . b` over the shorter of the two.
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut lanes = [[0f32; LANES]; 2];
    let (mut a16, mut b16) = (a.chunks_exact(2 * LANES), b.chunks_exact(2 * LANES));
    for (x, y) in a16.by_ref().zip(b16.by_ref()) {
        for l in 0..LANES {
            lanes[0][l] = fused(x[l], y[l], lanes[0][l]);
            lanes[1][l] = fused(x[LANES + l], y[LANES + l], lanes[1][l]);
        }
    }
    let mut rest = 0f32;
    for (&x, &y) in a16.remainder().iter().zip(b16.remainder()) {
        rest = fused(x, y, rest);
    }
    (total(lanes[0]) + total(lanes[1]) + f64::from(rest)) as f32
}

/// `a` against four rows of `[4, a.len()]` at once.
#[inline]
pub fn dot4(a: &[f32], rows: &[f32]) -> [f32; 4] {
    let d = a.len();
    let (r0, rest) = rows.split_at(d);
    let (r1, rest) = rest.split_at(d);
    let (r2, rest) = rest.split_at(d);
    let r3 = &rest[..d];
    let mut lanes = [[0f32; LANES]; 4];
    let whole = d / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let x = &a[at..at + LANES];
        let (y0, y1) = (&r0[at..at + LANES], &r1[at..at + LANES]);
        let (y2, y3) = (&r2[at..at + LANES], &r3[at..at + LANES]);
        for l in 0..LANES {
            lanes[0][l] = fused(x[l], y0[l], lanes[0][l]);
            lanes[1][l] = fused(x[l], y1[l], lanes[1][l]);
            lanes[2][l] = fused(x[l], y2[l], lanes[2][l]);
            lanes[3][l] = fused(x[l], y3[l], lanes[3][l]);
        }
    }
    let mut sums = [
        total(lanes[0]),
        total(lanes[1]),
        total(lanes[2]),
        total(lanes[3]),
    ];
    for at in whole..d {
        for (sum, row) in sums.iter_mut().zip([r0, r1, r2, r3]) {
            *sum += f64::from(a[at]) * f64::from(row[at]);
        }
    }
    sums.map(|sum| sum as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_double_precision_at_every_length() {
        for d in 0..70 {
            let a: Vec<f32> = (0..d).map(|i| (i as f32 * 0.37).sin()).collect();
            let rows: Vec<f32> = (0..4 * d).map(|i| (i as f32 * 0.11).cos()).collect();
            let slow = |row: &[f32]| -> f64 {
                a.iter()
                    .zip(row)
                    .map(|(&x, &y)| f64::from(x) * f64::from(y))
                    .sum()
            };
            let four = dot4(&a, &rows);
            for r in 0..4 {
                let row = &rows[r * d..(r + 1) * d];
                assert!((f64::from(dot(&a, row)) - slow(row)).abs() < 1e-5);
                assert!((f64::from(four[r]) - slow(row)).abs() < 1e-5);
            }
        }
    }
}

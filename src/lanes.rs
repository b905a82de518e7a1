//! Eight floats at a time: the width of one AVX register.
//!
//! The hot loops of attention and of every score are written on this type instead of on arrays that the compiler may
//! or may not keep in registers: whether it did changed with the size of the crate, and with it the speed tenfold.
//! Without AVX2 and FMA (see `.cargo/config.toml`) the same operations run on an array.

/// Floats in a [`Lanes`].
pub const LANES: usize = 8;

#[cfg(all(
    target_arch = "x86_64",
    target_feature = "avx2",
    target_feature = "fma"
))]
pub use avx::Lanes;
#[cfg(not(all(
    target_arch = "x86_64",
    target_feature = "avx2",
    target_feature = "fma"
)))]
pub use portable::Lanes;

#[cfg(all(
    target_arch = "x86_64",
    target_feature = "avx2",
    target_feature = "fma"
))]
#[expect(
    unsafe_code,
    reason = "register intrinsics; their instructions are in the target's feature set"
)]
#[expect(
    clippy::inline_always,
    reason = "each method is one to six instructions"
)]
mod avx {
    use std::arch::x86_64::{
        __m256, _mm_add_ps, _mm_storeu_ps, _mm256_add_epi32, _mm256_add_pd, _mm256_add_ps,
        _mm256_broadcast_ss, _mm256_castpd256_pd128, _mm256_castps_si256, _mm256_castps256_ps128,
        _mm256_castsi256_ps, _mm256_cvtps_pd, _mm256_div_ps, _mm256_extractf128_pd,
        _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_hadd_ps, _mm256_loadu_ps, _mm256_max_ps,
        _mm256_min_ps, _mm256_mul_ps, _mm256_set1_epi32, _mm256_setzero_ps, _mm256_slli_epi32,
        _mm256_storeu_ps, _mm256_sub_ps,
    };
    use std::arch::x86_64::{_mm_add_pd, _mm_cvtsd_f64, _mm_unpackhi_pd};

    use super::LANES;

    /// Eight floats in a register.
    #[derive(Clone, Copy, Debug)]
    #[repr(transparent)]
    pub struct Lanes(__m256);

    impl Lanes {
        /// All zero.
        #[inline(always)]
        pub fn zero() -> Self {
            // SAFETY: AVX is enabled for the whole crate.
            Self(unsafe { _mm256_setzero_ps() })
        }

        /// `x` in every lane.
        #[inline(always)]
        pub fn splat(x: f32) -> Self {
            // SAFETY: AVX is enabled for the whole crate.
            Self(unsafe { _mm256_broadcast_ss(&x) })
        }

        /// The eight floats of `row` that start at `at`.
        #[inline(always)]
        pub fn load(row: &[f32], at: usize) -> Self {
            let eight = &row[at..at + LANES];
            // SAFETY: the slice holds eight floats; the load needs no alignment.
            Self(unsafe { _mm256_loadu_ps(eight.as_ptr()) })
        }

        /// Writes the lanes to `row` from `at` on.
        #[inline(always)]
        pub fn store(self, row: &mut [f32], at: usize) {
            let eight = &mut row[at..at + LANES];
            // SAFETY: the slice holds eight floats; the store needs no alignment.
            unsafe { _mm256_storeu_ps(eight.as_mut_ptr(), self.0) }
        }

        /// `self + a * b`, rounded once.
        #[inline(always)]
        pub fn plus(self, a: Self, b: Self) -> Self {
            // SAFETY: FMA is enabled for the whole crate.
            Self(unsafe { _mm256_fmadd_ps(a.0, b.0, self.0) })
        }

        /// Lane by lane the larger; `other` where one is not a number.
        #[inline(always)]
        pub fn max(self, other: Self) -> Self {
            // SAFETY: AVX is enabled for the whole crate.
            Self(unsafe { _mm256_max_ps(self.0, other.0) })
        }

        /// Lane by lane the smaller; `other` where one is not a number.
        #[inline(always)]
        pub fn min(self, other: Self) -> Self {
            // SAFETY: AVX is enabled for the whole crate.
            Self(unsafe { _mm256_min_ps(self.0, other.0) })
        }

        /// `2^n` for lanes that hold `n + 1.5 * 2^23`, the form in which an addition rounds to an integer.
        #[inline(always)]
        pub fn power_of_two(self) -> Self {
            // SAFETY: AVX2 is enabled for the whole crate.
            Self(unsafe {
                let bias = _mm256_set1_epi32(127i32.wrapping_sub(0x4b40_0000));
                let exponent = _mm256_add_epi32(_mm256_castps_si256(self.0), bias);
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
            })
        }

        /// Sum of the lanes, added in pairs.
        #[inline(always)]
        pub fn sum(self) -> f32 {
            Self::sums([self; 4])[0]
        }

        /// Sums of four registers.
        #[inline(always)]
        pub fn sums([a, b, c, d]: [Self; 4]) -> [f32; 4] {
            let mut out = [0.0; 4];
            // SAFETY: AVX is enabled for the whole crate; `out` holds the four floats stored.
            unsafe {
                let pairs = _mm256_hadd_ps(_mm256_hadd_ps(a.0, b.0), _mm256_hadd_ps(c.0, d.0));
                let four = _mm_add_ps(
                    _mm256_castps256_ps128(pairs),
                    _mm256_extractf128_ps::<1>(pairs),
                );
                _mm_storeu_ps(out.as_mut_ptr(), four);
            }
            out
        }

        /// Sum of the lanes in double precision.
        #[inline(always)]
        pub fn sum_f64(self) -> f64 {
            // SAFETY: AVX is enabled for the whole crate.
            unsafe {
                let low = _mm256_cvtps_pd(_mm256_castps256_ps128(self.0));
                let high = _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(self.0));
                let four = _mm256_add_pd(low, high);
                let two = _mm_add_pd(
                    _mm256_castpd256_pd128(four),
                    _mm256_extractf128_pd::<1>(four),
                );
                _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two))
            }
        }
    }

    macro_rules! operator {
        ($trait:ident, $method:ident, $intrinsic:ident) => {
            impl std::ops::$trait for Lanes {
                type Output = Self;

                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    // SAFETY: AVX is enabled for the whole crate.
                    Self(unsafe { $intrinsic(self.0, other.0) })
                }
            }
        };
    }
    operator!(Add, add, _mm256_add_ps);
    operator!(Sub, sub, _mm256_sub_ps);
    operator!(Mul, mul, _mm256_mul_ps);
    operator!(Div, div, _mm256_div_ps);
}

#[cfg(any(
    test,
    not(all(
        target_arch = "x86_64",
        target_feature = "avx2",
        target_feature = "fma"
    ))
))]
#[cfg_attr(
    all(
        target_arch = "x86_64",
        target_feature = "avx2",
        target_feature = "fma"
    ),
    expect(dead_code, reason = "compiled here so that the tests compare the two")
)]
mod portable {
    use super::LANES;

    /// Eight floats.
    #[derive(Clone, Copy, Debug)]
    pub struct Lanes([f32; LANES]);

    impl Lanes {
        fn each(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
            Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
        }

        /// All zero.
        pub fn zero() -> Self {
            Self([0.0; LANES])
        }

        /// `x` in every lane.
        pub fn splat(x: f32) -> Self {
            Self([x; LANES])
        }

        /// The eight floats of `row` that start at `at`.
        pub fn load(row: &[f32], at: usize) -> Self {
            let mut lanes = [0.0; LANES];
            lanes.copy_from_slice(&row[at..at + LANES]);
            Self(lanes)
        }

        /// Writes the lanes to `row` from `at` on.
        pub fn store(self, row: &mut [f32], at: usize) {
            row[at..at + LANES].copy_from_slice(&self.0);
        }

        /// `self + a * b`; rounded once where the machine has the instruction, which a library call would not repay.
        pub fn plus(self, a: Self, b: Self) -> Self {
            Self(std::array::from_fn(|i| {
                if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
                    a.0[i].mul_add(b.0[i], self.0[i])
                } else {
                    a.0[i] * b.0[i] + self.0[i]
                }
            }))
        }

        /// Lane by lane the larger; `other` where one is not a number.
        pub fn max(self, other: Self) -> Self {
            self.each(other, |a, b| if a > b { a } else { b })
        }

        /// Lane by lane the smaller; `other` where one is not a number.
        pub fn min(self, other: Self) -> Self {
            self.each(other, |a, b| if a < b { a } else { b })
        }

        /// `2^n` for lanes that hold `n + 1.5 * 2^23`, the form in which an addition rounds to an integer.
        pub fn power_of_two(self) -> Self {
            let bias = 127u32.wrapping_sub(0x4b40_0000);
            Self(
                self.0
                    .map(|x| f32::from_bits(x.to_bits().wrapping_add(bias) << 23)),
            )
        }

        /// Sum of the lanes, added in pairs.
        pub fn sum(self) -> f32 {
            let [a, b, c, d, e, f, g, h] = self.0;
            ((a + b) + (c + d)) + ((e + f) + (g + h))
        }

        /// Sums of four registers.
        pub fn sums(four: [Self; 4]) -> [f32; 4] {
            four.map(Self::sum)
        }

        /// Sum of the lanes in double precision.
        pub fn sum_f64(self) -> f64 {
            self.0.iter().map(|&lane| f64::from(lane)).sum()
        }
    }

    macro_rules! operator {
        ($trait:ident, $method:ident, $op:tt) => {
            impl std::ops::$trait for Lanes {
                type Output = Self;

                fn $method(self, other: Self) -> Self {
                    self.each(other, |a, b| a $op b)
                }
            }
        };
    }
    operator!(Add, add, +);
    operator!(Sub, sub, -);
    operator!(Mul, mul, *);
    operator!(Div, div, /);
}

#[cfg(test)]
mod tests {
    use super::{LANES, Lanes, portable};

    /// The register and the array give the same bits, so a build without AVX2 decides the same.
    #[test]
    fn both_forms_agree_bit_for_bit() {
        let rows: Vec<f32> = (0..4 * LANES).map(|i| (i as f32 * 1.37).sin()).collect();
        let ours = [0, 1, 2, 3].map(|i| Lanes::load(&rows, i * LANES));
        let plain = [0, 1, 2, 3].map(|i| portable::Lanes::load(&rows, i * LANES));
        let [a, b, c, d] = ours;
        let [e, f, g, h] = plain;
        let both = [
            (a.plus(b, c) / d - a * b, e.plus(f, g) / h - e * f),
            (a.max(b).min(c) + d, e.max(f).min(g) + h),
            (
                Lanes::splat(1.5) + Lanes::zero(),
                portable::Lanes::splat(1.5) + portable::Lanes::zero(),
            ),
        ];
        for (ours, plain) in both {
            let (mut left, mut right) = ([0.0; LANES], [0.0; LANES]);
            ours.store(&mut left, 0);
            plain.store(&mut right, 0);
            assert_eq!(left, right);
        }
        assert_eq!(Lanes::sums(ours), portable::Lanes::sums(plain));
        assert_eq!(a.sum(), e.sum());
        assert!((a.sum_f64() - e.sum_f64()).abs() < 1e-15);
    }

    #[test]
    fn powers_of_two_are_exact() {
        for n in -126i8..=127 {
            let rounded = f32::from(n) + 12_582_912.0;
            let mut out = [0.0; LANES];
            Lanes::splat(rounded).power_of_two().store(&mut out, 0);
            assert_eq!(out, [f32::from(n).exp2(); LANES], "2^{n}");
        }
    }
}

//! Whether answers lost and gained differ by more than chance: McNemar's test in its exact form
//! (Q. McNemar, Psychometrika 12, 1947; the binomial form, since flips are few).

/// Two-sided p-value of `lost` against `gained`: how often a fair coin tossed `lost + gained` times
/// would fall as unevenly or more. 1 if nothing flipped.
pub fn mcnemar_exact(lost: u32, gained: u32) -> f64 {
    let flips = lost + gained;
    // C(n, k) / 2^n by its recurrence, in logarithms: 2^-n alone underflows beyond n = 1074.
    let mut log_term = -f64::from(flips) * std::f64::consts::LN_2;
    let mut tail = log_term.exp();
    for k in 1..=lost.min(gained) {
        log_term += (f64::from(flips - k + 1) / f64::from(k)).ln();
        tail += log_term.exp();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_cases_by_hand() {
        // 2 (1 + 9) / 512; 2 / 2^6; 2 (1 + 20 + 190 + 1140 + 4845 + 15504) / 2^20.
        for (lost, gained, p) in [
            (8, 1, 0.039_062_5),
            (0, 6, 0.031_25),
            (15, 5, 43_400.0 / 1_048_576.0),
        ] {
            assert!(
                (mcnemar_exact(lost, gained) - p).abs() < 1e-12,
                "{lost} {gained}"
            );
            assert_eq!(mcnemar_exact(lost, gained), mcnemar_exact(gained, lost));
        }
    }

    #[test]
    fn no_flips_or_even_flips_say_nothing() {
        assert_eq!(mcnemar_exact(0, 0), 1.0);
        assert_eq!(mcnemar_exact(1, 0), 1.0);
        assert_eq!(mcnemar_exact(7, 7), 1.0);
    }

    /// Agresti, Categorical Data Analysis, the approval ratings: 150 against 86 flips give z = -4.17,
    /// p about 3e-5; and thousands of flips do not underflow.
    #[test]
    fn many_flips_agree_with_the_normal_approximation() {
        let p = mcnemar_exact(150, 86);
        assert!((2.5e-5..5e-5).contains(&p), "{p}");
        let p = mcnemar_exact(5000, 5100);
        // z = (100 - 1) / sqrt(10100) = 0.985 with continuity correction, p = 0.3246.
        assert!((p - 0.3246).abs() < 1e-3, "{p}");
    }
}

//! The interval of a pass rate. The textbook interval (Wald's) has no width at 0 and 1, where small
//! budgets live; Wilson's score interval (E. B. Wilson, JASA 22, 1927) has.

use serde::Serialize;

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A range of rates, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The 95 % score interval of `right` successes in `of` trials; of none, everything is possible.
///
/// ```text
/// (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
/// ```
pub fn wilson(right: u32, of: u32) -> Interval {
    if of == 0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let n = f64::from(of);
    let p = f64::from(right) / n;
    let shrink = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / shrink;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / shrink;
    Interval {
        low: if right == 0 { 0.0 } else { centre - half },
        high: if right == of { 1.0 } else { centre + half },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    #[test]
    fn newcombes_examples() {
        for (right, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = wilson(right, of);
            assert!((found.low - low).abs() < 5e-5, "{right}/{of}: {found:?}");
            assert!((found.high - high).abs() < 5e-5, "{right}/{of}: {found:?}");
        }
    }

    #[test]
    fn the_interval_is_the_set_of_rates_the_score_test_does_not_reject() {
        for (right, of) in [(3, 10), (52, 80), (199, 200), (1, 1000)] {
            let (n, p) = (f64::from(of), f64::from(right) / f64::from(of));
            let found = wilson(right, of);
            for end in [found.low, found.high] {
                let z = (p - end) / (end * (1.0 - end) / n).sqrt();
                assert!((z.abs() - Z).abs() < 1e-9, "{right}/{of}: {z}");
            }
        }
    }

    #[test]
    fn nothing_tried_says_nothing_and_all_right_ends_at_one() {
        assert_eq!(
            wilson(0, 0),
            Interval {
                low: 0.0,
                high: 1.0
            }
        );
        assert_eq!(wilson(20, 20).high, 1.0);
        assert!((wilson(20, 20).low - (1.0 - 0.1611)).abs() < 5e-5);
    }
}

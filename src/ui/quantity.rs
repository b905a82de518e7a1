//! Numbers as people read them, the same in every panel.

use crate::trace::EventIndex;

/// Bytes in binary units: `4.7 MiB`.
pub fn bytes(n: u64) -> String {
    let n = n as f64;
    for (unit, size) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        let value = n / size as f64;
        if value >= 1.0 {
            return if value >= 100.0 {
                format!("{value:.0} {unit}")
            } else {
                format!("{value:.1} {unit}")
            };
        }
    }
    format!("{n:.0} B")
}

/// A count with thin spaces between thousands: `32 768`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 head`, `2 heads`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A score with three significant digits, plain or scientific as it suits.
pub fn score(value: f32) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if size < 1e-4 {
        format!("{value:.2e}").replace('-', "−")
    } else {
        let decimals = (2 - size.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.decimals$}").replace('-', "−")
    }
}

/// A difference of scores, with its sign.
pub fn signed(value: f32) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", score(value))
}

/// A multiple of an even share: `1.86 ×`.
pub fn times(value: f32) -> String {
    match value {
        v if v >= 10.0 => format!("{v:.0} ×"),
        v if v >= 0.1 => format!("{v:.2} ×"),
        v => format!("{} ×", score(v)),
    }
}

/// The same of a value that may be no more than a bound: `≤ 2.99e−8 ×`.
pub fn at_most_times(value: f32, bound: bool) -> String {
    let sign = if bound { "≤ " } else { "" };
    format!("{sign}{}", times(value))
}

/// A share as a percentage: `88 %`, with a digit more where it is close to an end.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    if (value > 0.0 && value < 1.0) || (value > 99.0 && value < 100.0) {
        format!("{value:.1} %")
    } else {
        format!("{value:.0} %")
    }
}

/// A rate of so many trials and the ends of its interval, in per cent to a tenth as tables print it: of 200 a single one
/// more can be seen.
pub fn rate(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A compression's number as people count: the first is 1.
pub fn event_number(event: EventIndex) -> u32 {
    event.0 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_carry_their_unit() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(4_928_307), "4.7 MiB");
        assert_eq!(bytes(3 << 30), "3.0 GiB");
    }

    #[test]
    fn counts_are_grouped_and_scores_keep_three_digits() {
        assert_eq!(count(32768), "32\u{a0}768");
        assert_eq!(counted(1, "head"), "1 head");
        assert_eq!(score(0.010_34), "0.0103");
        assert_eq!(score(-0.000_012_3), "−1.23e−5");
        assert_eq!(percent(0.995), "99.5 %");
    }
}

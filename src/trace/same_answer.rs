//! Whether an answer is the expected one: as numbers where both are numbers, else as text.

/// Whether `given` (the content of a box) says the same as `expected`.
///
/// Currency and percent signs, spaces, thousands separators and a final full stop do not count;
/// `\frac{1}{2}`, `1/2` and `0.5` are the same number.
pub fn same_answer(given: &str, expected: &str) -> bool {
    let (given, expected) = (plain(given), plain(expected));
    match (Fraction::read(&given), Fraction::read(&expected)) {
        (Some(given), Some(expected)) => given == expected,
        _ => !given.is_empty() && given == expected,
    }
}

fn plain(text: &str) -> String {
    let text = text.trim().replace('\u{2212}', "-");
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text.as_str()),
    };
    let fraction = ["\\frac{", "\\dfrac{", "\\tfrac{"]
        .iter()
        .find_map(|command| unsigned.strip_prefix(command))
        .and_then(|t| t.split_once("}{"));
    let text = match fraction {
        Some((above, below)) => format!("{sign}{above}/{}", below.trim_end_matches('}')),
        None => text,
    };
    let kept: String = without_separators(&text)
        .chars()
        .filter(|c| !matches!(c, '$' | '%' | '\\') && !c.is_whitespace())
        .collect();
    kept.trim_end_matches('.').to_lowercase()
}

/// Without the commas between groups of three digits; others are part of the answer, as in `3, 4`.
fn without_separators(text: &str) -> String {
    let mut parts = text.split(',');
    let mut joined = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if digits != 3 || !joined.ends_with(|c: char| c.is_ascii_digit()) {
            joined.push(',');
        }
        joined.push_str(part);
    }
    joined
}

/// A fraction in lowest terms with a positive denominator.
#[derive(Debug, PartialEq, Eq)]
struct Fraction(i128, i128);

impl Fraction {
    fn read(text: &str) -> Option<Self> {
        let (above, below) = text.split_once('/').unwrap_or((text, "1"));
        let ((a, b), (c, d)) = (decimal(above)?, decimal(below)?);
        let (above, below) = (a.checked_mul(d)?, b.checked_mul(c)?);
        if below == 0 {
            return None;
        }
        let divisor = gcd(above.unsigned_abs(), below.unsigned_abs()) as i128 * below.signum();
        Some(Self(above / divisor, below / divisor))
    }
}

/// A decimal number as integer over power of ten.
fn decimal(text: &str) -> Option<(i128, i128)> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    if all.is_empty() || all.len() > 18 || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i128 = all.parse().ok()?;
    let sign = if text.starts_with('-') { -1 } else { 1 };
    Some((sign * value, 10i128.pow(part.len() as u32)))
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_in_other_dress_is_right() {
        for (given, expected) in [
            ("42", "42"),
            ("$1,250", "1250"),
            ("12.50", "12.5"),
            ("\\frac{2}{4}", "1/2"),
            ("0.5", "1/2"),
            ("-\\dfrac{1}{2}", "-0.5"),
            ("1,234,567.5", "1234567.5"),
            ("25\\%", "25"),
            ("-7", "\u{2212}7"),
            ("0", "-0"),
            ("3.", "3"),
            (" Monday", "monday"),
        ] {
            assert!(same_answer(given, expected), "{given} against {expected}");
        }
    }

    #[test]
    fn another_number_or_none_is_wrong() {
        for (given, expected) in [
            ("41", "42"),
            ("", "42"),
            ("", ""),
            ("4 2 apples", "42"),
            ("1/0", "0"),
            ("7", "-7"),
            ("1/3", "0.3333"),
            ("3, 4", "34"),
            ("12,50", "1250"),
        ] {
            assert!(!same_answer(given, expected), "{given} against {expected}");
        }
    }
}

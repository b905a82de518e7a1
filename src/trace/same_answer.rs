//! Whether an answer is the expected one: as numbers where both are numbers, else as text.

/// Whether `given` (the content of a box) says the same as `expected`.
///
/// Currency, percent and degree signs, TeX's spaces and text commands, thousands separators, a leading `x =` and a final
/// full stop do not count. `\frac{1}{2}`, `1/2` and `0.5` are the same number, and so are `3\frac12`, `3 1/2` and `3.5`.
/// A unit that only one of the two names does not count; two that differ do.
pub fn same_answer(given: &str, expected: &str) -> bool {
    let (given, expected) = (plain(given), plain(expected));
    if let (Some(given), Some(expected)) = (Quantity::read(&given), Quantity::read(&expected)) {
        return given.same(&expected);
    }
    let given = squeezed(&given);
    !given.is_empty() && given == squeezed(&expected)
}

/// What is dropped, and what is written in another way; in this order.
const REPLACED: &[(&str, &str)] = &[
    ("\u{2212}", "-"),
    ("{,}", ","),
    ("\\,", ""),
    ("\\!", ""),
    ("\\:", ""),
    ("\\;", ""),
    ("\\ ", " "),
    ("~", " "),
    ("^{2}", "²"),
    ("^2", "²"),
    ("^{3}", "³"),
    ("^3", "³"),
    ("^{\\circ}", "°"),
    ("^\\circ", "°"),
    ("\\dfrac", "\\frac"),
    ("\\tfrac", "\\frac"),
    ("\\(", ""),
    ("\\)", ""),
    ("\\$", ""),
    ("\\%", ""),
    ("$", ""),
    ("%", ""),
    ("€", ""),
    ("£", ""),
    ("¥", ""),
];

/// Commands whose content is the text.
const TEXT_COMMANDS: &[&str] = &[
    "\\text{",
    "\\textbf{",
    "\\textit{",
    "\\mathrm{",
    "\\mathbf{",
    "\\mbox{",
];

/// The answer without TeX's ways of writing, in lower case.
fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for (from, to) in REPLACED {
        text = text.replace(from, to);
    }
    for command in TEXT_COMMANDS {
        while let Some((before, rest)) = text.split_once(command) {
            let (content, after) = rest.split_once('}').unwrap_or((rest, ""));
            text = format!("{before} {content} {after}");
        }
    }
    // A power of a unit may have stood outside the command that the unit was in.
    text = text.replace(" ²", "²").replace(" ³", "³");
    text = without_fractions(&without_degrees(&text));
    text.trim().trim_end_matches('.').trim_end().to_lowercase()
}

/// `57 °C` as `57 celsius`; other degrees as plain numbers.
fn without_degrees(text: &str) -> String {
    let mut parts = text.split('°');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for after in parts {
        let unit = after.trim_start();
        let rest = unit.get(1..).unwrap_or_default();
        let alone = !rest.starts_with(|c: char| c.is_alphanumeric());
        match unit.chars().next() {
            Some('C') if alone => plain.extend([" celsius", rest]),
            Some('F') if alone => plain.extend([" fahrenheit", rest]),
            _ => plain.push_str(after),
        }
    }
    plain
}

/// `\frac{1}{2}` and `\frac12` as ` 1/2`.
fn without_fractions(text: &str) -> String {
    let Some((before, rest)) = text.split_once("\\frac") else {
        return text.to_owned();
    };
    let argument = |rest: &'_ str| -> Option<(String, String)> {
        let rest = rest.trim_start();
        if let Some(braced) = rest.strip_prefix('{') {
            let (inside, after) = braced.split_once('}')?;
            return Some((inside.trim().to_owned(), after.to_owned()));
        }
        let first = rest.chars().next()?;
        Some((first.to_string(), rest[first.len_utf8()..].to_owned()))
    };
    let read = || {
        let (above, rest) = argument(rest)?;
        let (below, rest) = argument(&rest)?;
        Some((above, below, rest))
    };
    match read() {
        Some((above, below, after)) => {
            format!("{before} {above}/{below}{}", without_fractions(&after))
        }
        None => text.to_owned(),
    }
}

/// Without backslashes, and without blanks but for those that part two numbers.
fn squeezed(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut words = text.split_whitespace();
    kept.push_str(words.next().unwrap_or_default());
    for word in words {
        let numbers = kept.ends_with(|c: char| c.is_ascii_digit())
            && word.starts_with(|c: char| c.is_ascii_digit());
        if numbers {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept.replace('\\', "")
}

/// Letters that stand for a unit after a number; others are unknowns.
const ONE_LETTER_UNITS: &str = "mglhs";

/// A number and what it counts.
struct Quantity {
    value: Fraction,
    unit: String,
}

impl Quantity {
    fn read(text: &str) -> Option<Self> {
        let (sign, unsigned) = signed(without_unknown(text));
        let end = unsigned
            .find(|c: char| !(c.is_ascii_digit() || c.is_whitespace() || ".,/".contains(c)))
            .unwrap_or(unsigned.len());
        let (number, unit) = unsigned.split_at(end);
        let is_word = |word: &str| match word.trim_end_matches(['²', '³']) {
            "" => false,
            letter if letter.len() == 1 => ONE_LETTER_UNITS.contains(letter),
            word => word
                .chars()
                .all(|c| c.is_alphabetic() || "-'./".contains(c)),
        };
        if !unit.split_whitespace().all(is_word) {
            return None;
        }
        let value = Fraction::read(number.trim())?;
        Some(Self {
            value: Fraction(sign * value.0, value.1),
            unit: unit.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }

    fn same(&self, other: &Self) -> bool {
        let units_agree = self.unit.is_empty() || other.unit.is_empty() || self.unit == other.unit;
        self.value == other.value && units_agree
    }
}

/// Without a leading `x =`.
fn without_unknown(text: &str) -> &str {
    let mut chars = text.chars();
    match chars.next() {
        Some(unknown) if unknown.is_ascii_alphabetic() => {
            let value = chars.as_str().trim_start().strip_prefix('=');
            value.map_or(text, str::trim_start)
        }
        _ => text,
    }
}

fn signed(text: &str) -> (i128, &str) {
    match text.strip_prefix(['-', '+']) {
        Some(rest) if text.starts_with('-') => (-1, rest.trim_start()),
        Some(rest) => (1, rest.trim_start()),
        None => (1, text),
    }
}

/// A fraction in lowest terms with a positive denominator.
#[derive(Debug, PartialEq, Eq)]
struct Fraction(i128, i128);

impl Fraction {
    /// Reads `7`, `1,250.5`, `3/4` or `1 3/4`.
    fn read(text: &str) -> Option<Self> {
        let Some((above, below)) = text.split_once('/') else {
            let (value, scale) = decimal(&without_separators(text))?;
            return Self::new(value, scale);
        };
        let (whole, above) = match above.trim().rsplit_once(char::is_whitespace) {
            Some((whole, above)) => (decimal(whole.trim())?, above),
            None => ((0, 1), above.trim()),
        };
        let ((a, b), (c, d)) = (decimal(above)?, decimal(below.trim())?);
        let (above, below) = (a.checked_mul(d)?, b.checked_mul(c)?);
        let whole = (whole.1 == 1).then_some(whole.0)?;
        Self::new(above.checked_add(whole.checked_mul(below)?)?, below)
    }

    fn new(above: i128, below: i128) -> Option<Self> {
        if below == 0 {
            return None;
        }
        let divisor = gcd(above.unsigned_abs(), below.unsigned_abs()) as i128 * below.signum();
        Some(Self(above / divisor, below / divisor))
    }
}

/// Without commas or blanks between groups of three digits; others are part of the answer, as in `3, 4`.
fn without_separators(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let after = &text[at + c.len_utf8()..];
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let separates = (c == ',' || c == ' ')
            && digits == 3
            && joined.ends_with(|last: char| last.is_ascii_digit());
        if !separates {
            joined.push(c);
        }
    }
    joined
}

/// A decimal number without a sign as integer over power of ten.
fn decimal(digits: &str) -> Option<(i128, i128)> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    if all.is_empty() || all.len() > 18 || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((all.parse().ok()?, 10i128.pow(part.len() as u32)))
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
            ("1{,}250", "1250"),
            ("1\\,250", "1250"),
            ("1,\\!250", "1250"),
            ("1 250", "1250"),
            ("12.50", "12.5"),
            ("\\frac{2}{4}", "1/2"),
            ("\\frac12", "0.5"),
            ("$\\frac{1}{2}$", "0.5"),
            ("3\\frac{1}{2}", "3.5"),
            ("3 1/2", "7/2"),
            ("-3 1/2", "-3.5"),
            ("0.5", "1/2"),
            ("-\\dfrac{1}{2}", "-0.5"),
            ("1,234,567.5", "1234567.5"),
            ("25\\%", "25"),
            ("-7", "\u{2212}7"),
            ("0", "-0"),
            ("3.", "3"),
            (" Monday", "monday"),
            ("x = 9", "9"),
            ("x=-9", "-9"),
            ("42\\text{ dollars}", "42"),
            ("\\text{42}", "42"),
            ("42 km/h", "42"),
            ("42 cm", "42cm"),
            ("€42", "42"),
            ("90^\\circ", "90"),
            ("90^{\\circ}", "90"),
            ("57 cm^2", "57"),
            ("57 \\text{ cm}^{2}", "57"),
            ("57 cm²", "57 cm^2"),
            ("18\\text{ m}^3", "18"),
            ("57 °C", "57"),
            ("57^\\circ\\text{C}", "57°C"),
            ("2^3", "2^{3}"),
            ("2 x + 1", "2x+1"),
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
            ("4 2", "42"),
            ("1/0", "0"),
            ("7", "-7"),
            ("1/3", "0.3333"),
            ("3, 4", "34"),
            ("12,50", "1250"),
            ("3 1/2", "15.5"),
            ("2x", "2"),
            ("5 km", "5 m"),
            ("57 cm", "57 cm^2"),
            ("57 °C", "57 °F"),
            ("57 ²", "57"),
            ("2^3", "2"),
            ("3x^2", "3"),
            ("x = 3, y = 4", "3"),
            ("\\frac", "1"),
            ("\\frac{1}{", "1"),
        ] {
            assert!(!same_answer(given, expected), "{given} against {expected}");
        }
    }
}

//! Arithmetic as it is done on paper, digit by digit: each step copies digits and does one operation of one digit, because
//! that is what a small model can learn without a mistake. What is written so far is repeated after "write".

use std::fmt::Write as _;

use super::plan::Op;

/// The work for `a op b` and its result as a sentence, such as
/// `57 + 26: 7 + 6 = 13, write 3, carry 1. 5 + 2 + 1 = 8, write 83. So 57 + 26 = 83.`; small numbers need no work.
pub(super) fn work(a: i64, op: Op, b: i64) -> String {
    let head = format!("{a} {} {b}", op.sign());
    match op {
        Op::Add if a < 10 && b < 10 => format!("{head} = {}.", a + b),
        Op::Sub if a < 20 && b < 10 => format!("{head} = {}.", a - b),
        Op::Mul if (a < 10 && b < 10) || b == 10 => format!("{head} = {}.", a * b),
        Op::Add => conclude(&head, &add(a, b), a + b),
        Op::Sub => conclude(&head, &sub(a, b), a - b),
        Op::Mul if b < 10 => conclude(&head, &mul(a, b), a * b),
        Op::Mul => long_mul(a, b),
        Op::Div if b % 10 == 0 && a % 10 == 0 => {
            let less = work(a / 10, Op::Div, b / 10);
            conclude(&head, &format!("One nought less, {less}"), a / b)
        }
        Op::Div if b >= 10 => multiples(a, b),
        Op::Div if a < 10 * b => format!("{head}: {b} * {} = {a}, so {head} = {}.", a / b, a / b),
        Op::Div => conclude(&head, &div(a, b), a / b),
        Op::Remainder => {
            format!(
                "{head}: {} So {head} = {} remainder {}.",
                div(a, b),
                a / b,
                a % b
            )
        }
    }
}

fn conclude(head: &str, work: &str, value: i64) -> String {
    format!("{head}: {work} So {head} = {value}.")
}

/// Decimal digits, ones first.
pub(super) fn digits(mut n: i64) -> Vec<i64> {
    let mut digits = vec![n % 10];
    while n >= 10 {
        n /= 10;
        digits.push(n % 10);
    }
    digits
}

fn digit(digits: &[i64], place: usize) -> i64 {
    digits.get(place).copied().unwrap_or(0)
}

fn add(a: i64, b: i64) -> String {
    let (xs, ys) = (digits(a), digits(b));
    let places = xs.len().max(ys.len());
    let (mut text, mut written, mut carry) = (String::new(), String::new(), 0);
    for place in 0..places {
        let (x, y) = (digit(&xs, place), digit(&ys, place));
        let total = x + y + carry;
        let carried = if carry > 0 { " + 1" } else { "" };
        let _ = write!(text, "{x} + {y}{carried} = {total}, write ");
        carry = put(&mut text, &mut written, total, place + 1 == places);
    }
    text.trim_end().to_owned()
}

/// Writes the last digit of `total` before what is written so far, all of it at the last place. Returns the carry.
fn put(text: &mut String, written: &mut String, total: i64, last: bool) -> i64 {
    let kept = if last { total } else { total % 10 };
    *written = format!("{kept}{written}");
    text.push_str(written);
    let carry = total / 10;
    if !last && carry > 0 {
        let _ = write!(text, ", carry {carry}");
    }
    text.push_str(". ");
    carry
}

fn sub(a: i64, b: i64) -> String {
    let (xs, ys) = (digits(a), digits(b));
    let (mut text, mut written, mut borrow) = (String::new(), String::new(), 0);
    for (place, &x) in xs.iter().enumerate() {
        let y = digit(&ys, place);
        let short = x < y + borrow;
        let x = if short { x + 10 } else { x };
        let borrowed = if borrow > 0 { " - 1" } else { "" };
        let rest = x - y - borrow;
        written = format!("{rest}{written}");
        let _ = write!(text, "{x} - {y}{borrowed} = {rest}, write {written}");
        text.push_str(if short { ", borrow 1. " } else { ". " });
        borrow = i64::from(short);
    }
    text.trim_end().to_owned()
}

fn mul(a: i64, b: i64) -> String {
    let xs = digits(a);
    let (mut text, mut written, mut carry) = (String::new(), String::new(), 0);
    for (place, &x) in xs.iter().enumerate() {
        let product = x * b;
        let total = product + carry;
        let _ = write!(text, "{x} * {b} = {product}, ");
        if carry > 0 {
            let _ = write!(text, "{product} + {carry} = {total}, ");
        }
        text.push_str("write ");
        carry = put(&mut text, &mut written, total, place + 1 == xs.len());
    }
    text.trim_end().to_owned()
}

/// Both factors of two digits or more: one product for each digit of the second.
fn long_mul(a: i64, b: i64) -> String {
    let mut text = String::new();
    let mut total = 0;
    for (place, &y) in digits(b).iter().enumerate().rev() {
        if y == 0 {
            continue;
        }
        let mut part = a * y;
        if y > 1 || place == 0 {
            text.push_str(&work(a, Op::Mul, y));
            text.push(' ');
        }
        if place > 0 {
            part *= 10i64.pow(place as u32);
            let _ = write!(text, "So {a} * {} = {part}. ", part / a);
        }
        if total > 0 {
            text.push_str(&work(total, Op::Add, part));
            text.push(' ');
        }
        total += part;
    }
    format!("{a} * {b}: {text}So {a} * {b} = {total}.")
}

/// Long division by one digit: from the first prefix that holds the divisor. The rest is worked out, not known by heart.
fn div(a: i64, b: i64) -> String {
    let mut text = String::new();
    let (mut part, mut written) = (0, String::new());
    let digits = digits(a);
    for (place, &x) in digits.iter().enumerate().rev() {
        part = part * 10 + x;
        if part < b && written.is_empty() && place > 0 {
            continue;
        }
        let quotient = part / b;
        let rest = part % b;
        let _ = write!(written, "{quotient}");
        let _ = write!(
            text,
            "{part} / {b}: {b} * {quotient} = {}, {part} - {} = {rest}, write {written}. ",
            b * quotient,
            b * quotient
        );
        part = rest;
    }
    text.trim_end().to_owned()
}

/// Division by a number of two digits that is not round: its multiples until the dividend is reached.
fn multiples(a: i64, b: i64) -> String {
    let mut text = format!("{a} / {b}: ");
    for k in 1..=a / b {
        let _ = write!(text, "{b} * {k} = {}, ", b * k);
    }
    format!("{text}so {a} / {b} = {}.", a / b)
}

/// The value someone gets who forgets to carry or to borrow, if that is another value than the right one.
pub(super) fn slip(a: i64, op: Op, b: i64) -> Option<i64> {
    if a < 10 || b < 1 {
        return None;
    }
    let (xs, ys) = (digits(a), digits(b));
    let places = xs.len().max(ys.len());
    let mut value = 0;
    for place in (0..places).rev() {
        let (x, y, last) = (digit(&xs, place), digit(&ys, place), place + 1 == places);
        let d = match op {
            Op::Add => x + y,
            Op::Sub => (x - y).abs(),
            Op::Mul if b < 10 => x * b,
            _ => return None,
        };
        value = value * 10 + if last { d } else { d % 10 };
    }
    (value != op.apply(a, b)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_as_on_paper() {
        assert_eq!(
            work(57, Op::Add, 26),
            "57 + 26: 7 + 6 = 13, write 3, carry 1. 5 + 2 + 1 = 8, write 83. So 57 + 26 = 83."
        );
        assert_eq!(
            work(105, Op::Sub, 98),
            "105 - 98: 15 - 8 = 7, write 7, borrow 1. 10 - 9 - 1 = 0, write 07, borrow 1. \
             1 - 0 - 1 = 0, write 007. So 105 - 98 = 7."
        );
        assert_eq!(
            work(87, Op::Mul, 6),
            "87 * 6: 7 * 6 = 42, write 2, carry 4. 8 * 6 = 48, 48 + 4 = 52, write 522. So 87 * 6 = 522."
        );
        assert_eq!(
            work(156, Op::Div, 4),
            "156 / 4: 15 / 4: 4 * 3 = 12, 15 - 12 = 3, write 3. 36 / 4: 4 * 9 = 36, 36 - 36 = 0, write 39. \
             So 156 / 4 = 39."
        );
        assert_eq!(
            work(23, Op::Remainder, 5),
            "23 / 5: 23 / 5: 5 * 4 = 20, 23 - 20 = 3, write 4. So 23 / 5 = 4 remainder 3."
        );
        assert_eq!(work(18, Op::Div, 6), "18 / 6: 6 * 3 = 18, so 18 / 6 = 3.");
        assert_eq!(work(23, Op::Mul, 10), "23 * 10 = 230.");
        assert_eq!(
            work(120, Op::Div, 40),
            "120 / 40: One nought less, 12 / 4: 4 * 3 = 12, so 12 / 4 = 3. So 120 / 40 = 3."
        );
        assert_eq!(
            work(36, Op::Div, 12),
            "36 / 12: 12 * 1 = 12, 12 * 2 = 24, 12 * 3 = 36, so 36 / 12 = 3."
        );
    }

    #[test]
    fn what_is_written_last_is_the_result() {
        for a in 0..400 {
            for b in 1..120 {
                for (op, right) in [(Op::Add, a + b), (Op::Sub, a - b), (Op::Mul, a * b)] {
                    if right < 0 {
                        continue;
                    }
                    let (a, b) = if op == Op::Mul {
                        (a.max(b), a.min(b))
                    } else {
                        (a, b)
                    };
                    let text = work(a, op, b);
                    assert!(text.ends_with(&format!("= {right}.")), "{text}");
                    if let Some((_, written)) = text.rsplit_once("write ") {
                        let end = written.find(['.', ',']).unwrap();
                        let written: i64 = written[..end].parse().unwrap();
                        assert!(written == right || op == Op::Mul && b > 9, "{text}");
                    }
                }
            }
        }
    }
}

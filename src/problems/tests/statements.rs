//! Finds the statements of arithmetic in a text and says whether each is true, or false and taken back at once.

/// What takes a statement back, right behind it.
const TAKEN_BACK: &str = ". Wait, that is not right.";

/// Checks every `a op b [op c] = d` of the text, and what it says about rests and remainders. Returns how many slips there
/// were: false statements, each followed at once by its retraction and then by the same statement, true.
pub(super) fn check(text: &str) -> Result<usize, String> {
    let mut slips = 0;
    for (at, _) in text.match_indices(" = ") {
        let Some((left, value)) = left_side(&text[..at]) else {
            continue; // A unit or an unknown: `6x = 60`, `x + 3 = 9`.
        };
        let right = &text[at + 3..];
        if right.starts_with(['?', '_']) {
            continue; // The problem, quoted.
        }
        let end = right
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(right.len());
        let said: i64 = right[..end]
            .parse()
            .map_err(|_none| format!("no value behind {left:?}"))?;
        let rest = &right[end..];
        if unknown_follows(rest) {
            continue; // The problem, quoted: `7 * 60 = 42 * ?`.
        }
        let remainder = [" rest ", " remainder "]
            .iter()
            .find_map(|word| rest.strip_prefix(word));
        if let Some(after) = remainder {
            let end = after
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len());
            let remainder: i64 = after[..end]
                .parse()
                .map_err(|_none| format!("no rest behind {left:?}"))?;
            let numbers = numbers(&left);
            if numbers[0] != said * numbers[1] + remainder || remainder >= numbers[1] {
                return Err(format!("{left} = {said} rest {remainder} is false"));
            }
        } else if (value - said as f64).abs() > 1e-9 {
            if !rest.starts_with(TAKEN_BACK) {
                return Err(format!("{left} = {said} is false"));
            }
            let truth = format!("{left} = {value}.");
            if !rest.contains(&truth) {
                return Err(format!("{left} = {said} is taken back but never put right"));
            }
            slips += 1;
        }
    }
    Ok(slips)
}

/// Whether a text goes on with an operation on something that is no number.
fn unknown_follows(text: &str) -> bool {
    let after = [" + ", " - ", " * ", " / "]
        .iter()
        .find_map(|sign| text.strip_prefix(sign));
    after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_digit()))
}

/// The longest expression of numbers and signs that ends the text, and its value; `None` if there is no operation in it.
fn left_side(text: &str) -> Option<(String, f64)> {
    let words: Vec<&str> = text.rsplit([' ', '\n']).collect();
    let mut kept: Vec<&str> = vec![];
    for (i, word) in words.iter().enumerate() {
        let number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        if (i % 2 == 0 && number) || (i % 2 == 1 && matches!(*word, "+" | "-" | "*" | "/")) {
            kept.push(word);
        } else {
            // An operand that is no plain number: the statement is about an unknown.
            if i % 2 == 0 {
                return None;
            }
            break;
        }
    }
    if kept.len() < 3 {
        return None;
    }
    if kept.len().is_multiple_of(2) {
        kept.pop();
    }
    kept.reverse();
    let value = |word: &str| word.parse::<f64>().ok();
    // Products before sums; the traces have at most one product, or sums and differences only.
    let mut total = value(kept[0])?;
    for pair in kept[1..].chunks(2) {
        let operand = value(pair[1])?;
        match pair[0] {
            "+" => total += operand,
            "-" => total -= operand,
            "*" => total *= operand,
            _ => total /= operand,
        }
    }
    Some((kept.join(" "), total))
}

/// The numbers of a text, in digits or as small numerals.
pub(super) fn numbers(text: &str) -> Vec<i64> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| {
            let digits = word.trim_matches(|c: char| c.is_ascii_alphabetic());
            digits
                .parse()
                .ok()
                .or_else(|| crate::problems::words::numeral(word).map(|n| n as i64))
        })
        .collect()
}

#[test]
fn statements_are_checked() {
    assert_eq!(
        check("57 + 26: 7 + 6 = 13, write 3. 5 + 2 + 1 = 8. So 57 + 26 = 83."),
        Ok(0)
    );
    assert!(check("So 57 + 26 = 84.").is_err());
    assert_eq!(
        check("57 + 26 = 73. Wait, that is not right. So 57 + 26 = 83."),
        Ok(1)
    );
    assert!(check("57 + 26 = 73. Wait, that is not right. So 57 + 26 = 73.").is_err());
    assert!(check("57 + 26 = 73. Wait, that is not right.").is_err());
    assert_eq!(check("17 / 5 = 3 rest 2"), Ok(0));
    assert!(check("17 / 5 = 3 rest 3").is_err());
    assert!(check("17 / 5 = 3.").is_err());
    assert_eq!(check("6x = 60, x + 3 = 9, 7 * 6 = 14 * ?"), Ok(0));
}

//! What a story leaves open: the line `with` of a story, read.

use super::expression::Expression;
use super::story::{Mistake, PEOPLE};

/// How a gap is filled.
#[derive(Debug, Clone)]
pub(super) enum Gap {
    /// A quantity of the level, below another number if one is named.
    Quantity { below: Option<String> },
    /// 2 to 9.
    Few,
    /// A quantity that will be multiplied.
    Factor,
    /// From a range, both ends within it.
    Range(i64, i64),
    /// Follows from numbers drawn before.
    Derived(Expression),
    /// A word and the number that it stands for.
    Numeral(Vec<(String, i64)>),
    /// A word; its partner, such as the plural, fills the gap with a 2 after the name.
    Word(Vec<(String, Option<String>)>),
}

/// `n=number  x=<rolls|buns>  m=number<n`.
pub(super) fn declarations(text: &str) -> Result<Vec<(String, Gap)>, Mistake> {
    let mut all = vec![];
    let mut rest = text.trim();
    while !rest.is_empty() {
        let wrong = || Mistake::Declaration(rest.to_owned());
        let (name, value) = rest.split_once('=').ok_or_else(wrong)?;
        let end = if value.starts_with('<') {
            value.find('>').ok_or_else(wrong)? + 1
        } else {
            value.find(char::is_whitespace).unwrap_or(value.len())
        };
        let name = name.trim();
        let named = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !named || PEOPLE.contains(&name) {
            return Err(wrong());
        }
        all.push((name.to_owned(), gap(&value[..end])?));
        rest = value[end..].trim_start();
    }
    Ok(all)
}

fn gap(text: &str) -> Result<Gap, Mistake> {
    let wrong = || Mistake::Declaration(text.to_owned());
    if let Some(choices) = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
    {
        let choices: Vec<&str> = choices.split('|').map(str::trim).collect();
        if choices.contains(&"") {
            return Err(wrong());
        }
        let numerals: Option<Vec<(String, i64)>> = choices
            .iter()
            .map(|choice| {
                let (word, value) = choice.rsplit_once(':')?;
                Some((word.to_owned(), value.parse().ok()?))
            })
            .collect();
        if let Some(numerals) = numerals {
            return Ok(Gap::Numeral(numerals));
        }
        let partners = choices.iter().all(|choice| choice.contains('/'));
        let word = |choice: &&str| match choice.split_once('/') {
            Some((one, other)) if partners => (one.to_owned(), Some(other.to_owned())),
            _ => ((*choice).to_owned(), None),
        };
        return Ok(Gap::Word(choices.iter().map(word).collect()));
    }
    if let Some((low, high)) = text.split_once("..") {
        let (low, high) = (
            low.parse().map_err(|_no_number| wrong())?,
            high.parse().map_err(|_no_number| wrong())?,
        );
        return if low <= high {
            Ok(Gap::Range(low, high))
        } else {
            Err(wrong())
        };
    }
    match text {
        "number" => Ok(Gap::Quantity { below: None }),
        "few" => Ok(Gap::Few),
        "factor" => Ok(Gap::Factor),
        _ => match text.strip_prefix("number<") {
            Some("") => Err(wrong()),
            Some(other) => Ok(Gap::Quantity {
                below: Some(other.to_owned()),
            }),
            None => Expression::parse(text).map(Gap::Derived),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_gap_is_declared_in_one_line() {
        let gaps = declarations("n=number m=number<n  p=5..60\tk=few e=factor t=k*e+m x=<half a roll|buns> y=<box/boxes> f=<a third:3>").unwrap();
        let names: Vec<&str> = gaps.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["n", "m", "p", "k", "e", "t", "x", "y", "f"]);
        assert!(matches!(&gaps[1].1, Gap::Quantity { below: Some(other) } if other == "n"));
        assert!(matches!(gaps[2].1, Gap::Range(5, 60)));
        assert!(
            matches!(&gaps[6].1, Gap::Word(words) if words[0] == ("half a roll".to_owned(), None))
        );
        assert!(matches!(&gaps[7].1, Gap::Word(words) if words[0].1.as_deref() == Some("boxes")));
        assert!(matches!(&gaps[8].1, Gap::Numeral(words) if words[0].1 == 3));
    }

    #[test]
    fn what_is_no_declaration_is_refused() {
        for text in [
            "n",
            "n=",
            "N=few",
            "he=few",
            "p=9..5",
            "x=<a|b",
            "x=<a||b>",
            "n=number<",
        ] {
            assert!(declarations(text).is_err(), "{text}");
        }
    }
}

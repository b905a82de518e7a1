//! Solves a formula in x by evaluating it: numbers in f64, both sides affine in x.

struct Parser<'a> {
    rest: &'a str,
    x: f64,
}

/// The x that solves `left = right`.
pub(super) fn solve(formula: &str) -> Result<f64, String> {
    let (left, right) = formula.split_once('=').ok_or("no equation")?;
    let gap = |x: f64| Ok::<f64, String>(evaluate(left, x)? - evaluate(right, x)?);
    let (at_zero, at_one) = (gap(0.0)?, gap(1.0)?);
    let slope = at_one - at_zero;
    if slope.abs() < 1e-12 {
        return Err("no single solution".to_owned());
    }
    let x = -at_zero / slope;
    if gap(x)?.abs() > 1e-6 {
        return Err("not affine in x".to_owned());
    }
    Ok(x)
}

fn evaluate(text: &str, x: f64) -> Result<f64, String> {
    let mut parser = Parser { rest: text, x };
    let value = parser.sum()?;
    if parser.peek().is_some() {
        return Err(format!("what is {:?} in {text:?}?", parser.rest));
    }
    Ok(value)
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(sign);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value += self.product()?;
            } else if self.take('-') {
                value -= self.product()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut value = self.atom()?;
        loop {
            if self.take('*') {
                value *= self.atom()?;
            } else if self.take('/') {
                value /= self.atom()?;
            } else {
                return Ok(value);
            }
        }
    }

    fn atom(&mut self) -> Result<f64, String> {
        if self.take('(') {
            let value = self.sum()?;
            return if self.take(')') {
                Ok(value)
            } else {
                Err("no closing bracket".to_owned())
            };
        }
        if self.take('x') {
            return Ok(self.x);
        }
        if let Some(rest) = self.rest.strip_prefix("floor(") {
            self.rest = rest;
            let value = self.sum()?.floor();
            return if self.take(')') {
                Ok(value)
            } else {
                Err("no closing bracket".to_owned())
            };
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let value = self.rest[..end]
            .parse()
            .map_err(|error| format!("{error}: {:?}", self.rest))?;
        self.rest = &self.rest[end..];
        Ok(value)
    }
}

#[test]
fn formulas_are_solved() {
    assert_eq!(solve("(x + 7) * 3 = 36"), Ok(5.0));
    assert_eq!(solve("x = 17 - 5 * floor(17 / 5)"), Ok(2.0));
    assert_eq!(solve("x + x / 2 = 30"), Ok(20.0));
    assert!(solve("x * 0 = 3").is_err());
    assert!(solve("x = 3 3").is_err());
}

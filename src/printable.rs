//! Text of traces, models and people as a terminal may get it: what would steer the terminal is shown instead.

use std::borrow::Cow;
use std::io::{self, Write};

/// Control characters but for line ends and tabs as escapes: `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| {
        if steers(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        }
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// Makes whatever text goes through it [`printable`].
pub struct Printable<'a>(pub &'a mut dyn Write);

impl Write for Printable<'_> {
    /// Takes pieces of text as `write!` makes them; one cut within a character is passed on as it is.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(printable(text).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        let mut out = vec![];
        let steering = "\u{1b}[31mröd\r\u{9b}2J";
        writeln!(Printable(&mut out), "{steering}|a\tb").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\\u{1b}[31mröd\\u{d}\\u{9b}2J|a\tb\n");
    }
}

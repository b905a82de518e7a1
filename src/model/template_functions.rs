//! The functions and filters that chat templates expect of Python's `transformers`.

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, State, Value};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

/// What `strftime_now` takes for now, in seconds since 1970: the day that Llama 3.2's template names where it is told none.
/// With the real one the same problem would be another prompt tomorrow, and no run could be done again or gone on with.
const NOW: u64 = 1_721_952_000;

/// Widest `tojson` indent accepted; the indent multiplies the output's size.
const MAX_INDENT: usize = 16;

/// Adds Python's string methods, `raise_exception`, `strftime_now` and `tojson`.
pub(super) fn install(environment: &mut Environment<'_>) {
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function(
        "raise_exception",
        |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        },
    );
    environment.add_function("strftime_now", |format: String| strftime(&format, NOW));
    environment.add_filter("tojson", tojson);
}

/// `json.dumps(value, ensure_ascii=False, indent=indent)`: Python's separators, no HTML escapes.
#[expect(
    clippy::needless_pass_by_value,
    reason = "minijinja's filter arguments come by value"
)]
fn tojson(state: &State<'_, '_>, value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let ensure_ascii: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    if ensure_ascii == Some(true) || indent.is_some_and(|indent| indent > MAX_INDENT) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("tojson supports neither ensure_ascii=true nor an indent over {MAX_INDENT}"),
        ));
    }
    let json = match indent {
        None => write_json(value, PythonSeparators(CompactFormatter)),
        Some(indent) => write_json(
            value,
            PrettyFormatter::with_indent(" ".repeat(indent).as_bytes()),
        ),
    }?;
    state.consume_fuel(json.len() as u64 / 64)?;
    Ok(json)
}

fn write_json(value: &Value, formatter: impl Formatter) -> Result<String, Error> {
    let failed = |detail: String| Error::new(ErrorKind::BadSerialization, detail);
    let mut bytes = Vec::new();
    value
        .serialize(&mut serde_json::Serializer::with_formatter(
            &mut bytes, formatter,
        ))
        .map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}

/// `, ` between elements and `: ` after keys, as Python's `json` writes them.
struct PythonSeparators(CompactFormatter);

impl Formatter for PythonSeparators {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first {
            Ok(())
        } else {
            writer.write_all(b", ")
        }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.begin_array_value(writer, first)
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        self.0.begin_object_value(writer)?;
        writer.write_all(b" ")
    }
}

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Formats a moment, in seconds since 1970, as Python's `strftime` does. In UTC: the standard library knows no time
/// zones, and templates only date the conversation.
fn strftime(format: &str, seconds: u64) -> Result<String, Error> {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let (weekday, month_name) = (
        DAYS[((days + 4) % 7) as usize],
        MONTHS[(month - 1) as usize],
    );
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(char) = chars.next() {
        if char != '%' {
            out.push(char);
            continue;
        }
        let field = chars.next();
        let text = match field {
            Some('Y') => year.to_string(),
            Some('y') => format!("{:02}", year % 100),
            Some('m') => format!("{month:02}"),
            Some('d') => format!("{day:02}"),
            Some('e') => format!("{day:2}"),
            Some('H') => format!("{hour:02}"),
            Some('I') => format!("{hour12:02}"),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('p') => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            Some('A') => weekday.to_owned(),
            Some('a') => weekday[..3].to_owned(),
            Some('B') => month_name.to_owned(),
            Some('b') => month_name[..3].to_owned(),
            Some('F') => format!("{year}-{month:02}-{day:02}"),
            Some('%') => "%".to_owned(),
            other => {
                let field = other.map(String::from).unwrap_or_default();
                let detail = format!("strftime_now does not know the field `%{field}`");
                return Err(Error::new(ErrorKind::InvalidOperation, detail));
            }
        };
        out.push_str(&text);
    }
    Ok(out)
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_on_leap_days_and_at_noon() {
        // Moments from `date -u -d @N`.
        for (seconds, expected) in [
            (
                0,
                "Thursday Thu 01 Jan January 1970 70 00:00:00 12 AM  1 1970-01-01 %",
            ),
            (
                951_782_400,
                "Tuesday Tue 29 Feb February 2000 00 00:00:00 12 AM 29 2000-02-29 %",
            ),
            (
                1_735_646_399,
                "Tuesday Tue 31 Dec December 2024 24 11:59:59 11 AM 31 2024-12-31 %",
            ),
            (
                4_107_585_600,
                "Monday Mon 01 Mar March 2100 00 12:00:00 12 PM  1 2100-03-01 %",
            ),
        ] {
            let text = strftime("%A %a %d %b %B %Y %y %H:%M:%S %I %p %e %F %%", seconds).unwrap();
            assert_eq!(text, expected);
        }
        assert!(strftime("%Q", 0).unwrap_err().to_string().contains("`%Q`"));
        assert!(strftime("%", 0).is_err());
    }
}

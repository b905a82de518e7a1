//! Tables, written row by row: CSV (RFC 4180) or a JSON array of objects.

use std::io::{self, Write};

/// A value of a row. What is not finite is written as [`Cell::Null`]: neither format has a word for it.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// Nothing: an empty field, `null`.
    Null,
    /// A count or an id.
    Int(u64),
    /// A measured number.
    Float(f32),
    /// A setting.
    Double(f64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(&'a str),
}

/// The two notations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Comma-separated values with a header line.
    Csv,
    /// An array of objects, one a line.
    Json,
}

/// Writes a table.
pub struct TableWriter<'a> {
    out: &'a mut dyn Write,
    notation: Notation,
    columns: &'a [&'a str],
    rows: u64,
}

impl<'a> TableWriter<'a> {
    /// Begins a table.
    ///
    /// # Errors
    /// From `out`.
    pub fn begin(
        out: &'a mut dyn Write,
        notation: Notation,
        columns: &'a [&'a str],
    ) -> io::Result<Self> {
        match notation {
            Notation::Csv => {
                let names: Vec<String> = columns.iter().map(|name| quote(name)).collect();
                write!(out, "{}\r\n", names.join(","))?;
            }
            Notation::Json => out.write_all(b"[")?,
        }
        Ok(Self {
            out,
            notation,
            columns,
            rows: 0,
        })
    }

    /// Appends a row, one cell per column.
    ///
    /// # Errors
    /// From `out`.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell per column");
        let mut line = String::new();
        if self.notation == Notation::Json {
            line.push_str(if self.rows == 0 { "\n{" } else { ",\n{" });
        }
        for (i, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            if i > 0 {
                line.push(',');
            }
            match self.notation {
                Notation::Csv => line.push_str(&cell.csv()),
                Notation::Json => {
                    line.push_str(&json_text(column));
                    line.push(':');
                    line.push_str(&cell.json());
                }
            }
        }
        line.push_str(match self.notation {
            Notation::Csv => "\r\n",
            Notation::Json => "}",
        });
        self.rows += 1;
        self.out.write_all(line.as_bytes())
    }

    /// Ends the table.
    ///
    /// # Errors
    /// From `out`.
    pub fn end(self) -> io::Result<()> {
        match self.notation {
            Notation::Csv => Ok(()),
            Notation::Json => self.out.write_all(b"\n]\n"),
        }
    }
}

impl Cell<'_> {
    /// A value that may be missing.
    pub fn float(value: Option<f32>) -> Self {
        value.map_or(Self::Null, Self::Float)
    }

    fn csv(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => quote(text),
            other => match other.json() {
                null if null == "null" => String::new(),
                text => text,
            },
        }
    }

    pub(super) fn json(self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Int(value) => value.to_string(),
            // serde_json writes the shortest digits that read back alike, and null for NaN.
            Self::Float(value) => shortest(value).to_string(),
            Self::Double(value) => serde_json::json!(value).to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Text(text) => json_text(text),
        }
    }
}

/// The shortest decimal that reads back as this `f32`, where JSON values would write that of its `f64`; null if it is not
/// finite.
pub(crate) fn shortest(value: f32) -> serde_json::Value {
    if !value.is_finite() {
        return serde_json::Value::Null;
    }
    value
        .to_string()
        .parse::<f64>()
        .map_or(serde_json::Value::Null, |v| serde_json::json!(v))
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A CSV field: quoted if it holds anything that a reader could take for structure or trim.
fn quote(text: &str) -> String {
    let plain = !text.is_empty()
        && !text.contains([',', '"', '\r', '\n'])
        && text.trim().len() == text.len();
    if plain {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(notation: Notation) -> String {
        let mut out = vec![];
        let mut table = TableWriter::begin(&mut out, notation, &["n", "text", "value"]).unwrap();
        table
            .row(&[Cell::Int(1), Cell::Text("a \"b\", c\n"), Cell::Float(0.1)])
            .unwrap();
        table
            .row(&[Cell::Int(2), Cell::Text(""), Cell::Float(f32::NAN)])
            .unwrap();
        table
            .row(&[Cell::Int(3), Cell::Text(" x"), Cell::Float(1e-12)])
            .unwrap();
        table.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_follows_rfc_4180() {
        assert_eq!(
            table(Notation::Csv),
            "n,text,value\r\n1,\"a \"\"b\"\", c\n\",0.1\r\n2,\"\",\r\n3,\" x\",1e-12\r\n"
        );
    }

    #[test]
    fn json_is_an_array_of_objects() {
        let rows: serde_json::Value = serde_json::from_str(&table(Notation::Json)).unwrap();
        assert_eq!(rows[0]["text"], "a \"b\", c\n");
        assert_eq!(rows[0]["value"], 0.1);
        assert!(rows[1]["value"].is_null());
        assert_eq!(rows.as_array().unwrap().len(), 3);
    }

    #[test]
    fn a_number_is_no_longer_than_it_was_measured() {
        assert_eq!(shortest(0.1).to_string(), "0.1");
        assert_eq!(shortest(13.0 / 24.0).to_string(), "0.5416667");
        assert!(shortest(f32::INFINITY).is_null());
    }

    #[test]
    fn an_empty_table_is_still_a_table() {
        let mut out = vec![];
        TableWriter::begin(&mut out, Notation::Json, &["n"])
            .unwrap()
            .end()
            .unwrap();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&out).unwrap(),
            serde_json::json!([])
        );
    }
}

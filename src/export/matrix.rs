//! A table of numbers with positions as columns: what heatmap and raster share.

use std::io::Write;
use std::ops::Range;

use serde_json::json;

use super::ExportError;
use super::table::{Cell, Notation, TableWriter};

/// Rows by positions; a cell without a value is `None`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    /// The columns.
    pub positions: Range<usize>,
    /// Row by row, a value per column.
    pub values: Vec<Option<f32>>,
}

/// What a group of cells becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gather {
    /// Their mean.
    Mean,
    /// The highest of them: a single bright token must not vanish.
    Highest,
}

/// A matrix made smaller: each cell is what `across` columns by `down` rows of the original gather to. Cells without a value
/// do not count; a group of them has none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reduced {
    pub gather: Gather,
    /// Columns of the original.
    pub positions: Range<usize>,
    pub across: usize,
    pub down: usize,
    pub columns: usize,
    pub values: Vec<Option<f32>>,
    /// Whether a cell of the original has no value.
    pub gaps: bool,
}

/// Takes in a matrix row by row: a run that compresses at every token has as many cells as tokens squared.
pub(super) struct Reducer {
    reduced: Reduced,
    /// Of each group the sum, or the highest, and how many values there were.
    gathered: Vec<(f64, u32)>,
}

impl Matrix {
    pub(super) fn rows(&self) -> impl Iterator<Item = &[Option<f32>]> {
        self.values.chunks_exact(self.positions.len().max(1))
    }

    /// Equal groups of cells as one, so that at most `most` (rows, columns) remain.
    pub(super) fn reduce(&self, most: (usize, usize), gather: Gather) -> Reduced {
        let rows = self.values.len() / self.positions.len().max(1);
        let mut reducer = Reducer::new(self.positions.clone(), rows, most, gather);
        for (row, values) in self.rows().enumerate() {
            reducer.add(row, values);
        }
        reducer.finish()
    }
}

impl Reducer {
    /// For a matrix of so many rows, of which at most `most` (rows, columns) remain.
    pub(super) fn new(
        positions: Range<usize>,
        rows: usize,
        most: (usize, usize),
        gather: Gather,
    ) -> Self {
        let across = positions.len().div_ceil(most.1).max(1);
        let down = rows.div_ceil(most.0).max(1);
        let columns = positions.len().div_ceil(across);
        Self {
            gathered: vec![(0.0, 0); columns * rows.div_ceil(down)],
            reduced: Reduced {
                gather,
                positions,
                across,
                down,
                columns,
                values: vec![],
                gaps: false,
            },
        }
    }

    /// Adds a row, in any order; one that is shorter than the matrix has no value in the columns that are left.
    pub(super) fn add(&mut self, row: usize, values: &[Option<f32>]) {
        let Reduced {
            gather,
            positions,
            across,
            down,
            columns,
            gaps,
            ..
        } = &mut self.reduced;
        *gaps |= values.len() < positions.len() || values.iter().any(Option::is_none);
        let groups = &mut self.gathered[row / *down * *columns..][..*columns];
        for (group, (gathered, count)) in values.chunks(*across).zip(groups) {
            for value in group.iter().flatten().filter(|value| value.is_finite()) {
                let value = f64::from(*value);
                *gathered = match gather {
                    Gather::Mean => *gathered + value,
                    Gather::Highest if *count == 0 => value,
                    Gather::Highest => gathered.max(value),
                };
                *count += 1;
            }
        }
    }

    pub(super) fn finish(self) -> Reduced {
        let over = |n: u32| match self.reduced.gather {
            Gather::Mean => f64::from(n),
            Gather::Highest => 1.0,
        };
        let groups = self.gathered.iter();
        let values = groups
            .map(|&(gathered, n)| (n > 0).then(|| (gathered / over(n)) as f32))
            .collect();
        Reduced {
            values,
            ..self.reduced
        }
    }
}

/// A matrix as a table: some named cells per row, then one column per position.
pub(super) fn write_csv<'k, const N: usize>(
    positions: &Range<usize>,
    names: [&str; N],
    rows: impl Iterator<Item = ([Cell<'k>; N], impl AsRef<[Option<f32>]>)>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let positions: Vec<String> = positions.clone().map(|p| p.to_string()).collect();
    let columns: Vec<&str> = names
        .iter()
        .copied()
        .chain(positions.iter().map(String::as_str))
        .collect();
    let mut table = TableWriter::begin(out, Notation::Csv, &columns)?;
    for (key, values) in rows {
        let values = values.as_ref().iter().map(|&v| Cell::float(v));
        let cells: Vec<Cell<'_>> = key.into_iter().chain(values).collect();
        table.row(&cells)?;
    }
    Ok(table.end()?)
}

/// A matrix as an object: `about` with `first_position` and `rows`, each its key and `values`.
pub(super) fn write_json<'k, const N: usize>(
    positions: &Range<usize>,
    mut about: serde_json::Map<String, serde_json::Value>,
    names: [&str; N],
    rows: impl Iterator<Item = ([Cell<'k>; N], impl AsRef<[Option<f32>]>)>,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    about.insert("first_position".to_owned(), json!(positions.start));
    about.insert("positions".to_owned(), json!(positions.len()));
    let text = serde_json::Value::Object(about).to_string();
    out.write_all(&text.as_bytes()[..text.len() - 1])?;
    out.write_all(b",\"rows\":[")?;
    for (row, (key, values)) in rows.enumerate() {
        out.write_all(if row == 0 { b"\n{" } else { b",\n{" })?;
        for (name, cell) in names.iter().zip(key) {
            write!(out, "\"{name}\":{},", cell.json())?;
        }
        out.write_all(b"\"values\":[")?;
        for (i, &value) in values.as_ref().iter().enumerate() {
            if i > 0 {
                out.write_all(b",")?;
            }
            out.write_all(Cell::float(value).json().as_bytes())?;
        }
        out.write_all(b"]}")?;
    }
    Ok(out.write_all(b"\n]}\n")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_gather_what_is_there() {
        let values = [-1.0, -3.0, f32::NAN, 5.0, f32::INFINITY, 7.0];
        let matrix = Matrix {
            positions: 0..3,
            values: values
                .iter()
                .map(|v| Some(*v).filter(|v| *v != f32::INFINITY))
                .collect(),
        };
        let reduced = matrix.reduce((10, 2), Gather::Mean);
        assert_eq!((reduced.across, reduced.down, reduced.columns), (2, 1, 2));
        assert_eq!(reduced.values, [Some(-2.0), None, Some(5.0), Some(7.0)]);
        assert!(reduced.gaps);
        assert_eq!(matrix.reduce((1, 1), Gather::Mean).values, [Some(2.0)]);
        let highest = matrix.reduce((10, 2), Gather::Highest);
        assert_eq!(highest.values, [Some(-1.0), None, Some(5.0), Some(7.0)]);
        assert_eq!(matrix.reduce((1, 1), Gather::Highest).values, [Some(7.0)]);
    }
}

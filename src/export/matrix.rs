//! A table of numbers with positions as columns: what heatmap and raster share.

use std::io::Write;

use serde_json::json;

use super::ExportError;
use super::table::{Cell, Notation, TableWriter};

/// Rows by positions; a cell without a value is `None`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    /// Position of the first column.
    pub first: usize,
    /// Number of columns.
    pub columns: usize,
    /// Row by row, each `columns` long.
    pub values: Vec<Option<f32>>,
}

/// A matrix made smaller: each cell is the mean of `across` columns by `down` rows of the original.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reduced {
    pub across: usize,
    pub down: usize,
    pub columns: usize,
    pub values: Vec<Option<f32>>,
}

impl Matrix {
    pub(super) fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    pub(super) fn row(&self, row: usize) -> &[Option<f32>] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The same with its rows from the last to the first, for a picture whose rows count upwards.
    ///
    /// In place: a run that compresses at every token has as many cells as tokens squared.
    pub(super) fn upside_down(mut self) -> Self {
        let (rows, columns) = (self.rows(), self.columns);
        for row in 0..rows / 2 {
            let (lower, upper) = self.values.split_at_mut((rows - 1 - row) * columns);
            lower[row * columns..][..columns].swap_with_slice(&mut upper[..columns]);
        }
        self
    }

    /// Means of equal groups of rows and columns, so that at most `rows` by `columns` remain. Cells
    /// without a value do not count; a group of them has none.
    pub(super) fn reduce(&self, rows: usize, columns: usize) -> Reduced {
        let (across, down) = (
            self.columns.div_ceil(columns).max(1),
            self.rows().div_ceil(rows).max(1),
        );
        let (width, height) = (self.columns.div_ceil(across), self.rows().div_ceil(down));
        let mut sums = vec![(0f64, 0u32); width * height];
        for (i, value) in self.values.iter().enumerate() {
            if let Some(value) = value.filter(|v| v.is_finite()) {
                let cell = (i / self.columns / down) * width + i % self.columns / across;
                sums[cell].0 += f64::from(value);
                sums[cell].1 += 1;
            }
        }
        let values = sums
            .iter()
            .map(|&(sum, n)| (n > 0).then(|| (sum / f64::from(n)) as f32))
            .collect();
        Reduced {
            across,
            down,
            columns: width,
            values,
        }
    }

    /// The matrix as a table: some named cells per row, then one column per position.
    pub(super) fn write_csv<const N: usize>(
        &self,
        names: [&str; N],
        keys: &[[Cell<'_>; N]],
        out: &mut dyn Write,
    ) -> Result<(), ExportError> {
        let positions: Vec<String> = (self.first..self.first + self.columns)
            .map(|p| p.to_string())
            .collect();
        let columns: Vec<&str> = names
            .iter()
            .copied()
            .chain(positions.iter().map(String::as_str))
            .collect();
        let mut table = TableWriter::begin(out, Notation::Csv, &columns)?;
        for (row, key) in keys.iter().enumerate() {
            let cells: Vec<Cell<'_>> = key
                .iter()
                .copied()
                .chain(self.row(row).iter().map(|&v| Cell::float(v)))
                .collect();
            table.row(&cells)?;
        }
        Ok(table.end()?)
    }

    /// The matrix as an object: `about` with `first_position` and `rows`, each its key and `values`.
    pub(super) fn write_json<const N: usize>(
        &self,
        mut about: serde_json::Map<String, serde_json::Value>,
        names: [&str; N],
        keys: &[[Cell<'_>; N]],
        out: &mut dyn Write,
    ) -> Result<(), ExportError> {
        about.insert("first_position".to_owned(), json!(self.first));
        about.insert("positions".to_owned(), json!(self.columns));
        let text = serde_json::Value::Object(about).to_string();
        out.write_all(&text.as_bytes()[..text.len() - 1])?;
        out.write_all(b",\"rows\":[")?;
        for (row, key) in keys.iter().enumerate() {
            out.write_all(if row == 0 { b"\n{" } else { b",\n{" })?;
            for (name, cell) in names.iter().zip(key) {
                write!(out, "\"{name}\":{},", cell.json())?;
            }
            out.write_all(b"\"values\":[")?;
            for (i, &value) in self.row(row).iter().enumerate() {
                if i > 0 {
                    out.write_all(b",")?;
                }
                out.write_all(Cell::float(value).json().as_bytes())?;
            }
            out.write_all(b"]}")?;
        }
        Ok(out.write_all(b"\n]}\n")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_become_means_of_what_is_there() {
        let values = [1.0, 3.0, f32::NAN, 5.0, -1.0, 7.0];
        let matrix = Matrix {
            first: 0,
            columns: 3,
            values: values
                .iter()
                .map(|v| Some(*v).filter(|v| *v >= 0.0 || v.is_nan()))
                .collect(),
        };
        let reduced = matrix.reduce(10, 2);
        assert_eq!((reduced.across, reduced.down, reduced.columns), (2, 1, 2));
        assert_eq!(reduced.values, [Some(2.0), None, Some(5.0), Some(7.0)]);
        assert_eq!(matrix.reduce(1, 1).values, [Some(4.0)]);
    }
}

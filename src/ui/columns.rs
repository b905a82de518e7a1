//! Positions gathered into picture columns, so that 32 000 tokens fit into a few hundred pixels.

use std::ops::Range;

/// Which positions each column of a picture stands for.
///
/// Bins have one whole size and start at multiples of it, so panning does not make the picture shimmer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    first: usize,
    count: usize,
    bin: usize,
    end: usize,
}

impl Columns {
    /// Columns for the positions in sight, at most about one per pixel, of a run of `end` positions.
    pub fn new((from, to): (f64, f64), end: usize, pixels: usize) -> Self {
        let bin = ((to - from) / pixels.max(1) as f64).ceil().max(1.0) as usize;
        let first = from.max(0.0) as usize / bin;
        let last = (to.max(0.0).ceil() as usize).min(end).div_ceil(bin);
        Self {
            first,
            count: last.saturating_sub(first),
            bin,
            end,
        }
    }

    /// Columns as [`Self::new`] makes them, for a picture so many points wide.
    pub fn across(sight: (f64, f64), end: usize, width: f32, pixels_per_point: f32) -> Self {
        Self::new(sight, end, (width * pixels_per_point).round() as usize)
    }

    /// Number of columns.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Positions per column.
    pub fn bin(&self) -> usize {
        self.bin
    }

    /// The positions of a column.
    pub fn positions(&self, column: usize) -> Range<usize> {
        let from = (self.first + column) * self.bin;
        from..(from + self.bin).min(self.end)
    }

    /// All positions of all columns.
    pub fn covered(&self) -> Range<usize> {
        let from = self.first * self.bin;
        from..((self.first + self.count) * self.bin)
            .min(self.end)
            .max(from)
    }

    /// Where the picture begins and ends, in positions; the last column is drawn as wide as the others.
    pub fn drawn(&self) -> (f64, f64) {
        (
            (self.first * self.bin) as f64,
            ((self.first + self.count) * self.bin) as f64,
        )
    }

    /// The column of a position, if it is in the picture.
    pub fn column(&self, position: usize) -> Option<usize> {
        (position / self.bin)
            .checked_sub(self.first)
            .filter(|&c| c < self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_has_a_column_per_position() {
        let columns = Columns::new((0.0, 500.0), 500, 800);
        assert_eq!((columns.count(), columns.bin()), (500, 1));
        assert_eq!(columns.positions(499), 499..500);
    }

    #[test]
    fn a_long_run_has_every_position_in_one_column() {
        let columns = Columns::new((0.0, 32_768.0), 32_768, 900);
        assert!(columns.count() <= 900);
        let all: usize = (0..columns.count())
            .map(|c| columns.positions(c).len())
            .sum();
        assert_eq!(all, 32_768);
        for p in [0, 36, 37, 32_767] {
            assert!(columns.positions(columns.column(p).unwrap()).contains(&p));
        }
    }

    #[test]
    fn a_zoomed_picture_holds_what_is_in_sight() {
        let columns = Columns::new((100.5, 140.25), 500, 800);
        assert_eq!(columns.covered(), 100..141);
        assert_eq!(columns.column(99), None);
        assert_eq!(columns.column(141), None);
    }
}

//! Cells to colours: one texel per head and column.
//!
//! Where a column stands for many positions, importance and redundancy show their largest value (a single
//! bright token must not vanish), the score its mean, and "held" the share held.

use egui::{Color32, ColorImage};

use super::{Quality, Scale};
use crate::analysis::HeadTable;
use crate::trace::{EventIndex, EvictionMap, Position};
use crate::ui::colormap::Colormap;
use crate::ui::columns::Columns;

/// A picture and the stretches of cells that leave at this compression.
pub struct Picture {
    /// One texel per head (rows) and column; transparent where nothing is held.
    pub image: ColorImage,
    /// (head row, first column, column after the last).
    pub strikes: Vec<(usize, usize, usize)>,
}

/// What a column of one head gathers.
#[derive(Clone, Copy, Default)]
struct Bin {
    most: Option<f32>,
    sum: f32,
    scored: u32,
    evicted: u32,
    window: u32,
}

/// Draws a quality of a compression; `neutral` is for tokens held without a score.
pub fn scores(
    table: &HeadTable,
    quality: Quality,
    scale: &Scale,
    columns: &Columns,
    dark: bool,
    neutral: Color32,
) -> Picture {
    let mut pixels = Vec::with_capacity(table.heads() * columns.count());
    let mut strikes = vec![];
    let mut bins = vec![Bin::default(); columns.count()];
    for row in 0..table.heads() {
        bins.fill(Bin::default());
        for candidate in table.rows(row) {
            let Some(column) = columns.column(candidate.position.index()) else {
                continue;
            };
            let bin = &mut bins[column];
            bin.evicted += u32::from(candidate.evicted);
            bin.scored += 1;
            if let Some(value) = quality.value(table, row, candidate) {
                bin.most = Some(bin.most.map_or(value, |most| most.max(value)));
                bin.sum += value;
            }
        }
        for &position in table.window(row) {
            if let Some(column) = columns.column(position as usize) {
                bins[column].window += 1;
            }
        }
        pixels.extend(bins.iter().map(|bin| match bin.most {
            Some(most) => {
                let value = if quality == Quality::Score {
                    bin.sum / bin.scored as f32
                } else {
                    most
                };
                quality.colour(dark, scale.unit(value))
            }
            None if bin.window + bin.scored > 0 => neutral,
            None => Color32::TRANSPARENT,
        }));
        push_runs(row, &bins, &mut strikes);
    }
    Picture {
        image: ColorImage::new([columns.count(), table.heads()], pixels),
        strikes,
    }
}

/// Draws who holds what after a compression, and how long the others have been without.
pub fn held(table: &HeadTable, evictions: &EvictionMap, columns: &Columns, dark: bool) -> Picture {
    let event = table.event();
    let mut pixels = Vec::with_capacity(table.heads() * columns.count());
    let mut strikes = vec![];
    let mut bins = vec![Bin::default(); columns.count()];
    for row in 0..table.heads() {
        bins.fill(Bin::default());
        for (column, bin) in bins.iter_mut().enumerate() {
            let positions = columns.positions(column);
            let known = positions.start..positions.end.min(table.seen());
            let (mut held, mut latest) = (0u32, None::<EventIndex>);
            for position in known.clone() {
                match evictions.evicted_at(row, Position(position as u32)) {
                    Some(left) if left <= event => {
                        latest = latest.max(Some(left));
                        bin.evicted += u32::from(left == event);
                    }
                    _ => held += 1,
                }
            }
            // Those that leave now were still there: the strike shows where most of them did.
            bin.scored = held + bin.evicted;
            pixels.push(if known.is_empty() {
                Color32::TRANSPARENT
            } else if held > 0 {
                let share = held as f32 / known.len() as f32;
                Colormap::Importance.colour(dark, held_unit(dark, share))
            } else {
                let ago = latest.map_or(event.0, |left| event.0 - left.0);
                Colormap::Age.colour(dark, recency(ago))
            });
        }
        push_runs(row, &bins, &mut strikes);
    }
    Picture {
        image: ColorImage::new([columns.count(), table.heads()], pixels),
        strikes,
    }
}

/// Place on the ramp of a share held; the light theme stops where the ramp is still amber.
pub fn held_unit(dark: bool, share: f32) -> f32 {
    0.2 + share * if dark { 0.65 } else { 0.36 }
}

/// How strongly a token that left so many compressions ago still shows: 1 now, halving with each three.
pub fn recency(ago: u32) -> f32 {
    0.5f32.powf(ago as f32 / 3.0)
}

/// Adds the stretches of columns most of whose candidates leave.
fn push_runs(row: usize, bins: &[Bin], strikes: &mut Vec<(usize, usize, usize)>) {
    let mut start = None;
    for (column, bin) in bins.iter().enumerate() {
        let leaving = bin.evicted > 0 && bin.evicted * 2 >= bin.scored;
        match (leaving, start) {
            (true, None) => start = Some(column),
            (false, Some(from)) => {
                strikes.push((row, from, column));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        strikes.push((row, from, bins.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_evictions_become_one_strike() {
        let bin = |scored, evicted| Bin {
            scored,
            evicted,
            ..Bin::default()
        };
        let bins = [bin(1, 1), bin(1, 1), bin(1, 0), bin(4, 1), bin(4, 2)];
        let mut strikes = vec![];
        push_runs(3, &bins, &mut strikes);
        assert_eq!(
            strikes,
            [(3, 0, 2), (3, 4, 5)],
            "a column is struck when half of it leaves"
        );
    }

    #[test]
    fn what_left_longer_ago_is_paler() {
        assert_eq!(recency(0), 1.0);
        assert!(recency(1) > recency(2) && recency(40) > 0.0);
    }
}

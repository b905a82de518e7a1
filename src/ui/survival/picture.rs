//! The raster as a cached texture, shared by the tab and the strip under the timeline.

use egui::{Color32, ColorImage, Context, Painter, Rangef};

use super::SurvivalRows;
use crate::trace::TraceStore;
use crate::ui::colormap::Colormap;
use crate::ui::columns::Columns;
use crate::ui::position_axis::PositionAxis;
use crate::ui::raster::Raster;
use crate::ui::run_key::RunKey;

/// Rows, their picture, and what the picture was made from.
#[derive(Default)]
pub struct SurvivalPicture {
    rows: SurvivalRows,
    raster: Raster,
    made_from: Option<(RunKey, Columns, usize, bool)>,
}

impl SurvivalPicture {
    /// Brings rows and texture up to date; free if neither the compressions nor the size changed.
    pub fn update(&mut self, ctx: &Context, store: &TraceStore, axis: &PositionAxis, y: Rangef) {
        self.rows.update(store);
        let scale = ctx.pixels_per_point();
        let pixels = (axis.width() * scale).round() as usize;
        let columns = Columns::new(axis.range(), self.rows.seen(), pixels);
        let lines = self
            .rows
            .len()
            .min((y.span() * scale).round().max(1.0) as usize);
        let dark = ctx.theme() == egui::Theme::Dark;
        let made_from = Some((RunKey::of_events(store), columns, lines, dark));
        if self.made_from != made_from {
            self.raster
                .set(ctx, "survival", &image(&self.rows, &columns, lines, dark));
            self.made_from = made_from;
        }
    }

    /// The numbers behind the picture.
    pub fn rows(&self) -> &SurvivalRows {
        &self.rows
    }

    /// Draws the picture, the first compression at the bottom.
    pub fn paint(&self, painter: &Painter, axis: &PositionAxis, y: Rangef) {
        if let Some((_, columns, ..)) = &self.made_from
            && columns.count() > 0
        {
            let (from, to) = columns.drawn();
            self.raster.paint(painter, axis.span(from, to, y));
        }
    }
}

/// `lines` rows, last compression on top; each texel is the mean share over its tokens. Tokens not yet
/// written are transparent.
fn image(rows: &SurvivalRows, columns: &Columns, lines: usize, dark: bool) -> ColorImage {
    let ramp = Colormap::Importance.ramp(dark);
    let heads = f32::from(rows.heads().max(1));
    let mut pixels = Vec::with_capacity(columns.count() * lines);
    for line in (0..lines).rev() {
        let row = rows.row(event_of_line(line, lines, rows.len()));
        for column in 0..columns.count() {
            let range = columns.positions(column);
            let held = row
                .get(range.start..range.end.min(row.len()))
                .unwrap_or(&[]);
            pixels.push(if held.is_empty() {
                Color32::TRANSPARENT
            } else {
                let sum: u32 = held.iter().map(|&h| u32::from(h)).sum();
                let share = sum as f32 / held.len() as f32 / heads;
                ramp[(share.clamp(0.0, 1.0) * 255.0).round() as usize]
            });
        }
    }
    ColorImage::new([columns.count(), lines], pixels)
}

/// The compression that a line (0 = lowest) shows; where lines are short, the last of those it stands for.
pub fn event_of_line(line: usize, lines: usize, events: usize) -> usize {
    ((line + 1) * events / lines.max(1)).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_shows_a_compression_and_the_last_one_shows() {
        assert_eq!(
            (0..4).map(|l| event_of_line(l, 4, 4)).collect::<Vec<_>>(),
            [0, 1, 2, 3]
        );
        assert_eq!(event_of_line(9, 10, 1000), 999);
        assert_eq!(event_of_line(0, 10, 1000), 99);
    }
}

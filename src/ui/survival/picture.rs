//! The raster as a cached texture, shared by the tab and the strip under the timeline.

use std::time::{Duration, Instant};

use egui::{Color32, ColorImage, Context, Painter, Rangef};

use super::counts::Counts;
use crate::trace::TraceStore;
use crate::ui::colormap::Colormap;
use crate::ui::columns::Columns;
use crate::ui::position_axis::PositionAxis;
use crate::ui::raster::Raster;
use crate::ui::run_key::RunKey;

/// Time a frame may spend on counting; a window shows several of these pictures.
const SLICE: Duration = Duration::from_millis(2);

/// A picture, what it was made from, and the next one while it is counted.
#[derive(Default)]
pub struct SurvivalPicture {
    raster: Raster,
    shown: Option<Look>,
    underway: Option<(Look, Counts)>,
    /// Compressions of the run by now.
    events: usize,
}

/// What makes one picture another than the next.
#[derive(Clone, PartialEq)]
struct Look {
    run: RunKey,
    columns: Columns,
    lines: usize,
    dark: bool,
}

impl SurvivalPicture {
    /// Brings the texture up to date, over some frames for a long run of a large model; free if neither the compressions
    /// nor the size changed.
    pub fn update(&mut self, ctx: &Context, store: &TraceStore, axis: &PositionAxis, y: Rangef) {
        self.shown.take_if(|shown| !shown.run.has_become(store));
        self.underway
            .take_if(|(look, _)| !look.run.has_become(store));
        self.events = store.events().len();
        let scale = ctx.pixels_per_point();
        let seen = store.events().last().map_or(0, |last| last.seen as usize);
        let wanted = Look {
            run: RunKey::of_events(store),
            columns: Columns::across(axis.range(), seen, axis.width(), scale),
            lines: self
                .events
                .min((y.span() * scale).round().max(1.0) as usize),
            dark: ctx.theme() == egui::Theme::Dark,
        };
        if self.shown.as_ref() == Some(&wanted) {
            self.underway = None;
            return;
        }
        // A count that was begun comes to its end: else there would be no picture while compressions arrive faster.
        if self.underway.is_none() {
            let counts = Counts::begin(wanted.columns, wanted.lines, self.events);
            self.underway = Some((wanted.clone(), counts));
        }
        let Some((look, mut counts)) = self.underway.take() else {
            return;
        };
        let started = Instant::now();
        if counts.advance(store, &mut || started.elapsed() < SLICE) {
            self.raster
                .set(ctx, "survival", &image(&counts, store, &look));
            self.shown = Some(look);
        } else {
            self.underway = Some((look, counts));
        }
        if self.shown.as_ref() != Some(&wanted) {
            ctx.request_repaint();
        }
    }

    /// Draws the picture, the first compression at the bottom; those that it does not show yet have room above it.
    pub fn paint(&self, painter: &Painter, axis: &PositionAxis, y: Rangef) {
        if let Some(shown) = &self.shown
            && shown.columns.count() > 0
        {
            let (from, to) = shown.columns.drawn();
            let height = y.span() * shown.run.events() as f32 / self.events.max(1) as f32;
            let y = Rangef::new(y.max - height, y.max);
            self.raster.paint(painter, axis.span(from, to, y));
        }
    }
}

/// Last compression on top; each texel is the mean share over its tokens. Tokens not yet written are transparent.
fn image(counts: &Counts, store: &TraceStore, look: &Look) -> ColorImage {
    let ramp = Colormap::Importance.ramp(look.dark);
    let size = [look.columns.count(), look.lines];
    let mut image = ColorImage::filled(size, Color32::TRANSPARENT);
    for column in 0..look.columns.count() {
        for (line, share) in counts.shares(store, column).enumerate() {
            if let Some(share) = share {
                image[(column, look.lines - 1 - line)] =
                    ramp[(share.clamp(0.0, 1.0) * 255.0).round() as usize];
            }
        }
    }
    image
}

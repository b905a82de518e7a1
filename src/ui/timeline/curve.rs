//! The curve of cache length against the full cache.

use egui::{Align2, Color32, FontId, Rect, Sense, Ui, UiBuilder, pos2, vec2};
use egui_plot::{Line as PlotLine, LineStyle, PlotBounds, PlotPoint, PlotPoints, PlotUi};

use super::curve_points::{has_budget, limit, sawtooth, thin};
use crate::trace::{TraceStore, TraceView};
use crate::ui::position_axis::PositionAxis;
use crate::ui::quantity::count;
use crate::ui::run_key::RunKey;
use crate::ui::still_plot::still_plot;
use crate::ui::theme::Palette;

/// How many times the highest tooth the plot is high at most: the full cache may leave it at the top, or
/// in a long run the teeth would be flat.
const HEADROOM: f64 = 2.2;

/// A run among those that are drawn.
pub struct Line<'a> {
    pub curve: &'a Curve,
    /// Its letter, where there are several.
    pub letter: Option<char>,
    pub view: &'a TraceView<'a>,
}

/// Polylines of a run, made again only when the run grows or the view changes.
#[derive(Default)]
pub struct Curve {
    made_from: Option<RunKey>,
    corners: Vec<PlotPoint>,
    budget: Vec<Vec<PlotPoint>>,
    full_buffer: Vec<Vec<PlotPoint>>,
    highest: f64,
    in_sight: Option<(PositionAxis, Vec<PlotPoint>)>,
}

impl Curve {
    /// Takes up what arrived.
    pub fn update(&mut self, store: &TraceStore, axis: &PositionAxis) {
        let key = RunKey::of(store);
        if self.made_from.as_ref() != Some(&key) {
            self.corners = sawtooth(store);
            self.budget = limit(store, |s| s.budget);
            self.full_buffer = limit(store, |s| s.slots_when_full());
            let teeth = self.corners.iter().map(|p| p.y);
            let limits = self.full_buffer.iter().flatten().map(|p| p.y);
            self.highest = teeth.chain(limits).fold(1.0, f64::max);
            self.made_from = Some(key);
            self.in_sight = None;
        }
        if self.in_sight.as_ref().is_none_or(|(of, _)| of != axis) {
            let points = thin(&self.corners, axis.range(), axis.width() as usize);
            self.in_sight = Some((*axis, points));
        }
    }

    /// Draws runs into `rect`, the first one's in amber, the numbers of their limits at the left of it.
    pub fn show(ui: &mut Ui, lines: &[Line<'_>], axis: &PositionAxis, rect: Rect) {
        let palette = Palette::of(ui.ctx());
        let (from, to) = axis.range();
        let highest = highest(lines);
        let tokens = |line: &Line<'_>| line.view.store().tokens().len();
        let longest = lines.iter().map(tokens).max().unwrap_or(0);
        let top = (longest as f64).min(highest * HEADROOM).max(highest) * 1.06;
        let full = [PlotPoint::new(0.0, 0.0), PlotPoint::new(to, to)];
        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            let plot = still_plot("cache length", Sense::hover())
                .width(rect.width())
                .height(rect.height())
                .show_axes(false)
                .show_grid(false);
            plot.show(ui, |plot| {
                plot.set_plot_bounds(PlotBounds::from_min_max([from, 0.0], [to, top]));
                let dashes = LineStyle::Dashed { length: 5.0 };
                plot.line(plain("full cache", &full, palette.faint, 1.2).style(dashes));
                for (i, line) in lines.iter().enumerate().rev() {
                    line.curve.lines(plot, palette, i);
                }
            });
        });
        let y = |slots: f64| rect.bottom() - (slots / top) as f32 * rect.height();
        let bounded = lines.iter().find(|line| !line.curve.budget.is_empty());
        if let Some(line) = bounded.or(lines.first()) {
            line.curve.numbers(ui, line.view, rect, &y);
        }
        full_label(ui, palette, longest, highest, axis, rect, &y);
        letters(ui, palette, lines, axis, rect, &y);
    }

    /// Its limits, dotted, and its cache length.
    fn lines<'a>(&'a self, plot: &mut PlotUi<'a>, palette: &Palette, index: usize) {
        for (name, steps, colour) in [
            ("budget", &self.budget, palette.amber.gamma_multiply(0.55)),
            (
                "budget + buffer",
                &self.full_buffer,
                palette.faint.gamma_multiply(0.8),
            ),
        ] {
            for stretch in steps {
                let style = LineStyle::Dotted { spacing: 4.0 };
                plot.line(plain(name, stretch, colour, 1.0).style(style));
            }
        }
        if let Some((_, points)) = &self.in_sight {
            let line = plain("cache", points, colour(palette, index), 1.6);
            plot.line(match index {
                0 => line.fill(0.0).fill_alpha(0.22),
                1 => line,
                2 => line.style(LineStyle::Dashed { length: 7.0 }),
                _ => line.style(LineStyle::Dotted { spacing: 4.0 }),
            });
        }
    }

    /// Numbers at the left: zero, the budget and the full buffer of the settings at the cursor.
    fn numbers(&self, ui: &Ui, view: &TraceView<'_>, rect: Rect, y: &dyn Fn(f64) -> f32) {
        let palette = Palette::of(ui.ctx());
        let now = view.settings();
        let mut marks = vec![(0.0, palette.faint)];
        if has_budget(now) {
            marks.push((f64::from(now.budget), palette.amber_text));
            marks.push((f64::from(now.slots_when_full()), palette.weak));
        } else {
            marks.push((self.highest, palette.weak));
        }
        let mut lowest_free = f32::INFINITY;
        for (slots, colour) in marks {
            let place = y(slots).clamp(rect.top() + 5.0, rect.bottom() - 4.0);
            // Two limits close together: the upper number makes room, but not far from its line.
            let at = place.min(lowest_free - 11.0);
            if place - at > 9.0 {
                continue;
            }
            lowest_free = at;
            ui.painter().text(
                pos2(rect.left() - 6.0, at),
                Align2::RIGHT_CENTER,
                count(slots as u64),
                FontId::proportional(10.5),
                colour,
            );
        }
    }
}

/// Highest tooth or limit of those that have a budget, so that their teeth can be seen beside a cache that keeps
/// everything; of all, if none has one.
fn highest(lines: &[Line<'_>]) -> f64 {
    let of = |bounded: bool| {
        let lines = lines.iter().map(|line| line.curve);
        let wanted = lines.filter(move |curve| !bounded || !curve.budget.is_empty());
        wanted.map(|curve| curve.highest).reduce(f64::max)
    };
    of(true).or_else(|| of(false)).unwrap_or(1.0)
}

/// A line without what egui_plot adds: a band would fill the space between the teeth.
fn plain<'a>(name: &str, points: &'a [PlotPoint], colour: Color32, width: f32) -> PlotLine<'a> {
    let line = PlotLine::new(name, PlotPoints::Borrowed(points));
    let line = line.color(colour).width(width);
    line.allow_band(false).allow_hover(false)
}

fn colour(palette: &Palette, index: usize) -> Color32 {
    match index {
        0 => palette.amber,
        1 => palette.text,
        _ => palette.weak,
    }
}

/// The letter of each run beside the end of its line, or where that leaves the plot. Lines that end together share a place.
fn letters(
    ui: &Ui,
    palette: &Palette,
    lines: &[Line<'_>],
    axis: &PositionAxis,
    rect: Rect,
    y: &dyn Fn(f64) -> f32,
) {
    let mut taken: Vec<Rect> = vec![];
    for (index, line) in lines.iter().enumerate() {
        let (Some(letter), Some((_, points))) = (line.letter, &line.curve.in_sight) else {
            continue;
        };
        let inside = |p: &&PlotPoint| y(p.y) >= rect.top() && axis.x(p.x) <= rect.right() + 1.0;
        let Some(end) = points.iter().rev().find(inside) else {
            continue;
        };
        // A line that goes on from there leaves through the top.
        let after = points.iter().rev().take_while(|p| !inside(p)).last();
        let end = after.map_or(pos2(axis.x(end.x), y(end.y)), |next| {
            let share = (y(end.y) - rect.top()) / (y(end.y) - y(next.y)).max(0.01);
            let x = axis.x(end.x) + share.clamp(0.0, 1.0) * (axis.x(next.x) - axis.x(end.x));
            pos2(x.min(rect.right()), rect.top())
        });
        let font = FontId::proportional(10.5);
        let colour = colour(palette, index);
        let text = ui
            .painter()
            .layout_no_wrap(letter.to_string(), font, colour);
        let mut place = Rect::from_min_size(end + vec2(3.0, -0.5 * text.size().y), text.size());
        while let Some(other) = taken.iter().find(|other| other.intersects(place)) {
            place = place.translate(vec2(other.right() + 1.0 - place.left(), 0.0));
        }
        ui.painter().galley(place.min, text, colour);
        taken.push(place);
    }
}

/// Names the dashed line where it ends or leaves the plot, once it has left the lines of the limits.
fn full_label(
    ui: &Ui,
    palette: &Palette,
    tokens: usize,
    highest: f64,
    axis: &PositionAxis,
    rect: Rect,
    y: &dyn Fn(f64) -> f32,
) {
    if tokens == 0 {
        return;
    }
    let (from, to) = axis.range();
    let text = format!("full cache, {} slots at the end", count(tokens as u64));
    let font = FontId::proportional(10.5);
    let galley = ui.painter().layout_no_wrap(text, font, palette.faint);
    let size = galley.size();
    if y(highest) < rect.top() + size.y {
        return;
    }
    // Above the line: it ends where the line comes up to the text's lower edge.
    let end = axis.x(from + (to - from) * reaches(from, to, rect.top() + size.y + 3.0, y));
    let x = end - size.x - 4.0;
    if x >= rect.left() + 4.0 {
        ui.painter()
            .galley(pos2(x, rect.top()), galley, palette.faint);
    }
}

/// Share of the width at which the full cache rises to `height` on screen; 1 if it stays below.
fn reaches(from: f64, to: f64, height: f32, y: &dyn Fn(f64) -> f32) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..20 {
        let mid = f64::midpoint(low, high);
        if y(from + (to - from) * mid) >= height {
            low = mid;
        } else {
            high = mid;
        }
    }
    low
}

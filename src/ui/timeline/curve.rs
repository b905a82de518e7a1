//! The curve of cache length against the full cache.

use egui::{Align2, Color32, FontId, Rect, Sense, Ui, UiBuilder, pos2, vec2};
use egui_plot::{Line as PlotLine, LineStyle, PlotBounds, PlotPoint, PlotPoints, PlotUi};

use super::curve_points::{cut, has_budget, limit, sawtooth, thin};
use super::marks::backing;
use crate::trace::{TraceStore, TraceView};
use crate::ui::position_axis::PositionAxis;
use crate::ui::quantity::count;
use crate::ui::run_key::RunKey;
use crate::ui::still_plot::still_plot;
use crate::ui::theme::Palette;

/// How many times the highest tooth the plot is high at most: the dashed line of a full cache may leave it at the top, or in
/// a long run the teeth would be flat.
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
    in_sight: Option<Sight>,
}

/// What there is of the polylines along an axis.
struct Sight {
    axis: PositionAxis,
    cache: Vec<PlotPoint>,
    budget: Vec<Vec<PlotPoint>>,
    full_buffer: Vec<Vec<PlotPoint>>,
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
        if self
            .in_sight
            .as_ref()
            .is_none_or(|sight| sight.axis != *axis)
        {
            let range = axis.range();
            let thinned = thin(&self.corners, range, axis.width() as usize);
            let limits =
                |lines: &[Vec<PlotPoint>]| lines.iter().map(|line| cut(line, range)).collect();
            self.in_sight = Some(Sight {
                axis: *axis,
                cache: cut(&thinned, range),
                budget: limits(&self.budget),
                full_buffer: limits(&self.full_buffer),
            });
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
        let end = to.min(top).max(from);
        let full = [from, end].map(|tokens| PlotPoint::new(tokens, tokens));
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
            line.curve.numbers(ui, line.view, highest, rect, &y);
        }
        let cursor = lines.iter().map(|line| line.view.cursor()).max();
        let cursor = cursor.unwrap_or(0);
        full_label(ui, palette, (longest, cursor), highest, axis, rect, &y);
        letters(ui, palette, lines, axis, &y);
    }

    /// Its limits, dotted, and its cache length.
    fn lines<'a>(&'a self, plot: &mut PlotUi<'a>, palette: &Palette, index: usize) {
        let Some(sight) = &self.in_sight else { return };
        for (name, steps, colour) in [
            ("budget", &sight.budget, palette.amber.gamma_multiply(0.55)),
            (
                "budget + buffer",
                &sight.full_buffer,
                palette.faint.gamma_multiply(0.8),
            ),
        ] {
            for stretch in steps {
                let style = LineStyle::Dotted { spacing: 4.0 };
                plot.line(plain(name, stretch, colour, 1.0).style(style));
            }
        }
        let line = plain("cache", &sight.cache, colour(palette, index), 1.6);
        plot.line(match index {
            0 => line.fill(0.0).fill_alpha(0.22),
            1 => line,
            2 => line.style(LineStyle::Dashed { length: 7.0 }),
            _ => line.style(LineStyle::Dotted { spacing: 4.0 }),
        });
    }

    /// Numbers at the left: zero, the budget and the full buffer of the settings at the cursor, and the peak of all runs if
    /// that is higher.
    fn numbers(
        &self,
        ui: &Ui,
        view: &TraceView<'_>,
        peak: f64,
        rect: Rect,
        y: &dyn Fn(f64) -> f32,
    ) {
        let palette = Palette::of(ui.ctx());
        for (slots, height, colour) in placed(self.marks(palette, view, peak), rect, y) {
            ui.painter().text(
                pos2(rect.left() - 6.0, height),
                Align2::RIGHT_CENTER,
                count(slots as u64),
                FontId::proportional(10.5),
                colour,
            );
        }
    }

    /// From the highest to the lowest.
    fn marks(&self, palette: &Palette, view: &TraceView<'_>, peak: f64) -> Vec<(f64, Color32)> {
        let now = view.settings();
        let zero = (0.0, palette.faint);
        if !has_budget(now) {
            return vec![(self.highest.max(peak), palette.weak), zero];
        }
        let full = f64::from(now.slots_when_full());
        let mut marks = vec![
            (full, palette.weak),
            (f64::from(now.budget), palette.amber_text),
            zero,
        ];
        if peak > full {
            marks.insert(0, (peak, palette.weak));
        }
        marks
    }
}

/// Where the numbers go, from the highest down: one too close to the one above makes room, but not far from its line.
fn placed(
    marks: Vec<(f64, Color32)>,
    rect: Rect,
    y: &dyn Fn(f64) -> f32,
) -> Vec<(f64, f32, Color32)> {
    let mut free = f32::NEG_INFINITY;
    let mut placed = vec![];
    for (slots, colour) in marks {
        let place = y(slots).clamp(rect.top() + 5.0, rect.bottom() - 4.0);
        let at = place.max(free);
        if at - place <= 9.0 && at <= rect.bottom() + 4.0 {
            free = at + 11.0;
            placed.push((slots, at, colour));
        }
    }
    placed
}

/// Highest tooth or limit of all runs: what is shown must not leave through the top.
fn highest(lines: &[Line<'_>]) -> f64 {
    let highest = lines.iter().map(|line| line.curve.highest);
    highest.reduce(f64::max).unwrap_or(1.0)
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

/// The letter of each run beside the end of its line, or where that leaves the plot at the right. Lines that end together
/// share a place.
fn letters(
    ui: &Ui,
    palette: &Palette,
    lines: &[Line<'_>],
    axis: &PositionAxis,
    y: &dyn Fn(f64) -> f32,
) {
    let mut taken: Vec<Rect> = vec![];
    for (index, line) in lines.iter().enumerate() {
        let (Some(letter), Some(sight)) = (line.letter, &line.curve.in_sight) else {
            continue;
        };
        let Some(end) = sight.cache.last() else {
            continue;
        };
        let end = pos2(axis.x(end.x), y(end.y));
        let font = FontId::proportional(10.5);
        let colour = colour(palette, index);
        let text = ui
            .painter()
            .layout_no_wrap(letter.to_string(), font, colour);
        let mut place = Rect::from_min_size(end + vec2(3.0, -0.5 * text.size().y), text.size());
        while let Some(other) = taken.iter().find(|other| other.intersects(place)) {
            place = place.translate(vec2(other.right() + 1.0 - place.left(), 0.0));
        }
        backing(ui.painter(), palette, place);
        ui.painter().galley(place.min, text, colour);
        taken.push(place);
    }
}

/// Names the dashed line of so many tokens where it ends or leaves the plot, once it has left the lines of the limits.
fn full_label(
    ui: &Ui,
    palette: &Palette,
    (tokens, cursor): (usize, usize),
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
    let mut x = end - size.x - 4.0;
    // The cursor's line must not run through it; farther left the full cache is only lower.
    let cursor = axis.x(cursor as f64);
    if (x - 3.0..=x + size.x + 3.0).contains(&cursor) {
        x = cursor - size.x - 8.0;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A plot of some height, whose axis ends at 282 slots.
    fn shown(height: f32) -> Vec<f64> {
        let rect = Rect::from_min_size(pos2(50.0, 10.0), vec2(300.0, height));
        let y = |slots: f64| rect.bottom() - (slots / 282.0) as f32 * height;
        let marks = [128.0, 96.0, 0.0].map(|slots| (slots, Color32::WHITE));
        let placed = placed(marks.to_vec(), rect, &y);
        for pair in placed.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= 11.0);
        }
        placed.into_iter().map(|(slots, ..)| slots).collect()
    }

    #[test]
    fn a_low_plot_keeps_its_upper_number() {
        assert_eq!(shown(80.0), [128.0, 96.0, 0.0]);
        assert_eq!(shown(40.0), [128.0, 96.0, 0.0]);
        assert_eq!(shown(24.0)[0], 128.0);
    }

    #[test]
    fn the_axis_reaches_the_peak_of_every_run_that_is_shown() {
        use crate::config::CacheSettings;
        use crate::trace::synthetic::Synthetic;
        let store = |policy: &str, budget: u32| {
            let settings = CacheSettings {
                policy: policy.to_owned(),
                budget,
                ..CacheSettings::default()
            };
            let plan = Synthetic {
                settings,
                ..Synthetic::default()
            };
            plan.store()
        };
        let stores = [store("rkv", 96), store("full", 4000)];
        let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(300.0, 60.0));
        let curves = stores.each_ref().map(|store| {
            let mut curve = Curve::default();
            curve.update(store, &PositionAxis::new((0.0, 400.0), rect));
            curve
        });
        let views = stores.each_ref().map(TraceStore::latest);
        let lines: Vec<Line<'_>> = curves
            .iter()
            .zip(&views)
            .map(|(curve, view)| Line {
                curve,
                letter: None,
                view,
            })
            .collect();
        let peak = curves[1].highest;
        assert!(peak > curves[0].highest);
        assert_eq!(highest(&lines), peak);
        let palette = &crate::ui::theme::DARK;
        assert_eq!(curves[0].marks(palette, &views[0], peak)[0].0, peak);
    }
}

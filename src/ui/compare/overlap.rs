//! Under the panes: how alike the runs' memories are over time, and what the lens's colours mean.

use egui::{
    Align2, FontId, PointerButton, Rangef, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use egui_plot::{Line, LineStyle, PlotBounds, PlotPoint, PlotPoints};

use super::caches::CompareState;
use super::lens_legend;
use super::panel::Shown;
use crate::compare::{Overlap, letter};
use crate::ui::command::UiCommand;
use crate::ui::position_axis::PositionAxis;
use crate::ui::quantity::counted;
use crate::ui::still_plot::still_plot;
use crate::ui::theme::Palette;
use crate::ui::timeline::{MARGIN, SIDES, backing, thin};

/// Height of the row above the plot: what the curve is, and the legend of the lens.
pub(super) const ROW: f32 = 27.0;
/// Width that either legend needs, in points.
const LEGEND: f32 = 640.0;
/// The series of every pair that is drawn.
#[derive(Default)]
pub(super) struct OverlapState {
    curves: Vec<Curve>,
}

struct Curve {
    pair: (usize, usize),
    generations: [u64; 2],
    overlap: Overlap,
    points: Vec<PlotPoint>,
}

impl OverlapState {
    /// Takes up what the runs have gained: every pane against A, and the chosen pair.
    pub fn update(&mut self, shown: &Shown<'_>, pair: Option<(usize, usize)>) {
        let mut wanted: Vec<(usize, usize)> = (1..shown.panes.len()).map(|b| (0, b)).collect();
        wanted.extend(pair.filter(|pair| !wanted.contains(pair)));
        let mut old = std::mem::take(&mut self.curves);
        for (a, b) in wanted {
            let (Some(x), Some(y)) = (shown.store(a), shown.store(b)) else {
                continue;
            };
            let generations = [a, b].map(|i| shown.panes[i].generation);
            let known = old
                .iter()
                .position(|curve| curve.generations == generations);
            let mut curve = known.map_or_else(
                || Curve {
                    pair: (a, b),
                    generations,
                    overlap: Overlap::default(),
                    points: vec![],
                },
                |i| old.swap_remove(i),
            );
            curve.pair = (a, b);
            let before = curve.overlap.series().len();
            curve.overlap.update(x, y);
            let series = curve.overlap.series();
            if series.len() < before {
                curve.points.clear();
            }
            if series.len() != before {
                curve.points = series
                    .iter()
                    .enumerate()
                    .filter_map(|(i, share)| {
                        Some(PlotPoint::new((i + 1) as f64, f64::from((*share)?)))
                    })
                    .collect();
            }
            self.curves.push(curve);
        }
    }

    fn of(&self, pair: (usize, usize)) -> Option<&Overlap> {
        let curve = self.curves.iter().find(|curve| curve.pair == pair);
        curve.map(|curve| &curve.overlap)
    }

    /// The last moment that both runs of a pair have reached, in tokens seen.
    pub fn reached(&self, pair: (usize, usize)) -> usize {
        self.of(pair).map_or(0, Overlap::reached)
    }

    /// The moment that the numbers of a pair speak of while the cursor stands after so many tokens.
    pub fn moment(&self, pair: (usize, usize), cursor: usize) -> String {
        match self.reached(pair) {
            reached if cursor > reached => {
                format!("after {reached} tokens, the last both reached")
            }
            _ => "at the cursor".to_owned(),
        }
    }
}

/// Draws both into what is left of the tab.
pub(super) fn show(
    ui: &mut Ui,
    state: &CompareState,
    shown: &Shown<'_>,
    pair: (usize, usize),
    commands: &mut Vec<UiCommand>,
) {
    let area = ui.available_rect_before_wrap();
    let palette = Palette::of(ui.ctx());
    let (a, b) = (letter(pair.0), letter(pair.1));
    let said = said_at_cursor(state, shown.cursor, pair);
    let whole = format!("Overlap of what {a} and {b} hold{said}");
    let layout = |text: String| {
        let font = FontId::proportional(12.0);
        ui.painter().layout_no_wrap(text, font, palette.weak)
    };
    let mut text = layout(whole.clone());
    if text.size().x + LEGEND + 52.0 > area.width() {
        let share = state.overlap.of(pair).and_then(|o| o.at(shown.cursor));
        text = layout(share.map_or_else(
            || format!("Overlap of {a} and {b}"),
            |share| format!("Overlap {share:.2}"),
        ));
    }
    let title = Rect::from_min_size(area.min + vec2(14.0, 6.0), text.size());
    ui.painter().galley(title.min, text, palette.weak);
    let hint = format!(
        "{whole}.\n\nJaccard index of the (layer, KV head, position) triples held by both runs, over the tokens that \
                they share: held by both, divided by held by either. 1 is the same memory, 0 nothing in common."
    );
    let id = ui.scope_id().with("overlap title");
    ui.interact(title, id, Sense::hover()).on_hover_text(hint);
    let row = Rect::from_min_max(
        pos2(title.right() + 24.0, area.top()),
        pos2(area.right() - 14.0, area.top() + ROW),
    );
    let mut legend = ui.new_child(UiBuilder::new().max_rect(row).id_salt("lens legend"));
    lens_legend::show(&mut legend, state, shown, pair);
    // One axis with the timeline below.
    let margin = f32::from(MARGIN);
    let rect = Rect::from_min_max(
        pos2(area.left() + margin + SIDES.0, area.top() + ROW + 5.0),
        pos2(area.right() - margin - SIDES.1, area.bottom() - 18.0),
    );
    if rect.height() > 16.0 && rect.width() > 80.0 && shown.end() > 0 {
        plot(ui, state, shown, pair, rect, commands);
    }
}

fn said_at_cursor(state: &CompareState, cursor: usize, pair: (usize, usize)) -> String {
    let share = state.overlap.of(pair).and_then(|o| o.at(cursor));
    share.map_or(String::new(), |share| {
        format!(": {share:.2} {}", state.overlap.moment(pair, cursor))
    })
}

fn plot(
    ui: &mut Ui,
    state: &CompareState,
    shown: &Shown<'_>,
    pair: (usize, usize),
    rect: Rect,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let axis = PositionAxis::new(shown.in_sight, rect);
    let (from, to) = axis.range();
    let y = |share: f32| rect.bottom() - share * rect.height();
    for share in [0.0, 0.5, 1.0] {
        let line = Stroke::new(1.0, palette.line);
        ui.painter().hline(rect.x_range(), y(share), line);
        let at = pos2(rect.left() - 6.0, y(share));
        let font = FontId::proportional(10.5);
        ui.painter()
            .text(at, Align2::RIGHT_CENTER, share, font, palette.faint);
    }
    let thinned: Vec<_> = state
        .overlap
        .curves
        .iter()
        .map(|curve| thin(&curve.points, axis.range(), axis.width() as usize))
        .collect();
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let plot = still_plot("overlap", Sense::hover())
            .width(rect.width())
            .height(rect.height())
            .show_axes(false)
            .show_grid(false);
        plot.show(ui, |plot| {
            plot.set_plot_bounds(PlotBounds::from_min_max([from, 0.0], [to, 1.0]));
            for (i, (curve, points)) in state.overlap.curves.iter().zip(&thinned).enumerate() {
                let chosen = curve.pair == pair;
                let style = line_style(i, chosen);
                let colour = if chosen { palette.text } else { palette.faint };
                let line = Line::new(name(curve.pair), PlotPoints::Borrowed(points));
                // Dots are as wide as they are high: thinner than a line of the same width.
                let width = if matches!(style, LineStyle::Dotted { .. }) {
                    1.0
                } else {
                    1.6
                };
                let line = line.style(style).color(colour).width(width);
                plot.line(line.allow_band(false).allow_hover(false));
            }
        });
    });
    axis.ticks(ui.painter(), palette, rect.bottom() + 1.0);
    names(ui, palette, state, pair, &axis, rect);
    cursor(ui, palette, shown, pair, &axis, rect);
    scrub(ui, state, shown, pair, &axis, rect, commands);
}

/// The pair of the lens is solid; the others can be told apart without it, too.
fn line_style(index: usize, chosen: bool) -> LineStyle {
    match index {
        _ if chosen => LineStyle::Solid,
        0 | 1 => LineStyle::Dashed { length: 6.0 },
        _ => LineStyle::Dotted { spacing: 5.0 },
    }
}

fn name((a, b): (usize, usize)) -> String {
    format!("{}–{}", letter(a), letter(b))
}

/// The lines' names beside their ends: most end early, where their texts part. A line that reaches the end has its name
/// above or below it.
fn names(
    ui: &Ui,
    palette: &Palette,
    state: &CompareState,
    pair: (usize, usize),
    axis: &PositionAxis,
    rect: Rect,
) {
    let (from, to) = axis.range();
    let in_sight = |p: &&PlotPoint| (from..=to).contains(&p.x);
    let curves = state.overlap.curves.iter();
    let mut ends: Vec<_> = curves
        .filter_map(|curve| Some((curve, curve.points.iter().rev().find(in_sight)?)))
        .collect();
    // From the lowest upwards, so that none is pushed into the numbers below.
    ends.sort_by(|a, b| a.1.y.total_cmp(&b.1.y));
    let mut taken: Vec<Rect> = vec![];
    for (curve, end) in ends {
        let colour = if curve.pair == pair {
            palette.text
        } else {
            palette.faint
        };
        let font = FontId::proportional(10.5);
        let text = ui.painter().layout_no_wrap(name(curve.pair), font, colour);
        let size = text.size();
        let at = pos2(axis.x(end.x), rect.bottom() - end.y as f32 * rect.height());
        let middle = at.y.min(rect.bottom() - 0.4 * size.y);
        let mut place = Rect::from_min_size(pos2(at.x + 5.0, middle - 0.5 * size.y), size);
        if place.right() > rect.right() + SIDES.1 + f32::from(MARGIN) {
            let below = at.y - size.y < rect.top();
            let top = if below {
                at.y + 2.0
            } else {
                at.y - size.y - 2.0
            };
            place = Rect::from_min_size(pos2(rect.right() - size.x, top), size);
        }
        while let Some(other) = taken.iter().find(|other| other.intersects(place)) {
            place = place.translate(vec2(0.0, other.top() - 0.5 - place.bottom()));
        }
        backing(ui.painter(), palette, place);
        ui.painter().galley(place.min, text, colour);
        taken.push(place);
    }
}

/// Where the pair parts, and the shared cursor.
fn cursor(
    ui: &Ui,
    palette: &Palette,
    shown: &Shown<'_>,
    (a, b): (usize, usize),
    axis: &PositionAxis,
    rect: Rect,
) {
    let painter = ui.painter();
    let (from, to) = axis.range();
    let parting = shown.parting(a, b);
    if let Some(parting) = parting.filter(|p| (from..=to).contains(&f64::from(p.position.0))) {
        let x = painter.round_to_pixel_center(axis.x(f64::from(parting.position.0)));
        let ends = [pos2(x, rect.top()), pos2(x, rect.bottom())];
        let stroke = Stroke::new(1.0, palette.weak);
        painter.extend(Shape::dashed_line(&ends, stroke, 2.0, 3.0));
        let flag = vec![
            pos2(x, rect.top() - 6.0),
            pos2(x + 8.0, rect.top() - 3.0),
            pos2(x, rect.top()),
        ];
        painter.add(Shape::convex_polygon(flag, palette.weak, Stroke::NONE));
    }
    if !(from..=to).contains(&(shown.cursor as f64)) {
        return;
    }
    let x = painter.round_to_pixel_center(axis.x(shown.cursor as f64));
    let y = Rangef::new(rect.top() - 3.0, rect.bottom() + 3.0);
    painter.vline(x, y, Stroke::new(1.5, palette.text));
}

/// Pressing or dragging moves the shared cursor.
fn scrub(
    ui: &mut Ui,
    state: &CompareState,
    shown: &Shown<'_>,
    pair: (usize, usize),
    axis: &PositionAxis,
    rect: Rect,
    commands: &mut Vec<UiCommand>,
) {
    let area = rect.expand2(vec2(4.0, 6.0));
    let id = ui.scope_id().with("overlap plot");
    let response = ui.interact(area, id, Sense::CLICK | Sense::DRAG);
    let share = state.overlap.of(pair).and_then(|o| o.at(shown.cursor));
    let said = share.map_or("unknown".to_owned(), |share| format!("{share:.2}"));
    let label = format!(
        "Overlap of {} and {} {}: {said}",
        letter(pair.0),
        letter(pair.1),
        state.overlap.moment(pair, shown.cursor)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let tokens = |x: f32| axis.position(x).round().clamp(0.0, shown.end() as f64) as usize;
    let pressed = response.is_pointer_button_down_on()
        && ui.input(|i| i.pointer.button_down(PointerButton::Primary));
    if let Some(pointer) = response.interact_pointer_pos()
        && (pressed || response.clicked())
        && tokens(pointer.x) != shown.cursor
    {
        commands.push(UiCommand::SetCursor(tokens(pointer.x)));
    }
    if let Some(pointer) = response.hover_pos() {
        let at = tokens(pointer.x).max(1);
        response.on_hover_ui_at_pointer(|ui| {
            ui.label(format!("after {}", counted(at as u64, "token")));
            for curve in &state.overlap.curves {
                let share = curve.overlap.at(at);
                let share = share.map_or("undefined".to_owned(), |share| format!("{share:.2}"));
                let when = if at > curve.overlap.reached() {
                    format!(" {}", state.overlap.moment(curve.pair, at))
                } else {
                    String::new()
                };
                ui.label(format!("{} {share}{when}", name(curve.pair)));
            }
        });
    }
}

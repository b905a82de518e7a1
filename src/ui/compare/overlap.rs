//! Under the panes: how alike the runs' memories are over time, and what the lens's colours mean.

use egui::{
    Align2, FontId, PointerButton, Rangef, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, Vec2,
    WidgetInfo, pos2, vec2,
};
use egui_plot::{Line, LineStyle, Plot, PlotBounds, PlotPoint, PlotPoints};

use super::caches::CompareState;
use super::lens_legend;
use super::panel::Shown;
use crate::compare::{Overlap, letter};
use crate::ui::command::UiCommand;
use crate::ui::position_axis::PositionAxis;
use crate::ui::theme::Palette;
use crate::ui::timeline::thin;

/// Width of the legend beside the plot, in points.
const LEGEND: f32 = 292.0;
/// Room for the numbers at the left of the plot, and for the names of the lines at its right.
const GUTTER: f32 = 34.0;
const NAMES: f32 = 58.0;
/// Length of the piece of a line beside its name.
const PIECE: f32 = 18.0;

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

    fn of(&self, pair: (usize, usize)) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.pair == pair)
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
    let legend = if area.width() > 2.0 * LEGEND {
        LEGEND
    } else {
        0.0
    };
    let right = area.right() - legend - 12.0;
    if legend > 0.0 {
        let rect = Rect::from_min_max(pos2(right + 12.0, area.top() + 8.0), area.max);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("lens legend"));
        lens_legend::show(&mut inner, state, pair);
    }
    let palette = Palette::of(ui.ctx());
    let title = format!(
        "Overlap of what {} and {} hold{}",
        letter(pair.0),
        letter(pair.1),
        said_at_cursor(state, shown.cursor, pair)
    );
    let at = pos2(area.left() + 14.0, area.top() + 6.0);
    let font = FontId::proportional(12.0);
    let title = ui
        .painter()
        .text(at, Align2::LEFT_TOP, title, font, palette.weak);
    let hint = "Jaccard index of the (layer, KV head, position) triples held by both runs, over the tokens that \
                they share: held by both, divided by held by either. 1 is the same memory, 0 nothing in common.";
    let id = ui.scope_id().with("overlap title");
    ui.interact(title, id, Sense::hover()).on_hover_text(hint);
    let rect = Rect::from_min_max(
        pos2(area.left() + 14.0 + GUTTER, title.bottom() + 7.0),
        pos2(right - NAMES, area.bottom() - 18.0),
    );
    if rect.height() > 16.0 && rect.width() > 80.0 && shown.end() > 0 {
        plot(ui, state, shown, pair, rect, commands);
    }
}

fn said_at_cursor(state: &CompareState, cursor: usize, pair: (usize, usize)) -> String {
    let share = state.overlap.of(pair).and_then(|c| c.overlap.at(cursor));
    share.map_or(String::new(), |share| format!(": {share:.2} at the cursor"))
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
    let total = shown.end() as f64;
    let axis = PositionAxis::new((0.0, total), rect);
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
        let plot = Plot::new("overlap")
            .width(rect.width())
            .height(rect.height())
            .show_axes(false)
            .show_grid(false)
            .show_x(false)
            .show_y(false)
            .show_background(false)
            .show_crosshair(false)
            .allow_zoom(false)
            .allow_scroll(false)
            .allow_drag(false)
            .allow_boxed_zoom(false)
            .allow_double_click_reset(false)
            .set_margin_fraction(Vec2::ZERO)
            .sense(Sense::hover());
        plot.show(ui, |plot| {
            plot.set_plot_bounds(PlotBounds::from_min_max([0.0, 0.0], [total, 1.0]));
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
    names(ui, palette, state, pair, rect.right(), &y);
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

/// The lines' names at the right, at the heights of their ends, each after a piece of its line: most lines
/// end earlier, where their texts part.
fn names(
    ui: &Ui,
    palette: &Palette,
    state: &CompareState,
    pair: (usize, usize),
    right: f32,
    y: &dyn Fn(f32) -> f32,
) {
    let mut ends: Vec<_> = state
        .overlap
        .curves
        .iter()
        .enumerate()
        .filter_map(|(i, curve)| Some((i, curve, curve.points.last()?)))
        .collect();
    // From the lowest upwards, so that none is pushed out of the plot.
    ends.sort_by(|a, b| a.2.y.total_cmp(&b.2.y));
    let mut free = f32::MAX;
    for (i, curve, end) in ends {
        let chosen = curve.pair == pair;
        let colour = if chosen { palette.text } else { palette.faint };
        let at = y(end.y as f32).min(free);
        free = at - 11.0;
        let piece = [pos2(right + 6.0, at), pos2(right + 6.0 + PIECE, at)];
        let stroke = Stroke::new(1.6, colour);
        ui.painter().extend(match line_style(i, chosen) {
            LineStyle::Solid => vec![Shape::line_segment(piece, stroke)],
            LineStyle::Dashed { .. } => Shape::dashed_line(&piece, stroke, 5.0, 3.0),
            LineStyle::Dotted { .. } => Shape::dotted_line(&piece, colour, 4.0, 1.0),
        });
        ui.painter().text(
            pos2(right + 10.0 + PIECE, at),
            Align2::LEFT_CENTER,
            name(curve.pair),
            FontId::proportional(10.5),
            colour,
        );
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
    if let Some(parting) = shown.parting(a, b) {
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
    let response = ui.interact(area, id, Sense::click_and_drag());
    let curve = state.overlap.of(pair);
    let share = curve.and_then(|curve| curve.overlap.at(shown.cursor));
    let said = share.map_or("unknown".to_owned(), |share| format!("{share:.2}"));
    let label = format!(
        "Overlap of {} and {} at the cursor: {said}",
        letter(pair.0),
        letter(pair.1)
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
            ui.label(format!("after {at} tokens"));
            for curve in &state.overlap.curves {
                let share = curve.overlap.at(at);
                let share = share.map_or("undefined".to_owned(), |share| format!("{share:.2}"));
                ui.label(format!("{} {share}", name(curve.pair)));
            }
        });
    }
}

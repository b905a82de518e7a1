//! The curve: pass rate against budget or ratio, with Wilson intervals, the full cache as a dashed line.

use egui::{Color32, Pos2, Rect, RichText, Sense, Shape, Stroke, Ui, vec2};
use egui_plot::{
    GridMark, HLine, Line, LineStyle, MarkerShape, PlotBounds, PlotPoint, PlotPoints, PlotUi,
    Points, Polygon,
};

use super::form::colour;
use crate::export::SweepAxis;
use crate::export::series::{Marker, style};
use crate::policy::shown_name;
use crate::sweep::{ArmKey, ArmRow, FULL, SweepPlan, SweepTable, p_value};
use crate::ui::quantity::{percent, rate};
use crate::ui::still_plot::still_plot;
use crate::ui::theme::Palette;

/// How far from a point a click still means it, in points.
const REACH: f32 = 14.0;
/// Between neighbouring policies at one budget, in points: equal results and their intervals stay apart.
const APART: f64 = 7.0;

fn shape(marker: Marker) -> MarkerShape {
    match marker {
        Marker::Circle => MarkerShape::Circle,
        Marker::Square => MarkerShape::Square,
        Marker::Up => MarkerShape::Up,
        Marker::Diamond => MarkerShape::Diamond,
        Marker::Down => MarkerShape::Down,
        Marker::Left => MarkerShape::Left,
        Marker::Plus => MarkerShape::Plus,
        Marker::Right => MarkerShape::Right,
    }
}

fn place(row: &ArmRow, axis: SweepAxis) -> f64 {
    match axis {
        SweepAxis::Budget => row.arm.budget.map_or(f64::NAN, |b| f64::from(b).log2()),
        SweepAxis::Ratio => row.stats.time_averaged_ratio,
    }
}

/// A result and where it is drawn.
struct Drawn<'a> {
    row: &'a ArmRow,
    x: f64,
    colour: Color32,
}

/// Draws the curves; returns the point that was clicked.
pub fn show(
    ui: &mut Ui,
    plan: &SweepPlan,
    table: &SweepTable,
    axis: SweepAxis,
    chosen: Option<&ArmKey>,
) -> Option<ArmKey> {
    let palette = Palette::of(ui.ctx());
    let Horizontal {
        name,
        range: (low, high),
        marks,
    } = Horizontal::of(axis, &plan.budgets());
    let policies: Vec<&str> = plan.policies().into_iter().skip(1).collect();
    key(ui, palette, &policies);
    // The axis of ratios is measured, not chosen: there a point stands where it is.
    let apart = match axis {
        SweepAxis::Budget => APART * (high - low) / f64::from(ui.available_width().max(1.0)),
        SweepAxis::Ratio => 0.0,
    };
    let plot = still_plot("accuracy", Sense::click())
        .height(ui.available_height())
        .grid_color(palette.line)
        .grid_fade(0.0)
        .x_axis_label(name)
        .y_axis_label("answered rightly")
        .x_grid_spacer(move |_| marks.clone())
        .y_grid_spacer(|_| fifths())
        .x_axis_formatter(move |mark, _| match axis {
            SweepAxis::Budget => format!("{:.0}", mark.value.exp2()),
            SweepAxis::Ratio => percent(mark.value),
        })
        .y_axis_formatter(|mark, _| percent(mark.value));
    let mut points: Vec<Drawn<'_>> = vec![];
    for (index, policy) in policies.iter().enumerate() {
        let rows = table.of_policy(policy).filter(|row| !row.arm.is_full());
        let aside = (index as f64 - (policies.len() as f64 - 1.0) / 2.0) * apart;
        points.extend(rows.map(|row| Drawn {
            row,
            x: place(row, axis) + aside,
            colour: colour(ui, index),
        }));
    }
    let response = plot.show(ui, |plot| {
        plot.set_plot_bounds(PlotBounds::from_min_max([low, -0.02], [high, 1.02]));
        if let Some(full) = table.full() {
            full_cache(plot, palette, full, (low, high));
        }
        for (index, policy) in policies.iter().enumerate() {
            let mine = points
                .iter()
                .filter(|point| point.row.arm.policy == *policy);
            curve(
                plot,
                policy,
                shape(style(index).marker),
                &mine.collect::<Vec<_>>(),
            );
        }
        if let Some(point) = points.iter().find(|point| chosen == Some(&point.row.arm)) {
            let at = vec![[point.x, point.row.stats.pass_rate]];
            let ring = Points::new("", PlotPoints::from(at)).shape(MarkerShape::Circle);
            let ring = ring.color(palette.text).filled(false).radius(8.0);
            plot.points(ring.allow_hover(false));
        }
    });
    let label = format!("Accuracy of {} points", points.len());
    response
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &label));
    let nearest = response.response.hover_pos().and_then(|pointer| {
        let away = |point: &Drawn<'_>| {
            let at = PlotPoint::new(point.x, point.row.stats.pass_rate);
            response
                .transform
                .position_from_point(&at)
                .distance(pointer)
        };
        points
            .iter()
            .map(|point| (point.row, away(point)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, distance)| *distance <= REACH)
            .map(|(row, _)| row)
    });
    let clicked = response.response.clicked();
    if let Some(row) = nearest {
        response.response.on_hover_text_at_pointer(said(row));
    }
    nearest.filter(|_| clicked).map(|row| row.arm.clone())
}

/// The horizontal axis.
struct Horizontal {
    name: &'static str,
    range: (f64, f64),
    marks: Vec<GridMark>,
}

impl Horizontal {
    fn of(axis: SweepAxis, budgets: &[u32]) -> Self {
        match axis {
            SweepAxis::Budget => {
                let at = |b: Option<&u32>| b.map_or(1.0, |&b| f64::from(b).log2());
                let mark = |&b| GridMark {
                    value: f64::from(b).log2(),
                    step_size: 1.0,
                };
                Self {
                    name: "budget: slots per KV head after a compression",
                    range: (at(budgets.first()) - 0.2, at(budgets.last()) + 0.2),
                    marks: budgets.iter().map(mark).collect(),
                }
            }
            SweepAxis::Ratio => Self {
                name: "slots read by decode steps over those of a full cache",
                // Room for the last number, which stands about its line.
                range: (0.0, 1.03),
                marks: fifths(),
            },
        }
    }
}

/// Marks of a share.
fn fifths() -> Vec<GridMark> {
    let mark = |i| GridMark {
        value: f64::from(i) / 5.0,
        step_size: 1.0,
    };
    (0..=5).map(mark).collect()
}

/// The full cache's pass rate, over its interval, from one end of the axis to the other.
fn full_cache(plot: &mut PlotUi<'_>, palette: &Palette, full: &ArmRow, (low, high): (f64, f64)) {
    let interval = full.stats.interval;
    let corners = vec![
        [low, interval.low],
        [high, interval.low],
        [high, interval.high],
        [low, interval.high],
    ];
    let band = Polygon::new("", PlotPoints::from(corners));
    let band = band.fill_color(palette.faint.gamma_multiply(0.16));
    plot.polygon(band.stroke(Stroke::NONE).allow_hover(false));
    let line = HLine::new("Full cache", full.stats.pass_rate)
        .color(palette.weak)
        .width(1.5)
        .style(LineStyle::Dashed { length: 7.0 });
    plot.hline(line.allow_hover(false));
}

/// A policy's points, joined, with their intervals.
fn curve(plot: &mut PlotUi<'_>, policy: &str, marker: MarkerShape, points: &[&Drawn<'_>]) {
    let Some(colour) = points.first().map(|point| point.colour) else {
        return;
    };
    for point in points {
        let (x, interval) = (point.x, point.row.stats.interval);
        let whisker = vec![[x, interval.low], [x, interval.high]];
        let whisker = Line::new("", PlotPoints::from(whisker));
        let faint = colour.gamma_multiply(0.7);
        plot.line(whisker.color(faint).width(1.0).allow_hover(false));
    }
    let at = |point: &&Drawn<'_>| [point.x, point.row.stats.pass_rate];
    let line: Vec<[f64; 2]> = points.iter().map(at).collect();
    let curve = Line::new(policy, PlotPoints::from(line.clone()));
    plot.line(curve.color(colour).width(2.0).allow_hover(false));
    let marks = Points::new(policy, PlotPoints::from(line));
    let marks = marks.shape(marker).color(colour);
    plot.points(marks.radius(4.5).filled(true).allow_hover(false));
}

/// A point in words.
fn said(row: &ArmRow) -> String {
    let stats = &row.stats;
    format!(
        "{}\n{} of {} right: {} ({} to {})\nlost {}, gained {}, p {}",
        row.arm,
        stats.right,
        stats.runs,
        rate(stats.pass_rate),
        rate(stats.interval.low),
        rate(stats.interval.high),
        stats.lost,
        stats.gained,
        p_value(stats.p_value)
    )
}

/// The names of the curves, over them: a legend inside would cover points.
fn key(ui: &mut Ui, palette: &Palette, policies: &[&str]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        ui.spacing_mut().interact_size.y = 16.0;
        entry(ui, palette, FULL, |rect| {
            let ends = [rect.left_center(), rect.right_center()];
            Shape::dashed_line(&ends, Stroke::new(1.5, palette.weak), 5.0, 3.0)
        });
        for (index, policy) in policies.iter().enumerate() {
            let colour = colour(ui, index);
            entry(ui, palette, policy, |rect| {
                let ends = [rect.left_center(), rect.right_center()];
                let line = Shape::line_segment(ends, Stroke::new(2.0, colour));
                vec![line, mark(style(index).marker, rect.center(), colour)]
            });
        }
    });
}

fn entry(ui: &mut Ui, palette: &Palette, policy: &str, sign: impl Fn(Rect) -> Vec<Shape>) {
    let (area, _) = ui.allocate_exact_size(vec2(22.0, 14.0), Sense::hover());
    ui.painter().extend(sign(area));
    ui.label(
        RichText::new(shown_name(policy))
            .size(12.0)
            .color(palette.weak),
    );
    ui.add_space(12.0);
}

/// A point of the key, in the shape that the curve's points have.
fn mark(marker: Marker, centre: Pos2, colour: Color32) -> Shape {
    const RADIUS: f32 = 3.8;
    if marker == Marker::Plus {
        // Not convex, so not one polygon.
        let (across, up) = (vec2(RADIUS, 0.0), vec2(0.0, RADIUS));
        return Shape::Vec(
            [across, up]
                .map(|arm| {
                    Shape::line_segment([centre - arm, centre + arm], Stroke::new(2.5, colour))
                })
                .to_vec(),
        );
    }
    let corners = marker.corners(RADIUS).into_iter();
    let points = corners.map(|[dx, dy]| centre + vec2(dx, dy)).collect();
    Shape::convex_polygon(points, colour, Stroke::NONE)
}

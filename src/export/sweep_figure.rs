//! Accuracy against budget as a figure: one curve per policy, Wilson intervals, the full cache as a line.

use super::Theme;
use super::figure::{Anchor, Figure, Item, Text};
use super::fonts::{self, Font};
use super::matrix_figure::heading;
use super::palette::{Palette, Rgb};
use super::series::{Marker, style};
use crate::named::named;
use crate::policy::shown_name;
use crate::sweep::{ArmRow, SweepPlan, SweepTable};

/// What the horizontal axis of a sweep's curve is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SweepAxis {
    /// Slots per KV head after a compression, logarithmic.
    #[default]
    Budget,
    /// Slots read over what a full cache would have had read in the same steps, over all runs together.
    Ratio,
}

named!(SweepAxis { Budget => "budget", Ratio => "ratio" });

const MARGIN: f32 = 24.0;
const LEFT: f32 = 78.0;
const PLOT: [f32; 2] = [540.0, 330.0];
const LABEL: f32 = 12.0;
const TICK: f32 = 11.5;
const RADIUS: f32 = 4.2;
/// Distance between points of neighbouring curves at one budget, in units, where there is room: most of a marker shows.
const APART: f32 = 6.0;
/// Room between direct labels, in units.
const LABEL_STEP: f32 = 15.0;

/// Where things are on the page.
struct Plot {
    top: f32,
    low: f32,
    high: f32,
    axis: SweepAxis,
}

impl Plot {
    /// Place of a point on the axis: a budget or a ratio.
    fn x(&self, value: f32) -> f32 {
        let unit = match self.axis {
            SweepAxis::Budget => (value / self.low).ln() / (self.high / self.low).ln(),
            SweepAxis::Ratio => (value - self.low) / (self.high - self.low),
        };
        LEFT + unit * PLOT[0]
    }

    fn y(&self, rate: f64) -> f32 {
        self.top + (1.0 - rate as f32) * PLOT[1]
    }

    fn bottom(&self) -> f32 {
        self.top + PLOT[1]
    }

    /// How far each curve's points stand aside from their place, in units: at the same budget side by side, so that points
    /// and whiskers can be told apart, but short of the next budget's. A ratio is drawn where it is.
    fn aside(&self, curves: usize, budgets: &[u32]) -> Vec<f32> {
        let places = budgets.windows(2);
        let narrowest = places
            .map(|pair| self.x(pair[1] as f32) - self.x(pair[0] as f32))
            .fold(PLOT[0], f32::min);
        let apart = match self.axis {
            SweepAxis::Budget => APART.min(0.8 * narrowest / curves.max(1) as f32),
            SweepAxis::Ratio => 0.0,
        };
        let middle = curves.saturating_sub(1) as f32 / 2.0;
        (0..curves)
            .map(|index| (index as f32 - middle) * apart)
            .collect()
    }
}

/// Value of a row on the axis.
fn place(row: &ArmRow, axis: SweepAxis) -> f32 {
    match axis {
        SweepAxis::Budget => row.arm.budget.map_or(f32::NAN, |budget| budget as f32),
        SweepAxis::Ratio => row.stats.time_averaged_ratio as f32,
    }
}

/// Draws the curves of a table; of an unfinished one, what there is.
pub fn sweep_figure(plan: &SweepPlan, table: &SweepTable, axis: SweepAxis, theme: Theme) -> Figure {
    let palette = theme.palette();
    let mut figure = Figure::new(palette.page);
    let policies: Vec<&str> = plan
        .policies()
        .into_iter()
        .filter(|policy| table.of_policy(policy).any(|row| !row.arm.is_full()))
        .collect();
    let names: Vec<&str> = policies.iter().map(|policy| shown_name(policy)).collect();
    let widest = names
        .iter()
        .map(|name| fonts::width(name, Font::Sans, LABEL))
        .fold(96.0, f32::max);
    figure.width = (LEFT + PLOT[0] + 20.0 + widest + MARGIN).ceil();
    let room = figure.width - 2.0 * MARGIN;
    let notes = [
        plan.said(table.asked()),
        "Whiskers and band: 95 % Wilson intervals.".to_owned(),
    ];
    let title = match axis {
        SweepAxis::Budget => "Accuracy against cache budget",
        SweepAxis::Ratio => "Accuracy against the share of the cache read",
    };
    let top = heading(&mut figure, palette, title, &notes, room) + 6.0;
    let (low, high) = match axis {
        SweepAxis::Budget => {
            let budgets = plan.budgets();
            let first = budgets.first().map_or(1.0, |&b| b as f32);
            let last = budgets.last().map_or(2.0, |&b| b as f32);
            (first / 1.12, last * 1.12)
        }
        SweepAxis::Ratio => (0.0, 1.0),
    };
    let plot = Plot {
        top,
        low,
        high,
        axis,
    };
    axes(&mut figure, palette, &plot, plan);
    let mut labels = vec![];
    if let Some(full) = table.full() {
        labels.push(full_cache(&mut figure, palette, &plot, full));
    }
    let curves: Vec<Vec<&ArmRow>> = policies
        .iter()
        .map(|policy| table.of_policy(policy).collect())
        .collect();
    let looks: Vec<(Rgb, Marker)> = (0..policies.len())
        .map(|index| {
            let look = style(index);
            let colour = if theme == Theme::Dark {
                look.dark
            } else {
                look.light
            };
            (colour, look.marker)
        })
        .collect();
    let aside = plot.aside(policies.len(), &plan.budgets());
    // The first policy lies on top where curves meet: it is the one that the others are held against.
    for ((rows, look), aside) in curves.iter().zip(&looks).zip(aside).rev() {
        curve(&mut figure, palette, &plot, rows, *look, aside);
    }
    for ((rows, name), (colour, _)) in curves.iter().zip(&names).zip(&looks) {
        if let Some(last) = rows.last() {
            let y = plot.y(last.stats.pass_rate);
            labels.push((y, *colour, (*name).to_owned()));
        }
    }
    direct_labels(&mut figure, &plot, labels);
    let bottom = legend(&mut figure, palette, theme, &plot, &names);
    figure.height = (bottom + MARGIN).ceil();
    figure
}

fn axes(figure: &mut Figure, palette: &Palette, plot: &Plot, plan: &SweepPlan) {
    let right = LEFT + PLOT[0];
    for step in 0..=5 {
        let y = plot.y(f64::from(step) / 5.0);
        figure.line(
            [LEFT, y, right, y],
            if step == 0 { 1.0 } else { 0.6 },
            palette.line,
        );
        let text = format!("{}", step * 20);
        figure.label(
            (LEFT - 9.0, y + 4.0),
            TICK,
            palette.weak,
            Anchor::End,
            &text,
        );
    }
    let (ticks, name): (Vec<(f32, String)>, &str) = match plot.axis {
        SweepAxis::Budget => (
            plan.budgets()
                .iter()
                .map(|&b| (b as f32, b.to_string()))
                .collect(),
            "budget: slots per KV head after a compression (log scale)",
        ),
        SweepAxis::Ratio => (
            (0..=5)
                .map(|i| (i as f32 / 5.0, (i * 20).to_string()))
                .collect(),
            "slots read by decode steps over those of a full cache, %",
        ),
    };
    let mut free_from = f32::MIN;
    for (value, text) in ticks {
        let (x, y) = (plot.x(value), plot.bottom());
        figure.line([x, y, x, y + 5.0], 1.0, palette.line);
        let half = fonts::width(&text, Font::Sans, TICK) / 2.0;
        if x - half > free_from {
            figure.label((x, y + 19.0), TICK, palette.weak, Anchor::Middle, &text);
            free_from = x + half + 4.0;
        }
    }
    let middle = (LEFT + PLOT[0] / 2.0, plot.bottom() + 40.0);
    figure.label(middle, LABEL, palette.text, Anchor::Middle, name);
    figure.items.push(Item::Text(Text {
        x: MARGIN + LABEL,
        y: plot.top + PLOT[1] / 2.0,
        size: LABEL,
        fill: palette.text,
        font: Font::Sans,
        anchor: Anchor::Middle,
        length: None,
        upwards: true,
        content: "problems answered rightly, %".to_owned(),
    }));
}

/// The dashed line all curves are held against, and its interval as a band.
fn full_cache(
    figure: &mut Figure,
    palette: &Palette,
    plot: &Plot,
    full: &ArmRow,
) -> (f32, Rgb, String) {
    let (left, right) = (LEFT, LEFT + PLOT[0]);
    let (high, low) = (
        plot.y(full.stats.interval.high),
        plot.y(full.stats.interval.low),
    );
    let band = vec![[left, high], [right, high], [right, low], [left, low]];
    figure
        .items
        .push(Item::Polygon(band, palette.faint, 0.14, None));
    let y = plot.y(full.stats.pass_rate);
    let line = vec![[left, y], [right, y]];
    figure
        .items
        .push(Item::Polyline(line, 1.5, Some(6.0), palette.weak));
    (y, palette.weak, "Full cache".to_owned())
}

fn curve(
    figure: &mut Figure,
    palette: &Palette,
    plot: &Plot,
    rows: &[&ArmRow],
    (colour, marker): (Rgb, Marker),
    aside: f32,
) {
    let points: Vec<[f32; 2]> = rows
        .iter()
        .map(|row| {
            [
                plot.x(place(row, plot.axis)) + aside,
                plot.y(row.stats.pass_rate),
            ]
        })
        .collect();
    for ([x, _], row) in points.iter().zip(rows) {
        let (high, low) = (
            plot.y(row.stats.interval.high),
            plot.y(row.stats.interval.low),
        );
        figure.line([*x, high, *x, low], 1.0, colour);
        for y in [high, low] {
            figure.line([x - 2.5, y, x + 2.5, y], 1.0, colour);
        }
    }
    figure
        .items
        .push(Item::Polyline(points.clone(), 2.0, None, colour));
    for [x, y] in points {
        put_marker(figure, marker, (x, y), colour, palette.page);
    }
}

fn put_marker(figure: &mut Figure, marker: Marker, (x, y): (f32, f32), fill: Rgb, outline: Rgb) {
    let corners = marker
        .corners(RADIUS)
        .into_iter()
        .map(|[dx, dy]| [x + dx, y + dy])
        .collect();
    figure
        .items
        .push(Item::Polygon(corners, fill, 1.0, Some(outline)));
}

/// Names at the right ends, moved apart where curves end close to one another.
fn direct_labels(figure: &mut Figure, plot: &Plot, mut labels: Vec<(f32, Rgb, String)>) {
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut places: Vec<f32> = labels.iter().map(|(y, ..)| *y).collect();
    for i in 1..places.len() {
        places[i] = places[i].max(places[i - 1] + LABEL_STEP);
    }
    let mut limit = plot.bottom() + 4.0;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - LABEL_STEP;
    }
    let right = LEFT + PLOT[0];
    for ((y, colour, name), at) in labels.iter().zip(places) {
        if (at - y).abs() > 2.0 {
            let leader = vec![[right + 2.0, *y], [right + 12.0, at]];
            figure
                .items
                .push(Item::Polyline(leader, 0.8, None, *colour));
        }
        figure.label(
            (right + 16.0, at + 4.0),
            LABEL,
            *colour,
            Anchor::Start,
            name,
        );
    }
}

/// Line, marker and name of each curve, in rows; returns the lower end.
fn legend(
    figure: &mut Figure,
    palette: &Palette,
    theme: Theme,
    plot: &Plot,
    names: &[&str],
) -> f32 {
    let mut y = plot.bottom() + 66.0;
    let mut x = LEFT;
    let right = figure.width - MARGIN;
    let entries = names
        .iter()
        .enumerate()
        .map(|(i, &name)| (Some(style(i)), name));
    for (look, name) in entries.chain([(None, "Full cache")]) {
        let width = 44.0 + fonts::width(name, Font::Sans, LABEL);
        if x + width > right {
            (x, y) = (LEFT, y + 20.0);
        }
        let sample = vec![[x, y - 4.0], [x + 26.0, y - 4.0]];
        match look {
            Some(look) => {
                let colour = if theme == Theme::Dark {
                    look.dark
                } else {
                    look.light
                };
                figure.items.push(Item::Polyline(sample, 2.0, None, colour));
                let at = (x + 13.0, y - 4.0);
                put_marker(figure, look.marker, at, colour, palette.page);
            }
            None => figure
                .items
                .push(Item::Polyline(sample, 1.5, Some(6.0), palette.weak)),
        }
        figure.label((x + 32.0, y), LABEL, palette.text, Anchor::Start, name);
        x += width + 18.0;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_one_budget_spread_with_the_number_of_curves_as_far_as_there_is_room() {
        let plot = |axis| Plot {
            top: 0.0,
            low: 32.0 / 1.12,
            high: 192.0 * 1.12,
            axis,
        };
        let budgets = [32, 48, 64, 96, 128, 192];
        for curves in [1, 2, 6, 8] {
            let aside = plot(SweepAxis::Budget).aside(curves, &budgets);
            assert!((aside[0] + aside[curves - 1]).abs() < 1e-3);
            assert!(
                aside
                    .windows(2)
                    .all(|pair| (pair[1] - pair[0] - APART).abs() < 1e-3)
            );
        }
        let plot = plot(SweepAxis::Budget);
        let many = plot.aside(40, &budgets);
        assert!(plot.x(96.0) + many[39] < plot.x(128.0) + many[0]);
        assert_eq!(
            Plot {
                axis: SweepAxis::Ratio,
                ..plot
            }
            .aside(3, &budgets),
            [0.0; 3]
        );
    }
}

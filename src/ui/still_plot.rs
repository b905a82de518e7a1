//! A plot that stays as it is drawn: no zooming, no dragging, no margins, nothing under the pointer. The views have their
//! own axes, tooltips and ways to scrub.

use egui::{Sense, Vec2};
use egui_plot::Plot;

/// The plot of that name, which only `sense`s.
pub fn still_plot<'a>(name: &str, sense: Sense) -> Plot<'a> {
    Plot::new(name)
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
        .sense(sense)
}

//! What a panel says while it has nothing to show, and what to do about it.

use egui::{RichText, Ui};

use super::theme::Palette;

/// A title and a hint in the middle of the space that is left.
pub fn show(ui: &mut Ui, title: &str, hint: &str) {
    let palette = Palette::of(ui.ctx());
    let space = (ui.available_height() * 0.38 - 20.0).max(4.0);
    ui.vertical_centered(|ui| {
        ui.add_space(space);
        ui.label(RichText::new(title).size(15.0).color(palette.weak));
        ui.add_space(4.0);
        ui.set_max_width(ui.available_width().min(420.0));
        ui.label(RichText::new(hint).size(12.5).color(palette.faint));
    });
}

//! Headings and rows with numbers at the right, alike in every part of the inspector.

use egui::{Align, Color32, Label, Layout, Response, RichText, Ui};

use crate::ui::theme::Palette;

/// A heading in small capitals, with a remark at the right; returns the title.
pub fn heading(ui: &mut Ui, title: &str, remark: &str) -> Response {
    let palette = Palette::of(ui.ctx());
    ui.add_space(10.0);
    let row = ui.horizontal(|ui| {
        let title = ui.label(
            RichText::new(title.to_uppercase())
                .size(11.0)
                .color(palette.faint)
                .extra_letter_spacing(0.4),
        );
        if !remark.is_empty() {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(remark).size(11.5).color(palette.weak));
            });
        }
        title
    });
    ui.add_space(2.0);
    row.inner
}

/// A name at the left, a number at the right.
pub fn number(ui: &mut Ui, name: &str, value: &str, hint: &str) -> Response {
    let colour = Palette::of(ui.ctx()).text;
    coloured_number(ui, name, value, hint, colour)
}

/// As [`number`], with the number in a colour.
pub fn coloured_number(
    ui: &mut Ui,
    name: &str,
    value: &str,
    hint: &str,
    colour: Color32,
) -> Response {
    let palette = Palette::of(ui.ctx());
    let row = ui.horizontal(|ui| {
        ui.label(RichText::new(name).size(12.5).color(palette.weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = RichText::new(value).size(12.0).monospace().color(colour);
            let label = Label::new(text).truncate();
            ui.add(label.show_tooltip_when_elided(hint.is_empty()));
        });
    });
    if hint.is_empty() {
        row.response
    } else {
        row.response.on_hover_text(format!("{value}\n\n{hint}"))
    }
}

/// A remark over the whole width.
pub fn note(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui.ctx());
    ui.add(Label::new(RichText::new(text).size(11.5).color(palette.faint)).wrap());
}

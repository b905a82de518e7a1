//! The tabs, over the whole window, so that they stay under the pointer whichever panels a tab has.

use egui::{Align, Frame, Layout, Margin, Panel, RichText, Role, Sense, Stroke, Ui, WidgetInfo};

use super::command::UiCommand;
use super::selection::Tab;
use super::theme::Palette;

/// Draws the strip at the top of what is left of the window.
pub fn strip(ui: &mut Ui, shown: Tab, in_force: &str, commands: &mut Vec<UiCommand>) {
    let frame = Frame::new()
        .fill(Palette::of(ui.ctx()).canvas)
        .inner_margin(Margin {
            left: 14,
            right: 14,
            top: 9,
            bottom: 10,
        });
    Panel::top("tabs")
        .frame(frame)
        .resizable(false)
        .show(ui, |ui| show(ui, shown, in_force, commands));
}

/// Draws the tabs, the one shown underlined in amber, and at the right the settings in force.
fn show(ui: &mut Ui, shown: Tab, in_force: &str, commands: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        for (tab, name) in Tab::ALL {
            let chosen = *tab == shown;
            let colour = if chosen { palette.text } else { palette.weak };
            let text = RichText::new(*name).size(14.5).color(colour);
            let label = egui::Label::new(text)
                .selectable(false)
                .sense(Sense::click());
            let response = ui.add(label);
            response.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, *name));
            if chosen || response.hovered() || response.has_focus() {
                let y = response.rect.bottom() + 5.0;
                let colour = if chosen { palette.amber } else { palette.line };
                ui.painter()
                    .hline(response.rect.x_range(), y, Stroke::new(2.0, colour));
            }
            if response.clicked() {
                commands.push(UiCommand::ShowTab(*tab));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = RichText::new(in_force).size(12.5).color(palette.faint);
            ui.add(egui::Label::new(text).truncate());
        });
    });
}

//! The tabs over the middle of the window.

use egui::{Align, Layout, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::command::UiCommand;
use super::selection::Tab;
use super::theme::Palette;

/// Draws the tabs, the one shown underlined in amber, and at the right the settings in force.
pub fn show(ui: &mut Ui, shown: Tab, in_force: &str, commands: &mut Vec<UiCommand>) {
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
            ui.add(egui::Label::new(text).truncate())
                .on_hover_text("Settings of this run in force at the cursor");
        });
    });
    ui.add_space(6.0);
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(
        line.x_range(),
        line.center().y,
        Stroke::new(1.0, palette.line),
    );
}

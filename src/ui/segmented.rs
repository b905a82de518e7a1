//! A row of buttons of which one is pressed: a setting with a few choices.

use egui::{Button, CornerRadius, Role, RichText, Stroke, Ui, WidgetInfo, vec2};

use super::theme::{Palette, mix};

/// A choice: its value, its name, and a sentence on what it does.
pub type Choice<T> = (T, &'static str, &'static str);

/// Draws the choices in rows of at most `per_row`; returns whether another one was taken.
///
/// Screen readers and tests know each button as `name: choice`.
pub fn show<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    per_row: usize,
    choices: &[Choice<T>],
    value: &mut T,
) -> bool {
    let palette = Palette::of(ui.ctx());
    let gap = 3.0;
    let mut changed = false;
    for row in choices.chunks(per_row.max(1)) {
        let columns = per_row.min(choices.len()) as f32;
        let width = (ui.available_width() - gap * (columns - 1.0)) / columns;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            ui.spacing_mut().button_padding.x = 2.0;
            for (choice, label, hint) in row {
                let chosen = *value == *choice;
                let (fill, line, text) = if chosen {
                    (mix(palette.raised, palette.text, 0.14), palette.weak, palette.text)
                } else {
                    (palette.raised, palette.line, palette.weak)
                };
                let button = Button::new(RichText::new(*label).size(12.5).color(text))
                    .fill(fill)
                    .stroke(Stroke::new(1.0, line))
                    .corner_radius(CornerRadius::same(5))
                    .min_size(vec2(width, 24.0));
                let response = ui.add_sized(vec2(width, 24.0), button);
                let enabled = ui.is_enabled();
                response.widget_info(|| {
                    WidgetInfo::selected(
                        Role::RadioButton,
                        enabled,
                        chosen,
                        format!("{name}: {label}"),
                    )
                });
                if response.on_hover_text(*hint).clicked() && !chosen {
                    *value = *choice;
                    changed = true;
                }
            }
        });
    }
    changed
}

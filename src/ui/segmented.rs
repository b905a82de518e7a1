//! A row of buttons of which one is pressed: a setting with a few choices.

use egui::{
    Button, Color32, CornerRadius, FontId, Rect, Response, RichText, Role, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::theme::{Palette, mix};

/// Height of a button, in points.
const HEIGHT: f32 = 24.0;
/// Size of the names, and the least room beside them.
const SIZE: f32 = 12.0;
const PADDING: f32 = 1.0;

/// A choice: its value, its name, and a sentence on what it does.
pub type Choice<T> = (T, &'static str, &'static str);

/// Draws the choices in rows of at most `per_row`, fewer where their names need more room; returns whether another one
/// was taken.
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
    let per_row = fitting(ui, per_row.min(choices.len()).max(1), choices, gap);
    let mut changed = false;
    for row in choices.chunks(per_row) {
        let columns = per_row as f32;
        let width = (ui.available_width() - gap * (columns - 1.0)) / columns;
        // Placed by hand: a row centred by its contents puts neighbours on different pixels.
        let size = vec2(ui.available_width(), HEIGHT);
        let (row_rect, _) = ui.allocate_exact_size(size, Sense::hover());
        for (column, (choice, label, hint)) in row.iter().enumerate() {
            let left = row_rect.left() + column as f32 * (width + gap);
            let rect = Rect::from_min_size(pos2(left, row_rect.top()), vec2(width, HEIGHT));
            let chosen = *value == *choice;
            let response = button(ui, palette, rect, label, chosen);
            let enabled = ui.is_enabled();
            response.widget_info(|| {
                let name = format!("{name}: {label}");
                WidgetInfo::selected(Role::RadioButton, enabled, chosen, name)
            });
            if response.on_hover_text(*hint).clicked() && !chosen {
                *value = *choice;
                changed = true;
            }
        }
    }
    changed
}

/// The most columns, up to `most`, in which every name stands on one line.
fn fitting<T>(ui: &Ui, most: usize, choices: &[Choice<T>], gap: f32) -> usize {
    let font = FontId::proportional(SIZE);
    let width = |label: &str| {
        let text = ui
            .painter()
            .layout_no_wrap(label.to_owned(), font.clone(), Color32::WHITE);
        text.size().x + 2.0 * PADDING + 2.0
    };
    let widest = choices
        .iter()
        .map(|(_, label, _)| width(label))
        .fold(1.0, f32::max);
    let fitting = ((ui.available_width() + gap) / (widest + gap)) as usize;
    if fitting >= most {
        return most;
    }
    // Rows of much the same length: five in rows of four would leave one alone.
    most.div_ceil(most.div_ceil(fitting.max(1)))
}

fn button(ui: &mut Ui, palette: &Palette, rect: Rect, label: &str, chosen: bool) -> Response {
    let (fill, line, text) = if chosen {
        (
            mix(palette.raised, palette.text, 0.14),
            palette.weak,
            palette.text,
        )
    } else {
        (palette.raised, palette.line, palette.weak)
    };
    let mut place = ui.new_child(UiBuilder::new().max_rect(rect));
    place.spacing_mut().button_padding.x = PADDING;
    let button = Button::new(RichText::new(label).size(SIZE).color(text))
        .fill(fill)
        .stroke(Stroke::new(1.0, line))
        .corner_radius(CornerRadius::same(5));
    place.put(rect, button)
}

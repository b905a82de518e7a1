//! Moving the cursor with the pointer or a screen reader, and what the pointer says on the way.

use egui::accesskit::{Action, ActionData};
use egui::{PointerButton, Response, RichText, Ui, WidgetInfo};

use crate::trace::{Position, TraceView, quoted};
use crate::ui::command::UiCommand;
use crate::ui::position_axis::PositionAxis;
use crate::ui::quantity::{bytes, count, counted, percent};
use crate::ui::theme::Palette;

/// A press or drag sets the cursor; so does an assistive tool that sets the slider's value.
pub fn input(
    ui: &Ui,
    response: &Response,
    axis: &PositionAxis,
    view: &TraceView<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let total = view.store().tokens().len();
    let cursor = view.cursor();
    response.widget_info(|| WidgetInfo::slider(true, cursor as f64, "Timeline cursor, tokens"));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(total as f64);
        node.set_numeric_value_step(1.0);
        node.add_action(Action::SetValue);
        node.add_action(Action::Increment);
        node.add_action(Action::Decrement);
    });
    let (asked, steps) = ui.input(|i| {
        let asked = i
            .accesskit_action_requests(response.id, Action::SetValue)
            .find_map(|request| match request.data {
                Some(ActionData::NumericValue(value)) => Some(value),
                _ => None,
            });
        let up = i.num_accesskit_action_requests(response.id, Action::Increment) as i32;
        let down = i.num_accesskit_action_requests(response.id, Action::Decrement) as i32;
        (asked, up - down)
    });
    let pressed = response.is_pointer_button_down_on()
        && ui.input(|i| i.pointer.button_down(PointerButton::Primary));
    let pointed = response
        .interact_pointer_pos()
        // A double click shows all: what is under the pointer then is not what was pressed.
        .filter(|_| pressed || (response.clicked() && !response.double_clicked()));
    let wanted = pointed
        .map(|pointer| axis.position(pointer.x))
        .or(asked)
        .map(|at| at.round().clamp(0.0, total as f64) as usize);
    if let Some(wanted) = wanted.filter(|&wanted| wanted != cursor) {
        commands.push(UiCommand::SetCursor(wanted));
    }
    if steps != 0 {
        commands.push(UiCommand::StepToken(steps));
    }
}

/// The token under the pointer.
pub fn token_under(response: &Response, axis: &PositionAxis, total: usize) -> Option<Position> {
    let pointer = response.hover_pos()?;
    let position = axis.position(pointer.x).floor();
    (position >= 0.0 && position < total as f64).then_some(Position(position as u32))
}

/// The token, how long the cache was just after it, and what that saved; and the way back to the whole run.
pub fn tooltip(ui: &mut Ui, view: &TraceView<'_>, position: Position, zoomed: bool) {
    let palette = Palette::of(ui.ctx());
    let then = view.store().view(position.index() + 1);
    ui.horizontal(|ui| {
        let text = RichText::new(quoted(view.store(), position)).monospace();
        ui.label(text.color(palette.text));
        ui.label(
            RichText::new(format!("position {}", count(u64::from(position.0)))).color(palette.weak),
        );
    });
    let (slots, seen) = (then.slots(), then.cursor());
    let saved = then.full_bytes().saturating_sub(then.cache_bytes());
    let mut note = |text: String| {
        ui.label(RichText::new(text).color(palette.weak));
    };
    note(format!(
        "{} of {} per head",
        count(slots.round() as u64),
        counted(seen as u64, "slot")
    ));
    if saved > 0 {
        note(format!(
            "{} of {} saved ({})",
            bytes(saved),
            bytes(then.full_bytes()),
            percent(1.0 - slots / seen.max(1) as f64)
        ));
    } else {
        note("nothing saved yet".to_owned());
    }
    if let Some(kind) = view.store().segment_at(position) {
        note(kind.name().to_owned());
    }
    if zoomed {
        note("double click shows the whole run".to_owned());
    }
}

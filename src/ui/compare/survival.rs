//! A run's survival raster under its text: position by compression, brightness the share of heads.

use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2};

use super::caches::PaneCache;
use super::pane::small;
use crate::compare::letter;
use crate::trace::{EventIndex, Position, TraceView};
use crate::ui::command::UiCommand;
use crate::ui::position_axis::PositionAxis;
use crate::ui::quantity::counted;
use crate::ui::selection::Selection;
use crate::ui::survival::{event_of_line, survival_tooltip};
use crate::ui::theme::Palette;

/// Room for the numbers below the raster.
const TICKS: f32 = 15.0;

/// Draws the raster over the first `end` positions, so that the panes' axes agree.
#[expect(clippy::too_many_arguments, reason = "what the strip is made of")]
pub(super) fn show(
    ui: &mut Ui,
    cache: &mut PaneCache,
    index: usize,
    view: &TraceView<'_>,
    end: usize,
    area: Rect,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let store = view.store();
    let events = store.events().len();
    if events == 0 {
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(area));
        let said = "no compression: every head holds every token";
        small(&mut inner, said, palette.faint);
        return;
    }
    let rect = Rect::from_min_max(area.min, pos2(area.right(), area.bottom() - TICKS));
    let axis = PositionAxis::new((0.0, end.max(1) as f64), rect);
    cache
        .survival
        .update(ui.ctx(), store, &axis, rect.y_range());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 0.0, palette.panel);
    cache.survival.paint(&painter, &axis, rect.y_range());
    axis.ticks(ui.painter(), palette, rect.bottom());
    let line = rect.height() / events as f32;
    if let Some(last) = view.last_event() {
        let bottom = rect.bottom() - last.index() as f32 * line;
        let row = Rect::from_min_max(
            pos2(rect.left(), bottom - line.max(2.0)),
            pos2(rect.right(), bottom),
        );
        let stroke = Stroke::new(1.0, palette.text.gamma_multiply(0.75));
        painter.rect_stroke(row, 0.0, stroke, StrokeKind::Inside);
    }
    if let Some(position) = selection.token() {
        let at = f64::from(position.0);
        let column = axis.span(at, at + 1.0, rect.y_range()).expand(0.5);
        let stroke = Stroke::new(1.0, palette.text);
        painter.rect_stroke(column, 0.0, stroke, StrokeKind::Outside);
    }

    let id = ui.scope_id().with(("pane survival", index));
    let response = ui.interact(rect, id, Sense::click());
    let name = format!(
        "Survival in {} over {}",
        letter(index),
        counted(events as u64, "compression")
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let under = response.hover_pos().and_then(|pointer| {
        let position = axis.position(pointer.x).floor();
        let row = ((rect.bottom() - pointer.y) / line).floor().max(0.0) as usize;
        let event = event_of_line(row.min(events - 1), events, events);
        let inside = position >= 0.0 && position < store.tokens().len() as f64;
        inside.then_some((EventIndex(event as u32), Position(position as u32)))
    });
    cache
        .hovering
        .follow(under.map(|(_, position)| position), selection, commands);
    let Some((event, position)) = under else {
        return;
    };
    if response.clicked() {
        commands.push(UiCommand::Select(Some(position)));
    }
    response.on_hover_ui_at_pointer(|ui| survival_tooltip(ui, store, event, position));
}

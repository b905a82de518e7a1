//! The tab.

use egui::{
    Align, Align2, FontId, Layout, Painter, PointerButton, Rect, RichText, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::counts::event_of_line;
use super::picture::SurvivalPicture;
use super::tooltip::survival_tooltip;
use crate::trace::{EventIndex, Position, TraceStore, TraceView};
use crate::ui::bands;
use crate::ui::colormap::Colormap;
use crate::ui::colour_bar;
use crate::ui::columns::Columns;
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::empty_state;
use crate::ui::hovering::Hovering;
use crate::ui::position_axis::{PositionAxis, Zoom};
use crate::ui::quantity::{counted, event_number};
use crate::ui::selection::Selection;
use crate::ui::theme::Palette;
use crate::ui::uncompressed;

/// Room at the left of the picture, for the compressions, and at its right, in points.
const GUTTER: f32 = 44.0;
const RIGHT: f32 = 4.0;
const FOOTER: f32 = 22.0;
const BANDS: f32 = 16.0;

/// Zoom and cached picture of the tab.
#[derive(Default)]
pub struct SurvivalState {
    zoom: Zoom,
    picture: SurvivalPicture,
    hovering: Hovering,
}

impl SurvivalState {
    /// Shows the whole run from now on.
    pub fn show_all(&mut self) {
        self.zoom.reset();
    }
}

/// Draws the tab: hovering tells, a click pins the token, a click on a row's number goes to it.
pub fn show(
    ui: &mut Ui,
    state: &mut SurvivalState,
    view: &TraceView<'_>,
    derived: &Derived,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let store = view.store();
    if store.events().is_empty() {
        nothing(ui, store, derived);
        return;
    }
    let palette = Palette::of(ui.ctx());
    let total = store.events().last().map_or(0, |e| e.seen as usize);
    let at = selection.zoomed_at(view.cursor());
    let width = (ui.available_width() - GUTTER - RIGHT).max(1.0);
    let scale = ui.ctx().pixels_per_point();
    let columns = Columns::across(state.zoom.visible(total), total, width, scale);
    let heads = store.header().model.heads();
    header(ui, state, palette, heads, at, total, columns.bin());

    let outer = ui.available_rect_before_wrap();
    let rect = Rect::from_min_max(
        pos2(outer.left() + GUTTER, outer.top() + BANDS),
        pos2(
            outer.right() - RIGHT,
            (outer.bottom() - FOOTER).max(outer.top() + BANDS + 8.0),
        ),
    );
    let response = ui.allocate_rect(rect, Sense::CLICK | Sense::DRAG);
    let axis = PositionAxis::new(state.zoom.visible(total), rect);
    state.zoom.input(
        ui,
        &response,
        &axis,
        total,
        &[
            PointerButton::Primary,
            PointerButton::Middle,
            PointerButton::Secondary,
        ],
    );
    let axis = PositionAxis::new(state.zoom.visible(total), rect);
    state.picture.update(ui.ctx(), store, &axis, rect.y_range());

    let painter = ui.painter().with_clip_rect(rect);
    painter.rect_filled(rect, 0.0, palette.panel);
    state.picture.paint(&painter, &axis, rect.y_range());
    bands::paint(
        ui.painter(),
        palette,
        store,
        view.cursor(),
        &axis,
        outer.top() + 1.0,
        BANDS - 4.0,
    );
    axis.ticks(ui.painter(), palette, rect.bottom() + 1.0);

    let events = store.events().len();
    let line_height = rect.height() / events as f32;
    let row_rect = |event: usize| {
        let bottom = rect.bottom() - event as f32 * line_height;
        Rect::from_min_max(
            pos2(rect.left(), bottom - line_height),
            pos2(rect.right(), bottom),
        )
    };
    gutter(
        ui,
        palette,
        rect,
        events,
        &row_rect,
        view.last_event(),
        commands,
    );
    let now = view.last_event().map(|last| row_rect(last.index()));
    let token = selection
        .token()
        .map(|position| axis.span(position.0 as f64, position.0 as f64 + 1.0, rect.y_range()));
    frames(&painter, palette, now, token);

    let label = format!(
        "Survival of {} over {}",
        counted(total as u64, "token"),
        counted(events as u64, "compression")
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let under = response.hover_pos().and_then(|pointer| {
        let position = axis.position(pointer.x).floor();
        let line = ((rect.bottom() - pointer.y) / line_height).floor().max(0.0) as usize;
        let event = event_of_line(line.min(events - 1), events, events);
        (position >= 0.0 && position < total as f64)
            .then_some((EventIndex(event as u32), Position(position as u32)))
    });
    state
        .hovering
        .follow(under.map(|(_, position)| position), selection, commands);
    if response.clicked()
        && let Some((_, position)) = under
    {
        commands.push(UiCommand::Select(Some(position)));
    }
    if let Some((event, position)) = under {
        response.on_hover_ui_at_pointer(|ui| survival_tooltip(ui, store, event, position));
    }
}

/// Why there is no row yet.
fn nothing(ui: &mut Ui, store: &TraceStore, derived: &Derived) {
    let (title, hint) = if store.tokens().is_empty() {
        (
            "Nothing to show yet",
            "Run a problem or open a trace; each compression adds a row here.".to_owned(),
        )
    } else if let Some(why) = uncompressed::why(store, derived.live) {
        ("No compression", why)
    } else {
        (
            "No compression yet",
            "The cache has not been full so far: every head still holds every token.".to_owned(),
        )
    };
    empty_state::show(ui, title, &hint);
}

/// Frames the row of the last compression and the column of the selected token.
fn frames(painter: &Painter, palette: &Palette, row: Option<Rect>, column: Option<Rect>) {
    if let Some(row) = row {
        let stroke = Stroke::new(1.0, palette.text.gamma_multiply(0.75));
        painter.rect_stroke(row, 0.0, stroke, StrokeKind::Inside);
    }
    if let Some(column) = column {
        let stroke = Stroke::new(1.0, palette.text);
        painter.rect_stroke(column.expand(0.5), 0.0, stroke, StrokeKind::Outside);
    }
}

fn header(
    ui: &mut Ui,
    state: &mut SurvivalState,
    palette: &Palette,
    heads: u32,
    at: f64,
    total: usize,
    bin: usize,
) {
    ui.horizontal(|ui| {
        let each = if bin > 1 {
            format!("token (a column is the mean of {bin})")
        } else {
            "token".to_owned()
        };
        let said = format!("Share of {heads} heads holding each {each} after each compression");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            colour_bar::show(
                ui,
                Colormap::Importance,
                0.0,
                "share of heads",
                &[(0.0, "none".to_owned()), (1.0, "all".to_owned())],
            );
            ui.add_space(8.0);
            state.zoom.buttons(ui, "survival", at, total, total);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let said = RichText::new(said).size(12.5).color(palette.weak);
                ui.add(egui::Label::new(said).truncate());
            });
        });
    });
    ui.add_space(4.0);
}

/// Numbers of the compressions, as many as fit; each is a button that goes there.
fn gutter(
    ui: &Ui,
    palette: &Palette,
    rect: Rect,
    events: usize,
    row_rect: &dyn Fn(usize) -> Rect,
    at: Option<EventIndex>,
    commands: &mut Vec<UiCommand>,
) {
    let line_height = rect.height() / events as f32;
    let every = (13.0 / line_height).ceil().max(1.0) as usize;
    let font = FontId::proportional(10.5);
    for event in (0..events).filter(|e| e % every == 0 || at.is_some_and(|a| a.index() == *e)) {
        let here = at.is_some_and(|a| a.index() == event);
        let crowded = !here
            && at.is_some_and(|a| (a.index() as f32 - event as f32).abs() * line_height < 12.0);
        if crowded {
            continue;
        }
        let row = row_rect(event);
        let area = Rect::from_center_size(
            pos2(rect.left() - GUTTER / 2.0, row.center().y),
            vec2(GUTTER, row.height().clamp(10.0, 18.0)),
        );
        let index = EventIndex(event as u32);
        let response = ui
            .interact(
                area,
                ui.scope_id().with(("survival row", event)),
                Sense::click(),
            )
            .on_hover_text(format!("Go to compression {}", event_number(index)));
        let name = format!("Go to compression {}", event_number(index));
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, here, &name));
        let colour = if here || response.hovered() {
            palette.text
        } else {
            palette.faint
        };
        ui.painter().text(
            pos2(rect.left() - 8.0, row.center().y),
            Align2::RIGHT_CENTER,
            event_number(index),
            font.clone(),
            colour,
        );
        if response.clicked() {
            commands.push(UiCommand::GoToEvent(index));
        }
    }
}

//! The bottom panel.

use egui::{PointerButton, Rangef, Rect, Sense, Stroke, Ui, pos2};

use super::curve::Curve;
use super::transport::{self, Transport};
use super::{marks, scrub};
use crate::trace::TraceView;
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::position_axis::{PositionAxis, Zoom};
use crate::ui::selection::Selection;
use crate::ui::survival::SurvivalPicture;
use crate::ui::theme::Palette;
use crate::ui::{bands, empty_state};

const GUTTER: f32 = 46.0;
const BANDS: f32 = 13.0;
const GAP: f32 = 6.0;
/// Below the strip: ticks of the compressions, then numbers of the tokens.
const FOOTER: f32 = 23.0;

/// Zoom and caches of the timeline.
#[derive(Default)]
pub struct TimelineState {
    zoom: Zoom,
    curve: Curve,
    picture: SurvivalPicture,
    cursor: usize,
    hovering: bool,
}

/// The stripes of the panel, from top to bottom.
struct Stripes {
    all: Rect,
    bands: Rect,
    curve: Rect,
    strip: Rect,
}

impl Stripes {
    fn of(outer: Rect) -> Self {
        let all = Rect::from_min_max(
            pos2(outer.left() + GUTTER, outer.top()),
            pos2(outer.right() - 8.0, outer.bottom()),
        );
        let room = (all.height() - BANDS - 2.0 * GAP - FOOTER).max(24.0);
        let cut = |from: f32, height: f32| {
            Rect::from_min_max(pos2(all.left(), from), pos2(all.right(), from + height))
        };
        let bands = cut(all.top(), BANDS);
        let curve = cut(bands.bottom() + GAP, (room * 0.58).floor());
        let strip = cut(curve.bottom() + GAP, (room * 0.42).floor());
        Self {
            all,
            bands,
            curve,
            strip,
        }
    }
}

/// Draws transport, curve and strip; pressing or dragging anywhere in the picture moves the cursor.
pub fn show(
    ui: &mut Ui,
    state: &mut TimelineState,
    view: &TraceView<'_>,
    _derived: &Derived,
    selection: &Selection,
    transport: &Transport,
    commands: &mut Vec<UiCommand>,
) {
    transport::show(ui, view, *transport, selection.playback.speed, commands);
    ui.add_space(4.0);
    let store = view.store();
    let total = store.tokens().len();
    if total == 0 {
        empty_state::show(
            ui,
            "The timeline starts with the first token",
            "Run a problem or open a trace.",
        );
        return;
    }
    let palette = Palette::of(ui.ctx());
    let stripes = Stripes::of(ui.available_rect_before_wrap());
    let response = ui.allocate_rect(stripes.all, Sense::click_and_drag());
    let axis = PositionAxis::new(state.zoom.visible(total), stripes.all);
    if state.cursor != view.cursor() && !response.dragged() {
        state.zoom.reveal(view.cursor() as f64, total);
    }
    state.cursor = view.cursor();
    state.zoom.input(
        ui,
        &response,
        &axis,
        total,
        &[PointerButton::Secondary, PointerButton::Middle],
    );
    let axis = PositionAxis::new(state.zoom.visible(total), stripes.all);
    scrub::input(ui, &response, &axis, view, commands);

    draw(ui, state, view, selection, &axis, &stripes);
    marks::setting_changes(
        ui,
        palette,
        store,
        &axis,
        Rect::from_min_max(stripes.curve.left_top(), stripes.strip.right_bottom()),
        stripes.curve.bottom() + GAP / 2.0,
        commands,
    );
    let clip = stripes.all.expand2(egui::vec2(8.0, 0.0));
    let painter = ui.painter().with_clip_rect(clip.intersect(ui.clip_rect()));
    let (from, to) = axis.range();
    if (from..=to).contains(&(view.cursor() as f64)) {
        let y = Rangef::new(stripes.bands.bottom() - 1.0, stripes.strip.bottom() + 8.0);
        marks::cursor(&painter, palette, axis.x(view.cursor() as f64), y);
    }

    let under = scrub::token_under(&response, &axis, total).filter(|_| !response.dragged());
    match under {
        Some(position) => {
            commands.push(UiCommand::Hover(Some(position)));
            state.hovering = true;
            let x = painter.round_to_pixel_center(axis.x(f64::from(position.0) + 0.5));
            let y = Rangef::new(stripes.curve.top(), stripes.strip.bottom());
            painter.vline(x, y, Stroke::new(1.0, palette.faint.gamma_multiply(0.6)));
            response.on_hover_ui_at_pointer(|ui| scrub::tooltip(ui, view, position));
        }
        None if state.hovering => {
            commands.push(UiCommand::Hover(None));
            state.hovering = false;
        }
        None => {}
    }
}

fn draw(
    ui: &mut Ui,
    state: &mut TimelineState,
    view: &TraceView<'_>,
    selection: &Selection,
    axis: &PositionAxis,
    stripes: &Stripes,
) {
    let palette = Palette::of(ui.ctx());
    let store = view.store();
    state.curve.update(store, axis);
    state
        .picture
        .update(ui.ctx(), store, axis, stripes.strip.y_range());

    let top = stripes.bands.top();
    bands::paint(
        ui.painter(),
        palette,
        store,
        view.cursor(),
        axis,
        top,
        BANDS,
    );
    state.curve.show(ui, view, axis, stripes.curve);
    let painter = ui.painter().clone();
    painter.hline(
        stripes.curve.x_range(),
        painter.round_to_pixel_center(stripes.curve.bottom()),
        Stroke::new(1.0, palette.line),
    );
    let strip = painter.with_clip_rect(stripes.strip.intersect(ui.clip_rect()));
    strip.rect_filled(stripes.strip, 0.0, palette.canvas);
    state.picture.paint(&strip, axis, stripes.strip.y_range());
    marks::caption(&painter, palette, stripes.strip, "survival");
    if let Some(position) = selection.token() {
        let p = f64::from(position.0);
        let column = axis.span(p, p + 1.0, stripes.strip.y_range()).expand(1.0);
        let stroke = Stroke::new(1.0, palette.text);
        strip.rect_stroke(column, 0.0, stroke, egui::StrokeKind::Inside);
    }
    // What the cursor has not reached yet is there, but paler.
    let future = axis.x(view.cursor() as f64).max(stripes.all.left());
    if future < stripes.all.right() {
        let y = Rangef::new(stripes.curve.top(), stripes.strip.bottom());
        let veil = Rect::from_x_y_ranges(future..=stripes.all.right(), y);
        painter.rect_filled(veil, 0.0, palette.panel.gamma_multiply(0.55));
    }
    marks::events(&painter, palette, view, axis, stripes.strip.bottom() + 2.0);
    axis.ticks(&painter, palette, stripes.strip.bottom() + 8.0);
}

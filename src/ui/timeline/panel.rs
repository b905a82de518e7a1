//! The bottom panel: one run's cache length and survival, or the cache lengths of several runs.

use egui::{
    Align, EventFilter, Id, Layout, PointerButton, Rangef, Rect, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, pos2,
};

use super::curve::{Curve, Line};
use super::transport::{self, Transport};
use super::{marks, scrub};
use crate::trace::TraceView;
use crate::ui::command::UiCommand;
use crate::ui::hovering::Hovering;
use crate::ui::position_axis::{PositionAxis, WIDEST_BUTTONS, Zoom};
use crate::ui::selection::Selection;
use crate::ui::survival::SurvivalPicture;
use crate::ui::theme::Palette;
use crate::ui::{bands, empty_state};

/// Room that the window leaves at both sides of the panel, in points.
pub const MARGIN: i8 = 18;
/// What is left free beside the stripes within the panel: numbers at the left, the cursor at the right.
pub const SIDES: (f32, f32) = (46.0, 8.0);
const BANDS: f32 = 13.0;
const GAP: f32 = 6.0;
/// Below the strip: ticks of the compressions, then numbers of the tokens.
const FOOTER: f32 = 23.0;

/// Between the buttons of the zoom and the numbers at their right, in points.
const BESIDE_BUTTONS: f32 = 12.0;

/// The words at their right take room in steps of this, in points.
const STEP: f32 = 24.0;

/// The timeline, for who asks whether it has the keys.
pub fn id() -> Id {
    Id::unique("timeline cursor")
}

/// Zoom and caches of the timeline.
#[derive(Default)]
pub struct TimelineState {
    zoom: Zoom,
    curves: Vec<Curve>,
    picture: SurvivalPicture,
    cursor: usize,
    hovering: Hovering,
}

impl TimelineState {
    /// First and last position in sight (exclusive) of a run of so many tokens.
    pub fn visible(&self, tokens: usize) -> (f64, f64) {
        self.zoom.visible(tokens)
    }

    /// Another run is shown: what was looked at in the last one is nowhere in it.
    pub fn show_all(&mut self) {
        self.zoom.reset();
    }
}

/// One of the runs that share a cursor.
#[derive(Debug)]
pub struct Run<'a> {
    /// Its letter, if it is one to compare.
    pub letter: Option<char>,
    /// What it was at the cursor.
    pub view: TraceView<'a>,
}

/// The stripes of the panel, from top to bottom.
struct Stripes {
    all: Rect,
    bands: Rect,
    curve: Rect,
    strip: Rect,
}

impl Stripes {
    /// Without a strip the curve has its room.
    fn of(outer: Rect, with_strip: bool) -> Self {
        let all = Rect::from_min_max(
            pos2(outer.left() + SIDES.0, outer.top()),
            pos2(outer.right() - SIDES.1, outer.bottom()),
        );
        let room = (all.height() - BANDS - 2.0 * GAP - FOOTER).max(24.0);
        let cut = |from: f32, height: f32| {
            Rect::from_min_max(pos2(all.left(), from), pos2(all.right(), from + height))
        };
        let bands = cut(all.top(), BANDS);
        let (curve, strip) = if with_strip {
            let curve = cut(bands.bottom() + GAP, (room * 0.58).floor());
            let strip = cut(curve.bottom() + GAP, (room * 0.42).floor());
            (curve, strip)
        } else {
            let curve = cut(bands.bottom() + GAP, (room + GAP).floor());
            (curve, cut(curve.bottom(), 0.0))
        };
        Self {
            all,
            bands,
            curve,
            strip,
        }
    }
}

/// Draws transport, curve and strip; pressing or dragging anywhere in the picture moves the cursor. Of several `runs`, of
/// which `view` is the longest, there are curves only: which tokens each of them holds is to be seen elsewhere.
pub fn show(
    ui: &mut Ui,
    state: &mut TimelineState,
    view: &TraceView<'_>,
    runs: &[Run<'_>],
    selection: &Selection,
    transport: Transport,
    commands: &mut Vec<UiCommand>,
) {
    let speed = selection.playback.speed;
    // A row of words that is wider than the panel would take the stripes along, below the panel beside it.
    let sides = ui.available_rect_before_wrap().x_range();
    let free = transport::show(ui, view, runs, transport, speed, commands);
    let store = view.store();
    let total = store.tokens().len();
    if let Some(free) = free.filter(|free| free.width() > WIDEST_BUTTONS + BESIDE_BUTTONS + STEP) {
        // Neither the third button nor another digit beside them moves the others.
        let words = ((sides.max - free.right()) / STEP).ceil() * STEP;
        let left = sides.max - words - BESIDE_BUTTONS - WIDEST_BUTTONS;
        let row = UiBuilder::new()
            .max_rect(free.with_min_x(left))
            .layout(Layout::left_to_right(Align::Center))
            .id_salt("timeline zoom");
        let at = selection.zoomed_at(view.cursor());
        let mut row = ui.new_child(row);
        state.zoom.buttons(&mut row, "timeline", at, total, total);
    }
    ui.add_space(4.0);
    if total == 0 {
        empty_state::show(
            ui,
            "The timeline starts with the first token",
            "Run a problem or open a trace.",
        );
        return;
    }
    let palette = Palette::of(ui.ctx());
    let alone = [Run {
        letter: None,
        view: *view,
    }];
    let several = runs.len() > 1;
    let runs = if several { runs } else { &alone };
    let stripes = Stripes::of(
        Rect::from_x_y_ranges(sides, ui.available_rect_before_wrap().y_range()),
        !several,
    );
    ui.advance_cursor_after_rect(stripes.all);
    let response = ui.interact(stripes.all, id(), Sense::click_and_drag());
    if response.has_focus() {
        // The arrows step through the run instead of to the next widget.
        let arrows = EventFilter {
            horizontal_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), arrows));
        let ring = ui.visuals().selection.stroke;
        ui.painter()
            .rect_stroke(stripes.all.expand(3.0), 3.0, ring, StrokeKind::Outside);
    }
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

    lengths(ui, state, view, runs, &axis, &stripes);
    if !several {
        survival(ui, state, view, selection, &axis, &stripes);
    }
    frame(ui, view, runs, &axis, &stripes);
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
    state.hovering.follow(under, selection, commands);
    if let Some(position) = under {
        let x = painter.round_to_pixel_center(axis.x(f64::from(position.0) + 0.5));
        let y = Rangef::new(stripes.curve.top(), stripes.strip.bottom());
        painter.vline(x, y, Stroke::new(1.0, palette.faint.gamma_multiply(0.6)));
        let zoomed = state.zoom.is_zoomed();
        response.on_hover_ui_at_pointer(|ui| scrub::tooltip(ui, view, position, zoomed));
    }
}

/// The segments of the text, and how long each run's cache was.
fn lengths(
    ui: &mut Ui,
    state: &mut TimelineState,
    view: &TraceView<'_>,
    runs: &[Run<'_>],
    axis: &PositionAxis,
    stripes: &Stripes,
) {
    let palette = Palette::of(ui.ctx());
    let (cursor, top) = (view.cursor(), stripes.bands.top());
    bands::paint(
        ui.painter(),
        palette,
        view.store(),
        cursor,
        axis,
        top,
        BANDS,
    );
    state.curves.resize_with(runs.len(), Curve::default);
    for (curve, run) in state.curves.iter_mut().zip(runs) {
        curve.update(run.view.store(), axis);
    }
    let lines: Vec<Line<'_>> = state
        .curves
        .iter()
        .zip(runs)
        .map(|(curve, run)| Line {
            curve,
            letter: run.letter,
            view: &run.view,
        })
        .collect();
    Curve::show(ui, &lines, axis, stripes.curve);
    let floor = ui.painter().round_to_pixel_center(stripes.curve.bottom());
    let stroke = Stroke::new(1.0, palette.line);
    ui.painter().hline(stripes.curve.x_range(), floor, stroke);
}

/// What share of the heads still holds each token, as the run went on.
fn survival(
    ui: &Ui,
    state: &mut TimelineState,
    view: &TraceView<'_>,
    selection: &Selection,
    axis: &PositionAxis,
    stripes: &Stripes,
) {
    let palette = Palette::of(ui.ctx());
    let rows = stripes.strip.y_range();
    state.picture.update(ui.ctx(), view.store(), axis, rows);
    let strip = ui
        .painter()
        .with_clip_rect(stripes.strip.intersect(ui.clip_rect()));
    strip.rect_filled(stripes.strip, 0.0, palette.canvas);
    state.picture.paint(&strip, axis, rows);
    marks::caption(ui.painter(), palette, stripes.strip, "survival");
    if let Some(position) = selection.token() {
        let p = f64::from(position.0);
        let column = axis.span(p, p + 1.0, rows).expand(1.0);
        let stroke = Stroke::new(1.0, palette.text);
        strip.rect_stroke(column, 0.0, stroke, egui::StrokeKind::Inside);
    }
}

/// The veil over what is to come, the compressions of all runs and the numbers of the tokens.
fn frame(ui: &Ui, view: &TraceView<'_>, runs: &[Run<'_>], axis: &PositionAxis, stripes: &Stripes) {
    let palette = Palette::of(ui.ctx());
    let painter = ui.painter();
    // What the cursor has not reached yet is there, but paler.
    let future = axis.x(view.cursor() as f64).max(stripes.all.left());
    if future < stripes.all.right() {
        let y = Rangef::new(stripes.curve.top(), stripes.strip.bottom());
        let veil = Rect::from_x_y_ranges(future..=stripes.all.right(), y);
        painter.rect_filled(veil, 0.0, palette.panel.gamma_multiply(0.55));
    }
    for run in runs {
        marks::events(
            painter,
            palette,
            &run.view,
            axis,
            stripes.strip.bottom() + 2.0,
        );
    }
    axis.ticks(painter, palette, stripes.strip.bottom() + 8.0);
}

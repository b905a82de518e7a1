//! The tab.

use std::sync::Arc;

use egui::{
    PointerButton, Rect, RichText, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::reading::Reading;
use super::{Quality, Scale, axes, legend, picture, strikes, tooltip};
use crate::analysis::HeadTable;
use crate::policy::shown_name;
use crate::trace::{Component, CompressionRecord, EventIndex, Position, TraceView};
use crate::ui::columns::Columns;
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::hovering::Hovering;
use crate::ui::position_axis::{PositionAxis, Zoom};
use crate::ui::quantity::{counted, event_number};
use crate::ui::raster::Raster;
use crate::ui::selection::Selection;
use crate::ui::theme::{Palette, mix};
use crate::ui::unscored::left_out;
use crate::ui::{bands, empty_state, uncompressed};

/// Narrowest and widest slider of compressions, in points.
const SLIDER: (f32, f32) = (40.0, 140.0);
/// Room for the number of the compression and the zoom, at the slider's right.
const BESIDE_SLIDER: f32 = 260.0;
/// Room at the left of the cells, for the layers, and at their right.
const GUTTER: f32 = 48.0;
const RIGHT: f32 = 4.0;
/// The cells have this room at least, in points.
const LOWEST: f32 = 20.0;
const FOOTER: f32 = 22.0;
const BANDS: f32 = 16.0;
/// A head's row is at least this high; more heads than fit scroll.
const LOWEST_ROW: f32 = 2.5;
/// And at most this high, so that a small model does not become a poster.
const HIGHEST_ROW: f32 = 30.0;

/// Chosen quality, zoom and caches of the tab.
#[derive(Default)]
pub struct HeatmapState {
    /// What the colour means.
    pub quality: Quality,
    zoom: Zoom,
    hovering: Hovering,
    reading: Reading,
    picture: Option<CachedPicture>,
    raster: Raster,
}

struct CachedPicture {
    of: Arc<CompressionRecord>,
    quality: Quality,
    columns: Columns,
    dark: bool,
    strikes: Vec<(usize, usize, usize)>,
    mesh: Option<(PositionAxis, Rect, Shape)>,
}

impl HeatmapState {
    /// Shows all positions from now on.
    pub fn show_all(&mut self) {
        self.zoom.reset();
    }
}

/// Draws the tab at the compression the cursor stands at; its slider moves the cursor.
pub fn show(
    ui: &mut Ui,
    state: &mut HeatmapState,
    view: &TraceView<'_>,
    derived: &Derived,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    // Told in every frame: what was under the pointer is not any more where there are no cells.
    let under = cells_or_why_not(ui, state, view, derived, selection, commands);
    state.hovering.follow(under, selection, commands);
}

/// Returns the token under the pointer.
fn cells_or_why_not(
    ui: &mut Ui,
    state: &mut HeatmapState,
    view: &TraceView<'_>,
    derived: &Derived,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) -> Option<Position> {
    let store = view.store();
    let palette = Palette::of(ui.ctx());
    if store.events().is_empty() {
        let (title, hint) = if store.tokens().is_empty() {
            (
                "Nothing to show yet",
                "Run a problem or open a trace; scores appear with the first compression."
                    .to_owned(),
            )
        } else if let Some(why) = uncompressed::why(store, derived.live) {
            ("No compression", why)
        } else {
            (
                "No compression yet",
                "Heads score their tokens when the cache is full for the first time.".to_owned(),
            )
        };
        empty_state::show(ui, title, &hint);
        return None;
    }
    let asked = view.last_event();
    if asked.is_some_and(|event| state.reading.update(view, event, state.quality)) {
        ui.ctx().request_repaint();
    }
    controls(ui, state, view, selection, commands);
    if asked.is_none() {
        let first = store.events().first().map_or(0, |e| e.seen);
        empty_state::show(
            ui,
            "Before the first compression",
            &format!(
                "No head has scored anything after {}; the first compression runs after {first}.",
                counted(view.cursor() as u64, "token")
            ),
        );
        ui.vertical_centered(|ui| {
            ui.add_space(8.0);
            if ui.button("Go to the first compression").clicked() {
                commands.push(UiCommand::GoToEvent(EventIndex(0)));
            }
        });
        return None;
    }
    let scale = state.reading.scale(state.quality);
    let Some(shown) = state.reading.shown() else {
        empty_state::show(ui, "Reading…", "The scores of a large model take a moment.");
        return None;
    };
    if scale.is_none() && state.quality != Quality::Held {
        let record = Arc::clone(&shown.record);
        nothing_recorded(ui, state, view, &record);
        return None;
    }
    body(ui, state, view, palette, scale, selection, commands)
}

fn nothing_recorded(
    ui: &mut Ui,
    state: &mut HeatmapState,
    view: &TraceView<'_>,
    record: &CompressionRecord,
) {
    let header = view.store().header();
    let settings = view.store().settings_of(record.revision);
    let policy = shown_name(&settings.policy);
    let name = state.quality.name();
    let scored = record.block(Component::Score).is_some();
    let hint = if let Some(left_out) =
        left_out(header.level).filter(|_| !scored || state.quality != Quality::Score)
    {
        let instead = if scored {
            "Look at “score Z” or “held”."
        } else {
            "Run again with scores, or look at “held”."
        };
        format!("{left_out} {instead}")
    } else {
        let instead = if scored { " It has a score." } else { "" };
        format!("{policy} decided this compression and has no {name}.{instead}")
    };
    empty_state::show(ui, &format!("No {name} was recorded"), &hint);
    ui.vertical_centered(|ui| {
        ui.add_space(8.0);
        if scored && ui.button("Show the score").clicked() {
            state.quality = Quality::Score;
        }
        if ui.button("Show who holds what").clicked() {
            state.quality = Quality::Held;
        }
    });
}

fn controls(
    ui: &mut Ui,
    state: &mut HeatmapState,
    view: &TraceView<'_>,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let events = view.store().events().len() as u32;
    let total = view.store().events().last().map_or(0, |e| e.seen as usize);
    ui.horizontal_wrapped(|ui| {
        for &(quality, name) in Quality::ALL {
            if ui
                .selectable_label(state.quality == quality, name)
                .on_hover_text(quality.help())
                .clicked()
            {
                state.quality = quality;
            }
        }
        ui.add_space(10.0);
        let mut number = view.last_event().map_or(0, event_number);
        let room = ui.available_size_before_wrap().x - BESIDE_SLIDER;
        ui.spacing_mut().slider_width = room.clamp(SLIDER.0, SLIDER.1);
        let slider = egui::Slider::new(&mut number, 1..=events).show_value(false);
        let slider = ui.add(slider).accessible_name("Compression");
        if slider
            .on_hover_text("Moves the cursor from compression to compression")
            .changed()
        {
            commands.push(UiCommand::GoToEvent(EventIndex(number.max(1) - 1)));
        }
        let palette = Palette::of(ui.ctx());
        // Of the one that is drawn, which is the cursor's but for the moment in which that is read.
        let drawn = state.reading.shown().map(|shown| shown.table.event());
        let said = match view.last_event().map(|asked| drawn.unwrap_or(asked)) {
            Some(event) => format!("compression {} of {events}", event_number(event)),
            None => format!("before 1 of {events}"),
        };
        ui.label(RichText::new(said).color(palette.weak));
        ui.add_space(10.0);
        // Tokens that the compression did not know of yet leave the right empty.
        let table = state.reading.shown().map(|shown| &shown.table);
        let filled = table.map_or(total, HeadTable::seen);
        let at = selection.zoomed_at(view.cursor());
        state.zoom.buttons(ui, "heatmap", at, filled, total);
    });
}

fn body(
    ui: &mut Ui,
    state: &mut HeatmapState,
    view: &TraceView<'_>,
    palette: &Palette,
    scale: Option<Scale>,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) -> Option<Position> {
    let store = view.store();
    let kv_heads = store.header().model.kv_heads.max(1) as usize;
    let total = store.events().last().map_or(0, |e| e.seen as usize);
    let heads = store.header().model.heads().max(1) as usize;
    let seen = state.reading.shown().map_or(0, |shown| shown.table.seen());
    // What is drawn may be narrower by a scroll bar than what is known before it is.
    let drawn = state.picture.as_ref().map(|picture| picture.columns);
    let shown = drawn.unwrap_or_else(|| {
        let width = (ui.available_width() - GUTTER - RIGHT).max(8.0);
        let scale = ui.ctx().pixels_per_point();
        Columns::across(state.zoom.visible(total), seen, width, scale)
    });
    legend::show(ui, state.quality, palette, scale, shown.bin());
    let whole = ui.available_rect_before_wrap();
    // Parts and numbers of the text stay where they are while the heads scroll.
    let cells = Rect::from_min_max(
        pos2(whole.left(), whole.top() + BANDS),
        pos2(
            whole.right(),
            (whole.bottom() - FOOTER).max(whole.top() + BANDS + LOWEST),
        ),
    );
    let row_height = (cells.height() / heads as f32).clamp(LOWEST_ROW, HIGHEST_ROW);
    let height = row_height * heads as f32;
    let mut inside = ui.new_child(UiBuilder::new().max_rect(cells).id_salt("heatmap heads"));
    let area = ScrollArea::vertical().auto_shrink(false);
    let output = area.show(&mut inside, |ui| {
        let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let rect = Rect::from_min_size(
            pos2(outer.left() + GUTTER, outer.top()),
            vec2((outer.width() - GUTTER - RIGHT).max(8.0), height),
        );
        let response = ui.interact(
            rect,
            ui.scope_id().with("heatmap cells"),
            Sense::CLICK | Sense::DRAG,
        );
        let axis = PositionAxis::new(state.zoom.visible(total), rect);
        let drags = [
            PointerButton::Primary,
            PointerButton::Middle,
            PointerButton::Secondary,
        ];
        state.zoom.input(ui, &response, &axis, total, &drags);
        let axis = PositionAxis::new(state.zoom.visible(total), rect);
        draw(ui, state, view, palette, scale, &axis, rect);

        let Some(table) = state.reading.shown().map(|shown| &shown.table) else {
            return (axis, rect, None);
        };
        let chosen = selection.head.map(|h| h.row(kv_heads as u32));
        axes::layers(ui.painter(), palette, table, kv_heads, rect, chosen);
        let sight = rect.intersect(ui.clip_rect()).expand(1.5);
        let painter = ui.painter().with_clip_rect(sight);
        if let Some(row) = chosen {
            axes::outline_row(&painter, palette, rect, heads, row);
        }
        if let Some(position) = selection.token() {
            let column = axis.span(
                f64::from(position.0),
                f64::from(position.0) + 1.0,
                rect.y_range(),
            );
            let stroke = Stroke::new(1.0, palette.text);
            painter.rect_stroke(column.expand(0.5), 0.0, stroke, StrokeKind::Outside);
        }
        let label = format!(
            "Heatmap of {} at compression {}: {} by {}",
            state.quality.name(),
            event_number(table.event()),
            counted(heads as u64, "head"),
            counted(table.seen() as u64, "position"),
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));

        let under = response.hover_pos().and_then(|pointer| {
            let row = ((pointer.y - rect.top()) / row_height).floor().max(0.0) as usize;
            let position = axis.position(pointer.x).floor();
            (row < heads && position >= 0.0 && position < total as f64)
                .then_some((row, Position(position as u32)))
        });
        if let Some((row, position)) = under {
            if response.clicked() {
                commands.push(UiCommand::Select(Some(position)));
                commands.push(UiCommand::SelectHead(Some(table.head(row))));
            }
            response.on_hover_ui_at_pointer(|ui| tooltip::show(ui, store, table, row, position));
        }
        (axis, rect, under.map(|(_, position)| position))
    });
    ui.advance_cursor_after_rect(whole);
    let (axis, rect, under) = output.inner;
    let top = whole.top() + 1.0;
    bands::paint(
        ui.painter(),
        palette,
        store,
        view.cursor(),
        &axis,
        top,
        BANDS - 4.0,
    );
    axis.ticks(
        ui.painter(),
        palette,
        rect.bottom().min(cells.bottom()) + 1.0,
    );
    under
}

/// Brings texture and marks up to date and draws them.
fn draw(
    ui: &Ui,
    state: &mut HeatmapState,
    view: &TraceView<'_>,
    palette: &Palette,
    scale: Option<Scale>,
    axis: &PositionAxis,
    rect: Rect,
) {
    let Some(shown) = state.reading.shown() else {
        return;
    };
    let table = &shown.table;
    let dark = ui.ctx().theme() == egui::Theme::Dark;
    let quality = state.quality;
    let per_point = ui.ctx().pixels_per_point();
    let columns = Columns::across(axis.range(), table.seen(), rect.width(), per_point);
    let fresh = state.picture.as_ref().is_some_and(|p| {
        Arc::ptr_eq(&p.of, &shown.record)
            && p.quality == quality
            && p.columns == columns
            && p.dark == dark
    });
    if !fresh {
        let drawn = match scale {
            Some(scale) if quality != Quality::Held => {
                picture::scores(table, quality, &scale, &columns, dark, palette.line)
            }
            _ => picture::held(table, view.store().evictions(), &columns, dark),
        };
        state.raster.set(ui.ctx(), "heatmap", &drawn.image);
        if state.picture.as_ref().map(|last| last.columns) != Some(columns) {
            // The legend above has told of the last one.
            ui.ctx().request_repaint();
        }
        state.picture = Some(CachedPicture {
            of: Arc::clone(&shown.record),
            quality,
            columns,
            dark,
            strikes: drawn.strikes,
            mesh: None,
        });
    }
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 0.0, palette.panel);
    let written = axis
        .span(0.0, table.seen() as f64, rect.y_range())
        .intersect(rect);
    strikes::hatch(&painter, written, mix(palette.panel, palette.faint, 0.28));
    let (from, to) = columns.drawn();
    if columns.count() > 0 {
        state
            .raster
            .paint(&painter, axis.span(from, to, rect.y_range()));
    }
    let row_height = rect.height() / table.heads().max(1) as f32;
    if let Some(cached) = &mut state.picture {
        let current = cached
            .mesh
            .as_ref()
            .is_some_and(|(a, r, _)| a == axis && *r == rect);
        if !current {
            let colour = palette.text.gamma_multiply(0.8);
            let mesh = strikes::mesh(
                &cached.strikes,
                &cached.columns,
                axis,
                rect.top(),
                row_height,
                per_point,
                colour,
            );
            cached.mesh = Some((*axis, rect, mesh));
        }
        if let Some((_, _, mesh)) = &cached.mesh {
            painter.add(mesh.clone());
        }
    }
}

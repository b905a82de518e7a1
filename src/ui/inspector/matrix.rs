//! Layer by head: who still holds the token, and at which compression the others dropped it.

use egui::{
    Align2, EventFilter, FontId, Key, Modifiers, Rect, Response, Role, Sense, Stroke, StrokeKind,
    Ui, WidgetInfo, pos2, vec2,
};

use super::section;
use crate::trace::{HeadId, Position, TraceView};
use crate::ui::command::UiCommand;
use crate::ui::heatmap::recency;
use crate::ui::quantity::event_number;
use crate::ui::theme::{Palette, mix};

const GUTTER: f32 = 26.0;

/// Draws the matrix; a click singles a head out, a second click releases it. With the keyboard it is one tab stop, for one
/// per head would put hundreds between this panel and the next: arrows go from head to head, space releases.
pub fn show(
    ui: &mut Ui,
    view: &TraceView<'_>,
    position: Position,
    chosen: Option<HeadId>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let model = &view.store().header().model;
    let (layers, kv_heads) = (model.layers, model.kv_heads);
    let all =
        || (0..layers).flat_map(|layer| (0..kv_heads).map(move |head| HeadId { layer, head }));
    let holding = all().filter(|&head| view.holds(head, position)).count();
    let remark = format!("{holding} of {} heads", model.heads());
    section::heading(ui, "Who still holds it", &remark);
    if layers == 0 || kv_heads == 0 {
        return;
    }
    // Words where they fit, else small cells whose words are in the hint.
    let gap = if layers > 16 { 1.0 } else { 2.0 };
    let width = (ui.available_width() - GUTTER) / kv_heads as f32;
    let height: f32 = match layers {
        0..=8 => 19.0,
        9..=16 => 15.0,
        17..=32 => 9.0,
        _ => 7.0,
    };
    let worded = width >= 54.0 && height >= 15.0;
    let numbered = !worded && width >= 20.0 && height >= 15.0;
    let now = view.event_count() as u32;
    let size = vec2(ui.available_width(), height * layers as f32);
    let (area, _) = ui.allocate_exact_size(size, Sense::hover());
    // An id of its own: what stands above it comes and goes with the head that is chosen.
    let keys = ui.interact(area, ui.scope_id().with("holders"), Sense::FOCUSABLE);
    with_keys(ui, &keys, [layers, kv_heads], chosen, commands);
    let every = (12.0 / height).ceil() as u32;
    for layer in (0..layers).step_by(every as usize) {
        ui.painter().text(
            pos2(area.left(), area.top() + (layer as f32 + 0.5) * height),
            Align2::LEFT_CENTER,
            format!("L{layer}"),
            FontId::proportional(10.5),
            palette.faint,
        );
    }
    let mut singled_out = None;
    for head in all() {
        let corner = pos2(
            area.left() + GUTTER + head.head as f32 * width,
            area.top() + head.layer as f32 * height,
        );
        let cell = Rect::from_min_size(corner, vec2(width, height)).shrink(gap / 2.0);
        if !ui.is_rect_visible(cell) {
            continue;
        }
        let held = view.holds(head, position);
        let dropped = view.dropped_at(head, position).map(event_number);
        let said = match dropped {
            Some(number) => format!("left at {number}"),
            None if held => "held".to_owned(),
            None => "not written".to_owned(),
        };
        let id = ui.scope_id().with(("holder", head.layer, head.head));
        let response = ui.interact(cell, id, Sense::CLICK);
        let selected = chosen == Some(head);
        let name = format!("Layer {} head {}: {said}", head.layer, head.head);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &name));
        let fill = match dropped {
            _ if held => palette.held.gamma_multiply(0.88),
            Some(number) => mix(
                palette.token,
                palette.faint,
                0.55 * recency(now.saturating_sub(number)),
            ),
            None => palette.panel,
        };
        let rounding = if height >= 15.0 { 3.0 } else { 1.0 };
        ui.painter().rect_filled(cell, rounding, fill);
        if worded || numbered {
            let text = match dropped {
                Some(number) if numbered => number.to_string(),
                _ if numbered => String::new(),
                _ => said.clone(),
            };
            let colour = palette.text_on(fill);
            let font = FontId::proportional(if height >= 18.0 { 11.0 } else { 10.0 });
            ui.painter()
                .text(cell.center(), Align2::CENTER_CENTER, text, font, colour);
        }
        if selected {
            singled_out = Some((cell, rounding));
        } else if response.hovered() {
            let stroke = Stroke::new(1.0, palette.text);
            ui.painter()
                .rect_stroke(cell, rounding, stroke, StrokeKind::Outside);
        }
        if response.clicked() {
            commands.push(UiCommand::SelectHead((!selected).then_some(head)));
        }
        response.on_hover_text(&name);
    }
    // Over the neighbours, which would cover it.
    if let Some((cell, rounding)) = singled_out {
        for (width, colour) in [(4.0, palette.canvas), (2.0, palette.text)] {
            let stroke = Stroke::new(width, colour);
            ui.painter()
                .rect_stroke(cell, rounding, stroke, StrokeKind::Outside);
        }
    }
}

/// Where the matrix has the keys, the arrows go from head to head, and space releases the one that is chosen.
fn with_keys(
    ui: &Ui,
    matrix: &Response,
    [layers, kv_heads]: [u32; 2],
    chosen: Option<HeadId>,
    commands: &mut Vec<UiCommand>,
) {
    matrix.widget_info(|| {
        WidgetInfo::labeled(
            Role::Group,
            true,
            "Heads: the arrow keys single one out, space lets it go",
        )
    });
    if !matrix.has_focus() {
        return;
    }
    let arrows = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(matrix.id, arrows));
    let ring = ui.visuals().selection.stroke;
    ui.painter()
        .rect_stroke(matrix.rect.expand(3.0), 3.0, ring, StrokeKind::Outside);
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Space) && chosen.is_some() {
        commands.push(UiCommand::SelectHead(None));
        return;
    }
    let step = |less, more| i64::from(pressed(more)) - i64::from(pressed(less));
    let (down, right) = (
        step(Key::ArrowUp, Key::ArrowDown),
        step(Key::ArrowLeft, Key::ArrowRight),
    );
    if (down, right) == (0, 0) {
        return;
    }
    let moved = |at: u32, by: i64, count: u32| {
        u32::try_from(i64::from(at) + by).map_or(0, |to| to.min(count - 1))
    };
    let head = chosen.map_or(HeadId { layer: 0, head: 0 }, |head| HeadId {
        layer: moved(head.layer, down, layers),
        head: moved(head.head, right, kv_heads),
    });
    commands.push(UiCommand::SelectHead(Some(head)));
}

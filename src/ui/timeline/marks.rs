//! Compressions, changes of settings and the cursor.

use egui::{
    Align2, FontId, Painter, Rangef, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::changes;
use crate::trace::{TraceStore, TraceView};
use crate::ui::command::UiCommand;
use crate::ui::position_axis::PositionAxis;
use crate::ui::theme::{Palette, mix};

/// A tick per compression; the one the cursor stands at is longer and bright.
pub fn events(
    painter: &Painter,
    palette: &Palette,
    view: &TraceView<'_>,
    axis: &PositionAxis,
    y: f32,
) {
    let events = view.store().events();
    let (from, to) = axis.range();
    let start = events.partition_point(|e| f64::from(e.seen) < from);
    let end = events.partition_point(|e| f64::from(e.seen) <= to);
    let mut drawn = f32::NEG_INFINITY;
    for (i, event) in events[start..end]
        .iter()
        .enumerate()
        .map(|(i, e)| (i + start, e))
    {
        let x = painter.round_to_pixel_center(axis.x(f64::from(event.seen)));
        let here = i + 1 == view.event_count();
        if !here && x - drawn < 2.0 {
            continue;
        }
        drawn = x;
        let past = i < view.event_count();
        let colour = if here {
            palette.text
        } else if past {
            palette.weak
        } else {
            mix(palette.panel, palette.faint, 0.6)
        };
        let stroke = Stroke::new(if here { 2.0 } else { 1.0 }, colour);
        painter.vline(x, y..=y + if here { 7.0 } else { 5.0 }, stroke);
    }
}

/// A diamond at the height `diamond` where settings changed; its hint says what, a click goes there.
pub fn setting_changes(
    ui: &Ui,
    palette: &Palette,
    store: &TraceStore,
    axis: &PositionAxis,
    rect: Rect,
    diamond: f32,
    commands: &mut Vec<UiCommand>,
) {
    let (from, to) = axis.range();
    let mut before = &store.header().settings;
    for (i, (at, revision, settings)) in store.params().iter().enumerate() {
        let said = changes::between(before, settings);
        before = settings;
        if f64::from(at.0) < from || f64::from(at.0) > to {
            continue;
        }
        let x = ui.painter().round_to_pixel_center(axis.x(f64::from(at.0)));
        let dashes = Shape::dashed_line(
            &[pos2(x, rect.top()), pos2(x, rect.bottom())],
            Stroke::new(1.0, palette.amber.gamma_multiply(0.6)),
            2.0,
            3.0,
        );
        ui.painter().extend(dashes);
        let centre = pos2(x, diamond);
        let area = Rect::from_center_size(centre, vec2(14.0, 14.0));
        let response = ui.interact(
            area,
            ui.scope_id().with(("settings change", i)),
            Sense::click(),
        );
        let name = format!("Settings changed at token {}: {}", at.0, said.join(", "));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let r = if response.hovered() || response.has_focus() {
            5.5
        } else {
            4.5
        };
        let points = [vec2(0.0, -r), vec2(r, 0.0), vec2(0.0, r), vec2(-r, 0.0)];
        let points = points.into_iter().map(|d| centre + d).collect();
        let edge = Stroke::new(1.5, palette.canvas);
        ui.painter()
            .add(Shape::convex_polygon(points, palette.amber, edge));
        if response.clicked() {
            commands.push(UiCommand::SetCursor(at.index()));
        }
        response.on_hover_ui(|ui| {
            ui.label(format!(
                "Settings changed at token {} (revision {revision})",
                at.0
            ));
            for line in &said {
                ui.label(line);
            }
        });
    }
}

/// The cursor: a line with a handle on top.
pub fn cursor(painter: &Painter, palette: &Palette, x: f32, y: Rangef) {
    let x = painter.round_to_pixel_center(x);
    painter.vline(x, y, Stroke::new(1.5, palette.text));
    let points = vec![
        pos2(x - 5.5, y.min - 1.0),
        pos2(x + 5.5, y.min - 1.0),
        pos2(x, y.min + 6.5),
    ];
    painter.add(Shape::convex_polygon(points, palette.text, Stroke::NONE));
}

/// Keeps a name readable over the lines that it lies on.
pub fn backing(painter: &Painter, palette: &Palette, place: Rect) {
    let veil = palette.canvas.gamma_multiply(0.8);
    painter.rect_filled(place.expand2(vec2(1.0, -1.0)), 2.0, veil);
}

/// What a row of the picture is, at its left.
pub fn caption(painter: &Painter, palette: &Palette, rect: Rect, text: &str) {
    painter.text(
        pos2(rect.left() - 6.0, rect.center().y),
        Align2::RIGHT_CENTER,
        text,
        FontId::proportional(10.5),
        palette.faint,
    );
}

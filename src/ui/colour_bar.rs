//! A ramp with numbers: without it a colour is a rumour.

use egui::{
    Align2, FontId, Mesh, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::colormap::Colormap;
use super::theme::Palette;

/// Width of the ramp and of the room for its numbers, in points.
const WIDTH: f32 = 150.0;

/// Draws the ramp from `floor` on, with numbers at places from 0 to 1 beneath it; the first and last stay inside.
pub fn show(ui: &mut Ui, map: Colormap, floor: f32, name: &str, numbers: &[(f32, String)]) {
    let palette = Palette::of(ui.ctx());
    let dark = ui.ctx().theme() == egui::Theme::Dark;
    let (outer, response) = ui.allocate_exact_size(vec2(WIDTH, 24.0), Sense::hover());
    let spoken: Vec<&str> = numbers.iter().map(|(_, text)| text.as_str()).collect();
    let label = format!("Colour scale of {name}: {}", spoken.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
    let bar = Rect::from_min_size(outer.min + vec2(0.0, 1.0), vec2(WIDTH, 9.0));
    let mut mesh = Mesh::default();
    const STEPS: u32 = 64;
    for i in 0..=STEPS {
        let t = i as f32 / STEPS as f32;
        let colour = map.colour(dark, floor + (1.0 - floor) * t);
        let x = bar.left() + t * bar.width();
        mesh.colored_vertex(pos2(x, bar.top()), colour);
        mesh.colored_vertex(pos2(x, bar.bottom()), colour);
        if i > 0 {
            let v = 2 * i;
            mesh.add_triangle(v - 2, v - 1, v);
            mesh.add_triangle(v - 1, v, v + 1);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter().rect_stroke(
        bar,
        0.0,
        Stroke::new(1.0, palette.line),
        StrokeKind::Outside,
    );
    for (t, text) in numbers {
        let x = bar.left() + t * bar.width();
        let anchor = if *t <= 0.05 {
            Align2::LEFT_TOP
        } else if *t >= 0.95 {
            Align2::RIGHT_TOP
        } else {
            Align2::CENTER_TOP
        };
        ui.painter().text(
            pos2(x, bar.bottom() + 1.5),
            anchor,
            text,
            FontId::proportional(10.5),
            palette.weak,
        );
    }
    response.on_hover_text(name);
}

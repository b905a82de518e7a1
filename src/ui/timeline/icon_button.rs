//! Transport buttons with drawn signs: fonts disagree on media symbols, and a name belongs to each.

use egui::{
    Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};

use crate::ui::theme::Palette;

/// What is drawn on a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A bar and a triangle to the left.
    Previous,
    /// A triangle to the right.
    Play,
    /// Two bars.
    Pause,
    /// A triangle to the right and a bar.
    Next,
}

/// A button with a sign, a spoken name and a hint.
pub fn show(ui: &mut Ui, icon: Icon, name: &str, hint: &str, enabled: bool) -> Response {
    let sense = if enabled {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(vec2(32.0, 24.0), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let palette = Palette::of(ui.ctx());
    let bright = response.hovered() || response.has_focus();
    let fill = if enabled && bright {
        palette.line
    } else {
        palette.raised
    };
    ui.painter().rect(
        rect,
        5.0,
        fill,
        Stroke::new(1.0, palette.line),
        StrokeKind::Inside,
    );
    if response.has_focus() {
        let stroke = Stroke::new(1.0, palette.weak);
        ui.painter()
            .rect_stroke(rect, 5.0, stroke, StrokeKind::Inside);
    }
    let colour = if enabled {
        palette.text
    } else {
        palette.faint.gamma_multiply(0.6)
    };
    paint(ui.painter(), rect.center(), icon, colour);
    response.on_hover_text(hint)
}

fn paint(painter: &Painter, centre: Pos2, icon: Icon, colour: Color32) {
    let bar = |x: f32, width: f32| {
        let area = Rect::from_center_size(centre + vec2(x, 0.0), vec2(width, 10.0));
        painter.rect_filled(area, 0.5, colour);
    };
    let triangle = |back: f32, tip: f32| {
        let points = vec![
            pos2(centre.x + back, centre.y - 5.0),
            pos2(centre.x + tip, centre.y),
            pos2(centre.x + back, centre.y + 5.0),
        ];
        painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
    };
    match icon {
        Icon::Previous => {
            bar(-4.5, 1.8);
            triangle(5.0, -3.0);
        }
        Icon::Play => triangle(-3.5, 5.0),
        Icon::Pause => {
            bar(-2.8, 2.6);
            bar(2.8, 2.6);
        }
        Icon::Next => {
            triangle(-5.0, 3.0);
            bar(4.5, 1.8);
        }
    }
}

//! What is drawn over and above paragraphs: lines around single tokens, flags, headings.

use egui::{CornerRadius, Pos2, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::trace::{SegmentKind, TraceStore, TraceView};
use crate::ui::quantity::counted;
use crate::ui::selection::Selection;
use crate::ui::theme::Palette;

use super::layout::{Layout, font};
use super::stack::HEADING;

/// Lines around the token under the pointer and the pinned one, with a sign where a token is blank.
pub fn outlines(
    ui: &Ui,
    palette: &Palette,
    store: &TraceStore,
    layout: &Layout,
    start: usize,
    at: Pos2,
    selection: &Selection,
) {
    let end = start
        + layout
            .pieces
            .last()
            .map_or(0, |piece| piece.token as usize + 1);
    let marks = [
        (selection.hovered, Stroke::new(1.0, palette.weak)),
        (selection.pinned, Stroke::new(1.5, palette.text)),
    ];
    for (position, stroke) in marks {
        let Some(position) = position.filter(|p| (start..end).contains(&p.index())) else {
            continue;
        };
        let token = (position.index() - start) as u32;
        for rect in layout.rects(token) {
            let rect = rect.translate(at.to_vec2()).expand2(vec2(1.0, 1.0));
            ui.painter()
                .rect_stroke(rect, CornerRadius::same(3), stroke, StrokeKind::Outside);
            let text = store.tokens().text(position);
            if text.trim().is_empty() {
                let sign = if text.contains('\n') { "↵" } else { "·" };
                let colour = palette.weak;
                ui.painter().text(
                    rect.center(),
                    egui::Align2::CENTER_CENTER,
                    sign,
                    font(),
                    colour,
                );
            }
        }
    }
}

/// A pennant at the upper left corner of a token, and a line around it.
pub fn flag(ui: &Ui, palette: &Palette, layout: &Layout, token: u32, at: Pos2) {
    for (i, rect) in layout.rects(token).enumerate() {
        let rect = rect.translate(at.to_vec2()).expand(1.0);
        let stroke = Stroke::new(2.0, palette.text);
        ui.painter()
            .rect_stroke(rect, CornerRadius::same(2), stroke, StrokeKind::Outside);
        if i == 0 {
            let corner = rect.left_top() + vec2(-2.0, -1.0);
            let points = vec![corner, corner + vec2(0.0, -7.0), corner + vec2(9.0, -3.5)];
            ui.painter()
                .add(Shape::convex_polygon(points, palette.text, Stroke::NONE));
        }
    }
}

/// The name of a part of the text above it, and how many tokens of it are written.
pub fn heading(
    ui: &Ui,
    palette: &Palette,
    kind: SegmentKind,
    view: &TraceView<'_>,
    at: Pos2,
    width: f32,
) {
    let font = egui::FontId::proportional(11.5);
    let baseline = at + vec2(-8.0, HEADING - 7.0);
    let name = kind.name().to_uppercase();
    ui.painter().text(
        baseline,
        egui::Align2::LEFT_BOTTOM,
        name,
        font.clone(),
        palette.faint,
    );
    let tokens = tokens_of(view, kind);
    let right = pos2(at.x + width + 8.0, baseline.y);
    let text = counted(tokens as u64, "token");
    ui.painter()
        .text(right, egui::Align2::RIGHT_BOTTOM, text, font, palette.faint);
}

/// Tokens of the first part of a kind that had been written at the cursor.
fn tokens_of(view: &TraceView<'_>, kind: SegmentKind) -> usize {
    let segments = view.store().segments();
    let Some(index) = segments.iter().position(|(_, k)| *k == kind) else {
        return 0;
    };
    let from = segments[index].0.index();
    let to = segments
        .get(index + 1)
        .map_or(usize::MAX, |(at, _)| at.index());
    view.cursor().min(to).saturating_sub(from)
}

//! Layer names at the left, lines between layers, a mark at the head that is singled out.

use egui::{Align2, FontId, Painter, Rangef, Rect, Stroke, StrokeKind, pos2};

use crate::analysis::HeadTable;
use crate::ui::theme::Palette;

/// Draws the names of the layers (`L0`), and of the heads (`L0·h1`) where there is room.
pub fn layers(
    painter: &Painter,
    palette: &Palette,
    table: &HeadTable,
    kv_heads: usize,
    rect: Rect,
    selected: Option<usize>,
) {
    let row_height = rect.height() / table.heads().max(1) as f32;
    let layer_height = row_height * kv_heads as f32;
    let font = FontId::proportional(10.5);
    let every = (12.0 / layer_height).ceil().max(1.0) as usize;
    for layer in 0..table.heads() / kv_heads.max(1) {
        let top = rect.top() + layer as f32 * layer_height;
        if layer > 0 && layer_height >= 5.0 {
            let line = Stroke::new(1.0, palette.canvas);
            painter.hline(rect.x_range(), painter.round_to_pixel_center(top), line);
        }
        let chosen = selected.is_some_and(|row| row / kv_heads == layer);
        if layer % every == 0 || chosen {
            painter.text(
                pos2(rect.left() - 24.0, top + layer_height / 2.0),
                Align2::RIGHT_CENTER,
                format!("L{layer}"),
                font.clone(),
                if chosen { palette.text } else { palette.weak },
            );
        }
        if row_height >= 11.0 {
            for head in 0..kv_heads {
                let chosen = selected == Some(layer * kv_heads + head);
                painter.text(
                    pos2(rect.left() - 6.0, top + (head as f32 + 0.5) * row_height),
                    Align2::RIGHT_CENTER,
                    format!("h{head}"),
                    FontId::proportional(9.5),
                    if chosen { palette.text } else { palette.faint },
                );
            }
        }
        if layer_height >= 8.0 {
            let span = Rangef::new(top + 2.0, top + layer_height - 2.0);
            painter.vline(rect.left() - 3.0, span, Stroke::new(1.0, palette.line));
        }
    }
}

/// Outlines a row.
pub fn outline_row(painter: &Painter, palette: &Palette, rect: Rect, heads: usize, row: usize) {
    let height = rect.height() / heads.max(1) as f32;
    let top = rect.top() + row as f32 * height;
    let area =
        Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), top + height)).expand(0.5);
    painter.rect_stroke(
        area,
        0.0,
        Stroke::new(1.0, palette.text),
        StrokeKind::Outside,
    );
}

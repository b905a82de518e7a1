//! The blue stripe at the left of reflections: which rows of a paragraph turn back on what was written.

use std::ops::Range;

use egui::{Pos2, Rect, Ui, pos2, vec2};

use crate::analysis::{ReflectionKind, Segmentation};
use crate::trace::Position;
use crate::ui::theme::{Palette, mix};

use super::layout::{LINE, Layout};

/// From the text to the stripe, in points.
const AWAY: f32 = 9.0;
const WIDTH: f32 = 3.0;

/// Draws the stripe beside the rows of a paragraph that hold a reflection, paler where it is not written
/// yet, and a mark before the token with which one begins inside a row. Returns the kind under a point.
pub fn paint(
    ui: &Ui,
    palette: &Palette,
    segments: &Segmentation,
    layout: &Layout,
    tokens: &Range<usize>,
    cursor: usize,
    at: Pos2,
) -> Option<ReflectionKind> {
    let pointer = ui.input(|input| input.pointer.hover_pos());
    let mut under = None;
    let first = segments.index_of(Position(tokens.start as u32))?;
    for segment in segments.list()[first..]
        .iter()
        .take_while(|s| s.start < tokens.end)
    {
        let Some(kind) = segment.class.reflection() else {
            continue;
        };
        let own = segment.start.max(tokens.start)..segment.end.min(tokens.end);
        let offsets = (own.start - tokens.start) as u32..(own.end - tokens.start) as u32;
        let colour = if segment.start < cursor {
            palette.blue
        } else {
            mix(palette.canvas, palette.blue, 0.35)
        };
        let from = layout
            .pieces
            .partition_point(|piece| piece.token < offsets.start);
        let pieces = layout.pieces[from..]
            .iter()
            .take_while(|piece| piece.token < offsets.end);
        let written: Vec<Rect> = pieces
            .filter(|piece| !piece.blank)
            .map(|piece| piece.rect)
            .collect();
        let (Some(top), Some(bottom)) = (written.first(), written.last()) else {
            continue;
        };
        let middle = |rect: &Rect| at.y + rect.center().y;
        let stripe = Rect::from_min_max(
            pos2(at.x - AWAY, middle(top) - LINE / 2.0 + 2.0),
            pos2(at.x - AWAY + WIDTH, middle(bottom) + LINE / 2.0 - 2.0),
        );
        ui.painter().rect_filled(stripe, 1.0, colour);
        if segment.start >= tokens.start && top.left() > 1.0 {
            let mark = Rect::from_min_size(
                at + top.min.to_vec2() - vec2(1.0, 1.0),
                vec2(2.0, top.height() + 2.0),
            );
            ui.painter().rect_filled(mark, 0.0, colour);
        }
        if pointer.is_some_and(|p| stripe.expand2(vec2(5.0, 2.0)).contains(p)) {
            under = Some(kind);
        }
    }
    under
}

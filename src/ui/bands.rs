//! Prompt, reasoning and answer as a thin band along the positions.

use egui::{Align2, FontId, Painter, Rect, pos2};

use super::position_axis::PositionAxis;
use super::theme::{Palette, mix};
use crate::trace::{Position, SegmentKind, TraceStore};

/// The parts of the text up to `end` tokens: from, to, kind.
pub fn segments(store: &TraceStore, end: usize) -> Vec<(usize, usize, SegmentKind)> {
    let starts = store.segments();
    starts
        .iter()
        .enumerate()
        .map(|(i, &(at, kind))| {
            let to = starts
                .get(i + 1)
                .map_or(end, |(next, _): &(Position, _)| next.index());
            (at.index().min(end), to.min(end), kind)
        })
        .filter(|(from, to, _)| from < to)
        .collect()
}

/// Draws the band with its names where they fit; parts after `cursor` are paler.
pub fn paint(
    painter: &Painter,
    palette: &Palette,
    store: &TraceStore,
    cursor: usize,
    axis: &PositionAxis,
    top: f32,
    height: f32,
) {
    let (left, right) = axis.sides();
    let area = Rect::from_min_max(pos2(left, top), pos2(right, top + height));
    let painter = painter.with_clip_rect(area.intersect(painter.clip_rect()));
    for (from, to, kind) in segments(store, store.tokens().len()) {
        let whole = axis.span(from as f64, to as f64, area.y_range());
        let seen = from < cursor;
        let strength = match kind {
            SegmentKind::Prompt => 0.36,
            SegmentKind::Reasoning => 0.12,
            SegmentKind::Answer => 0.24,
        };
        let fill = mix(
            palette.panel,
            palette.weak,
            if seen { strength } else { strength * 0.5 },
        );
        let inner = Rect::from_min_max(whole.min, pos2(whole.right() - 1.0, whole.bottom()));
        painter.rect_filled(inner, 2.0, fill);
        let in_sight = inner.intersect(area);
        let name = painter.layout_no_wrap(
            kind.name().to_owned(),
            FontId::proportional(10.0),
            palette.text_on(fill),
        );
        if in_sight.width() > name.size().x + 8.0 && height >= 11.0 {
            let at = Align2::LEFT_CENTER.anchor_size(
                pos2(in_sight.left() + 5.0, in_sight.center().y),
                name.size(),
            );
            painter.galley(at.min, name, palette.text_on(fill));
        }
    }
}

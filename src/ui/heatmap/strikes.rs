//! Hatching for what is not in the cache and strikes for what leaves: the marks that are not colour.

use egui::{Color32, Mesh, Painter, Rect, Shape, Stroke, pos2};

use crate::ui::columns::Columns;
use crate::ui::position_axis::PositionAxis;

/// Distance between hatching lines, in points.
const HATCH: f32 = 7.0;

/// Diagonal lines over a rectangle.
pub fn hatch(painter: &Painter, rect: Rect, colour: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let stroke = Stroke::new(1.0, colour);
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        painter.line_segment(
            [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())],
            stroke,
        );
        x += HATCH;
    }
}

/// A bar through the middle of every stretch of cells, as one mesh.
pub fn mesh(
    strikes: &[(usize, usize, usize)],
    columns: &Columns,
    axis: &PositionAxis,
    top: f32,
    row_height: f32,
    colour: Color32,
) -> Shape {
    let (origin, _) = columns.drawn();
    let x = |column: usize| axis.x(origin + (column * columns.bin()) as f64);
    let thickness = (row_height * 0.16).clamp(1.0, 2.0);
    let mut mesh = Mesh::default();
    for &(row, from, to) in strikes {
        let middle = top + (row as f32 + 0.5) * row_height;
        let rect = Rect::from_min_max(
            pos2(x(from), middle - thickness / 2.0),
            pos2(x(to), middle + thickness / 2.0),
        );
        mesh.add_colored_rect(rect, colour);
    }
    Shape::mesh(mesh)
}

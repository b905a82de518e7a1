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
    pixels_per_point: f32,
    colour: Color32,
) -> Shape {
    let (origin, _) = columns.drawn();
    let x = |column: usize| axis.x(origin + (column * columns.bin()) as f64);
    // Whole pixels at whole pixels: thinner ones would be lost in some rows.
    let pixel = |points: f32| (points * pixels_per_point).round() / pixels_per_point;
    let thickness = pixel((row_height * 0.16).clamp(0.5, 2.0)).max(1.0 / pixels_per_point);
    let mut mesh = Mesh::default();
    for &(row, from, to) in strikes {
        let middle = top + (row as f32 + 0.5) * row_height;
        let upper = pixel(middle - thickness / 2.0);
        let rect = Rect::from_min_max(pos2(x(from), upper), pos2(x(to), upper + thickness));
        mesh.add_colored_rect(rect, colour);
    }
    Shape::mesh(mesh)
}

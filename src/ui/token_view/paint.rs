//! A paragraph in colour: backgrounds and bars as one mesh under the glyphs, strikes as one above.
//!
//! Colour never lays text out again: the glyphs keep their places, only their vertices change colour.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Color32, Galley, Pos2, Rangef, Rect, Shape, pos2};

use crate::ui::theme::{Palette, mix};

use super::layout::Layout;
use super::look::{Look, Split};

/// Cut off each corner of a background, in points.
const CORNER: f32 = 2.0;
/// Thickness of the bar under a token.
const BAR: f32 = 2.0;

/// A paragraph coloured for one moment, relative to its top left corner.
#[derive(Debug)]
pub struct Painted {
    /// What it was coloured for; drawn again only when this changes.
    pub epoch: u64,
    galley: Arc<Galley>,
    under: Mesh,
    over: Mesh,
}

impl Painted {
    /// Colours a paragraph; `look` gives the look of a token by its offset.
    pub fn of(layout: &Layout, epoch: u64, palette: &Palette, look: impl Fn(u32) -> Look) -> Self {
        let mut under = Mesh::default();
        let mut over = Mesh::default();
        let track = mix(palette.canvas, palette.faint, 0.30);
        let held = mix(palette.canvas, palette.held, 0.78);
        for piece in &layout.pieces {
            let look = look(piece.token);
            let rect = piece.rect;
            if piece.blank {
                continue;
            }
            if let Some(fill) = look.fill {
                add_chamfered(&mut under, inset(rect), fill);
            }
            if look.gone() {
                let y = rect.center().y.round();
                let line = Rect::from_min_max(pos2(rect.left(), y), pos2(rect.right(), y + 1.0));
                over.add_colored_rect(line, mix(palette.canvas, palette.faint, 0.55));
            }
            match look.held {
                // What another run still holds has its bar all the same.
                Some(share) if share > 0.0 || look.split.is_some() => {
                    let bar = inset(rect);
                    let top = rect.bottom() + 1.5;
                    let to = |x: f32| Rect::from_min_max(pos2(bar.left(), top), pos2(x, top + BAR));
                    under.add_colored_rect(to(bar.right()), track);
                    if let Some(split) = look.split {
                        let y = Rangef::new(top, top + BAR);
                        add_split(&mut under, palette, bar.x_range(), y, split, held);
                    } else {
                        under.add_colored_rect(to(bar.left() + bar.width() * share), held);
                    }
                }
                _ => {}
            }
        }
        Self {
            epoch,
            galley: recoloured(layout, |token| look(token).text),
            under,
            over,
        }
    }

    /// The shapes at a place on the screen, back to front.
    pub fn shapes(&self, at: Pos2) -> [Shape; 3] {
        let moved = |mesh: &Mesh| {
            let mut mesh = mesh.clone();
            mesh.translate(at.to_vec2());
            Shape::mesh(mesh)
        };
        [
            moved(&self.under),
            Shape::galley(at, Arc::clone(&self.galley), Color32::WHITE),
            moved(&self.over),
        ]
    }
}

/// The first run's own share at the left, the second's at the right, what both hold between them: places say
/// what colours say.
fn add_split(
    mesh: &mut Mesh,
    palette: &Palette,
    x: Rangef,
    y: Rangef,
    split: Split,
    both: Color32,
) {
    let width = x.span();
    let mut part = |from: f32, to: f32, colour: Color32| {
        if to > from {
            mesh.add_colored_rect(Rect::from_x_y_ranges(from..=to, y), colour);
        }
    };
    let a = x.min + width * split.only_a;
    part(x.min, a, palette.amber);
    part(a, a + width * split.both, both);
    part(x.max - width * split.only_b, x.max, palette.blue);
}

/// Half a point of page between neighbours shows where tokens begin.
fn inset(rect: Rect) -> Rect {
    Rect::from_min_max(
        pos2(rect.left() + 0.5, rect.top()),
        pos2(rect.right() - 0.5, rect.bottom()),
    )
}

fn add_chamfered(mesh: &mut Mesh, rect: Rect, colour: Color32) {
    let cut = CORNER.min(rect.width() / 3.0);
    let (l, r, t, b) = (rect.left(), rect.right(), rect.top(), rect.bottom());
    let corners = [
        (l + cut, t),
        (r - cut, t),
        (r, t + cut),
        (r, b - cut),
        (r - cut, b),
        (l + cut, b),
        (l, b - cut),
        (l, t + cut),
    ];
    let first = mesh.vertices.len() as u32;
    for (x, y) in corners {
        mesh.colored_vertex(pos2(x, y), colour);
    }
    for i in 1..corners.len() as u32 - 1 {
        mesh.add_triangle(first, first + i, first + i + 1);
    }
}

fn recoloured(layout: &Layout, colour: impl Fn(u32) -> Color32) -> Arc<Galley> {
    let mut galley = Galley::clone(&layout.galley);
    let mut tokens = layout.glyph_tokens.iter();
    for placed in &mut galley.rows {
        let row = Arc::make_mut(&mut placed.row);
        let end = row.visuals.glyph_vertex_range.end;
        for (index, token) in (0..row.glyphs.len()).zip(tokens.by_ref()) {
            let from = row.glyphs[index].first_vertex as usize;
            let to = row
                .glyphs
                .get(index + 1)
                .map_or(end, |next| next.first_vertex as usize);
            let colour = colour(*token);
            if let Some(vertices) = row.visuals.mesh.vertices.get_mut(from..to.max(from)) {
                for vertex in vertices {
                    vertex.color = colour;
                }
            }
        }
    }
    Arc::new(galley)
}

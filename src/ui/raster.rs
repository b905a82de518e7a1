//! A picture of cells as cached textures.
//!
//! Drawing a cell a shape costs tens of milliseconds a frame; a texture costs none. Graphics cards bound
//! a texture's side (egui assumes 2048 unless told otherwise, and panics beyond), hence tiles.

use egui::{
    Color32, ColorImage, Context, Painter, Pos2, Rect, TextureHandle, TextureOptions, pos2,
};

/// Longest side of a tile in pixels, whatever the graphics card could do.
const LONGEST: usize = 2048;

/// An image of cells cut into tiles, drawn with sharp cell edges.
#[derive(Default)]
pub struct Raster {
    size: [usize; 2],
    tiles: Vec<Tile>,
}

struct Tile {
    from: [usize; 2],
    size: [usize; 2],
    texture: TextureHandle,
}

impl Raster {
    /// Uploads an image, reusing the textures of the one before where the sizes agree.
    pub fn set(&mut self, ctx: &Context, name: &str, image: &ColorImage) {
        let side = ctx.input(|i| i.max_texture_side).min(LONGEST);
        let layout = tiling(image.size, side);
        let same = self.size == image.size && self.tiles.len() == layout.len();
        if !same {
            self.tiles.clear();
        }
        for (i, (from, size)) in layout.into_iter().enumerate() {
            let part = image.region_by_pixels(from, size);
            if let Some(tile) = self.tiles.get_mut(i) {
                tile.texture.set(part, TextureOptions::NEAREST);
            } else {
                let texture =
                    ctx.load_texture(format!("{name} {i}"), part, TextureOptions::NEAREST);
                self.tiles.push(Tile {
                    from,
                    size,
                    texture,
                });
            }
        }
        self.size = image.size;
    }

    /// Width and height in cells.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Draws the whole image into a rectangle.
    pub fn paint(&self, painter: &Painter, rect: Rect) {
        let [width, height] = self.size.map(|n| n.max(1) as f32);
        let at = |[x, y]: [usize; 2]| -> Pos2 {
            pos2(
                rect.left() + rect.width() * x as f32 / width,
                rect.top() + rect.height() * y as f32 / height,
            )
        };
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        for tile in &self.tiles {
            let end = [tile.from[0] + tile.size[0], tile.from[1] + tile.size[1]];
            let area = Rect::from_min_max(at(tile.from), at(end));
            painter.image(tile.texture.id(), area, whole, Color32::WHITE);
        }
    }
}

/// Tiles of at most `side` x `side` that cover an image: corner and size of each.
fn tiling([width, height]: [usize; 2], side: usize) -> Vec<([usize; 2], [usize; 2])> {
    let side = side.max(1);
    let mut tiles = vec![];
    for y in (0..height).step_by(side) {
        for x in (0..width).step_by(side) {
            tiles.push(([x, y], [side.min(width - x), side.min(height - y)]));
        }
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_an_image_once_and_none_is_too_large() {
        let tiles = tiling([5000, 2049], 2048);
        assert_eq!(tiles.len(), 6);
        assert!(
            tiles
                .iter()
                .all(|(_, [w, h])| (1..=2048).contains(w) && (1..=2048).contains(h))
        );
        assert_eq!(
            tiles.iter().map(|(_, [w, h])| w * h).sum::<usize>(),
            5000 * 2049
        );
    }

    #[test]
    fn an_image_wider_than_a_texture_is_uploaded_in_tiles() {
        let ctx = Context::default();
        let mut raster = Raster::default();
        raster.set(&ctx, "wide", &ColorImage::filled([4100, 3], Color32::WHITE));
        assert_eq!(raster.size(), [4100, 3]);
        assert_eq!(raster.tiles.len(), 3);
        assert!(raster.tiles.iter().all(|t| t.texture.size()[0] <= 2048));
    }
}

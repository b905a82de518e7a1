//! A small picture inside a figure: a matrix with one pixel per cell.

use resvg::tiny_skia::Pixmap;

use super::ExportError;
use super::palette::Rgb;

/// Pixels, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    pixels: Vec<Rgb>,
}

impl Bitmap {
    /// A picture `width` pixels wide; `pixels` holds whole rows.
    pub fn new(width: u32, pixels: Vec<Rgb>) -> Self {
        Self { width, pixels }
    }

    /// The picture as a PNG.
    ///
    /// # Errors
    /// [`ExportError::Render`] for a picture without pixels or beyond the encoder's reach.
    pub fn png(&self) -> Result<Vec<u8>, ExportError> {
        let height = self.pixels.len() as u32 / self.width.max(1);
        let mut pixmap = Pixmap::new(self.width, height)
            .ok_or_else(|| ExportError::Render(format!("a {}x{height} picture", self.width)))?;
        for (bytes, pixel) in pixmap.data_mut().chunks_exact_mut(4).zip(&self.pixels) {
            bytes.copy_from_slice(&[pixel.0, pixel.1, pixel.2, 255]);
        }
        pixmap
            .encode_png()
            .map_err(|error| ExportError::Render(error.to_string()))
    }
}

/// Base64 (RFC 4648), as data URIs want it.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = (u32::from(group[0]) << 16)
            | (u32::from(group.get(1).copied().unwrap_or(0)) << 8)
            | u32::from(group.get(2).copied().unwrap_or(0));
        for digit in 0..4 {
            if digit <= group.len() {
                text.push(char::from(DIGITS[(word >> (18 - 6 * digit)) as usize & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_in_rfc_4648() {
        let coded: Vec<String> = ["", "f", "fo", "foo", "foob", "fooba"]
            .iter()
            .map(|t| base64(t.as_bytes()))
            .collect();
        assert_eq!(coded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE="]);
    }

    #[test]
    fn a_picture_survives_its_png() {
        let bitmap = Bitmap::new(
            2,
            vec![Rgb(1, 2, 3), Rgb(255, 0, 9), Rgb(0, 0, 0), Rgb(7, 7, 7)],
        );
        let back = Pixmap::decode_png(&bitmap.png().unwrap()).unwrap();
        assert_eq!((back.width(), back.height()), (2, 2));
        assert_eq!(back.data()[4..8], [255, 0, 9, 255]);
    }
}

//! Colour ramps for cells: perceptually uniform, safe for the colour-blind, one per meaning.
//!
//! Ramps are straight lines of lightness in OKLCh (Ottosson, "A perceptual color space for image
//! processing", 2020), so equal steps of a value look like equal steps. Amber and blue stay apart under
//! every common colour-blindness, and lightness alone tells high from low on a grey print.

use std::sync::LazyLock;

use egui::Color32;

/// What a ramp stands for; the hue is the window's: amber is importance and kept, blue is redundancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colormap {
    /// Importance, and the share of heads that hold a token: amber.
    Importance,
    /// Redundancy: blue.
    Redundancy,
    /// A score against a middle: blue below, neutral in the middle, amber above.
    Score,
    /// Time since something left: grey.
    Age,
}

/// Colours of a ramp from 0 to 1.
type Ramp = [Color32; 256];

static RAMPS: LazyLock<[[Ramp; 4]; 2]> = LazyLock::new(|| {
    [false, true].map(|dark| {
        [
            Colormap::Importance,
            Colormap::Redundancy,
            Colormap::Score,
            Colormap::Age,
        ]
        .map(|map| std::array::from_fn(|i| map.make(dark, i as f32 / 255.0)))
    })
});

impl Colormap {
    /// The whole ramp, from 0 to 1, for the dark or the light theme.
    pub fn ramp(self, dark: bool) -> &'static [Color32; 256] {
        &RAMPS[usize::from(dark)][self as usize]
    }

    /// The colour of a value between 0 and 1; values outside are cut, NaN counts as 0.
    pub fn colour(self, dark: bool, value: f32) -> Color32 {
        self.ramp(dark)[(value.clamp(0.0, 1.0) * 255.0).round() as usize]
    }

    fn make(self, dark: bool, t: f32) -> Color32 {
        let (low, high) = if dark { (0.25, 0.86) } else { (0.955, 0.44) };
        let lightness = |t: f32| low + (high - low) * t;
        // Chroma leads lightness a little, so that low values already show their hue.
        let chroma = |t: f32, most: f32| most * t.powf(0.7);
        match self {
            Self::Importance => oklch(lightness(t), chroma(t, 0.15), 72.0),
            Self::Redundancy => oklch(lightness(t * 0.93), chroma(t, 0.17), 270.0),
            Self::Score => {
                let side = (2.0 * t - 1.0).abs();
                let hue = if t < 0.5 { 270.0 } else { 72.0 };
                oklch(lightness(side * 0.9), chroma(side, 0.15), hue)
            }
            Self::Age => oklch(lightness(0.1 + 0.5 * t), 0.006, 270.0),
        }
    }
}

/// The sRGB colour of an OKLCh one; chroma gives way until the colour exists.
fn oklch(lightness: f32, chroma: f32, hue_degrees: f32) -> Color32 {
    let (sin, cos) = hue_degrees.to_radians().sin_cos();
    let mut c = chroma;
    loop {
        let rgb = linear_srgb(lightness, c * cos, c * sin);
        if c < 1e-4 || rgb.iter().all(|v| (-1e-4..=1.0001).contains(v)) {
            let [r, g, b] = rgb.map(|v| (encode_srgb(v.clamp(0.0, 1.0)) * 255.0).round() as u8);
            return Color32::from_rgb(r, g, b);
        }
        c *= 0.96;
    }
}

fn linear_srgb(lightness: f32, a: f32, b: f32) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

fn encode_srgb(v: f32) -> f32 {
    if v <= 0.003_130_8 {
        12.92 * v
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OKLab lightness of a colour.
    fn lightness(colour: Color32) -> f32 {
        let decode = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        let (r, g, b) = (decode(colour.r()), decode(colour.g()), decode(colour.b()));
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s
    }

    #[test]
    fn equal_steps_of_a_value_are_equal_steps_of_lightness() {
        for dark in [false, true] {
            for map in [Colormap::Importance, Colormap::Redundancy, Colormap::Age] {
                let steps: Vec<f32> = (0..=8)
                    .map(|i| lightness(map.colour(dark, i as f32 / 8.0)))
                    .collect::<Vec<_>>()
                    .windows(2)
                    .map(|w| w[1] - w[0])
                    .collect();
                let mean = steps.iter().sum::<f32>() / steps.len() as f32;
                assert!(
                    steps.iter().all(|s| (s - mean).abs() < 0.012),
                    "{map:?} {dark} {steps:?}"
                );
                assert_eq!(
                    mean > 0.0,
                    dark,
                    "more is brighter on dark and darker on light"
                );
            }
        }
    }

    #[test]
    fn a_score_is_amber_above_its_middle_and_blue_below() {
        let (low, mid, high) = (
            Colormap::Score.colour(true, 0.0),
            Colormap::Score.colour(true, 0.5),
            Colormap::Score.colour(true, 1.0),
        );
        assert!(low.b() > low.r() && high.r() > high.b());
        assert!(
            (lightness(low) - lightness(high)).abs() < 0.02,
            "both ends weigh the same"
        );
        assert!(lightness(mid) < lightness(low) - 0.3);
    }

    #[test]
    fn values_outside_and_nan_do_not_leave_the_ramp() {
        assert_eq!(
            Colormap::Importance.colour(true, 7.0),
            Colormap::Importance.ramp(true)[255]
        );
        assert_eq!(
            Colormap::Importance.colour(true, f32::NAN),
            Colormap::Importance.ramp(true)[0]
        );
    }
}

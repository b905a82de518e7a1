//! Colours of figures, the same language as the window's: amber is importance and what is kept, blue is
//! redundancy, everything else is grey. Lightness alone orders every ramp, so that it survives colour
//! blindness and a black-and-white printer.

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// Colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// The page.
    pub page: Rgb,
    /// Hairlines.
    pub line: Rgb,
    /// Titles, text that matters.
    pub text: Rgb,
    /// Labels.
    pub weak: Rgb,
    /// Captions, evicted text.
    pub faint: Rgb,
    /// A token before any score.
    pub token: Rgb,
    /// A cell without a value.
    pub missing: Rgb,
    /// Importance at its strongest behind text.
    pub amber: Rgb,
    /// Redundancy at its strongest behind text.
    pub blue: Rgb,
    /// Ramp of importance and of what is kept.
    pub amber_ramp: Ramp,
    /// Ramp of redundancy.
    pub blue_ramp: Ramp,
    /// Ramp of a score against its cut: the lower half is dropped, the upper one kept.
    pub score_ramp: Ramp,
}

/// A colour map: stops at equal distances from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp([Rgb; 5]);

const fn hex(rgb: u32) -> Rgb {
    Rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

const fn ramp(stops: [u32; 5]) -> Ramp {
    Ramp([
        hex(stops[0]),
        hex(stops[1]),
        hex(stops[2]),
        hex(stops[3]),
        hex(stops[4]),
    ])
}

/// Paper.
pub const LIGHT: Palette = Palette {
    page: hex(0xffffff),
    line: hex(0xc9ced4),
    text: hex(0x1c2026),
    weak: hex(0x3d454e),
    faint: hex(0x6d7680),
    token: hex(0xeeefef),
    missing: hex(0xdde0e4),
    amber: hex(0xe39a1c),
    blue: hex(0x6b86ee),
    amber_ramp: ramp([0xfff9ec, 0xfbdc9c, 0xe8a33a, 0xbf6a00, 0x6f3700]),
    blue_ramp: ramp([0xf3f6ff, 0xc5d2f7, 0x849df0, 0x3b5bdb, 0x1b2c80]),
    score_ramp: ramp([0x2c48bd, 0x9db0f0, 0xf4f3ef, 0xf0bd68, 0xb86400]),
};

/// Screens.
pub const DARK: Palette = Palette {
    page: hex(0x15171b),
    line: hex(0x3a4049),
    text: hex(0xe6e8eb),
    weak: hex(0xbcc3cb),
    faint: hex(0x8a939d),
    token: hex(0x262a31),
    missing: hex(0x2e333b),
    amber: hex(0xe09a35),
    blue: hex(0x5c7cfa),
    amber_ramp: ramp([0x1f1a12, 0x5e441b, 0xa8742a, 0xffb347, 0xffe6bf]),
    blue_ramp: ramp([0x14182a, 0x2b3a78, 0x4560c8, 0x7f9bff, 0xd5deff]),
    score_ramp: ramp([0x9db4ff, 0x3f58c0, 0x22252b, 0xa36f22, 0xffc266]),
};

impl Ramp {
    /// The colour at `value`, 0 to 1.
    pub fn at(&self, value: f32) -> Rgb {
        let place = value.clamp(0.0, 1.0) * 4.0;
        let stop = (place as usize).min(3);
        mix(self.0[stop], self.0[stop + 1], place - stop as f32)
    }
}

impl Palette {
    /// Background for a mix of importance and redundancy, each 0 to 1.
    pub fn both(&self, importance: f32, redundancy: f32) -> Rgb {
        two_way(self.token, [self.amber, self.blue], importance, redundancy)
    }

    /// Text for `background`: the theme's own where that can be read.
    pub fn ink(&self, background: Rgb) -> Rgb {
        ink(self.text, background)
    }
}

/// Background for a mix of importance and redundancy, each 0 to 1, of figures and of the window: from the `ground` of a token
/// without either towards `[importance, redundancy]`.
pub fn two_way(ground: Rgb, ends: [Rgb; 2], importance: f32, redundancy: f32) -> Rgb {
    let (i, r) = (importance.clamp(0.0, 1.0), redundancy.clamp(0.0, 1.0));
    let share = if i + r > 0.0 { r / (i + r) } else { 0.0 };
    // A full mix is lighter than blue and darker than amber: softened, its text stays on blue's side.
    let mixed = 1.0 - (2.0 * share - 1.0).abs();
    let strength = i.max(r) * (0.82 - 0.20 * mixed);
    mix(ground, mix(ends[0], ends[1], share), strength)
}

/// Text for `background`: `usual` if its contrast is 4.5 or more (WCAG 2.2, success criterion 1.4.3), else white or black, one
/// of which always is.
pub fn ink(usual: Rgb, background: Rgb) -> Rgb {
    const READABLE: f32 = 4.5;
    let (black, white) = (Rgb(0, 0, 0), Rgb(255, 255, 255));
    if usual.contrast(background) >= READABLE {
        usual
    } else if black.contrast(background) >= white.contrast(background) {
        black
    } else {
        white
    }
}

impl Rgb {
    /// Relative luminance, 0 to 1 (WCAG 2).
    pub fn luminance(self) -> f32 {
        let linear = |c: u8| {
            let c = f32::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Contrast of two colours, 1 to 21 (WCAG 2).
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Linear mix in gamma space: `t = 0` gives `a`.
pub fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    let lerp = |x: u8, y: u8| (f32::from(x) + (f32::from(y) - f32::from(x)) * t).round() as u8;
    Rgb(lerp(a.0, b.0), lerp(a.1, b.1), lerp(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sided_ramps_are_ordered_by_lightness_alone() {
        for (palette, sign) in [(LIGHT, -1.0), (DARK, 1.0)] {
            for ramp in [palette.amber_ramp, palette.blue_ramp] {
                let light: Vec<f32> = (0..=40)
                    .map(|i| ramp.at(i as f32 / 40.0).luminance())
                    .collect();
                assert!(
                    light.windows(2).all(|w| (w[1] - w[0]) * sign > 0.0),
                    "{light:?}"
                );
            }
        }
    }

    #[test]
    fn text_on_any_token_background_has_enough_contrast() {
        for palette in [LIGHT, DARK] {
            for step in 0..=100 {
                let (i, r) = ((step % 11) as f32 / 10.0, (step / 11) as f32 / 9.0);
                let ground = palette.both(i, r);
                let contrast = palette.ink(ground).contrast(ground);
                assert!(contrast >= 4.5, "{i} {r}: {contrast}");
            }
        }
    }
}

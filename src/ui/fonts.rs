//! The window's fonts: egui's two typefaces lend each other their signs, and symbols come last.
//!
//! Reasoning models write arrows, ticks and mathematical signs; a box in their place would hide a token. Scripts that egui
//! has no font for come from the system's, which eframe asks.

use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily, FontTweak};

/// Signs that neither typeface has, smaller so that a row keeps its height.
const SYMBOLS: [(&str, &[u8], f32); 2] = [
    (
        "NotoEmoji-Regular",
        epaint_default_fonts::NOTO_EMOJI_REGULAR,
        0.81,
    ),
    ("emoji-icon-font", epaint_default_fonts::EMOJI_ICON, 0.90),
];

/// Installs the fonts.
pub fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    for (name, data, scale) in SYMBOLS {
        let tweak = FontTweak {
            scale,
            ..FontTweak::default()
        };
        let data = FontData::from_static(data).tweak(tweak);
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
    }
    let lent = [
        (FontFamily::Proportional, "Hack"),
        (FontFamily::Monospace, "Ubuntu-Light"),
    ];
    for (family, other) in lent {
        let names = fonts.families.entry(family).or_default();
        for name in std::iter::once(other).chain(SYMBOLS.map(|(name, ..)| name)) {
            if !names.iter().any(|have| have == name) {
                names.push(name.to_owned());
            }
        }
    }
    ctx.set_fonts(fonts);
}

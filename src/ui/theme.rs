//! The visual language: amber always means importance, budget and what is kept; blue always means
//! redundancy; everything else is grey. All colours of the window come from here.

use egui::Color32;

use crate::export::palette::{self, Rgb, ink, two_way};

/// Colours of one theme (dark or light).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// Behind the middle of the window.
    pub canvas: Color32,
    /// Side panels and bars.
    pub panel: Color32,
    /// Cards, buttons, chips.
    pub raised: Color32,
    /// Behind typed text and slider rails.
    pub field: Color32,
    /// Hairlines between panels.
    pub line: Color32,
    /// Text that matters.
    pub text: Color32,
    /// Labels.
    pub weak: Color32,
    /// Captions, axis labels, evicted text.
    pub faint: Color32,
    /// Text that the cursor has not reached: fainter still, but readable.
    pub unwritten: Color32,
    /// Importance, budget, kept.
    pub amber: Color32,
    /// Small text in that colour.
    pub amber_text: Color32,
    /// Redundancy.
    pub blue: Color32,
    /// Neutral token background, before any score.
    pub token: Color32,
    /// Bar of heads that still hold a token.
    pub held: Color32,
    /// Errors.
    pub error: Color32,
}

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// The dark palette.
pub const DARK: Palette = Palette {
    canvas: hex(0x15171b),
    panel: hex(0x1c1f24),
    raised: hex(0x262a31),
    field: hex(0x101216),
    line: hex(0x2e333b),
    text: hex(0xe6e8eb),
    weak: hex(0xaab2bc),
    faint: hex(0x8892a0),
    unwritten: hex(0x606771),
    amber: hex(0xffb347),
    amber_text: hex(0xffb347),
    blue: hex(0x5c7cfa),
    token: hex(0x22262c),
    held: hex(0xe6e8eb),
    error: hex(0xff7b72),
};

/// The light palette.
pub const LIGHT: Palette = Palette {
    canvas: hex(0xfbfbfa),
    panel: hex(0xf1f2f3),
    raised: hex(0xffffff),
    field: hex(0xffffff),
    line: hex(0xd9dce0),
    text: hex(0x1c2026),
    weak: hex(0x4c555f),
    faint: hex(0x646d77),
    unwritten: hex(0x8a9198),
    amber: hex(0xd98200),
    amber_text: hex(0x9a5b00),
    blue: hex(0x3b5bdb),
    token: hex(0xeeefef),
    held: hex(0x30363d),
    error: hex(0xb42318),
};

impl Palette {
    /// The palette of the context's current theme.
    pub fn of(ctx: &egui::Context) -> &'static Self {
        if ctx.theme() == egui::Theme::Dark {
            &DARK
        } else {
            &LIGHT
        }
    }

    /// Background for a mix of importance and redundancy, each 0 to 1.
    ///
    /// The two-way legend is this function over the unit square.
    pub fn both(&self, importance: f32, redundancy: f32) -> Color32 {
        let [token, amber, blue] = [self.token, self.amber, self.blue].map(Rgb::from);
        two_way(token, [amber, blue], importance, redundancy).into()
    }

    /// Background on a single ramp towards `colour`, 0 to 1.
    pub fn ramp(&self, colour: Color32, value: f32) -> Color32 {
        mix(self.token, colour, value.clamp(0.0, 1.0) * 0.82)
    }

    /// Text that can be read on a background: the usual colour, or the other end where it fails.
    pub fn text_on(&self, background: Color32) -> Color32 {
        ink(self.text.into(), background.into()).into()
    }
}

impl From<Color32> for Rgb {
    fn from(colour: Color32) -> Self {
        Self(colour.r(), colour.g(), colour.b())
    }
}

impl From<Rgb> for Color32 {
    fn from(Rgb(r, g, b): Rgb) -> Self {
        Self::from_rgb(r, g, b)
    }
}

/// Contrast of two opaque colours as WCAG 2.2 defines it, 1 to 21.
pub fn contrast(a: Color32, b: Color32) -> f32 {
    Rgb::from(a).contrast(b.into())
}

/// Linear mix in gamma space: `t = 0` gives `a`.
pub fn mix(a: Color32, b: Color32, t: f32) -> Color32 {
    palette::mix(a.into(), b.into(), t).into()
}

/// Installs fonts' sizes, spacing and both palettes as egui styles.
pub fn install(ctx: &egui::Context) {
    super::fonts::install(ctx);
    for (theme, palette) in [(egui::Theme::Dark, &DARK), (egui::Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| restyle(style, palette));
    }
}

/// How opaque a button is that cannot be pressed: its text must be read to know what it would do.
const DISABLED: f32 = 0.64;

fn restyle(style: &mut egui::Style, palette: &Palette) {
    use egui::{CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Vec2};
    style.text_styles = [
        (
            TextStyle::Heading,
            FontId::new(20.0, FontFamily::Proportional),
        ),
        (TextStyle::Body, FontId::new(14.0, FontFamily::Proportional)),
        (
            TextStyle::Button,
            FontId::new(14.0, FontFamily::Proportional),
        ),
        (
            TextStyle::Small,
            FontId::new(11.5, FontFamily::Proportional),
        ),
        (
            TextStyle::Monospace,
            FontId::new(14.0, FontFamily::Monospace),
        ),
    ]
    .into();
    style.spacing.item_spacing = Vec2::new(8.0, 6.0);
    style.spacing.button_padding = Vec2::new(10.0, 4.0);
    style.spacing.interact_size.y = 26.0;
    style.spacing.slider_rail_height = 4.0;
    style.spacing.window_margin = Margin::same(12);
    style.spacing.scroll = egui::style::ScrollStyle::thin();
    let visuals = &mut style.visuals;
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.extreme_bg_color = palette.field;
    visuals.faint_bg_color = palette.raised;
    visuals.code_bg_color = palette.raised;
    visuals.hyperlink_color = palette.blue;
    // Of explanations in tooltips and of what an empty field stands for.
    visuals.weak_text_color = Some(palette.faint);
    visuals.disabled_alpha = DISABLED;
    visuals.error_fg_color = palette.error;
    visuals.warn_fg_color = palette.amber;
    // Not the usual blue: blue is redundancy.
    visuals.selection.bg_fill = mix(palette.canvas, palette.text, 0.24);
    visuals.selection.stroke = Stroke::new(1.0, palette.text);
    visuals.slider_trailing_fill = true;
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    visuals.widgets.noninteractive.fg_stroke = Stroke::new(1.0, palette.weak);
    let states = [
        (
            &mut visuals.widgets.inactive,
            palette.raised,
            palette.line,
            palette.text,
        ),
        (
            &mut visuals.widgets.hovered,
            mix(palette.raised, palette.text, 0.08),
            palette.faint,
            palette.text,
        ),
        (
            &mut visuals.widgets.active,
            mix(palette.raised, palette.text, 0.16),
            palette.weak,
            palette.text,
        ),
        (
            &mut visuals.widgets.open,
            mix(palette.raised, palette.text, 0.08),
            palette.faint,
            palette.text,
        ),
    ];
    for (state, fill, line, text) in states {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, line);
        state.fg_stroke = Stroke::new(1.0, text);
        state.corner_radius = CornerRadius::same(5);
        state.expansion = 0.0;
    }
}

/// A section heading: small capitals over a group of settings or rows.
pub fn caption(ui: &mut egui::Ui, text: &str) -> egui::Response {
    let palette = Palette::of(ui.ctx());
    ui.add(egui::Label::new(
        egui::RichText::new(text.to_uppercase())
            .small()
            .color(palette.faint)
            .extra_letter_spacing(0.4),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_can_be_read_on_every_ground() {
        for palette in [&DARK, &LIGHT] {
            for ground in [palette.canvas, palette.panel, palette.raised, palette.field] {
                for text in [
                    palette.text,
                    palette.weak,
                    palette.faint,
                    palette.amber_text,
                ] {
                    let contrast = contrast(text, ground);
                    assert!(contrast >= 4.5, "{text:?} on {ground:?}: {contrast:.2}");
                }
            }
        }
    }

    #[test]
    fn what_egui_makes_weaker_can_be_read_too() {
        for palette in [&DARK, &LIGHT] {
            let mut style = egui::Style::default();
            restyle(&mut style, palette);
            let weak = style.visuals.weak_text_color();
            for ground in [palette.canvas, palette.panel] {
                assert!(contrast(weak, ground) >= 4.5);
                let faded = |colour| mix(ground, colour, style.visuals.disabled_alpha);
                let disabled = contrast(faded(palette.text), faded(palette.raised));
                assert!(disabled >= 4.5, "on {ground:?}: {disabled:.2}");
            }
            let unwritten = contrast(palette.unwritten, palette.canvas);
            assert!((3.0..4.5).contains(&unwritten), "{unwritten:.2}");
        }
    }
}

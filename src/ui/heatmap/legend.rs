//! What the colours and signs of the cells mean.

use egui::{FontId, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{Quality, Scale, picture, strikes};
use crate::ui::colour_bar;
use crate::ui::theme::{Palette, mix};

/// Colour bar and the signs that are not colour. A column of the picture is of `bin` tokens.
pub(super) fn show(
    ui: &mut Ui,
    quality: Quality,
    palette: &Palette,
    scale: Option<Scale>,
    bin: usize,
) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        if let Some(scale) = scale.filter(|_| quality != Quality::Held) {
            let name = match scale {
                Scale::Log { .. } => "importance, × an even share, logarithmic",
                Scale::Linear { .. } => "redundancy, × an even share",
                Scale::Centred { .. } => "score Z minus the cut",
            };
            colour_bar::show(
                ui,
                quality.colormap(),
                quality.floor(),
                name,
                &scale.numbers(),
            );
            ui.add_space(10.0);
        }
        let key = |ui: &mut Ui, text: &str, paint: &dyn Fn(&egui::Painter, Rect)| {
            let font = FontId::proportional(11.5);
            let words = ui
                .painter()
                .layout_no_wrap(text.to_owned(), font, palette.weak);
            let size = vec2(24.0 + words.size().x + 8.0, words.size().y);
            // One piece, so that sign and words wrap together.
            let (area, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
            let left = pos2(area.left() + 9.0, area.center().y);
            paint(ui.painter(), Rect::from_center_size(left, vec2(18.0, 11.0)));
            ui.painter()
                .galley(area.min + vec2(24.0, 0.0), words, palette.weak);
        };
        let dark = ui.ctx().theme() == egui::Theme::Dark;
        if quality == Quality::Held {
            let held = quality
                .colormap()
                .colour(dark, picture::held_unit(dark, 1.0));
            key(ui, "held", &|p, r| {
                p.rect_filled(r, 1.0, held);
            });
            let gone = crate::ui::colormap::Colormap::Age;
            key(ui, "left lately", &|p, r| {
                p.rect_filled(r, 1.0, gone.colour(dark, 1.0));
            });
            key(ui, "left long ago", &|p, r| {
                p.rect_filled(r, 1.0, gone.colour(dark, 0.0));
            });
        } else {
            key(ui, "not in the cache", &|p, r| {
                p.rect_filled(r, 0.0, palette.panel);
                strikes::hatch(p, r, mix(palette.panel, palette.faint, 0.5));
            });
            key(ui, "window, no score", &|p, r| {
                p.rect_filled(r, 1.0, palette.line);
            });
        }
        key(ui, "leaves now", &|p, r| {
            p.rect_filled(r, 1.0, quality.colour(dark, 0.3));
            let bar = Rect::from_center_size(r.center(), vec2(r.width(), 1.5));
            p.rect_filled(bar, 0.0, palette.text.gamma_multiply(0.8));
        });
        if bin > 1 {
            let which = match quality {
                Quality::Importance | Quality::Redundancy => "the highest of",
                Quality::Score => "the mean of",
                Quality::Held => "the share of",
            };
            let said = format!("a column: {which} {bin} tokens");
            ui.label(RichText::new(said).size(11.5).color(palette.weak))
                .on_hover_text(
                    "There are more tokens than columns of pixels; zoom in to see each.",
                );
        }
    });
    ui.add_space(4.0);
}

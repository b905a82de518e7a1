//! A slider and a field per number of the policy.

use egui::{Align, Layout, RichText, Slider, SliderClamping, Ui};

use crate::config::{CacheSettings, Protection};
use crate::policy::{Param, ParamSpec, PolicyInfo};
use crate::ui::number_field::number_field;
use crate::ui::theme::{Palette, mix};

/// Draws a slider for each number that the policy uses.
pub fn show(ui: &mut Ui, info: &PolicyInfo, settings: &mut CacheSettings) {
    if !info.compresses {
        let palette = Palette::of(ui.ctx());
        let text = "Nothing is ever evicted: the cache grows with every token.";
        ui.label(RichText::new(text).size(12.5).color(palette.weak));
        return;
    }
    for param in info.params {
        if *param != Param::Sinks {
            number(ui, *param, settings);
        }
    }
    if settings.protection == Protection::Sinks || info.needs.sinks {
        number(ui, Param::Sinks, settings);
    }
}

/// Amber is for what keeps: the budget, and importance's share of the score.
fn amber(param: Param) -> bool {
    matches!(param, Param::Budget | Param::Lambda)
}

fn number(ui: &mut Ui, param: Param, settings: &mut CacheSettings) {
    let palette = Palette::of(ui.ctx());
    let spec = param.spec();
    let hint = hint(spec);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.spacing_mut().interact_size.y = 20.0;
        let label = ui
            .horizontal(|ui| {
                let label = ui.label(RichText::new(spec.label).size(13.5).color(palette.text));
                let label = label.on_hover_text(&hint);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let mut value = param.get(settings);
                    // Typed values may leave the slider; the check says when they go too far.
                    let field = number_field(&mut value, spec.decimals)
                        .speed(spec.step)
                        .update_while_editing(false);
                    if ui
                        .add(field)
                        .labelled_by(label.id)
                        .on_hover_text(&hint)
                        .changed()
                    {
                        param.set(settings, value);
                    }
                });
                label
            })
            .inner;
        let fill = if amber(param) {
            palette.amber
        } else {
            mix(palette.panel, palette.text, 0.75)
        };
        ui.visuals_mut().selection.bg_fill = fill;
        ui.visuals_mut().widgets.inactive.bg_fill = mix(palette.panel, palette.text, 0.22);
        ui.spacing_mut().slider_width = ui.available_width() - 2.0;
        let mut value = param.get(settings);
        let slider = Slider::new(&mut value, spec.low..=spec.high)
            .show_value(false)
            .logarithmic(spec.log)
            .step_by(spec.step)
            // A step away from 0.34 is 0.35, not 0.35000000000000003.
            .max_decimals(spec.decimals)
            .clamping(SliderClamping::Never)
            .trailing_fill(true);
        if ui
            .add(slider)
            .labelled_by(label.id)
            .on_hover_text(&hint)
            .changed()
        {
            param.set(settings, odd_kernel(param, value));
        }
    });
}

/// What a number means, how far its slider goes, and its name on the command line.
fn hint(spec: &ParamSpec) -> String {
    let [low, high] = [spec.low, spec.high].map(|end| format!("{end:.*}", spec.decimals));
    format!(
        "{}\n\nThe slider goes from {low} to {high}; --{} on the command line",
        spec.help, spec.option
    )
}

/// The slider passes over the widths that have no centre; the field does not, and is told so.
fn odd_kernel(param: Param, value: f64) -> f64 {
    if param == Param::Kernel {
        (value / 2.0).floor() * 2.0 + 1.0
    } else {
        value
    }
}

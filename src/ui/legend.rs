//! What the colours of the tokens mean, beside the choice of what they show.

use egui::{
    Align2, Color32, CornerRadius, FontId, Label, Pos2, Rect, RichText, Role, Sense, Stroke, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};

use super::command::UiCommand;
use super::derived::Derived;
use super::segmented;
use super::selection::{ColourMode, Selection};
use super::theme::{Palette, caption, mix};
use crate::export::TokenScale;

/// Cells along one side of the two-way square.
const CELLS: usize = 6;

/// Draws the choice of colours and its legend.
pub fn show(
    ui: &mut Ui,
    mode: ColourMode,
    derived: Option<&Derived>,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    caption(ui, "Colour tokens by");
    let choices = [
        (
            ColourMode::Both,
            "both",
            "Importance (amber) mixed with redundancy (blue)",
        ),
        (
            ColourMode::Importance,
            "importance",
            "How much the queries that the policy asks attend to it",
        ),
        (
            ColourMode::Redundancy,
            "redundancy",
            "How much its key repeats other keys",
        ),
        (
            ColourMode::Held,
            "held",
            "Share of (layer, head) pairs that still hold it",
        ),
        (ColourMode::Age, "age", "Tokens since it was written"),
    ];
    let mut chosen = mode;
    if segmented::show(ui, "Colour", 3, &choices, &mut chosen) {
        commands.push(UiCommand::SetColourMode(chosen));
    }
    ui.add_space(6.0);
    let palette = Palette::of(ui.ctx());
    ui.horizontal_top(|ui| {
        if mode == ColourMode::Both {
            square(ui, palette, derived, selection);
        } else {
            ramp(ui, palette, mode, derived, selection);
        }
        ui.add_space(4.0);
        samples(ui, palette);
    });
}

/// A sentence below the legend.
pub fn note(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).size(11.5);
    ui.add(Label::new(text.color(Palette::of(ui.ctx()).weak)).wrap());
}

fn hovered_units(derived: Option<&Derived>, selection: &Selection) -> Option<(f32, f32)> {
    derived?.units(selection.token()?.index())
}

fn square(ui: &mut Ui, palette: &Palette, derived: Option<&Derived>, selection: &Selection) {
    let side = 84.0;
    let (outer, response) = ui.allocate_exact_size(vec2(side + 18.0, side + 18.0), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Label,
            true,
            "Legend: amber is importance, upwards; blue is redundancy, to the right",
        )
    });
    let rect = Rect::from_min_size(outer.min + vec2(18.0, 0.0), vec2(side, side));
    let step = side / CELLS as f32;
    for row in 0..CELLS {
        for column in 0..CELLS {
            let unit = |i: usize| (i as f32) / (CELLS - 1) as f32;
            let cell = Rect::from_min_size(
                rect.min + vec2(column as f32 * step, (CELLS - 1 - row) as f32 * step),
                vec2(step - 1.0, step - 1.0),
            );
            let colour = palette.both(unit(row), unit(column));
            ui.painter()
                .rect_filled(cell, CornerRadius::same(1), colour);
        }
    }
    let font = FontId::proportional(11.0);
    let below = pos2(rect.left(), rect.bottom() + 2.0);
    let name = ui.painter().text(
        below,
        Align2::LEFT_TOP,
        "redundancy",
        font.clone(),
        palette.weak,
    );
    arrow(
        ui,
        palette,
        pos2(name.right() + 4.0, name.center().y + 1.0),
        vec2(14.0, 0.0),
    );
    let galley = ui
        .painter()
        .layout_no_wrap("importance".to_owned(), font, palette.weak);
    let at = pos2(outer.left(), rect.bottom());
    let top = rect.bottom() - galley.size().x;
    let text = egui::epaint::TextShape::new(at, galley, palette.weak);
    ui.painter()
        .add(text.with_angle(-std::f32::consts::FRAC_PI_2));
    arrow(
        ui,
        palette,
        pos2(outer.left() + 8.0, top - 4.0),
        vec2(0.0, -14.0),
    );
    if let Some((importance, redundancy)) = hovered_units(derived, selection) {
        let at = pos2(
            rect.left() + step / 2.0 + redundancy * (side - step),
            rect.bottom() - step / 2.0 - importance * (side - step),
        );
        ui.painter()
            .circle_stroke(at, 5.0, Stroke::new(3.0, palette.canvas));
        ui.painter()
            .circle_stroke(at, 5.0, Stroke::new(1.5, palette.text));
    }
    if let Some(derived) = derived.filter(|d| !d.importance.is_empty()) {
        response.on_hover_text(format!(
            "Scores against an even share of the attention or similarity, averaged over heads.\n\
             The colours reach from {} times or less to {} times or more for importance,\n\
             from {} or less to {} or more for redundancy.",
            times(derived.importance.low),
            times(derived.importance.high),
            times(derived.redundancy.low),
            times(derived.redundancy.high),
        ));
    }
}

/// Drawn: the fonts have no arrows.
fn arrow(ui: &Ui, palette: &Palette, from: Pos2, along: Vec2) {
    let stroke = Stroke::new(1.0, palette.weak);
    let to = from + along;
    let back = along.normalized() * 3.0;
    ui.painter().line_segment([from, to], stroke);
    for side in [back.rot90(), -back.rot90()] {
        ui.painter().line_segment([to, to - back + side], stroke);
    }
}

fn times(value: f32) -> String {
    if value >= 10.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn ramp(
    ui: &mut Ui,
    palette: &Palette,
    mode: ColourMode,
    derived: Option<&Derived>,
    selection: &Selection,
) {
    let (colour, low, high) = ends(palette, mode, derived);
    let (rect, response) = ui.allocate_exact_size(vec2(102.0, 58.0), Sense::hover());
    let name = ColourMode::ALL
        .iter()
        .find(|(m, _)| *m == mode)
        .map_or("", |(_, name)| name);
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Label,
            true,
            format!("Legend: {name}, from {low} to {high}"),
        )
    });
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 14.0));
    let steps = 24;
    for i in 0..steps {
        let width = bar.width() / steps as f32;
        let cell = Rect::from_min_size(
            bar.min + vec2(i as f32 * width, 0.0),
            vec2(width + 0.5, bar.height()),
        );
        let unit = i as f32 / (steps - 1) as f32;
        ui.painter()
            .rect_filled(cell, 0.0, palette.ramp(colour, unit));
    }
    let font = FontId::proportional(11.0);
    let under = bar.bottom() + 3.0;
    ui.painter().text(
        pos2(bar.left(), under),
        Align2::LEFT_TOP,
        low,
        font.clone(),
        palette.weak,
    );
    ui.painter().text(
        pos2(bar.right(), under),
        Align2::RIGHT_TOP,
        high,
        font.clone(),
        palette.weak,
    );
    ui.painter().text(
        pos2(bar.left(), under + 16.0),
        Align2::LEFT_TOP,
        name,
        font,
        palette.faint,
    );
    let unit = match (mode, derived, selection.token()) {
        (ColourMode::Importance, ..) => hovered_units(derived, selection).map(|(i, _)| i),
        (ColourMode::Redundancy, ..) => hovered_units(derived, selection).map(|(_, r)| r),
        (ColourMode::Held, Some(derived), Some(token)) => derived.held_share(token.index()),
        _ => None,
    };
    if let Some(unit) = unit {
        let x = bar.left() + unit * bar.width();
        ui.painter()
            .vline(x, bar.expand(2.0).y_range(), Stroke::new(2.0, palette.text));
    }
}

fn ends(
    palette: &Palette,
    mode: ColourMode,
    derived: Option<&Derived>,
) -> (Color32, String, String) {
    let scale = |scale: Option<TokenScale>| match scale.filter(|s| !s.is_empty()) {
        Some(scale) => (
            format!("≤ {}×", times(scale.low)),
            format!("≥ {}×", times(scale.high)),
        ),
        None => ("low".to_owned(), "high".to_owned()),
    };
    match mode {
        ColourMode::Redundancy => {
            let (low, high) = scale(derived.map(|d| d.redundancy));
            (palette.blue, low, high)
        }
        ColourMode::Held => (palette.amber, "no head".to_owned(), "every head".to_owned()),
        ColourMode::Age => (palette.weak, "new".to_owned(), "old".to_owned()),
        ColourMode::Importance | ColourMode::Both => {
            let (low, high) = scale(derived.map(|d| d.importance));
            (palette.amber, low, high)
        }
    }
}

fn samples(ui: &mut Ui, palette: &Palette) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (text, share) in [("held by all heads", 1.0), ("held by a third", 0.33)] {
            let label = egui::RichText::new(text).size(11.5).color(palette.weak);
            ui.label(label);
            let (rect, _) = ui.allocate_exact_size(vec2(78.0, 6.0), Sense::hover());
            let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0));
            ui.painter()
                .rect_filled(bar, 0.0, mix(palette.panel, palette.faint, 0.4));
            let held = Rect::from_min_size(bar.min, vec2(bar.width() * share, 2.0));
            ui.painter().rect_filled(held, 0.0, palette.held);
        }
        let gone = egui::RichText::new("evicted")
            .size(11.5)
            .color(palette.faint)
            .strikethrough();
        ui.label(gone)
            .on_hover_text("Every head has dropped it: the model no longer sees it");
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 5.0;
            let (rect, _) = ui.allocate_exact_size(vec2(3.0, 13.0), Sense::hover());
            ui.painter().rect_filled(rect, 1.0, palette.blue);
            ui.label(
                egui::RichText::new("reflection")
                    .size(11.5)
                    .color(palette.weak),
            )
            .on_hover_text(
                "The stripe at the left of text that turns back on what was written; \
                 the tab Reflections lists all of it",
            );
        });
    });
}

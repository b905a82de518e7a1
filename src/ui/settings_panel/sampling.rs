//! How the next run draws its tokens, and what it records.

use egui::{Align, DragValue, Id, Label, Layout, RichText, Ui};

use crate::config::Sampling;
use crate::trace::RecordLevel;
use crate::ui::number_field::number_field;
use crate::ui::seed_field::seed_field;
use crate::ui::segmented;
use crate::ui::theme::{Palette, caption};

/// Draws the fields.
pub fn show(ui: &mut Ui, sampling: &mut Sampling, level: &mut RecordLevel) {
    row(
        ui,
        "Temperature",
        "0 takes the likeliest token every time",
        |ui, id| {
            let field = number_field(&mut sampling.temperature, 2).speed(0.01);
            ui.add(field).labelled_by(id);
        },
    );
    row(
        ui,
        "Top-p",
        "Draw from the smallest set of tokens with this probability; 1 keeps all",
        |ui, id| {
            let mut p = sampling.top_p.unwrap_or(1.0);
            let field = number_field(&mut p, 2).speed(0.005);
            if ui.add(field).labelled_by(id).changed() {
                sampling.top_p = (p != 1.0).then_some(p);
            }
        },
    );
    row(
        ui,
        "Top-k",
        "Draw from the k likeliest tokens; 0 keeps all",
        |ui, id| {
            let mut k = sampling.top_k.unwrap_or(0);
            if ui
                .add(DragValue::new(&mut k).speed(0.2))
                .labelled_by(id)
                .changed()
            {
                sampling.top_k = (k != 0).then_some(k);
            }
        },
    );
    let mut no_seed = None;
    row(
        ui,
        "Seed",
        "The same seed and settings write the same text",
        |ui, id| {
            no_seed = seed_field(ui, Id::unique("seed of a run"), id, &mut sampling.seed);
        },
    );
    if let Some(why) = no_seed {
        let text = RichText::new(why).size(12.5);
        ui.add(Label::new(text.color(Palette::of(ui.ctx()).error)).wrap());
    }
    row(
        ui,
        "Most tokens",
        "The run ends after this many tokens",
        |ui, id| {
            ui.add(DragValue::new(&mut sampling.max_tokens).speed(8.0))
                .labelled_by(id);
        },
    );
    caption(ui, "Record");
    let choices = [
        (
            RecordLevel::Summary,
            "evictions",
            "Which tokens left, nothing more: the smallest files (--level summary)",
        ),
        (
            RecordLevel::Scores,
            "scores",
            "Also the final score of every candidate (--level scores)",
        ),
        (
            RecordLevel::Components,
            "all",
            "Also importance and redundancy, which the colours need (--level components)",
        ),
    ];
    segmented::show(ui, "Record", 3, &choices, level);
}

fn row(ui: &mut Ui, name: &str, help: &str, field: impl FnOnce(&mut Ui, egui::Id)) {
    let palette = Palette::of(ui.ctx());
    ui.horizontal(|ui| {
        let label = ui
            .label(RichText::new(name).size(13.5).color(palette.text))
            .on_hover_text(help);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            field(ui, label.id);
        });
    });
}

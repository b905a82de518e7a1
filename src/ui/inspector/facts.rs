//! What a token is: text, place, part of the text, and how sure the model was of it.

use egui::{Align, Label, Layout, RichText, Ui};

use super::section;
use crate::trace::{Position, TraceView, quoted};
use crate::ui::quantity::{count, percent};
use crate::ui::theme::Palette;

/// Draws the head of the card and its facts.
pub fn show(ui: &mut Ui, view: &TraceView<'_>, position: Position) {
    let palette = Palette::of(ui.ctx());
    let store = view.store();
    let tokens = store.tokens();
    ui.horizontal(|ui| {
        let text = RichText::new(quoted(store, position))
            .size(16.0)
            .monospace();
        ui.add(Label::new(text.color(palette.text)).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let place = format!("position {}", count(u64::from(position.0)));
            ui.label(RichText::new(place).size(12.0).color(palette.weak));
        });
    });
    ui.add_space(2.0);
    let part = store
        .segment_at(position)
        .map_or("no part", |kind| kind.name());
    section::number(ui, "part of the text", part, "");
    if let Some(id) = tokens.id(position) {
        section::number(
            ui,
            "token id",
            &id.to_string(),
            "Id in the model's vocabulary",
        );
    }
    if position.0 < store.header().prompt_tokens {
        return;
    }
    let logprob = tokens.logprob(position);
    section::number(
        ui,
        "probability",
        &percent(f64::from(logprob.exp())),
        &format!("The model gave it log-probability {logprob:.3} nats when it was drawn"),
    );
    section::number(
        ui,
        "entropy",
        &format!("{:.2} nats", tokens.entropy(position)),
        "How undecided the model was here: 0 is certain",
    );
    let seconds = tokens.micros(position) as f64 / 1e6;
    section::number(
        ui,
        "written at",
        &format!("{seconds:.2} s"),
        "Since the run began",
    );
}

//! The line at the bottom: every number that claims a saving says what it is.

use egui::{Label, RichText, Ui};

use super::engine_status::{EngineStatus, Phase};
use super::quantity::{bytes, count, counted, percent};
use super::theme::Palette;
use crate::trace::{FinishReason, TraceView};

/// Share of the line that the run's end may take, and the model's and the device's name.
const LONGEST: f32 = 0.3;

/// Draws the line. `peak_slots` is the most slots a head held over the whole run; `live` whether it is being written.
pub fn show(
    ui: &mut Ui,
    status: &EngineStatus,
    view: Option<&TraceView<'_>>,
    peak_slots: u32,
    live: bool,
) {
    let palette = Palette::of(ui.ctx());
    let mut first = true;
    let mut item = |ui: &mut Ui, text: String, hint: &str| {
        if !first {
            ui.label(RichText::new("·").size(12.0).color(palette.faint));
        }
        first = false;
        let hint = format!("{hint}\n\n{text}");
        let text = RichText::new(text).size(12.0).color(palette.weak);
        ui.add(Label::new(text).truncate().show_tooltip_when_elided(false))
            .on_hover_text(hint);
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        if let Some(phase) = phase(status) {
            item(ui, phase.to_owned(), "What the engine does");
        }
        let Some(view) = view else {
            if let Some((_, device)) = &status.model {
                item(ui, device.clone(), "Where the model and its cache live");
            }
            item(ui, "no run yet".to_owned(), "Run a problem or open a trace");
            return;
        };
        let store = view.store();
        let header = store.header();
        // However long these are, what follows stays in sight.
        let most = ui.available_width() * LONGEST;
        if let Some((_, reason, seconds)) = store.end() {
            let said = format!("{}, {seconds:.1} s", ending(reason));
            let hint = "Why the run ended, and how long it took, pauses left out";
            within(ui, most, |ui| item(ui, said, hint));
        } else if !live {
            item(ui, "the recording stops before the run's end".to_owned(), "The file was cut off, or the run broke off");
        }
        let said = format!("{} on {}", header.model.name, header.device);
        let hint = "The model of this run, and where its cache lived";
        within(ui, most, |ui| item(ui, said, hint));
        if let Some(speed) = status.speed() {
            item(ui, speed, "Tokens written per second over the last half second");
        }
        let now = view.slots();
        item(
            ui,
            format!(
                "{} per head now, {} at most",
                counted(now.round() as u64, "slot"),
                count(u64::from(peak_slots))
            ),
            "Slots a head holds at the cursor (mean over layers), and the most any head held in the whole run",
        );
        let (held, full) = (view.cache_bytes(), view.full_bytes());
        let share = if full == 0 { 1.0 } else { held as f64 / full as f64 };
        item(
            ui,
            format!("cache {} of {} full ({})", bytes(held), bytes(full), percent(share)),
            "Bytes of all heads' keys and values at the cursor, against a cache that evicts nothing after the same tokens",
        );
        item(
            ui,
            format!(
                "{} of {}",
                count(view.event_count() as u64),
                counted(store.events().len() as u64, "compression")
            ),
            "Compressions up to the cursor, of all so far",
        );
    });
}

/// Draws the line of the Compare tab, where every pane has its own numbers.
pub fn comparing(ui: &mut Ui, status: &EngineStatus, runs: usize) {
    let palette = Palette::of(ui.ctx());
    let doing = phase(status).map(str::to_owned);
    let device = status.model.as_ref().map(|(_, device)| device.clone());
    let shown = match runs {
        0 => "no run to compare yet".to_owned(),
        n => counted(n as u64, "run"),
    };
    let items = [doing, device, status.speed(), Some(shown)];
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        let text = items.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        ui.label(RichText::new(text).size(12.0).color(palette.weak));
    });
}

/// Adds what may be at most so wide, in points.
fn within(ui: &mut Ui, most: f32, add: impl FnOnce(&mut Ui)) {
    ui.scope(|ui| {
        ui.set_max_width(most);
        add(ui);
    });
}

fn phase(status: &EngineStatus) -> Option<&'static str> {
    match status.phase {
        Phase::Idle => None,
        Phase::Starting => Some("starting"),
        Phase::Prefill => Some("reading the prompt"),
        Phase::Running => Some("writing"),
        Phase::Paused => Some("paused"),
    }
}

fn ending(reason: &FinishReason) -> String {
    match reason {
        FinishReason::EndOfText => "finished".to_owned(),
        FinishReason::MaxTokens => "ended at the token limit".to_owned(),
        FinishReason::ContextFull => "ended with the model's context full".to_owned(),
        FinishReason::Stopped => "stopped".to_owned(),
        FinishReason::Failed(why) => format!("failed: {why}"),
    }
}

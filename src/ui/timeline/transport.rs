//! The row above the curve: playing, stepping, following, and where the cursor stands.

use egui::{Align, Layout, Rect, RichText, Ui};

use super::curve_points::has_budget;
use super::icon_button::{self, Icon};
use super::panel::Run;
use crate::trace::TraceView;
use crate::ui::command::UiCommand;
use crate::ui::quantity::{bytes, count, counted};
use crate::ui::theme::Palette;

/// How the cursor moves by itself; the app moves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// The cursor advances through the run.
    pub playing: bool,
    /// The cursor stays at the end as tokens arrive.
    pub following: bool,
    /// The engine is writing this run now.
    pub live: bool,
    /// Whether any of several runs on one cursor has a compression before the cursor, and after it; of one run, it tells itself.
    pub steps: Option<(bool, bool)>,
}

/// Size of the words.
const SIZES: f32 = 12.5;
const BETWEEN: &str = " · ";

/// Draws buttons and numbers. Returns the room that all of them leave between them, if they all found room.
pub(super) fn show(
    ui: &mut Ui,
    view: &TraceView<'_>,
    runs: &[Run<'_>],
    transport: Transport,
    speed: f32,
    commands: &mut Vec<UiCommand>,
) -> Option<Rect> {
    let palette = Palette::of(ui.ctx());
    let store = view.store();
    let events = store.events().len();
    let some = !store.tokens().is_empty();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let own = (view.event_count() > 0, view.event_count() < events);
        let (before, after) = transport.steps.unwrap_or(own);
        let hint = "Previous compression (left arrow)";
        if icon_button::show(ui, Icon::Previous, "Previous compression", hint, before).clicked() {
            commands.push(UiCommand::StepEvent(-1));
        }
        let (icon, name, hint) = if transport.playing {
            (Icon::Pause, "Pause timeline", "Pause (space)")
        } else {
            (Icon::Play, "Play timeline", "Play from the cursor (space)")
        };
        if icon_button::show(ui, icon, name, hint, some).clicked() {
            commands.push(UiCommand::TogglePlay);
        }
        let hint = "Next compression (right arrow)";
        if icon_button::show(ui, Icon::Next, "Next compression", hint, after).clicked() {
            commands.push(UiCommand::StepEvent(1));
        }
        let (text, hint) = if transport.live {
            ("follow live", "Keep the cursor at the newest token")
        } else {
            ("go to end", "Move the cursor to the last token")
        };
        let at_end = view.cursor() == store.tokens().len();
        let chosen = transport.live && transport.following;
        let button = egui::Button::selectable(chosen, text).min_size(egui::vec2(0.0, 24.0));
        let enabled = some && (transport.live || !at_end);
        if ui
            .add_enabled(enabled, button)
            .on_hover_text(hint)
            .clicked()
        {
            commands.push(UiCommand::Follow);
        }
        if ui.available_width() > 400.0 {
            speeds(ui, speed, some, commands);
        }
        ui.add_space(6.0);
        let place = place(view, runs, transport);
        let shown = RichText::new(fitting(ui, &place)).color(palette.text);
        ui.add(egui::Label::new(shown.size(SIZES)).extend())
            .on_hover_text(place.join(BETWEEN));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            some.then(|| {
                let (parts, hint) = if runs.len() > 1 {
                    (
                        held(runs),
                        "Slots per head that each run holds at the cursor (mean over layers)",
                    )
                } else {
                    (
                        sizes(view),
                        "Slots per head now (mean over layers) and at their most so far; bytes of all heads' \
                         keys and values now, and what a full cache would take",
                    )
                };
                let shown = fitting(ui, &parts);
                let whole = shown == parts.join(BETWEEN);
                let text = RichText::new(shown).size(SIZES).color(palette.weak);
                let sizes = ui.add(egui::Label::new(text).extend());
                sizes.on_hover_text(format!("{}\n\n{hint}", parts.join(BETWEEN)));
                whole.then(|| ui.available_rect_before_wrap())
            })
        })
        .inner
        .flatten()
    })
    .inner
}

/// Tokens per second that playing can run at.
const SPEEDS: [f32; 6] = [10.0, 20.0, 40.0, 80.0, 200.0, 1000.0];

fn speeds(ui: &mut Ui, speed: f32, enabled: bool, commands: &mut Vec<UiCommand>) {
    let name = |speed: f32| format!("{speed:.0} tok/s");
    let response = ui
        .add_enabled_ui(enabled, |ui| {
            egui::ComboBox::from_id_salt("play speed")
                .selected_text(name(speed))
                .width(86.0)
                .show_ui(ui, |ui| {
                    for choice in SPEEDS {
                        if ui.selectable_label(speed == choice, name(choice)).clicked() {
                            commands.push(UiCommand::SetPlaySpeed(choice));
                        }
                    }
                })
                .response
        })
        .inner;
    response
        .accessible_name("Play speed")
        .on_hover_text("How fast the timeline plays");
}

/// Where the cursor stands: `compression 9 of 13 · 384 tokens seen · following`; with several runs, each with compressions
/// of its own, the tokens only. A number of tokens, not a position: the newest of 384 is at position 383.
fn place(view: &TraceView<'_>, runs: &[Run<'_>], transport: Transport) -> Vec<String> {
    let store = view.store();
    if store.tokens().is_empty() {
        return vec!["no tokens yet".to_owned()];
    }
    let moving = if transport.playing {
        Some("playing")
    } else if transport.live && transport.following {
        Some("following")
    } else if transport.live {
        Some("run goes on")
    } else {
        None
    };
    let seen = format!("{} seen", counted(view.cursor() as u64, "token"));
    if runs.len() > 1 {
        return std::iter::once(seen)
            .chain(moving.map(str::to_owned))
            .collect();
    }
    let said = match (view.event_count(), store.events().len()) {
        (_, 0) if !has_budget(view.settings()) => "evicts nothing".to_owned(),
        (_, 0) if transport.live => "no compression yet".to_owned(),
        (_, 0) => "no compression".to_owned(),
        (0, n) => format!("before compression 1 of {n}"),
        (at, n) => format!("compression {at} of {n}"),
    };
    let letter = runs.first().and_then(|run| run.letter);
    let of = letter.map_or(String::new(), |letter| format!("{letter}: "));
    [format!("{of}{said}"), seen]
        .into_iter()
        .chain(moving.map(str::to_owned))
        .collect()
}

/// As many of the parts as there is room for, the last ones first to go: half a number says another one.
fn fitting(ui: &Ui, parts: &[String]) -> String {
    let font = egui::FontId::proportional(SIZES);
    let fits = |text: &String| {
        let galley =
            ui.painter()
                .layout_no_wrap(text.clone(), font.clone(), egui::Color32::PLACEHOLDER);
        galley.size().x <= ui.available_width()
    };
    let mut shorter = (1..=parts.len()).rev().map(|n| parts[..n].join(BETWEEN));
    shorter.find(fits).unwrap_or_default()
}

/// What each of several runs holds: `held: A 83`, `B 165`.
fn held(runs: &[Run<'_>]) -> Vec<String> {
    let held = |run: &Run<'_>| {
        let slots = count(run.view.slots().round() as u64);
        format!("{} {slots}", run.letter.unwrap_or(' '))
    };
    let mut runs: Vec<String> = runs.iter().map(held).collect();
    if let Some(first) = runs.first_mut() {
        first.insert_str(0, "held: ");
    }
    runs
}

/// What the cache holds: `held 96`, `peak 160`, `4.7 MiB of 18.9 MiB full`.
fn sizes(view: &TraceView<'_>) -> Vec<String> {
    let records = &view.store().events()[..view.event_count()];
    let slots = view.slots();
    let peak = records
        .iter()
        .flat_map(|e| e.slots_before.iter().copied())
        .max()
        .unwrap_or(0)
        .max(slots.ceil() as u32);
    vec![
        format!("held {}", count(slots.round() as u64)),
        format!("peak {}", count(u64::from(peak))),
        format!(
            "{} of {} full",
            bytes(view.cache_bytes()),
            bytes(view.full_bytes())
        ),
    ]
}

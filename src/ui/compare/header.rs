//! The head of a pane: its letter, its policy and settings, what it does, where it parts from A.

use std::cmp::Ordering;

use egui::{Align, Color32, CornerRadius, Frame, Layout, Margin, RichText, Stroke, Ui, vec2};

use super::pane::{Pane, PaneState, small, small_label};
use super::panel::Shown;
use crate::compare::{Divergence, letter};
use crate::policy::{find, shown_name};
use crate::trace::{FinishReason, TraceView};
use crate::ui::command::{CompareCommand, UiCommand};
use crate::ui::settings_words::apart;
use crate::ui::theme::Palette;

/// Draws it.
pub(super) fn show(
    ui: &mut Ui,
    shown: &Shown<'_>,
    index: usize,
    parting: Option<&Divergence>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let pane = &shown.panes[index];
    let info = find(&pane.settings.policy).ok();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        badge(ui, palette, index);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            menu(ui, shown, index, commands);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let name = shown_name(&pane.settings.policy);
                let text = RichText::new(name).size(15.0).strong().color(palette.text);
                // Its own tooltip would lie over the other one.
                let own = info.is_none();
                let label = egui::Label::new(text).truncate();
                let label = ui.add(label.show_tooltip_when_elided(own));
                if let Some(info) = info {
                    label.on_hover_text(format!("{name}\n\n{}\n\n{}", info.summary, info.paper));
                }
                let (said, colour) = state_in_words(pane, palette);
                small(ui, &said, colour);
            });
        });
    });
    let settings = apart(pane.settings);
    small(ui, &settings, palette.weak);
    let size = vec2(ui.available_width(), 20.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(size.y);
        parted(ui, shown, index, parting, commands);
    });
}

/// What the pane's run does or came to, and its file.
fn state_in_words(pane: &Pane<'_>, palette: &Palette) -> (String, Color32) {
    let (said, colour) = match pane.state {
        PaneState::Failed(why) => (why.clone(), palette.error),
        state => (doing(state, pane.view.as_ref()), palette.faint),
    };
    match &pane.file {
        Some(file) => (format!("{said} · {file}"), colour),
        None => (said, colour),
    }
}

/// The letter on a chip.
pub(super) fn badge(ui: &mut Ui, palette: &Palette, index: usize) {
    Frame::new()
        .fill(palette.raised)
        .stroke(Stroke::new(1.0, palette.faint))
        .corner_radius(CornerRadius::same(4))
        .inner_margin(Margin::symmetric(6, 1))
        .show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            let text = RichText::new(letter(index).to_string()).size(13.0).strong();
            ui.label(text.color(palette.text));
        });
}

/// Where the pane's text parts from A's, with a way there.
fn parted(
    ui: &mut Ui,
    shown: &Shown<'_>,
    index: usize,
    parting: Option<&Divergence>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let stores = shown.store(0).zip(shown.store(index));
    let Some((a, own)) = stores.filter(|_| index > 0) else {
        let said = match (index, shown.panes.len()) {
            (0, 1) => "alone so far: add a trace, or set up policies to run beside it",
            (0, _) => "the others are held against this one",
            _ => "",
        };
        small(ui, said, palette.faint);
        return;
    };
    let Some(parting) = parting else {
        let over = a.end().is_some() && own.end().is_some();
        let said = match (over, a.tokens().len().cmp(&own.tokens().len())) {
            (true, Ordering::Equal) => "the same text as A",
            (true, Ordering::Greater) => "the same text as A, cut off earlier",
            (true, Ordering::Less) => "the same text as A, which was cut off earlier",
            (false, _) => "the same text as A so far",
        };
        small(ui, said, palette.weak);
        return;
    };
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let button = egui::Button::new(RichText::new("go there").size(12.0)).small();
        let name = format!("Go to where {} parts from A", letter(index));
        let hint = "Moves the cursor right behind the token and pins it in all panes";
        let button = ui.add(button).accessible_name(name).on_hover_text(hint);
        if button.clicked() {
            commands.push(UiCommand::SetCursor(parting.position.index() + 1));
            commands.push(UiCommand::Select(Some(parting.position)));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let said = format!("parts from A at {}", parting.said(a, own));
            let hint = format!(
                "{said}\n\nThe first token after the prompt that is another one than in A: A wrote {}, {} wrote {}",
                parting.token(a),
                letter(index),
                parting.token(own)
            );
            let label = small_label(&said, palette.text).show_tooltip_when_elided(false);
            ui.add(label).on_hover_text(hint);
        });
    });
}

fn menu(ui: &mut Ui, shown: &Shown<'_>, index: usize, commands: &mut Vec<UiCommand>) {
    let pane = &shown.panes[index];
    let button = ui.menu_button(RichText::new("⏷").size(12.0), |ui| {
        ui.set_min_width(190.0);
        let mut item = |ui: &mut Ui, enabled: bool, name: &str, command: CompareCommand| {
            if ui.add_enabled(enabled, egui::Button::new(name)).clicked() {
                commands.push(UiCommand::Compare(command));
                ui.close();
            }
        };
        let some = pane.view.is_some();
        let save = CompareCommand::Save {
            pane: pane.generation,
            path: None,
        };
        item(ui, some, "Save this trace…", save);
        let idle = !shown.status.busy();
        let read = CompareCommand::Read(index);
        item(ui, some && idle, "Show in the Reading tab", read);
        let (replace, paths) = (Some(pane.generation), vec![]);
        let open = CompareCommand::Open {
            pane: replace,
            paths,
        };
        item(ui, shown.live != Some(index), "Put a trace here…", open);
        let close = CompareCommand::Close(index);
        item(ui, shown.live != Some(index), "Close this pane", close);
    });
    let name = format!("Menu of pane {}", letter(index));
    button.response.accessible_name(name);
}

fn doing(state: &PaneState, view: Option<&TraceView<'_>>) -> String {
    let ended = view.and_then(|view| view.store().end());
    match (state, ended) {
        (PaneState::Waiting, _) => "waiting for its turn".to_owned(),
        (PaneState::Cancelled, _) => "not run".to_owned(),
        (PaneState::Failed(why), _) => why.clone(),
        (_, Some((_, reason, seconds))) => format!("{}, {seconds:.1} s", ending(reason)),
        (PaneState::Running, None) => "writing".to_owned(),
        (PaneState::Done, None) => "the recording stops before the end".to_owned(),
    }
}

fn ending(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::EndOfText => "finished",
        FinishReason::MaxTokens => "ended at the token limit",
        FinishReason::ContextFull => "ended with the context full",
        FinishReason::Stopped => "stopped",
        FinishReason::Failed(why) => why,
    }
}

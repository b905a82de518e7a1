//! The row above the panes: set up and run, bring traces in and out, choose the pair and the colours.

use egui::{Align, Button, ComboBox, Frame, Layout, Margin, RichText, Ui};

use super::caches::CompareState;
use super::lens::Colours;
use super::panel::Shown;
use crate::compare::{MOST_RUNS, letter};
use crate::ui::command::{CompareCommand, UiCommand};
use crate::ui::dropping;
use crate::ui::theme::Palette;

/// Draws it.
pub(super) fn show(
    ui: &mut Ui,
    state: &mut CompareState,
    shown: &Shown<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let room = Frame::new().inner_margin(Margin::symmetric(14, 5));
    room.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            run(ui, state, shown, commands);
            let free = shown.panes.len() < MOST_RUNS;
            let paths = vec![];
            let open = CompareCommand::Open { pane: None, paths };
            let button = ui.add_enabled(free, Button::new("Add a trace…"));
            if button
                .on_hover_text(if dropping::is_possible() {
                    "Open a recorded run in the next free pane; or drop a .rkvt file on a pane"
                } else {
                    "Open a recorded run in the next free pane"
                })
                .on_disabled_hover_text("All panes are taken; close one first")
                .clicked()
            {
                commands.push(UiCommand::Compare(open));
            }
            if let Some(run) = &shown.reading {
                let button = ui.add_enabled(free, Button::new("Add the run in Reading"));
                if button
                    .on_hover_text(format!("Puts it into the next free pane: {run}"))
                    .clicked()
                {
                    commands.push(UiCommand::Compare(CompareCommand::TakeRun));
                }
            }
            save(ui, shown, commands);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                colours(ui, state, shown);
                pair(ui, palette, state, shown);
            });
        });
    });
}

fn run(ui: &mut Ui, state: &mut CompareState, shown: &Shown<'_>, commands: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui.ctx());
    if let Some(live) = shown.live.filter(|_| shown.status.busy()) {
        let hint = "End the run and those that wait; what was recorded stays";
        if ui.button("Stop comparison").on_hover_text(hint).clicked() {
            commands.push(UiCommand::StopRun);
        }
        let text = format!("running {} of {}", letter(live), shown.panes.len());
        ui.label(RichText::new(text).size(12.5).color(palette.weak));
        return;
    }
    let hint = "Choose the policies and run them on the problem above";
    if ui.button("Set up…").on_hover_text(hint).clicked() {
        state.setup.open = true;
    }
}

fn save(ui: &mut Ui, shown: &Shown<'_>, commands: &mut Vec<UiCommand>) {
    ui.menu_button("Save ⏷", |ui| {
        let some = shown.end() > 0;
        for (name, command) in [
            ("All traces…", CompareCommand::SaveAll(None)),
            (
                "Figure of survival and overlap…",
                CompareCommand::Figure(None),
            ),
        ] {
            if ui.add_enabled(some, Button::new(name)).clicked() {
                commands.push(UiCommand::Compare(command));
                ui.close();
            }
        }
    });
}

/// Laid out from the right.
fn colours(ui: &mut Ui, state: &mut CompareState, shown: &Shown<'_>) {
    let two = shown.panes.len() > 1;
    for (colours, name, hint) in [
        (
            Colours::Scores,
            "scores",
            "Colour tokens as in the Reading tab, whose settings panel chooses by what",
        ),
        (
            Colours::Difference,
            "difference",
            "Colour tokens by who of the pair still holds them",
        ),
    ] {
        let chosen = state.colours == colours;
        let button = ui.add_enabled(two, Button::selectable(chosen, name));
        let spoken = format!("Colour panes by: {name}");
        if button.accessible_name(spoken).on_hover_text(hint).clicked() {
            state.colours = colours;
        }
    }
}

fn pair(ui: &mut Ui, palette: &Palette, state: &mut CompareState, shown: &Shown<'_>) {
    let panes = shown.panes.len();
    let Some(chosen) = state.pair(panes).filter(|_| panes > 2) else {
        return;
    };
    let name = |(a, b): (usize, usize)| format!("{} and {}", letter(a), letter(b));
    let response = ComboBox::from_id_salt("compared pair")
        .selected_text(name(chosen))
        .width(88.0)
        .show_ui(ui, |ui| {
            for a in 0..panes {
                for b in a + 1..panes {
                    let this = (a, b);
                    if ui.selectable_label(chosen == this, name(this)).clicked() {
                        state.pair = Some(this);
                    }
                }
            }
        })
        .response;
    response
        .accessible_name("Compared pair")
        .on_hover_text("The two panes that the difference and the overlap speak of");
    ui.label(RichText::new("pair").size(12.5).color(palette.faint));
}

//! The menu of files: traces, exports, earlier runs, and what belongs nowhere else.

use std::path::PathBuf;
use std::time::SystemTime;

use egui::{Button, RichText, ThemePreference, Ui};

use super::ago::ago;
use super::command::{CompareCommand, UiCommand};
use super::shortcuts::command;
use super::theme::Palette;

/// Earlier runs in the menu.
pub const LISTED: usize = 15;

/// A run that the window has kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierRun {
    /// Its problem.
    pub problem: String,
    /// Its policy and budget, in a few words.
    pub settings: String,
    /// When it began.
    pub began: SystemTime,
    /// Whether it came to its end; one that did not opens as far as it came.
    pub finished: bool,
    /// Its trace.
    pub path: PathBuf,
}

/// Draws the button, and the menu while it is open. `savable` tells whether the tab shows a run, `shown` whether there is one
/// to read, `busy` whether one is under way.
pub fn show(
    ui: &mut Ui,
    savable: bool,
    shown: bool,
    busy: bool,
    earlier: &[EarlierRun],
    commands: &mut Vec<UiCommand>,
) {
    ui.menu_button("File", |ui| {
        ui.set_min_width(210.0);
        item(
            ui,
            true,
            "Open trace…",
            concat!(command!(), "+O"),
            UiCommand::Open(None),
            commands,
        );
        earlier_runs(ui, busy, earlier, commands);
        item(
            ui,
            savable,
            "Save trace…",
            concat!(command!(), "+S"),
            UiCommand::Save(None),
            commands,
        );
        item(
            ui,
            savable,
            "Export…",
            concat!(command!(), "+E"),
            UiCommand::ShowExport(true),
            commands,
        );
        let compare = UiCommand::Compare(CompareCommand::TakeRun);
        item(
            ui,
            shown && !busy,
            "Compare with this run",
            "",
            compare,
            commands,
        );
        item(
            ui,
            shown && !busy,
            "New problem",
            "",
            UiCommand::CloseTrace,
            commands,
        );
        ui.separator();
        for (name, theme) in [
            ("Theme of the system", ThemePreference::System),
            ("Dark theme", ThemePreference::Dark),
            ("Light theme", ThemePreference::Light),
        ] {
            let chosen = ui.ctx().options(|options| options.theme_preference) == theme;
            if ui.add(Button::selectable(chosen, name)).clicked() {
                commands.push(UiCommand::SetTheme(theme));
                ui.close();
            }
        }
        ui.separator();
        item(ui, true, "Help", "F1", UiCommand::ToggleHelp, commands);
    });
}

fn item(
    ui: &mut Ui,
    enabled: bool,
    name: &str,
    keys: &str,
    command: UiCommand,
    commands: &mut Vec<UiCommand>,
) {
    let button = Button::new(name).shortcut_text(keys);
    if ui.add_enabled(enabled, button).clicked() {
        commands.push(command);
        ui.close();
    }
}

fn earlier_runs(ui: &mut Ui, busy: bool, earlier: &[EarlierRun], commands: &mut Vec<UiCommand>) {
    ui.add_enabled_ui(!busy && !earlier.is_empty(), |ui| {
        ui.menu_button("Earlier runs", |ui| {
            ui.set_min_width(480.0);
            let palette = Palette::of(ui.ctx());
            for run in earlier.iter().take(LISTED) {
                let text = RichText::new(&run.problem).size(13.0);
                let cut = if run.finished { "" } else { "cut short" };
                let when = [run.settings.as_str(), cut, &ago(run.began)]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(" · ");
                let when = RichText::new(when).size(12.0).color(palette.weak);
                let button = Button::new(text).right_text(when).truncate();
                let hint = run.path.display().to_string();
                if ui.add(button).on_hover_text(hint).clicked() {
                    commands.push(UiCommand::Open(Some(run.path.clone())));
                    ui.close();
                }
            }
        });
    });
}

//! The words by which reflections are told, to read and to change.

use egui::{RichText, ScrollArea, TextEdit, Ui};

use crate::analysis::CueList;
use crate::ui::command::UiCommand;
use crate::ui::theme::Palette;

/// What is typed, and what is wrong with it.
pub struct CueEditor {
    text: String,
    error: Option<String>,
}

impl Default for CueEditor {
    fn default() -> Self {
        Self {
            text: CueList::built_in().to_owned(),
            error: None,
        }
    }
}

/// Draws the list as text with a button that puts it to use.
pub fn show(ui: &mut Ui, editor: &mut CueEditor, commands: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui.ctx());
    ui.horizontal(|ui| {
        if ui.button("Use these cues").clicked() {
            match CueList::parse(&editor.text) {
                Ok(cues) => {
                    editor.error = None;
                    commands.push(UiCommand::SetCues(Box::new(cues)));
                }
                Err(error) => editor.error = Some(error.to_string()),
            }
        }
        if ui.button("Built-in cues").clicked() {
            *editor = CueEditor::default();
            commands.push(UiCommand::SetCues(Box::default()));
        }
        let hint = "The command line takes such a list as a file: --cues FILE.";
        ui.label(RichText::new(hint).size(12.0).color(palette.faint));
    });
    if let Some(error) = &editor.error {
        ui.label(RichText::new(error).size(12.5).color(palette.error));
    }
    ScrollArea::vertical()
        .id_salt("cues")
        .auto_shrink(false)
        .show(ui, |ui| {
            let field = TextEdit::multiline(&mut editor.text)
                .code_editor()
                .desired_width(f32::INFINITY);
            let response = ui.add(field);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Cues")
            });
        });
}

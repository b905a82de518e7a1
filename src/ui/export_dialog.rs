//! What to draw or tabulate, in which format, and where to.

use std::path::PathBuf;

use egui::{Align2, Button, Context, Key, RichText, TextEdit, Window, vec2};

use super::command::{Browse, UiCommand};
use super::segmented;
use super::selection::Tab;
use super::theme::{Palette, caption};
use crate::export::{Format, What};

/// The dialog, while it is open.
#[derive(Clone, Debug)]
pub struct ExportDialog {
    /// Whether it is shown.
    pub open: bool,
    /// What to export.
    pub what: What,
    /// In which format.
    pub format: Format,
    /// Where to; empty suggests a name.
    pub path: String,
    /// What the last try came to.
    pub message: Option<String>,
}

impl Default for ExportDialog {
    fn default() -> Self {
        Self {
            open: false,
            what: What::Tokens,
            format: Format::Svg,
            path: String::new(),
            message: None,
        }
    }
}

impl ExportDialog {
    /// Opens it on what the tab shows; a path that was typed stays.
    pub fn offer(&mut self, tab: Tab) {
        if self.path == suggestion(self.what, self.format) {
            self.path.clear();
        }
        self.what = match tab {
            Tab::Survival => What::Raster,
            Tab::Heatmap => What::Heatmap,
            Tab::Reflections => What::Segments,
            Tab::Reading | Tab::Compare | Tab::Sweep => What::Tokens,
        };
        self.open = true;
    }

    /// Draws it while it is open.
    pub fn show(&mut self, ctx: &Context, commands: &mut Vec<UiCommand>) {
        if !self.open {
            return;
        }
        let palette = Palette::of(ctx);
        let mut open = true;
        Window::new("Export")
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, -40.0))
            .show(ctx, |ui| {
                ui.set_width(480.0);
                let before = (self.what, self.format);
                self.choices(ui);
                if self.path.is_empty() || self.path == suggestion(before.0, before.1) {
                    self.path = suggestion(self.what, self.format);
                }
                ui.add_space(6.0);
                let label = ui.label("Path of the file:");
                let field = ui
                    .add(TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY))
                    .labelled_by(label.id);
                let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                if let Some(message) = &self.message {
                    ui.label(RichText::new(message).size(12.5).color(palette.weak));
                }
                ui.horizontal(|ui| {
                    let some = !self.path.trim().is_empty();
                    if (ui.add_enabled(some, Button::new("Export")).clicked() || enter) && some {
                        let to = Some(PathBuf::from(self.path.trim()));
                        commands.push(UiCommand::Export {
                            what: self.what,
                            to,
                            format: self.format,
                        });
                        commands.push(UiCommand::ShowExport(false));
                    }
                    if ui.button("Browse…").clicked() {
                        commands.push(UiCommand::Browse(Browse::Export));
                    }
                    let hint = "The state at the cursor is exported.";
                    ui.label(RichText::new(hint).size(12.5).color(palette.faint));
                });
            });
        if ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::Escape)) {
            open = false;
        }
        self.open &= open;
    }

    fn choices(&mut self, ui: &mut egui::Ui) {
        caption(ui, "What");
        let kinds = [
            (
                What::Tokens,
                "text",
                "The text with each token's scores and share of heads that hold it",
            ),
            (
                What::Raster,
                "survival",
                "Position by compression, brightness the share of heads",
            ),
            (
                What::Heatmap,
                "heatmap",
                "Heads by position at one compression",
            ),
            (
                What::Events,
                "compressions",
                "The compressions, one row each",
            ),
            (
                What::Segments,
                "segments",
                "Prompt, steps, reflections and answer, and how much of each is left",
            ),
            (
                What::Scores,
                "scores",
                "Every candidate of every compression",
            ),
        ];
        segmented::show(ui, "What", 6, &kinds, &mut self.what);
        caption(ui, "Format");
        let formats: Vec<segmented::Choice<Format>> = self
            .what
            .formats()
            .iter()
            .map(|format| match format {
                Format::Png => (*format, "PNG", "Pixels"),
                Format::Svg => (*format, "SVG", "A vector drawing"),
                Format::Csv => (*format, "CSV", "Comma-separated values, RFC 4180"),
                Format::Json => (*format, "JSON", "For programs"),
            })
            .collect();
        if !formats.iter().any(|(format, ..)| *format == self.format) {
            self.format = formats.first().map_or(Format::Csv, |(format, ..)| *format);
        }
        segmented::show(ui, "Format", 5, &formats, &mut self.format);
    }
}

/// A name for the file, in the folder the program was started in.
pub fn suggestion(what: What, format: Format) -> String {
    format!("{what}.{format}")
}

//! What to draw or tabulate, in which format, and where to.

use std::path::Path;

use egui::{Align2, Button, Context, Key, RichText, TextEdit, Window, vec2};

use super::command::{Browse, UiCommand};
use super::overwrite::Overwrite;
use super::segmented;
use super::selection::Tab;
use super::theme::{Palette, caption};
use super::typed_path::typed_path;
use crate::export::{Format, Measure, What};

/// The dialog, while it is open.
#[derive(Clone, Debug)]
pub struct ExportDialog {
    /// Whether it is shown.
    pub open: bool,
    /// What to export.
    pub what: What,
    /// In which format.
    pub format: Format,
    /// Where to.
    pub path: String,
    /// What the last try came to.
    pub message: Option<String>,
    /// The path suggested last.
    suggested: String,
    /// What was exported last, and where to: a path for that alone.
    exported: Option<(What, String)>,
    overwrite: Overwrite,
    fresh: bool,
}

impl Default for ExportDialog {
    fn default() -> Self {
        Self {
            open: false,
            what: What::Tokens,
            format: Format::Svg,
            path: String::new(),
            message: None,
            suggested: String::new(),
            exported: None,
            overwrite: Overwrite::default(),
            fresh: false,
        }
    }
}

impl ExportDialog {
    /// Opens it on what the tab shows; a path that was typed stays.
    pub fn offer(&mut self, tab: Tab) {
        self.what = match tab {
            Tab::Survival => What::Raster,
            Tab::Heatmap => What::Heatmap,
            Tab::Reflections => What::Segments,
            Tab::Reading | Tab::Compare | Tab::Sweep => What::Tokens,
        };
        self.suggest();
        self.message = None;
        self.fresh = true;
        self.open = true;
    }

    /// Suggests a name where none was typed instead of the one suggested before, and where the one typed is of something
    /// else that was exported to it; the folder stays.
    fn suggest(&mut self) {
        let of_another = |(what, path): &(What, String)| *what != self.what && *path == self.path;
        if self.path.is_empty()
            || self.path == self.suggested
            || self.exported.as_ref().is_some_and(of_another)
        {
            let folder = Path::new(&self.path).parent().unwrap_or(Path::new(""));
            let path = folder.join(suggestion(self.what, self.format));
            self.path = path.display().to_string();
            self.suggested.clone_from(&self.path);
        }
    }

    /// Draws it while it is open; `measure` is what a heatmap would show.
    pub fn show(&mut self, ctx: &Context, measure: Option<Measure>, commands: &mut Vec<UiCommand>) {
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
                ui.set_width((ui.ctx().content_rect().width() - 48.0).min(540.0));
                let before = (self.what, self.format);
                self.choices(ui);
                // Not whenever the field is empty: it may have been emptied to type another name.
                if (self.what, self.format) != before {
                    self.suggest();
                }
                ui.add_space(6.0);
                let label = ui.label("Path of the file:");
                // Of its own name: the rows of buttons above may become more or fewer while it has the focus.
                let edit = TextEdit::singleline(&mut self.path).id_salt("export path");
                let field = ui
                    .add(edit.desired_width(f32::INFINITY))
                    .labelled_by(label.id);
                if std::mem::take(&mut self.fresh) {
                    field.request_focus();
                }
                let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                if let Some(message) = &self.message {
                    ui.label(RichText::new(message).size(12.5).color(palette.weak));
                }
                let path = typed_path(&self.path);
                let written = [path.clone()];
                let misnamed = misnamed(&path, self.format);
                if let Some(why) = &misnamed {
                    ui.label(RichText::new(why).size(12.5).color(palette.error));
                }
                self.overwrite.show(ui, &written);
                ui.horizontal(|ui| {
                    let some = !self.path.trim().is_empty() && misnamed.is_none();
                    let asks = self.overwrite.asks_about(&written);
                    let button = Button::new(if asks { "Replace" } else { "Export" });
                    if (ui.add_enabled(some, button).clicked() || enter) && some {
                        if self.overwrite.allows(&written) {
                            self.exported = Some((self.what, self.path.clone()));
                            commands.push(UiCommand::Export {
                                what: self.what,
                                to: Some(path),
                                format: self.format,
                            });
                            commands.push(UiCommand::ShowExport(false));
                        } else if enter {
                            field.request_focus();
                        }
                    }
                    if ui.button("Browse…").clicked() {
                        commands.push(UiCommand::Browse(Browse::Export));
                    }
                    let hint = match measure.filter(|_| self.what == What::Heatmap) {
                        Some(measure) => format!("The state at the cursor is exported: {measure}."),
                        None => "The state at the cursor is exported.".to_owned(),
                    };
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

/// Why a file of this format must not have this name, if so.
fn misnamed(path: &Path, format: Format) -> Option<String> {
    let extension = path.extension()?.to_string_lossy().to_lowercase();
    let other = Format::from_name(&extension).is_some_and(|named| named != format);
    (other || extension == "rkvt").then(|| {
        format!("A file named .{extension} would hold {format}: change the name or the format.")
    })
}

/// A name for the file.
fn suggestion(what: What, format: Format) -> String {
    format!("{what}.{format}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_was_exported_to_is_not_suggested_for_something_else() {
        let mut dialog = ExportDialog::default();
        dialog.offer(Tab::Heatmap);
        assert_eq!(dialog.path, "heatmap.svg");
        dialog.path = "out/hm.svg".to_owned();
        dialog.offer(Tab::Reading);
        assert_eq!(dialog.path, "out/hm.svg", "typed and not used yet");
        dialog.exported = Some((What::Heatmap, dialog.path.clone()));
        dialog.offer(Tab::Heatmap);
        assert_eq!(dialog.path, "out/hm.svg");
        dialog.offer(Tab::Reading);
        assert_eq!(Path::new(&dialog.path), Path::new("out/tokens.svg"));
        dialog.offer(Tab::Survival);
        assert_eq!(Path::new(&dialog.path), Path::new("out/raster.svg"));
    }

    #[test]
    fn a_name_must_not_promise_another_format() {
        let said = |name: &str| misnamed(Path::new(name), Format::Png);
        assert_eq!(said("heatmap.png"), None);
        assert_eq!(said("heatmap"), None);
        assert_eq!(said("heatmap.v2"), None);
        assert!(said("heatmap.SVG").unwrap().contains(".svg would hold png"));
        assert!(said("run.rkvt").is_some());
    }
}

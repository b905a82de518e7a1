//! A path to open or save: a field that always works, and the system's dialog where there is one.

use std::path::{Path, PathBuf};

use egui::{Align2, Button, Context, Key, Label, RichText, TextEdit, Window, vec2};

use super::command::{Browse, CompareCommand, SaveTo, UiCommand};
use super::dropping;
use super::overwrite::Overwrite;
use super::theme::Palette;
use super::typed_path::typed_path;
use crate::compare::letter;

/// Said when the system's dialog gave no path: without a portal it cannot even open.
pub const NOTHING_CHOSEN: &str = "no file chosen (or no file-dialog portal); type a path instead";

/// The dialog, while it is open.
#[derive(Clone, Debug, Default)]
pub struct PathDialog {
    /// Open or save; `None` is closed.
    pub purpose: Option<Browse>,
    /// What is typed.
    pub path: String,
    /// What the last try came to.
    pub message: Option<String>,
    overwrite: Overwrite,
    fresh: bool,
    /// What is being opened or written.
    tried: Vec<PathBuf>,
}

impl PathDialog {
    /// Shows it. Asked once more for the same thing, it keeps what was typed.
    pub fn ask(&mut self, purpose: Browse, suggestion: String) {
        if self.purpose == Some(purpose) {
            self.fresh = true;
            return;
        }
        *self = Self {
            purpose: Some(purpose),
            path: suggestion,
            message: None,
            overwrite: Overwrite::default(),
            fresh: true,
            tried: vec![],
        };
    }

    /// Puts it away.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// Says why a path could not be opened or written, if it is one that was typed here; returns whether it is.
    pub fn refuses(&mut self, path: &Path, why: &str) -> bool {
        let typed = self.tried.iter().any(|tried| tried == path);
        if typed {
            self.tried.clear();
            self.message = Some(why.to_owned());
            self.fresh = true;
        }
        typed
    }

    /// Puts it away if the path that was dealt with is the last one that was typed here.
    pub fn accepts(&mut self, path: &Path) {
        let waits = !self.tried.is_empty();
        self.tried.retain(|tried| tried != path);
        if waits && self.tried.is_empty() {
            self.close();
        }
    }

    /// Draws it while it is open. What is typed stays until it has been opened or written; meanwhile, while the window is
    /// `busy` with files, nothing else can be.
    pub fn show(&mut self, ctx: &Context, busy: bool, commands: &mut Vec<UiCommand>) {
        let Some(purpose) = self.purpose else { return };
        let Some(Words { title, field, verb }) = words(purpose) else {
            return;
        };
        let palette = Palette::of(ctx);
        let mut open = true;
        let opens = matches!(purpose, Browse::Open | Browse::OpenPane(_));
        Window::new(title)
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .anchor(Align2::CENTER_CENTER, vec2(0.0, -60.0))
            .show(ctx, |ui| {
                ui.set_width(460.0);
                let label = ui.label(field);
                let field = ui
                    .add(TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY))
                    .labelled_by(label.id);
                if std::mem::take(&mut self.fresh) {
                    field.request_focus();
                }
                let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                if let Some(message) = &self.message {
                    let harmless = message == NOTHING_CHOSEN;
                    let colour = if harmless {
                        palette.weak
                    } else {
                        palette.error
                    };
                    let text = RichText::new(message).size(12.5).color(colour);
                    ui.add(Label::new(text).wrap());
                }
                let path = named(purpose, typed_path(&self.path));
                let files = files(purpose, &path);
                let written: &[PathBuf] = if opens { &[] } else { &files };
                self.overwrite.show(ui, written);
                ui.horizontal(|ui| {
                    let some = !(self.path.trim().is_empty() || busy);
                    let asks = self.overwrite.asks_about(written);
                    let button = Button::new(if asks { "Replace" } else { verb });
                    if (ui.add_enabled(some, button).clicked() || enter) && some {
                        if self.overwrite.allows(written) {
                            self.message = None;
                            self.tried.clone_from(&files);
                            commands.extend(command(purpose, path));
                        } else if enter {
                            field.request_focus();
                        }
                    }
                    if ui.button("Browse…").clicked() {
                        commands.push(UiCommand::Browse(purpose));
                    }
                    if opens && dropping::is_possible() {
                        let hint = "or drop a file on the window";
                        ui.label(RichText::new(hint).size(12.5).color(palette.faint));
                    }
                });
            });
        let escape = ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::Escape));
        if !open || escape {
            self.close();
        }
    }
}

struct Words {
    title: &'static str,
    field: &'static str,
    verb: &'static str,
}

/// What the dialog says; `None` where another dialog asks.
fn words(purpose: Browse) -> Option<Words> {
    let trace = "Path of the .rkvt file:";
    let (title, field, verb) = match purpose {
        Browse::Open => ("Open a trace", trace, "Open"),
        Browse::Save(_) => ("Save the trace", trace, "Save"),
        Browse::OpenPane(_) => ("Open a trace beside the others", trace, "Open"),
        Browse::SavePane(_) => ("Save the pane's trace", trace, "Save"),
        Browse::SavePanes(_) => (
            "Save all traces",
            "Path of the .rkvt files; a letter is added to each:",
            "Save",
        ),
        Browse::Figure => (
            "Write the comparison as a figure",
            "Path of the .png or .svg file:",
            "Write",
        ),
        Browse::Export => return None,
    };
    Some(Words { title, field, verb })
}

/// A trace is written to a file that is named after its kind: others are not offered when one is opened.
fn named(purpose: Browse, path: PathBuf) -> PathBuf {
    let saves = matches!(purpose, Browse::Save(_) | Browse::SavePane(_));
    match path.file_name() {
        Some(name) if saves && path.extension().is_none_or(|kind| kind != "rkvt") => {
            let mut name = name.to_owned();
            name.push(".rkvt");
            path.with_file_name(name)
        }
        _ => path,
    }
}

/// The files that are opened or written.
fn files(purpose: Browse, path: &Path) -> Vec<PathBuf> {
    match purpose {
        Browse::SavePanes(panes) => (0..panes).map(|pane| lettered(path, pane)).collect(),
        _ => vec![path.to_owned()],
    }
}

/// `runs.rkvt` for the second pane is `runs-B.rkvt`.
pub fn lettered(path: &Path, pane: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{}.rkvt", letter(pane)))
}

fn command(purpose: Browse, path: PathBuf) -> Option<UiCommand> {
    Some(match purpose {
        Browse::Open => UiCommand::Open(Some(path)),
        Browse::Save(run) => UiCommand::Save(Some(SaveTo { run, path })),
        Browse::OpenPane(pane) => UiCommand::Compare(CompareCommand::Open {
            pane,
            paths: vec![path],
        }),
        Browse::SavePane(pane) => UiCommand::Compare(CompareCommand::Save {
            pane,
            path: Some(path),
        }),
        Browse::SavePanes(panes) => {
            UiCommand::Compare(CompareCommand::SaveAll(Some((panes, path))))
        }
        Browse::Figure => UiCommand::Compare(CompareCommand::Figure(Some(path))),
        Browse::Export => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_trace_is_named_as_one() {
        let name = |purpose, path: &str| named(purpose, PathBuf::from(path));
        let saved = |path| name(Browse::Save(1), path);
        for (typed, written) in [
            ("run1", "run1.rkvt"),
            ("out/run.v2", "out/run.v2.rkvt"),
            ("run.rkvt", "run.rkvt"),
        ] {
            assert_eq!(saved(typed), Path::new(written));
        }
        assert_eq!(name(Browse::Open, "run1"), Path::new("run1"));
        assert_eq!(name(Browse::Figure, "a.png"), Path::new("a.png"));
    }

    #[test]
    fn of_several_files_one_that_fails_keeps_the_dialog() {
        let paths: Vec<PathBuf> = (0..2).map(|pane| lettered(Path::new("r"), pane)).collect();
        let trying = || PathDialog {
            purpose: Some(Browse::SavePanes(2)),
            tried: paths.clone(),
            ..PathDialog::default()
        };
        let mut dialog = trying();
        dialog.accepts(&paths[1]);
        assert!(dialog.purpose.is_some());
        dialog.accepts(&paths[0]);
        assert!(dialog.purpose.is_none());
        let mut dialog = trying();
        assert!(dialog.refuses(&paths[0], "no such folder"));
        dialog.accepts(&paths[1]);
        assert!(dialog.purpose.is_some());
        assert_eq!(dialog.message.as_deref(), Some("no such folder"));
    }

    #[test]
    fn the_panes_files_lie_beside_each_other() {
        let named = lettered(Path::new("out/runs.rkvt"), 1);
        assert_eq!(named, Path::new("out/runs-B.rkvt"));
        assert_eq!(lettered(Path::new("runs"), 0), Path::new("runs-A.rkvt"));
    }
}

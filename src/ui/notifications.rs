//! What the window has to say: notes that fade, and a list that keeps them.

use std::time::SystemTime;

use egui::{
    Align2, Area, Button, Context, CornerRadius, Frame, Id, Margin, Order, RichText, Stroke, Ui,
    vec2,
};

use super::ago::ago;
use super::command::UiCommand;
use super::theme::{Palette, mix};

/// Seconds that a piece of information stays on the page. Warnings and errors stay until they are put away.
const STAY: f64 = 6.0;
/// Most notes kept in the list.
const KEPT: usize = 100;

/// How grave a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something was done.
    Info,
    /// What was asked for is there, but not whole.
    Warning,
    /// Something failed; the text says what and the way out.
    Error,
}

/// A note.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// How grave.
    pub level: Level,
    /// What happened, and the way out.
    pub text: String,
    /// A button that puts it right or goes on from there, if there is one.
    pub action: Option<(String, UiCommand)>,
    /// When it was said.
    pub at: SystemTime,
    shown_at: Option<f64>,
    closed: bool,
    read: bool,
}

/// All notes, and whether their list is open.
#[derive(Clone, Debug, Default)]
pub struct Notifications {
    notes: Vec<Note>,
    /// Whether the list is open.
    pub open: bool,
}

impl Notifications {
    /// Says that something was done.
    pub fn info(&mut self, text: impl Into<String>) {
        self.push(Level::Info, text.into(), None);
    }

    /// Says that something was done, with a button that goes on from there.
    pub fn info_with(&mut self, text: impl Into<String>, button: &str, command: UiCommand) {
        let action = Some((button.to_owned(), command));
        self.push(Level::Info, text.into(), action);
    }

    /// Says that something is not whole.
    pub fn warning(&mut self, text: impl Into<String>) {
        self.push(Level::Warning, text.into(), None);
    }

    /// Says that something is not whole, with a button that puts it right.
    pub fn warning_with(&mut self, text: impl Into<String>, button: &str, command: UiCommand) {
        let action = Some((button.to_owned(), command));
        self.push(Level::Warning, text.into(), action);
    }

    /// Says that something failed.
    pub fn error(&mut self, text: impl Into<String>) {
        self.push(Level::Error, text.into(), None);
    }

    /// Says that something failed, with a button that puts it right.
    pub fn error_with(&mut self, text: impl Into<String>, button: &str, command: UiCommand) {
        let action = Some((button.to_owned(), command));
        self.push(Level::Error, text.into(), action);
    }

    fn push(&mut self, level: Level, text: String, action: Option<(String, UiCommand)>) {
        if self
            .notes
            .last()
            .is_some_and(|last| last.text == text && last.action == action && !last.closed)
        {
            return;
        }
        self.notes.push(Note {
            level,
            text,
            action,
            at: SystemTime::now(),
            shown_at: None,
            closed: false,
            read: false,
        });
        if self.notes.len() > KEPT {
            self.notes.remove(0);
        }
    }

    /// Puts a note away, for what it told of is over.
    pub fn over(&mut self, text: &str) {
        let note = self.notes.iter_mut().rev().find(|note| note.text == text);
        if let Some(note) = note {
            note.closed = true;
        }
    }

    /// Puts the newest note on the page away; returns whether there was one.
    pub fn dismiss(&mut self) -> bool {
        let newest = self.notes.iter_mut().rev().find(|note| !note.closed);
        let Some(note) = newest else { return false };
        note.closed = true;
        note.read = true;
        true
    }

    /// Notes nobody has seen go by: those the list was not opened for.
    pub fn unread(&self) -> usize {
        self.notes.iter().filter(|note| !note.read).count()
    }

    /// Opens or closes the list; opening it reads everything.
    pub fn toggle(&mut self) {
        self.open = !self.open;
        for note in &mut self.notes {
            note.read = true;
        }
    }

    /// All notes, oldest first.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Draws the notes that are fresh, and the list if it is open.
    pub fn show(&mut self, ctx: &Context, commands: &mut Vec<UiCommand>) {
        self.toasts(ctx, commands);
        let mut open = self.open;
        egui::Window::new("Messages")
            .open(&mut open)
            .collapsible(false)
            .anchor(Align2::RIGHT_TOP, vec2(-12.0, 58.0))
            .default_width(380.0)
            .show(ctx, |ui| {
                if self.notes.is_empty() {
                    ui.label("Nothing so far.");
                }
                egui::ScrollArea::vertical()
                    .max_height(360.0)
                    .show(ui, |ui| {
                        for note in self.notes.iter_mut().rev() {
                            let when = RichText::new(ago(note.at)).size(12.0);
                            ui.label(when.color(Palette::of(ctx).faint));
                            body(ui, note, commands);
                            ui.separator();
                        }
                    });
            });
        self.open = open;
    }

    fn toasts(&mut self, ctx: &Context, commands: &mut Vec<UiCommand>) {
        let now = ctx.input(|i| i.time);
        let palette = Palette::of(ctx);
        let mut wake: Option<f64> = None;
        for note in self.notes.iter_mut().filter(|note| !note.closed) {
            let since = *note.shown_at.get_or_insert(now);
            if note.level == Level::Info {
                let left = since + STAY - now;
                note.closed |= left <= 0.0;
                wake = Some(wake.map_or(left, |w: f64| w.min(left)));
            }
        }
        if let Some(left) = wake.filter(|left| *left > 0.0) {
            ctx.request_repaint_after_secs(left as f32);
        }
        if self.notes.iter().all(|note| note.closed) {
            return;
        }
        let area = Area::new(Id::unique("toasts")).order(Order::Foreground);
        area.anchor(Align2::RIGHT_BOTTOM, vec2(-14.0, -40.0))
            .show(ctx, |ui| {
                for note in self
                    .notes
                    .iter_mut()
                    .filter(|note| !note.closed)
                    .rev()
                    .take(4)
                {
                    let line = match note.level {
                        Level::Info => palette.line,
                        Level::Warning | Level::Error => palette.error,
                    };
                    Frame::new()
                        .fill(mix(palette.panel, palette.raised, 0.7))
                        .stroke(Stroke::new(1.0, line))
                        .corner_radius(CornerRadius::same(6))
                        .inner_margin(Margin::same(10))
                        .shadow(ui.visuals().popup_shadow)
                        .show(ui, |ui| {
                            ui.set_width(340.0);
                            body(ui, note, commands);
                            if note.level != Level::Info
                                && ui
                                    .add(Button::new(RichText::new("Dismiss").size(12.0)))
                                    .clicked()
                            {
                                note.closed = true;
                                note.read = true;
                            }
                        });
                }
            });
    }
}

fn body(ui: &mut Ui, note: &mut Note, commands: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui.ctx());
    let colour = match note.level {
        Level::Info => palette.text,
        Level::Warning | Level::Error => palette.error,
    };
    ui.add(egui::Label::new(RichText::new(&note.text).size(13.0).color(colour)).wrap());
    if let Some((name, _)) = &note.action
        && ui.button(name).clicked()
    {
        // What has been done is not offered again.
        commands.extend(note.action.take().map(|(_, command)| command));
        note.closed = true;
        note.read = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_note_goes_first_and_each_once() {
        let mut notes = Notifications::default();
        notes.error("one");
        notes.info("two");
        notes.error("three");
        notes.over("two");
        assert!(notes.dismiss());
        assert!(notes.notes()[2].closed && !notes.notes()[0].closed);
        assert!(notes.dismiss());
        assert!(notes.notes()[0].closed && !notes.dismiss());
        assert_eq!(notes.unread(), 1, "the list keeps what nobody has read");
    }
}

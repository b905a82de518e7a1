//! The keyboard: one table that the window obeys and the help shows.

use egui::{Context, Key, Modifiers};

use super::command::UiCommand;
use super::selection::{Selection, Tab};
use crate::trace::Position;

/// The name of the key that [`Modifiers::COMMAND`] is.
#[cfg(target_os = "macos")]
macro_rules! command {
    () => {
        "Cmd"
    };
}
#[cfg(not(target_os = "macos"))]
macro_rules! command {
    () => {
        "Ctrl"
    };
}
pub(super) use command;

/// Keys in words, and what they do; the help's table.
pub const HELP: &[(&str, &str)] = &[
    ("Enter", "run the problem (in the problem field)"),
    ("Shift + Enter", "new line (in the problem field)"),
    ("Space", "play or pause the timeline"),
    ("Left, Right", "previous or next compression"),
    ("Shift + Left, Right", "one token back or on"),
    ("Alt + Left, Right", "pin the token before or after"),
    ("Home, End", "first or last token"),
    ("F or L", "follow the newest token"),
    (
        "Esc",
        "release the pinned token, close a dialog or the newest message",
    ),
    (
        "1 to 6",
        "Reading, Survival, Heatmap, Reflections, Compare, Sweep; not on the first page",
    ),
    (concat!(command!(), " + O"), "open a trace"),
    (concat!(command!(), " + S"), "save the trace"),
    (concat!(command!(), " + E"), "export a figure or a table"),
    (
        concat!(command!(), " + Plus, Minus, 0"),
        "larger, smaller, usual size",
    ),
    ("? or F1", "this help"),
];

/// What the keys are about.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// What the person looks at.
    pub selection: &'a Selection,
    /// Tokens seen at the cursor.
    pub cursor: usize,
    /// Tokens of the run, or of the longest of several.
    pub tokens: usize,
    /// Whether there is a timeline in sight for keys to move.
    pub timeline: bool,
    /// Tabs to switch between; the first page has none.
    pub tabs: &'a [(Tab, &'static str)],
}

impl Page<'_> {
    /// The token `by` places from the pinned one; if none is, the newest at the cursor.
    fn beside(&self, by: i64) -> Option<Position> {
        let newest = self.cursor as i64 - 1;
        let pinned = self.selection.pinned;
        let from = pinned.map_or(newest, |p| i64::from(p.0) + by);
        let last = self.tokens as i64 - 1;
        (last >= 0).then(|| Position(from.clamp(0, last) as u32))
    }
}

/// Whether a field or slider has the keys. The timeline has none of its own: what they do there, they do anywhere.
pub fn typing(ctx: &Context) -> bool {
    let focused = ctx.memory(|memory| memory.focused());
    focused.is_some_and(|id| id != super::timeline::id())
}

/// What the keys pressed in this frame ask for. Keys without Ctrl (Cmd on a Mac) are left alone while a field has them.
///
/// `typing`: a field or slider had the keys when the frame began. It may have let go since: a slow frame
/// brings a number and the Enter after it together. `asking`: a dialog asks for a path, which another one must not replace.
/// `covered`: a dialog or a menu lay over the page when the frame began; the plain keys must not act behind it.
pub fn read(
    ctx: &Context,
    page: &Page<'_>,
    typing: bool,
    asking: bool,
    covered: bool,
) -> Vec<UiCommand> {
    let mut commands = Vec::new();
    let mut pressed = |modifiers: Modifiers, key: Key, command: UiCommand| {
        // A slow frame may bring several presses of one key.
        let presses = ctx.input_mut(|i| i.count_and_consume_key(modifiers, key));
        commands.extend(std::iter::repeat_n(command, presses));
    };
    if !asking {
        pressed(Modifiers::COMMAND, Key::O, UiCommand::Open(None));
        pressed(Modifiers::COMMAND, Key::S, UiCommand::Save(None));
        pressed(Modifiers::COMMAND, Key::E, UiCommand::ShowExport(true));
    }
    pressed(Modifiers::NONE, Key::F1, UiCommand::ToggleHelp);
    // A focused field or slider owns the plain keys.
    if typing || self::typing(ctx) {
        return commands;
    }
    // The help closes with the key that it opens with.
    let help = [
        (Modifiers::NONE, Key::Questionmark),
        (Modifiers::SHIFT, Key::Questionmark),
    ];
    for (modifiers, key) in help {
        pressed(modifiers, key, UiCommand::ToggleHelp);
    }
    if covered {
        return commands;
    }
    let numbers = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
    ];
    for (key, tab) in numbers.into_iter().zip(page.tabs) {
        pressed(Modifiers::NONE, key, UiCommand::ShowTab(tab.0));
    }
    if !page.timeline {
        return commands;
    }
    pressed(Modifiers::SHIFT, Key::ArrowLeft, UiCommand::StepToken(-1));
    pressed(Modifiers::SHIFT, Key::ArrowRight, UiCommand::StepToken(1));
    let before = UiCommand::Select(page.beside(-1));
    pressed(Modifiers::ALT, Key::ArrowLeft, before);
    let after = UiCommand::Select(page.beside(1));
    pressed(Modifiers::ALT, Key::ArrowRight, after);
    pressed(Modifiers::NONE, Key::ArrowLeft, UiCommand::StepEvent(-1));
    pressed(Modifiers::NONE, Key::ArrowRight, UiCommand::StepEvent(1));
    pressed(Modifiers::NONE, Key::Space, UiCommand::TogglePlay);
    let first = UiCommand::SetCursor(page.tokens.min(1));
    pressed(Modifiers::NONE, Key::Home, first);
    let last = UiCommand::SetCursor(page.tokens);
    pressed(Modifiers::NONE, Key::End, last);
    pressed(Modifiers::NONE, Key::F, UiCommand::Follow);
    pressed(Modifiers::NONE, Key::L, UiCommand::Follow);
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_nothing_pinned_the_newest_token_at_the_cursor_is_taken() {
        let beside = |pinned: Option<u32>, cursor, by| {
            let selection = Selection {
                pinned: pinned.map(Position),
                ..Selection::default()
            };
            let page = Page {
                selection: &selection,
                cursor,
                tokens: 90,
                timeline: true,
                tabs: &[],
            };
            page.beside(by).map(|p| p.0)
        };
        for by in [-1, 1] {
            assert_eq!(beside(None, 40, by), Some(39));
            assert_eq!(beside(None, 0, by), Some(0));
        }
        assert_eq!(beside(Some(40), 90, -1), Some(39));
        assert_eq!(beside(Some(89), 90, 1), Some(89));
    }
}

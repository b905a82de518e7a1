//! A view that tells which token the pointer is over: once for each token, and once when the pointer leaves.

use super::command::UiCommand;
use super::selection::Selection;
use crate::trace::Position;

/// Whether the pointer was over the view's tokens in the last frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hovering(bool);

impl Hovering {
    /// Tells what has changed. A command in every frame would have the window drawn without a pause.
    pub fn follow(
        &mut self,
        under: Option<Position>,
        selection: &Selection,
        commands: &mut Vec<UiCommand>,
    ) {
        if under.is_some() {
            if selection.hovered != under {
                commands.push(UiCommand::Hover(under));
            }
        } else if self.0 {
            commands.push(UiCommand::Hover(None));
        }
        self.0 = under.is_some();
    }
}

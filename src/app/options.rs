//! What the command line asks of the window.

use std::path::PathBuf;

use crate::ui::Tab;

/// How the window starts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunOptions {
    /// Traces to open; more than one open side by side.
    pub traces: Vec<PathBuf>,
    /// Problem to put into the prompt bar.
    pub problem: Option<String>,
    /// Run the problem as soon as the model is there.
    pub autorun: bool,
    /// Write a picture of the window once everything is drawn, then quit.
    pub screenshot_to: Option<PathBuf>,
    /// Size of the window, in points.
    pub size: Option<(f32, f32)>,
    /// `dark`, `light`, or as the system has it.
    pub theme: Option<egui::Theme>,
    /// Model to load; the embedded one if none.
    pub model: Option<String>,
    /// Tab to show.
    pub tab: Tab,
    /// Tokens seen at the timeline's cursor; the end if not given.
    pub cursor: Option<usize>,
    /// Position of the token to pin.
    pub select: Option<u32>,
}

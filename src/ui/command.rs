//! What panels ask for. They change nothing themselves; the app executes these after the frame's panels ran.

use std::path::PathBuf;

use crate::config::{CacheSettings, Sampling};
use crate::export::{Format, SweepAxis};
use crate::sweep::{ArmKey, SweepRequest};
use crate::trace::{EventIndex, HeadId, Position, RecordLevel};

use super::selection::{ColourMode, Tab};

/// A wish of a panel.
#[derive(Clone, Debug, PartialEq)]
pub enum UiCommand {
    /// Run the problem in the prompt bar.
    Run,
    /// Hold the engine.
    PauseRun,
    /// Let the engine go on.
    ResumeRun,
    /// Decode one token while paused.
    StepRun,
    /// End the run; what was recorded stays.
    StopRun,
    /// New cache settings from the sliders (live while a run is under way).
    SetSettings(CacheSettings),
    /// How the next run draws its tokens.
    SetSampling(Sampling),
    /// How much the next run records of each compression.
    SetRecordLevel(RecordLevel),
    /// Put a problem into the prompt bar.
    SetProblem(String),
    /// Put the run away and show the first page again.
    CloseTrace,
    /// Start the engine thread again after it failed.
    RestartEngine,
    /// Look again which models are on this machine.
    ListModels,
    /// Load a model by path or known name.
    LoadModel(String),
    /// Move the timeline's cursor to this many tokens seen.
    SetCursor(usize),
    /// Move the cursor to a compression.
    GoToEvent(EventIndex),
    /// Move by compressions, backwards if negative.
    StepEvent(i32),
    /// Move by tokens, backwards if negative.
    StepToken(i32),
    /// Play or pause the timeline.
    TogglePlay,
    /// Tokens per second while the timeline plays.
    SetPlaySpeed(f32),
    /// Keep the cursor at the end as tokens arrive.
    Follow,
    /// Pin a token in the inspector, or release it.
    Select(Option<Position>),
    /// The token under the pointer, if any.
    Hover(Option<Position>),
    /// The head whose row is looked at, or all.
    SelectHead(Option<HeadId>),
    /// Colour tokens by something else.
    SetColourMode(ColourMode),
    /// Tell reflections by other words.
    SetCues(Box<crate::analysis::CueList>),
    /// Show another tab.
    ShowTab(Tab),
    /// Open a trace file (a dialog if no path).
    Open(Option<PathBuf>),
    /// Save the trace that is shown (a dialog if it is not said where to).
    Save(Option<SaveTo>),
    /// Ask for a path with the system's dialog.
    Browse(Browse),
    /// Show the export dialog.
    ShowExport(bool),
    /// Write an export: what, and where to (format by the file's extension).
    Export {
        /// What to draw or tabulate.
        what: crate::export::What,
        /// Destination; `None` asks with a dialog.
        to: Option<PathBuf>,
        /// File format.
        format: crate::export::Format,
    },
    /// Something about the sweep.
    Sweep(SweepCommand),
    /// Something about the panes of the Compare tab.
    Compare(CompareCommand),
    /// Show or hide the keyboard help.
    ToggleHelp,
    /// Show or hide the list of notifications.
    ToggleNotifications,
    /// Dark, light, or as the system has it.
    SetTheme(egui::ThemePreference),
}

/// Where the trace of a run is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveTo {
    /// The run, by its generation: another may be shown while the dialog asks for a path.
    pub run: u64,
    /// The file.
    pub path: PathBuf,
}

/// A wish of the Sweep tab.
#[derive(Clone, Debug, PartialEq)]
pub enum SweepCommand {
    /// Start, or go on where the results file ends.
    Start(Box<SweepRequest>),
    /// End it; results stay.
    Stop,
    /// Show the results in a file.
    Open(PathBuf),
    /// Do one of its runs again and open it beside the full cache's, in place of what is compared.
    OpenRun {
        /// Index of the problem.
        problem: u32,
        /// Policy and budget.
        arm: ArmKey,
    },
    /// Open the run that was done again and has waited for it, by its number.
    ShowReplay(u64),
    /// Write the curve beside the results file.
    SaveFigure {
        /// Its horizontal axis.
        axis: SweepAxis,
        /// PNG or SVG.
        format: Format,
    },
}

/// A wish of the Compare tab. Panes count from 0. [`UiCommand::Run`] there runs the policies that are chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum CompareCommand {
    /// Put traces into panes, the first into the one named (a dialog if no path).
    Open {
        /// The pane to replace, by the generation of its run: others may be closed while the dialog asks for a path. The
        /// next free one if none, or if it is gone.
        pane: Option<u64>,
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// Put the run of the Reading tab into the next free pane.
    TakeRun,
    /// Show a pane's run in the Reading tab.
    Read(usize),
    /// Put a pane away.
    Close(usize),
    /// Save a pane's trace (a dialog if no path).
    Save {
        /// The pane, by the generation of its run, as above.
        pane: u64,
        /// Where to.
        path: Option<PathBuf>,
    },
    /// Save the traces of the first so many panes beside each other, named after this path and their letters (of all, by a
    /// dialog, if none).
    SaveAll(Option<(usize, PathBuf)>),
    /// Write the survival rasters and the overlap as a figure, PNG or SVG by its extension (a dialog if none).
    Figure(Option<PathBuf>),
}

/// What a path from the system's dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browse {
    /// A trace to open.
    Open,
    /// The trace to write that is shown, by the generation of its run.
    Save(u64),
    /// A figure or table to write.
    Export,
    /// Traces to put into the panes of the Compare tab, the first into the one of this generation.
    OpenPane(Option<u64>),
    /// A pane's trace to write, by the generation of its run.
    SavePane(u64),
    /// The traces of so many panes to write.
    SavePanes(usize),
    /// The figure of a comparison to write.
    Figure,
}

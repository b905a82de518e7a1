//! The window: owns the engine's handle, the run that is shown and what the person looks at.
//!
//! Panels read and return [`UiCommand`](crate::ui::UiCommand)s; one match in `commands` executes them.
//! Whatever may take long (dialogs, files, exports) runs on its own named thread and comes back as an
//! outcome, so the window never waits.

mod asked;
mod commands;
mod compare_commands;
mod compare_frame;
mod comparison;
mod files;
mod frame;
mod ingest;
mod link;
mod live_settings;
mod options;
mod playhead;
mod replay;
mod run;
mod run_folder;
mod screenshot;
mod session;
mod state;
mod sweep;
mod tasks;

pub use comparison::{Comparison, Pane};
pub use link::{EngineFactory, ModelList, SweepFactory};
pub use options::RunOptions;
pub use run::{RunError, run};
pub use run_folder::RunFolder;
pub use session::Session;
pub use state::{App, AppConfig};

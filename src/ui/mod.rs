//! Panels and widgets: they read a [`TraceView`](crate::trace::TraceView) and return commands, and know
//! neither candle nor who runs the engine.

pub mod command;
pub mod derived;
pub mod selection;
pub mod theme;

pub use command::UiCommand;
pub use derived::{Derived, Scale};
pub use selection::{ColourMode, Playback, Selection, Tab};
pub use theme::Palette;

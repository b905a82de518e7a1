//! Panels and widgets: they read a [`TraceView`](crate::trace::TraceView) and return commands, and know
//! neither candle nor who runs the engine.

pub mod bands;
pub mod colormap;
pub mod colour_bar;
pub mod columns;
pub mod command;
pub mod derived;
pub mod empty_state;
pub mod heatmap;
pub mod inspector;
pub mod position_axis;
pub mod quantity;
pub mod raster;
pub mod run_key;
pub mod selection;
pub mod survival;
pub mod theme;
pub mod timeline;
pub mod token_text;

pub use command::UiCommand;
pub use derived::{Derived, Scale};
pub use selection::{ColourMode, Playback, Selection, Tab};
pub use theme::Palette;

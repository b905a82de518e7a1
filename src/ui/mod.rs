//! Panels and widgets: they read a [`TraceView`](crate::trace::TraceView) and return commands, and know
//! neither candle nor who runs the engine.

pub mod bands;
pub mod colormap;
pub mod colour_bar;
pub mod columns;
pub mod command;
pub mod compare;
pub mod derived;
pub mod empty_state;
pub mod engine_status;
pub mod examples;
pub mod export_dialog;
pub mod file_menu;
pub mod fonts;
pub mod heatmap;
pub mod help;
pub mod inspector;
pub mod legend;
pub mod model_menu;
pub mod notifications;
pub mod overwrite;
pub mod path_dialog;
pub mod position_axis;
pub mod prompt_bar;
pub mod quantity;
pub mod raster;
pub mod reflections;
pub mod run_key;
pub mod segmented;
pub mod selection;
pub mod settings_panel;
pub mod shortcuts;
pub mod status_bar;
pub mod survival;
pub mod sweep;
pub mod tabs;
pub mod theme;
pub mod timeline;
pub mod token_text;
pub mod token_view;
pub mod welcome;

pub use command::UiCommand;
pub use derived::{Derived, Scale};
pub use selection::{ColourMode, Playback, Selection, Tab};
pub use theme::Palette;

//! Panels and widgets: they read a [`TraceView`](crate::trace::TraceView) and return commands, and know
//! neither candle nor who runs the engine.

pub mod command;
pub mod derived;
pub mod selection;
pub mod theme;
pub mod bands;
pub mod colormap;
pub mod colour_bar;
pub mod columns;
pub mod empty_state;
pub mod heatmap;
pub mod inspector;
pub mod position_axis;
pub mod quantity;
pub mod raster;
pub mod run_key;
pub mod survival;
pub mod timeline;
pub mod token_text;

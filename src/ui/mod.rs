//! Panels and widgets: they read a [`TraceView`](crate::trace::TraceView) and return commands, and know
//! neither candle nor who runs the engine.

pub mod command;
pub mod derived;
pub mod selection;
pub mod theme;

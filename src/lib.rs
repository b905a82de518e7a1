//! rkv-scope shows what a reasoning model's KV cache forgets.
//!
//! Layers, arrows point down only, but for the check of settings, which looks a policy up; Cargo features hold the walls:
//!
//! | layer | modules | may know |
//! |---|---|---|
//! | L5 | [`app`], [`cli`] | everything below |
//! | L4 | [`ui`] | everything below but [`model`] and [`kernels`]; never candle |
//! | L3 | [`engine`], [`sweep`], [`compare`], [`export`] | the inference thread; many runs and their table; runs side by side; figures and tables |
//! | L2 | [`model`], [`kernels`] | candle: decoder, weights, tokenizer, attention over the cache |
//! | L1 | [`policy`] | pure decisions on slices: score, scope, protection, trigger, selection |
//! | L1 | [`analysis`] | pure functions of a trace: reflections, repetitions, their share of what left; the scores that decided |
//! | L0 | [`trace`], [`config`], [`problems`], [`lanes`], [`dot`], [`exp`] | ids, records, store, view, codec; settings and their validation; school problems; eight floats at a time, their dot products and exponentials |
//! | L0 | [`error_chain`], [`printable`] | text alone: an error with its causes in a line; what a terminal may get |
//!
//! `--no-default-features` builds all but the window and what runs a model: traces, policies and analysis, figures, tables and
//! comparisons, the results of sweeps, the engine's protocol, and the commands that read files. With `--features gui` beside
//! it, it is a viewer that replays trace files without any tensor library.

pub mod analysis;
pub mod compare;
pub mod config;
mod counted;
pub mod dot;
pub mod engine;
pub mod error_chain;
pub mod exp;
pub mod export;
#[cfg(feature = "infer")]
pub mod kernels;
pub mod lanes;
#[cfg(feature = "infer")]
pub mod model;
mod named;
#[cfg(any(feature = "gui", feature = "infer"))]
mod panicked;
pub mod policy;
pub mod printable;
pub mod problems;
pub mod sweep;
pub mod trace;

#[cfg(feature = "gui")]
pub mod app;
#[cfg(feature = "gui")]
pub mod ui;

pub mod cli;

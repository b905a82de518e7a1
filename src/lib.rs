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
//! | L0 | [`trace`], [`config`], [`problems`], [`lanes`], [`exp`] | ids, records, store, view, codec; settings and their validation; school problems; eight floats at a time and their exponential |
//!
//! `--no-default-features` builds L0, L1 and the exports; with `--features gui` beside it, a viewer that
//! replays trace files without any tensor library.

pub mod analysis;
pub mod compare;
pub mod config;
mod counted;
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

//! `bench`: numbers for this machine, as ratios within one run. Machines are shared and noisy.

mod cpu_time;
mod decode;
mod each_step;
mod noise;
mod one_thread;
#[cfg(feature = "cuda")]
mod random_weights;
mod scoring;

use std::io::Write;

use super::CliError;
use super::run_args::{BenchArgs, BenchCommand};
use crate::config::EMBEDDED_MODEL;
use crate::model::shapes::ModelShape;

pub(super) fn run(args: &BenchArgs, out: &mut dyn Write) -> Result<(), CliError> {
    match &args.command {
        BenchCommand::Decode {
            random_weights: Some(shape),
            json,
            ..
        } => on_gpu(*shape, *json, out),
        BenchCommand::Decode { .. } if !one_thread::is_set() => one_thread::run_again(),
        BenchCommand::Decode {
            model,
            device,
            contexts,
            budget,
            json,
            random_weights: None,
        } => decode::run(
            model.as_deref().unwrap_or(EMBEDDED_MODEL),
            *device,
            contexts,
            *budget,
            *json,
            out,
        ),
        BenchCommand::Scoring {
            policy,
            model,
            json,
        } => scoring::run(
            policy,
            model.as_deref().unwrap_or(EMBEDDED_MODEL),
            *json,
            out,
        ),
    }
}

#[cfg(feature = "cuda")]
fn on_gpu(shape: ModelShape, as_json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    random_weights::run(shape, as_json, out)
}

#[cfg(not(feature = "cuda"))]
fn on_gpu(_shape: ModelShape, _as_json: bool, _out: &mut dyn Write) -> Result<(), CliError> {
    Err(CliError::Usage(
        "random weights are made on a GPU, and this program was built without its CUDA back end (feature `cuda`)"
            .to_owned(),
    ))
}

//! `bench`: numbers for this machine, as ratios within one run. Machines are shared and noisy.

mod cpu_time;
mod decode;
mod each_step;
mod one_thread;
mod scoring;

use std::io::Write;

use super::CliError;
use super::run_args::{BenchArgs, BenchCommand};

pub(super) fn run(args: &BenchArgs, out: &mut dyn Write) -> Result<(), CliError> {
    match &args.command {
        BenchCommand::Decode { .. } if !one_thread::is_set() => one_thread::run_again(),
        BenchCommand::Decode {
            model,
            contexts,
            budget,
            json,
        } => decode::run(
            model.as_deref().unwrap_or("reasoner"),
            contexts,
            *budget,
            *json,
            out,
        ),
        BenchCommand::Scoring {
            policy,
            model,
            json,
        } => scoring::run(policy, model.as_deref().unwrap_or("reasoner"), *json, out),
    }
}

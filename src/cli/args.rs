//! The arguments, as clap reads them.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::compare::MOST_RUNS;
use crate::config::DeviceChoice;

#[cfg(feature = "infer")]
use super::run_args::{BenchArgs, CalibrateArgs, ModelsArgs, RecordArgs};
#[cfg(feature = "infer")]
use super::sweep_args::SweepArgs;

/// See what a reasoning model's KV cache forgets.
#[derive(Debug, Parser)]
#[command(name = "rkv-scope", version, about)]
#[cfg_attr(
    feature = "gui",
    command(after_help = "Without a command the window opens.")
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the window, on trace files if some are given
    View(ViewArgs),
    /// Run a problem without a window and write its trace
    #[cfg(feature = "infer")]
    Record(RecordArgs),
    /// Gather a model's query statistics for `--policy triattention`
    #[cfg(feature = "infer")]
    Calibrate(CalibrateArgs),
    /// Say what a trace file holds
    Info(InfoArgs),
    /// Write a figure or a table of a trace file
    Export(ExportArgs),
    /// Say what share of the evicted lay in reflections and repetitions
    Analyze(AnalyzeArgs),
    /// Hold two to four traces of one problem against each other
    Compare(CompareArgs),
    /// List the cache policies
    Policies {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Accuracy against cache budget: many problems under many policies
    #[cfg(feature = "infer")]
    Sweep(Box<SweepArgs>),
    /// Write school problems with their reasoning and answers
    Problems(ProblemsArgs),
    /// List known models, or fetch one from the hub
    #[cfg(feature = "infer")]
    Models(ModelsArgs),
    /// Measure decoding or scoring on this machine
    #[cfg(feature = "infer")]
    Bench(BenchArgs),
}

/// Arguments of `view`.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct ViewArgs {
    /// Trace file to open; two to four open side by side
    #[arg(value_name = "TRACE", num_args = 0..=MOST_RUNS)]
    pub files: Vec<PathBuf>,
    /// Write a picture of the window when everything is drawn, then quit
    #[arg(long, value_name = "P.png")]
    pub screenshot_to: Option<PathBuf>,
    /// Model: a GGUF file, a Hugging Face folder, or a known name
    #[arg(long, value_name = "FILE|DIR|NAME")]
    pub model: Option<String>,
    /// Where to run it: a GPU if there is one, the CPU, or the GPU and nothing else
    #[arg(long, value_name = "auto|cpu|cuda", default_value = "auto", value_parser = named(DeviceChoice::from_name, DeviceChoice::ALL))]
    pub device: DeviceChoice,
    /// Problem to put into the prompt bar
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub problem: Option<String>,
    /// Run the problem at once
    #[arg(long, requires = "problem")]
    pub run: bool,
    /// Window size in points, each side from 200 to 16384
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(f32, f32)>,
    /// Theme instead of the system's
    #[arg(long, value_parser = ["dark", "light"])]
    pub theme: Option<String>,
    /// Tab to show first; a trace opens Reading in place of Sweep, several open Compare
    #[arg(long, value_parser = ["reading", "survival", "heatmap", "sweep", "reflections", "compare"])]
    pub tab: Option<String>,
    /// Put the timeline's cursor after this many tokens
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub cursor: Option<usize>,
    /// Pin the token at this position in the inspector
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub select: Option<u32>,
}

/// Width or height of a window, in points.
const SIDES: std::ops::RangeInclusive<f32> = 200.0..=16384.0;

fn size(text: &str) -> Result<(f32, f32), String> {
    let wrong = || {
        format!(
            "{text:?} is not WIDTHxHEIGHT, such as 1280x800, each from {} to {}",
            SIDES.start(),
            SIDES.end()
        )
    };
    let (w, h) = text.split_once(['x', 'X']).ok_or_else(wrong)?;
    let parse = |s: &str| s.parse::<f32>().ok().filter(|v| SIDES.contains(v));
    Ok((parse(w).ok_or_else(wrong)?, parse(h).ok_or_else(wrong)?))
}

/// Reads a choice by its name, or lists the names.
pub(super) fn named<T: Copy + std::fmt::Display + Send + Sync + 'static>(
    from_name: fn(&str) -> Option<T>,
    all: &'static [T],
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        from_name(text).ok_or_else(|| {
            let names: Vec<String> = all.iter().map(ToString::to_string).collect();
            format!("there are: {}", names.join(", "))
        })
    }
}

/// Arguments of `info`.
#[derive(Clone, Debug, ClapArgs)]
pub struct InfoArgs {
    /// Trace file
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `analyze`.
#[derive(Clone, Debug, ClapArgs)]
pub struct AnalyzeArgs {
    /// Trace files; several of one policy are also counted together
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Words by which reflections are told, in place of the built-in list: a line each, KIND: TEXT
    #[arg(long, value_name = "FILE")]
    pub cues: Option<PathBuf>,
    /// Fewest tokens of a repetition
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = crate::analysis::SHORTEST_REPEAT as u32,
        value_parser = clap::value_parser!(u32).range(2..))]
    pub min_repeat: u32,
}

/// Arguments of `compare`.
#[derive(Clone, Debug, ClapArgs)]
pub struct CompareArgs {
    /// Trace files; the others are held against the first
    #[arg(required = true, num_args = 2..=MOST_RUNS, value_name = "TRACE")]
    pub files: Vec<PathBuf>,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub json: bool,
    /// Format of the figure; by its extension if not given
    #[arg(long, value_name = "png|svg", requires = "out",
        value_parser = named(crate::export::Format::from_name, crate::export::Format::ALL))]
    pub format: Option<crate::export::Format>,
    /// Write the survival rasters and the overlap as a figure; `-` is standard output
    #[arg(long, value_name = "F")]
    pub out: Option<PathBuf>,
}

/// Arguments of `export`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ExportArgs {
    /// Trace file
    pub file: PathBuf,
    /// What to draw or tabulate
    #[arg(long, value_name = "heatmap|tokens|scores|events|segments|raster",
        value_parser = named(crate::export::What::from_name, crate::export::What::ALL))]
    pub what: crate::export::What,
    /// File format
    #[arg(long, value_name = "png|svg|csv|json",
        value_parser = named(crate::export::Format::from_name, crate::export::Format::ALL))]
    pub format: crate::export::Format,
    /// Destination; `-` is standard output
    #[arg(long, value_name = "O")]
    pub out: PathBuf,
    /// Compression to show, counted from 0 (heatmap, scores); the heatmap's is the last by default
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub event: Option<u32>,
    /// What the heatmap shows; importance by default, or what was recorded of a policy that has none
    #[arg(long, value_name = "importance|redundancy|score|held",
        value_parser = named(crate::export::Measure::from_name, crate::export::Measure::ALL))]
    pub measure: Option<crate::export::Measure>,
    /// Only this layer (heatmap, scores)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub layer: Option<u32>,
    /// Only this KV head of each layer (heatmap, scores)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub head: Option<u32>,
    /// Words by which reflections are told, in place of the built-in list (segments, table of tokens)
    #[arg(long, value_name = "FILE")]
    pub cues: Option<PathBuf>,
    /// Show the run as it stood after this many tokens
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub cursor: Option<usize>,
}

/// Arguments of `problems`.
#[derive(Clone, Debug, ClapArgs)]
pub struct ProblemsArgs {
    /// How many problems
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 10
    )]
    pub count: u64,
    /// Seed; 0 to 999 are held out from training
    #[arg(
        long,
        value_name = "S",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    pub seed: u64,
    /// Number of the first problem of the seed
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    pub first: u64,
    /// Only these kinds, separated by commas
    #[arg(long, value_name = "KIND,...", value_delimiter = ',', value_parser = super::problems::kind)]
    pub kinds: Vec<&'static crate::problems::Kind>,
    /// Only this level
    #[arg(long, value_name = "easy|medium|hard",
        value_parser = named(crate::problems::Level::from_name, crate::problems::Level::ALL))]
    pub level: Option<crate::problems::Level>,
    /// Print one JSON object per line: kind, level, problem, trace, answer, formula
    #[arg(long)]
    pub json: bool,
    /// List the kinds instead
    #[arg(long, conflicts_with_all = ["count", "seed", "first", "kinds", "level"])]
    pub list: bool,
}

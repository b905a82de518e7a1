//! The arguments of `sweep`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::builder::RangedU64ValueParser;

use super::args::named;
use super::progress;
use super::run_args::{CacheArgs, protection, warn_greedy};
use crate::config::{CacheSettings, EMBEDDED_MODEL, Protection, Sampling, Scope, Trigger};
use crate::export::SweepAxis;
use crate::sweep::ProblemSource;

/// Arguments of `sweep`.
#[derive(Clone, Debug, ClapArgs)]
pub struct SweepArgs {
    /// Problems to ask [default: 100, or all of --problems-file]
    #[arg(long, value_name = "N", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..=MOST_PROBLEMS))]
    pub problems: Option<u32>,
    /// Ask the problems of a file, a JSON object with problem, answer and kind on each line, instead of drawing them
    #[arg(long, value_name = "F.jsonl")]
    pub problems_file: Option<PathBuf>,
    /// What the model is told behind every problem; only an answer in \boxed{} counts [default: nothing for the built-in
    /// reasoner, else "Please reason step by step, and put your final answer within \boxed{}."]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub instruction: Option<String>,
    /// Slots each KV head keeps after a compression
    #[arg(long, value_name = "N,N,..", value_delimiter = ',', allow_negative_numbers = true, default_values_t = [32, 48, 64, 96, 128, 192, 256])]
    pub budgets: Vec<u32>,
    /// Cache policies (see `rkv-scope policies`); the full cache is always run, as the reference
    #[arg(long, value_name = "NAME,..", value_delimiter = ',', default_values_t = ["full", "rkv", "snapkv", "streamingllm"].map(str::to_owned))]
    pub policies: Vec<String>,
    /// Seed of the problems and of the draws
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    pub seed: u64,
    /// Model: a GGUF file, a Hugging Face folder, or a known name
    #[arg(long, value_name = "FILE|DIR|NAME", default_value = EMBEDDED_MODEL)]
    pub model: String,
    /// Tokens generated at most
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = Sampling::default().max_tokens)]
    pub max_tokens: u32,
    /// 0 is greedy
    #[arg(
        long,
        value_name = "X",
        allow_negative_numbers = true,
        default_value_t = 0.0
    )]
    pub temperature: f64,
    /// Nucleus mass
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub top_p: Option<f64>,
    /// Tokens that gather before the next compression; the same for all policies, so that none has more slots [default: 32]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub buffer: Option<u32>,
    /// Weight of importance against redundancy, 0 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub lambda: Option<f64>,
    /// Observation window: newest tokens, always kept
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub window: Option<u32>,
    /// Who decides together; each policy's default if not given
    #[arg(long, value_name = "head|layer|global", value_parser = named(Scope::from_name, Scope::ALL))]
    pub scope: Option<Scope>,
    /// Tokens never evicted beside the window, `window` being another word for none; each policy's default if not given
    #[arg(long, value_name = "none|sinks|prompt", value_parser = named(protection, Protection::ALL))]
    pub protect: Option<Protection>,
    /// When to compress: cache full, or the published code's schedule
    #[arg(long, value_name = "full|published", value_parser = named(Trigger::from_name, Trigger::ALL))]
    pub trigger: Option<Trigger>,
    /// Runs at the same time, at least 1; all processors if not given. It changes no result
    #[arg(long, value_name = "N", allow_negative_numbers = true,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub threads: Option<usize>,
    /// Results file (or its folder): written as runs end, and gone on with if it holds this very sweep. Without it a sweep
    /// that is interrupted has to begin again
    #[arg(long, value_name = "F.jsonl|DIR")]
    pub out: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
    /// Draw accuracy against budget
    #[arg(long, value_name = "F.png|F.svg")]
    pub plot: Option<PathBuf>,
    /// Horizontal axis of the plot: the budget, or the share of a full cache that decode steps read
    #[arg(long, value_name = "budget|ratio", requires = "plot", default_value_t = SweepAxis::Budget, value_parser = named(SweepAxis::from_name, SweepAxis::ALL))]
    pub x: SweepAxis,
}

/// Problems of a sweep unless a number is given.
const PROBLEMS: u32 = 100;
/// Most problems of a sweep: they are all held in memory.
const MOST_PROBLEMS: i64 = 1_000_000;

impl SweepArgs {
    /// Where the problems come from.
    pub(super) fn source(&self) -> ProblemSource {
        match &self.problems_file {
            Some(path) => ProblemSource::File {
                path: path.clone(),
                count: self.problems,
            },
            None => ProblemSource::Generated {
                count: self.problems.unwrap_or(PROBLEMS),
                seed: self.seed,
            },
        }
    }

    /// How tokens are drawn.
    pub(super) fn sampling(&self) -> Sampling {
        Sampling {
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: None,
            seed: self.seed,
            max_tokens: self.max_tokens,
        }
    }

    /// Puts what was given into a policy's settings.
    pub(super) fn adjust(&self, settings: &mut CacheSettings) {
        settings.buffer = CacheSettings::default().buffer;
        self.given().put_into(settings);
    }

    fn given(&self) -> CacheArgs {
        CacheArgs {
            buffer: self.buffer,
            lambda: self.lambda,
            window: self.window,
            scope: self.scope,
            protect: self.protect,
            trigger: self.trigger,
            ..CacheArgs::default()
        }
    }

    /// Tells of options that policies of the sweep, or its sampling, do not look at.
    pub(super) fn warn(&self, arms: &[CacheSettings]) {
        let mut told = BTreeSet::new();
        for arm in arms {
            let Ok(info) = crate::policy::find(&arm.policy) else {
                continue;
            };
            // Beside other policies the full cache goes without saying.
            let beside = !info.compresses && arms.len() > 1;
            if beside || !told.insert(info.id) {
                continue;
            }
            for option in self.given().unused(info, arm) {
                progress(format_args!(
                    "warning: {} does not look at --{option}",
                    info.name
                ));
            }
        }
        warn_greedy(&self.sampling());
    }
}

//! The arguments of the commands that run a model.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args as ClapArgs, Subcommand};

use super::args::named;
use super::progress;
use crate::config::{CacheSettings, DeviceChoice, Protection, Sampling, Scope, SlotOrder, Trigger};
use crate::model::shapes::ModelShape;
use crate::policy::{Param, PolicyInfo};
use crate::trace::RecordLevel;

/// Cache settings; what is not given keeps the policy's default.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct CacheArgs {
    /// Cache policy (see `rkv-scope policies`)
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Slots each KV head keeps after a compression
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub budget: Option<u32>,
    /// Tokens that gather before the next compression
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub buffer: Option<u32>,
    /// Weight of importance against redundancy, 0 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub lambda: Option<f64>,
    /// Observation window: newest tokens, always kept
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub window: Option<u32>,
    /// Width of the pooling over importance, odd, from 1 to 4097
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub kernel: Option<u32>,
    /// Cosine above which keys are near duplicates, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub threshold: Option<f64>,
    /// Slot order after a compression: by time, or by score as the published code leaves them
    #[arg(long, value_name = "time|reference", value_parser = named(SlotOrder::from_name, SlotOrder::ALL))]
    pub order: Option<SlotOrder>,
    /// Who decides together
    #[arg(long, value_name = "head|layer|global", value_parser = named(Scope::from_name, Scope::ALL))]
    pub scope: Option<Scope>,
    /// Tokens never evicted beside the window; `window` is another word for none
    #[arg(long, value_name = "none|sinks|prompt", value_parser = named(protection, Protection::ALL))]
    pub protect: Option<Protection>,
    /// Attention sinks under `--protect sinks` and for VaSE
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub sinks: Option<u32>,
    /// When to compress: cache full, or the published code's schedule
    #[arg(long, value_name = "full|published", value_parser = named(Trigger::from_name, Trigger::ALL))]
    pub trigger: Option<Trigger>,
}

impl CacheArgs {
    /// The settings these arguments ask for.
    ///
    /// # Errors
    /// An unknown policy.
    pub fn settings(&self) -> Result<CacheSettings, crate::config::SettingsError> {
        let policy = self.policy.as_deref().unwrap_or("rkv");
        let info = crate::policy::find(policy)?;
        let budget = self.budget.unwrap_or(info.default_settings().budget);
        let mut settings = info.defaults_at(budget);
        self.put_into(&mut settings);
        Ok(settings)
    }

    /// The options among those given that `info`'s policy under `settings` has no use for.
    pub(super) fn unused(&self, info: &PolicyInfo, settings: &CacheSettings) -> Vec<&'static str> {
        let given = [
            (Param::Budget, self.budget.is_some()),
            (Param::Buffer, self.buffer.is_some()),
            (Param::Lambda, self.lambda.is_some()),
            (Param::Window, self.window.is_some()),
            (Param::Kernel, self.kernel.is_some()),
            (Param::Threshold, self.threshold.is_some()),
            (Param::Sinks, self.sinks.is_some()),
        ];
        let used = |param| match param {
            Param::Sinks if settings.protection == Protection::Sinks => true,
            _ => info.params_in_use(settings).any(|used| *used == param),
        };
        let sliders = given
            .into_iter()
            .filter(|&(param, given)| given && !used(param))
            .map(|(param, _)| param.spec().option);
        let choices = [
            ("order", self.order.is_some()),
            ("scope", self.scope.is_some()),
            ("protect", self.protect.is_some()),
            ("trigger", self.trigger.is_some()),
        ];
        let choices = choices
            .into_iter()
            .filter(|&(_, given)| given && !info.compresses)
            .map(|(option, _)| option);
        sliders.chain(choices).collect()
    }

    /// Puts what was given, but for the policy, into `s`.
    pub(super) fn put_into(&self, s: &mut CacheSettings) {
        s.budget = self.budget.unwrap_or(s.budget);
        s.buffer = self.buffer.unwrap_or(s.buffer);
        s.lambda = self.lambda.unwrap_or(s.lambda);
        // A policy that says nothing of a window has one of its own: a wider one would spare tokens behind its back.
        if crate::policy::find(&s.policy).is_ok_and(|info| info.params.contains(&Param::Window)) {
            s.window = self.window.unwrap_or(s.window);
        }
        s.kernel = self.kernel.unwrap_or(s.kernel);
        s.threshold = self.threshold.unwrap_or(s.threshold);
        s.order = self.order.unwrap_or(s.order);
        s.scope = self.scope.unwrap_or(s.scope);
        s.protection = self.protect.unwrap_or(s.protection);
        s.sinks = self.sinks.unwrap_or(s.sinks);
        s.trigger = self.trigger.unwrap_or(s.trigger);
    }
}

/// Tells of limits to a draw that is none.
pub(super) fn warn_greedy(sampling: &Sampling) {
    if sampling.temperature > 0.0 {
        return;
    }
    for (option, given) in [
        ("top-p", sampling.top_p.is_some()),
        ("top-k", sampling.top_k.is_some()),
    ] {
        if given {
            progress(format_args!(
                "warning: --{option} says nothing at temperature 0, which takes the likeliest token"
            ));
        }
    }
}

/// Arguments of `record`.
#[derive(Clone, Debug, ClapArgs)]
pub struct RecordArgs {
    /// The problem
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub prompt: String,
    /// Model: a GGUF file, a Hugging Face folder, or a known name
    #[arg(long, value_name = "FILE|DIR|NAME")]
    pub model: Option<String>,
    /// Where to run it: a GPU if there is one, the CPU, or the GPU and nothing else
    #[arg(long, value_name = "auto|cpu|cuda", default_value = "auto", value_parser = named(DeviceChoice::from_name, DeviceChoice::ALL))]
    pub device: DeviceChoice,
    /// Cache settings.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Tokens generated at most
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = Sampling::default().max_tokens)]
    pub max_tokens: u32,
    /// Seed of the draws
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        default_value_t = 0
    )]
    pub seed: u64,
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
    /// Likeliest tokens kept
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub top_k: Option<u32>,
    /// How much of each compression to record: which tokens leave; their scores, too; or the importance, redundancy and near
    /// duplicates that these are made of as well
    #[arg(long, value_name = "summary|scores|components", default_value_t = RecordLevel::default(), value_parser = named(RecordLevel::from_name, RecordLevel::ALL))]
    pub level: RecordLevel,
    /// Trace file to write
    #[arg(long, value_name = "F.rkvt")]
    pub out: Option<PathBuf>,
    /// Query statistics from `rkv-scope calibrate`, for `--policy triattention`; without, the run's own are used
    #[arg(long, value_name = "F.json")]
    pub calibration: Option<PathBuf>,
    /// Print one JSON object instead of the text
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `calibrate`.
#[derive(Clone, Debug, ClapArgs)]
pub struct CalibrateArgs {
    /// Model: a GGUF file, a Hugging Face folder, or a known name
    #[arg(long, value_name = "FILE|DIR|NAME")]
    pub model: Option<String>,
    /// Problem to run with the full cache; may be given several times
    #[arg(long, value_name = "TEXT", required = true, allow_hyphen_values = true)]
    pub prompt: Vec<String>,
    /// Tokens generated at most, per problem
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = Sampling::default().max_tokens)]
    pub max_tokens: u32,
    /// File to write
    #[arg(long, value_name = "F.json")]
    pub out: PathBuf,
}

/// The window always stays, so protecting it alone is to protect nothing else.
pub(super) fn protection(name: &str) -> Option<Protection> {
    match name {
        "window" => Some(Protection::None),
        _ => Protection::from_name(name),
    }
}

/// Arguments of `models`.
#[derive(Clone, Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ModelsArgs {
    /// What to do; without it the known models are listed
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
}

/// Commands of `models`.
#[derive(Clone, Debug, Subcommand)]
pub enum ModelsCommand {
    /// Download a known model from the hub
    Fetch {
        /// Its name
        name: String,
    },
}

/// Arguments of `bench`.
#[derive(Clone, Debug, ClapArgs)]
pub struct BenchArgs {
    /// What to measure
    #[command(subcommand)]
    pub command: BenchCommand,
}

/// Commands of `bench`.
#[derive(Clone, Debug, Subcommand)]
pub enum BenchCommand {
    /// Tokens per CPU-second at several context lengths, full cache against R-KV
    Decode {
        /// Model: a GGUF file, a Hugging Face folder, or a known name
        #[arg(long, value_name = "FILE|DIR|NAME")]
        model: Option<String>,
        /// Where to run it; candle's own llama beside it always runs on the CPU
        #[arg(long, value_name = "auto|cpu|cuda", default_value = "cpu", value_parser = named(DeviceChoice::from_name, DeviceChoice::ALL))]
        device: DeviceChoice,
        /// Context lengths, at least 1; R-KV is measured just after its first compressions, too
        #[arg(long, value_name = "N,N,..", value_delimiter = ',', allow_negative_numbers = true, default_values_t = [80, 2048, 7000],
            value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
        contexts: Vec<usize>,
        /// Instead of a model: a shape with random weights on the GPU, 16,384 tokens at batch 1 and the largest that fits
        #[arg(long, value_name = "SHAPE", conflicts_with = "model", value_parser = named(ModelShape::from_name, ModelShape::ALL))]
        random_weights: Option<ModelShape>,
        /// R-KV budget
        #[arg(
            long,
            value_name = "N",
            allow_negative_numbers = true,
            default_value_t = 256
        )]
        budget: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Milliseconds per compression on fixed shapes
    Scoring {
        /// Policy to measure, or `all`
        #[arg(long, default_value = "rkv")]
        policy: String,
        /// Model whose decode step policies are held against that decide after every token
        #[arg(long, value_name = "FILE|DIR|NAME")]
        model: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

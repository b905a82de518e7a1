//! The numbers of [`CacheSettings`] as data, so that sliders and options are made from a table.

use super::find;
use crate::config::CacheSettings;

/// A numeric setting that a policy can expose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Param {
    /// Slots kept.
    Budget,
    /// Tokens between compressions.
    Buffer,
    /// Importance against redundancy.
    Lambda,
    /// Observation window.
    Window,
    /// Max-pool width.
    Kernel,
    /// Near-duplicate cosine.
    Threshold,
    /// Attention sinks.
    Sinks,
}

/// How a numeric setting is shown and bounded on a slider. Typed values may leave the slider's range
/// as far as [`CacheSettings::check`] allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamSpec {
    /// Which setting.
    pub param: Param,
    /// Name shown to people.
    pub label: &'static str,
    /// Option name on the command line, without dashes.
    pub option: &'static str,
    /// Lowest slider value.
    pub low: f64,
    /// Highest slider value.
    pub high: f64,
    /// Slider step.
    pub step: f64,
    /// Whether the slider is logarithmic.
    pub log: bool,
    /// Digits after the point.
    pub decimals: usize,
    /// One sentence for a newcomer.
    pub help: &'static str,
}

impl Param {
    /// How the setting is shown.
    pub fn spec(self) -> &'static ParamSpec {
        match self {
            Self::Budget => &ParamSpec {
                param: Self::Budget,
                label: "Budget",
                option: "budget",
                low: 16.0,
                high: 2048.0,
                step: 1.0,
                log: true,
                decimals: 0,
                help: "Slots each KV head keeps after a compression, window included.",
            },
            Self::Buffer => &ParamSpec {
                param: Self::Buffer,
                label: "Buffer",
                option: "buffer",
                low: 1.0,
                high: 512.0,
                step: 1.0,
                log: true,
                decimals: 0,
                help: "Tokens that gather on top of the budget before the next compression.",
            },
            Self::Lambda => &ParamSpec {
                param: Self::Lambda,
                label: "Lambda λ",
                option: "lambda",
                low: 0.0,
                high: 1.0,
                step: 0.01,
                log: false,
                decimals: 2,
                help: "Weight of importance against redundancy: 1 looks at attention alone, 0 at repetition alone.",
            },
            Self::Window => &ParamSpec {
                param: Self::Window,
                label: "Observation window",
                option: "window",
                low: 1.0,
                high: 64.0,
                step: 1.0,
                log: false,
                decimals: 0,
                help: "The newest tokens, always kept. Policies that ask the last queries what is important ask theirs.",
            },
            Self::Kernel => &ParamSpec {
                param: Self::Kernel,
                label: "Pooling kernel",
                option: "kernel",
                low: 1.0,
                high: 31.0,
                step: 2.0,
                log: false,
                decimals: 0,
                help: "Width of the pooling that lets an important token shelter its neighbours; odd.",
            },
            Self::Threshold => &ParamSpec {
                param: Self::Threshold,
                label: "Similarity threshold",
                option: "threshold",
                low: 0.0,
                high: 1.0,
                step: 0.01,
                log: false,
                decimals: 2,
                help: "Cosine above which two keys count as near duplicates.",
            },
            Self::Sinks => &ParamSpec {
                param: Self::Sinks,
                label: "Attention sinks",
                option: "sinks",
                low: 0.0,
                high: 32.0,
                step: 1.0,
                log: false,
                decimals: 0,
                help: "First tokens that are never evicted when protection is set to sinks, and that VaSE spares by itself.",
            },
        }
    }

    /// Reads the setting.
    pub fn get(self, settings: &CacheSettings) -> f64 {
        match self {
            Self::Budget => f64::from(settings.budget),
            Self::Buffer => f64::from(settings.buffer),
            Self::Lambda => settings.lambda,
            Self::Window => f64::from(settings.window),
            Self::Kernel => f64::from(settings.kernel),
            Self::Threshold => settings.threshold,
            Self::Sinks => f64::from(settings.sinks),
        }
    }

    /// The setting as the command line would say it: `lambda 0.7`.
    pub fn said(self, settings: &CacheSettings) -> String {
        format!("{} {}", self.spec().option, self.get(settings))
    }

    /// Writes the setting; counts are rounded. A window that is the policy's share of the budget goes with it.
    pub fn set(self, settings: &mut CacheSettings, value: f64) {
        let count = value.round().clamp(0.0, f64::from(u32::MAX)) as u32;
        match self {
            Self::Budget => set_budget(settings, count),
            Self::Buffer => settings.buffer = count,
            Self::Lambda => settings.lambda = value,
            Self::Window => settings.window = count,
            Self::Kernel => settings.kernel = count,
            Self::Threshold => settings.threshold = value,
            Self::Sinks => settings.sinks = count,
        }
    }
}

fn set_budget(settings: &mut CacheSettings, budget: u32) {
    if let Ok(info) = find(&settings.policy)
        && settings.window == info.defaults_at(settings.budget).window
    {
        settings.window = info.defaults_at(budget).window;
    }
    settings.budget = budget;
}

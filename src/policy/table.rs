//! The one table of policies.

use std::sync::Arc;

use super::calibration::Calibration;
use super::params::Param;
use super::{Needs, Policy, Queries};
use super::{
    full_cache, h2o, keydiff, knorm, longflow, longflow_exact, random_prompt, recency,
    recency_prompt, rkv, rkv_global, snapkv, task_aware, thinkv, tova, triattention, vase_attnv,
    vase_dkv,
};
use crate::config::{CacheSettings, Protection, SettingsError};
use crate::trace::ModelSummary;

/// A policy as the table lists it.
pub struct PolicyInfo {
    /// Name on the command line and in files.
    pub id: &'static str,
    /// Name shown to people.
    pub name: &'static str,
    /// Other names it is known by.
    pub aliases: &'static [&'static str],
    /// Where it is published.
    pub paper: &'static str,
    /// One paragraph that a newcomer understands; where the published form is uncertain or had to be
    /// adapted, it says what was assumed.
    pub summary: &'static str,
    /// Whether it evicts anything.
    pub compresses: bool,
    /// Whether its published form decides after every token.
    pub each_step: bool,
    /// What it looks at.
    pub needs: Needs,
    /// Numeric settings that it uses, in the order of the sliders.
    pub params: &'static [Param],
    /// Its published defaults, given the general ones.
    pub defaults: fn(&mut CacheSettings),
    /// Starts it in a run.
    pub policy: fn(&RunContext) -> Result<Box<dyn Policy>, SettingsError>,
}

/// What a policy may know of a run when it starts.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// The model's name and shape.
    pub model: ModelSummary,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// The model's rotary frequencies, `[head_dim / 2]`, if its features turn in the half-split layout.
    pub frequencies: Option<Vec<f32>>,
    /// Query statistics of an earlier run, if there are some.
    pub calibration: Option<Arc<Calibration>>,
}

/// A policy and what it remembers.
pub struct ActivePolicy {
    /// Its line in the table.
    pub info: &'static PolicyInfo,
    /// The policy itself.
    pub policy: Box<dyn Policy>,
}

impl std::fmt::Debug for ActivePolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ActivePolicy").field(&self.info.id).finish()
    }
}

impl PolicyInfo {
    /// Whether it must see every step, and not just keys, values and queries at a compression: its cache is then where
    /// the policies run. One that decides after each token by age alone sees nothing of a step.
    pub fn watches(&self) -> bool {
        let Needs {
            queries,
            attention,
            prompt,
            statistics,
            draws: _,
            sinks: _,
        } = self.needs;
        attention || prompt || statistics || (self.each_step && queries != Queries::None)
    }

    /// The settings a run with this policy starts from.
    pub fn default_settings(&self) -> CacheSettings {
        self.defaults_at(CacheSettings::default().budget)
    }

    /// The defaults when the budget is a given one: some policies make their window a share of it.
    pub fn defaults_at(&self, budget: u32) -> CacheSettings {
        let mut settings = CacheSettings {
            policy: self.id.to_owned(),
            budget,
            ..CacheSettings::default()
        };
        (self.defaults)(&mut settings);
        settings
    }

    /// `settings` of another policy carried over to this one: what differs from that policy's defaults was chosen by
    /// a person and stays, the rest becomes this policy's defaults.
    pub fn adopt(&self, settings: &CacheSettings) -> CacheSettings {
        let Ok(left) = find(&settings.policy) else {
            return self.default_settings();
        };
        // At the same budget: a window that is half of it was chosen by nobody.
        let mut adopted = self.defaults_at(settings.budget);
        let old = left.defaults_at(settings.budget);
        macro_rules! keep_chosen {
            ($($field:ident),+) => {
                $(if settings.$field != old.$field {
                    adopted.$field = settings.$field;
                })+
            };
        }
        keep_chosen!(
            buffer, lambda, kernel, threshold, retain, order, scope, protection, sinks, trigger
        );
        // A policy that says nothing of a window has the newest token alone for one: a wider one would spare tokens behind
        // its back and raise the least budget. The full cache only passes it on.
        if self.params.contains(&Param::Window) || !self.compresses {
            keep_chosen!(window);
        }
        adopted
    }

    /// Those of [`Self::params`] that it looks at under these settings: sinks are the protection's, unless the policy spares
    /// them by itself.
    pub fn params_in_use(&self, settings: &CacheSettings) -> impl Iterator<Item = &'static Param> {
        let sinks = self.needs.sinks || settings.protection == Protection::Sinks;
        let in_use = move |param: &&Param| sinks || **param != Param::Sinks;
        self.params.iter().filter(in_use)
    }

    /// What differs in `settings` from this policy's defaults at their budget, budget and buffer apart, as the command
    /// line would say it: `lambda 0.7`, `scope global`.
    pub fn unusual(&self, settings: &CacheSettings) -> Vec<String> {
        let usual = self.defaults_at(settings.budget);
        let numbers = self
            .params_in_use(settings)
            .filter(|param| !matches!(param, Param::Budget | Param::Buffer))
            .filter(|param| param.get(settings).to_bits() != param.get(&usual).to_bits())
            .map(|param| param.said(settings));
        numbers.chain(self.unusual_choices(settings)).collect()
    }

    /// Of [`Self::unusual`] what is no number that the policy uses.
    pub fn unusual_choices(&self, settings: &CacheSettings) -> Vec<String> {
        if !self.compresses {
            return vec![];
        }
        let usual = self.defaults_at(settings.budget);
        let known = self.choices(&usual);
        let mut said = self.choices(settings).to_vec();
        said.retain(|choice| !known.contains(choice));
        if settings.retain != usual.retain {
            said.push(format!("retain {:?}", settings.retain));
        }
        if !self.params.contains(&Param::Window) && settings.window != usual.window {
            said.push(Param::Window.said(settings));
        }
        said
    }

    /// What is chosen beside the numbers, in words. The number of sinks is told unless it is among the policy's own numbers.
    pub fn choices(&self, settings: &CacheSettings) -> [String; 4] {
        let protection = match settings.protection {
            Protection::Sinks if !self.params.contains(&Param::Sinks) => {
                format!("protection {} of {}", settings.protection, settings.sinks)
            }
            protection => format!("protection {protection}"),
        };
        [
            format!("scope {}", settings.scope),
            protection,
            format!("trigger {}", settings.trigger),
            format!("order {}", settings.order),
        ]
    }

    /// Starts the policy in a run.
    ///
    /// # Errors
    /// The run lacks what the policy cannot do without.
    pub fn start(&'static self, run: &RunContext) -> Result<ActivePolicy, SettingsError> {
        Ok(ActivePolicy {
            info: self,
            policy: (self.policy)(run)?,
        })
    }

    /// Bytes that the policy holds between compressions beside keys and values, with `slots` slots per head.
    pub fn auxiliary_bytes(
        &self,
        settings: &CacheSettings,
        model: &ModelSummary,
        slots: u32,
        prompt_tokens: u32,
    ) -> u64 {
        self.needs
            .auxiliary_bytes(settings, model, slots, prompt_tokens)
    }

    fn is_called(&self, name: &str) -> bool {
        let wanted = bare(name);
        std::iter::once(&self.id)
            .chain(std::iter::once(&self.name))
            .chain(self.aliases)
            .any(|known| bare(known) == wanted)
    }
}

impl std::fmt::Debug for PolicyInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicyInfo")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Every policy. Adding one is a file beside this one and a line here.
pub static POLICIES: &[PolicyInfo] = &[
    rkv::INFO,
    rkv_global::INFO,
    snapkv::INFO,
    task_aware::INFO,
    h2o::INFO,
    tova::INFO,
    longflow::INFO,
    longflow_exact::INFO,
    vase_attnv::INFO,
    vase_dkv::INFO,
    thinkv::INFO,
    triattention::INFO,
    knorm::INFO,
    keydiff::INFO,
    recency::INFO,
    recency_prompt::INFO,
    random_prompt::INFO,
    full_cache::INFO,
];

/// Letters and digits alone, in lower case.
fn bare(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The policy of that id, name or alias; case, spaces and hyphens do not matter.
///
/// # Errors
/// [`SettingsError::UnknownPolicy`], which lists the known ones.
pub fn find(name: &str) -> Result<&'static PolicyInfo, SettingsError> {
    POLICIES
        .iter()
        .find(|info| info.id == name)
        .or_else(|| POLICIES.iter().find(|info| info.is_called(name)))
        .ok_or_else(|| SettingsError::UnknownPolicy {
            name: name.to_owned(),
            known: POLICIES
                .iter()
                .map(|info| info.id)
                .collect::<Vec<_>>()
                .join(", "),
        })
}

/// The name of a policy as shown to people; its id, if the program does not know it.
pub fn shown_name(policy: &str) -> &str {
    find(policy).map_or(policy, |info| info.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Scope, SlotOrder};

    #[test]
    fn policies_are_found_by_the_names_people_use() {
        for (name, id) in [
            ("R-KV", "rkv"),
            ("Value-Aware Stochastic eviction", "vase-attnv"),
            ("VaSE", "vase-attnv"),
            ("VaSE DKV", "vase-dkv"),
            ("Task-Aware compression", "task-aware"),
            ("Beyond RAG", "task-aware"),
            ("ThinKV", "thinkv"),
            ("LongFlow", "longflow"),
            ("longflow (exact)", "longflow-exact"),
            ("Random Attention", "random-prompt"),
            ("streaming llm", "streamingllm"),
            ("Full", "full"),
        ] {
            assert_eq!(find(name).unwrap().id, id, "{name}");
        }
        assert!(find("").is_err());
    }

    #[test]
    fn no_two_policies_share_a_name() {
        let mut names: Vec<String> = POLICIES
            .iter()
            .flat_map(|info| {
                let mut own: Vec<String> = [info.id, info.name]
                    .iter()
                    .chain(info.aliases)
                    .map(|name| bare(name))
                    .collect();
                own.sort();
                own.dedup();
                own
            })
            .collect();
        names.sort();
        for pair in names.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
    }

    #[test]
    fn every_policy_starts_from_legal_settings_and_explains_itself() {
        for info in POLICIES {
            info.default_settings().check().unwrap();
            assert!(info.summary.len() > 80, "{}", info.id);
            assert!(info.paper.is_empty() || info.paper.starts_with("arXiv "));
        }
    }

    #[test]
    fn those_that_kernels_score_leave_the_cache_on_the_device() {
        for id in [
            "rkv",
            "rkv-global",
            "snapkv",
            "streamingllm",
            "recency-prompt",
        ] {
            assert!(!find(id).unwrap().watches(), "{id}");
        }
        for id in ["h2o", "tova", "longflow", "task-aware", "triattention"] {
            assert!(find(id).unwrap().watches(), "{id}");
        }
    }

    #[test]
    fn another_policy_brings_its_protection_and_leaves_what_a_person_chose() {
        let chosen = CacheSettings {
            budget: 77,
            ..find("rkv").unwrap().default_settings()
        };
        let random = find("random-prompt").unwrap().adopt(&chosen);
        assert_eq!((random.budget, random.protection), (77, Protection::Prompt));
        let tova = find("tova").unwrap().adopt(&random);
        assert_eq!((tova.budget, tova.scope), (77, Scope::Layer));
        assert_eq!(tova.protection, Protection::None);
        assert_eq!(find("rkv").unwrap().adopt(&tova), chosen);
    }

    #[test]
    fn what_is_not_as_published_is_told() {
        let rkv = find("rkv").unwrap();
        let mut settings = rkv.defaults_at(77);
        assert!(rkv.unusual(&settings).is_empty());
        settings.lambda = 0.7;
        settings.scope = Scope::Global;
        settings.protection = Protection::Sinks;
        settings.order = SlotOrder::Reference;
        assert_eq!(
            rkv.unusual(&settings),
            [
                "lambda 0.7",
                "scope global",
                "protection sinks of 4",
                "order reference"
            ]
        );
        for info in POLICIES {
            assert!(
                info.unusual(&info.defaults_at(300)).is_empty(),
                "{}",
                info.id
            );
        }
    }

    #[test]
    fn a_window_that_is_half_of_the_budget_stays_that_unless_a_person_chose_another() {
        let h2o = find("h2o").unwrap();
        let mut settings = h2o.default_settings();
        Param::Budget.set(&mut settings, 256.0);
        assert_eq!(settings.window, 128);
        assert_eq!(
            find("rkv").unwrap().adopt(&settings).window,
            CacheSettings::default().window
        );
        settings.window = 10;
        Param::Budget.set(&mut settings, 64.0);
        assert_eq!(settings.window, 10);
        assert_eq!(find("snapkv").unwrap().adopt(&settings).window, 10);
        for without in ["tova", "streamingllm", "recency-prompt"] {
            assert_eq!(find(without).unwrap().adopt(&settings).window, 1);
        }
        let full = find("full").unwrap().adopt(&settings);
        assert_eq!(
            find("rkv").unwrap().adopt(&full).window,
            10,
            "kept on a detour"
        );
    }
}

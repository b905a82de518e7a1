//! Decisions on slices: what each cached token is worth, and who stays.
//!
//! Four separate settings make a compression, because published "R-KV"s differ in them: the **score**
//! (one file per policy here), the **scope** and **protection** ([`select`]), and the **trigger**
//! ([`schedule`]). A policy is one file and one line in [`POLICIES`]; that table feeds the command
//! line, the combo box, the sliders, the README and the tests.
//!
//! What a policy looks at besides keys, values and recent queries it names in its [`Needs`]; the engine
//! gathers that and nothing else. Most policies remember nothing and are one function; those that do
//! override [`Policy::observe`] or [`Policy::prepare`].

pub mod attention;
pub mod calibration;
mod clusters;
mod full_cache;
mod h2o;
mod head;
pub mod importance;
mod keydiff;
mod knorm;
mod longflow;
mod longflow_exact;
mod needs;
pub mod params;
mod random_prompt;
mod recency;
mod recency_prompt;
pub mod redundancy;
mod rkv;
mod rkv_global;
pub mod schedule;
pub mod select;
mod snapkv;
pub mod softmax;
pub mod spread;
pub mod stream;
mod table;
mod task_aware;
mod thinkv;
mod thought;
mod tova;
mod triattention;
mod vase_attnv;
mod vase_dkv;

use crate::config::CacheSettings;

pub use head::{HeadScores, HeadView, Heads, QueryPass};
pub use needs::{Needs, PROMPT_PROBES, Queries};
pub use params::{Param, ParamSpec};
pub use table::{ActivePolicy, POLICIES, PolicyInfo, RunContext, find, shown_name};

/// Buffer of policies whose published form drops one token each step: small, yet a trace stays readable.
const STEPWISE_BUFFER: u32 = 16;

/// A policy at work in one run.
pub trait Policy: Send + Sync {
    /// Scores the candidates `0..n - window` of one head.
    ///
    /// Called only with `settings` that passed [`CacheSettings::check_with_prompt`] and `n > window`.
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores;

    /// Sees the queries of a forward pass, layer by layer, if the policy's needs ask for statistics.
    fn observe(&mut self, pass: &QueryPass<'_>) {
        let _ = pass;
    }

    /// Looks over all heads, for decisions that they share. Called at every compression before any head is scored.
    fn prepare(&mut self, heads: &dyn Heads, settings: &CacheSettings) {
        let _ = (heads, settings);
    }
}

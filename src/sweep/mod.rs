//! Accuracy against cache budget: many problems under many policies, and what that says.
//!
//! The curve is the claim of every eviction paper. A sweep runs each problem once with the full cache
//! and once with every (policy, budget), on the engine's own [`Generation`](crate::engine), writes each
//! result as it comes ([`ResultsFile`]), and sums up ([`SweepTable`]): pass rate with its interval,
//! paired against the full cache, since the same problems were asked.
//!
//! Everything but `runner` and `one_problem` is plain data and arithmetic, so that a viewer without a
//! model reads results too.

mod arm;
mod error;
mod handle;
mod outcome;
mod plan;
mod problem;
mod repeats;
mod report;
mod results_file;
mod stamped_line;
pub mod statistics;
mod table;

#[cfg(feature = "infer")]
mod one_problem;
#[cfg(feature = "infer")]
mod runner;

pub use arm::{ArmKey, FULL, arms};
pub use error::SweepError;
pub use handle::{ReplayRequest, SweepEvent, SweepHandle};
pub use outcome::RunOutcome;
pub use plan::{ModelIdentity, SweepPlan, SweepRequest, instruction_for};
pub use problem::{Problem, ProblemSource, ProblemsError};
pub use repeats::ends_in_a_loop;
pub use report::{duration, json, p_value, text};
pub use results_file::{ResultsError, ResultsFile, StoredSweep};
pub use table::{ArmRow, ArmStats, Duel, KindRow, SweepTable};

#[cfg(feature = "infer")]
pub use runner::{Loader, execute, replay, spawn};

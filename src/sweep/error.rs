//! What can stop a sweep.

#[cfg(feature = "infer")]
use super::ArmKey;
use super::{ModelIdentity, ProblemsError, ResultsError};
use crate::config::SettingsError;

/// A sweep could not begin or go on; runs that had ended are in the results file.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The problems cannot be had.
    #[error(transparent)]
    Problems(#[from] ProblemsError),
    /// Settings that cannot work.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The results file.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// No arm but the full cache can run.
    #[error("no policy can run at these budgets: {0}")]
    NothingToRun(String),
    /// The model cannot be loaded.
    #[cfg(feature = "infer")]
    #[error(transparent)]
    Model(#[from] crate::model::LanguageModelError),
    /// A run of another model's results.
    #[error(
        "these results are of the model {} ({}), but {} ({}) would run now; load that model first",
        wanted.name, wanted.fingerprint, found.name, found.fingerprint
    )]
    OtherModel {
        /// The results' model.
        wanted: ModelIdentity,
        /// The model at hand.
        found: ModelIdentity,
    },
    /// A problem that no policy can be asked.
    #[cfg(feature = "infer")]
    #[error("problem {problem} cannot be asked: {source}", problem = problem + 1)]
    Unaskable {
        /// Index of the problem.
        problem: u32,
        /// Why.
        source: Box<crate::engine::EngineError>,
    },
    /// A run failed.
    #[cfg(feature = "infer")]
    #[error("problem {problem} with {arm} failed: {source}", problem = problem + 1)]
    Run {
        /// Index of the problem.
        problem: u32,
        /// Policy and budget.
        arm: ArmKey,
        /// Why.
        source: Box<crate::engine::EngineError>,
    },
    /// The system gave no thread, or one of them died.
    #[error("a thread of the sweep {0}")]
    Thread(String),
}

impl SweepError {
    /// Whether the sweep could run with another results file.
    pub fn needs_other_file(&self) -> bool {
        let Self::Results(error) = self else {
            return false;
        };
        !matches!(error, ResultsError::Io { .. } | ResultsError::File(_))
    }
}

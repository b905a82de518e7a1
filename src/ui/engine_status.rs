//! What the panels need to know of the engine, in plain values.

use crate::engine::EngineStats;
use crate::trace::ModelSummary;

/// The engine as the window sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineStatus {
    /// Whether there is one.
    pub link: Link,
    /// The model that is loaded, and where it runs.
    pub model: Option<(ModelSummary, String)>,
    /// Progress of a model that is being loaded, 0 to 1, and what is being done.
    pub loading: Option<(f32, String)>,
    /// What the run does.
    pub phase: Phase,
    /// How fast it goes.
    pub stats: EngineStats,
}

/// Whether there is an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// This program was built to replay traces only.
    #[default]
    None,
    /// Its thread runs.
    Up,
    /// Its thread is gone; it can be started again.
    Down,
}

/// What the run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// There is no run, or it is over.
    #[default]
    Idle,
    /// Asked for; the engine has not answered yet.
    Starting,
    /// The prompt is being read.
    Prefill,
    /// Tokens are being written.
    Running,
    /// Held by the person.
    Paused,
}

impl EngineStatus {
    /// A run was asked for: how fast the last one went says nothing about it.
    pub fn start(&mut self) {
        self.phase = Phase::Starting;
        self.stats = EngineStats::default();
    }

    /// How fast the run goes, once that is known and unless it is held.
    pub fn speed(&self) -> Option<String> {
        let speed = self.stats.tokens_per_second;
        let goes = self.busy() && self.phase != Phase::Paused;
        (goes && speed > 0.0).then(|| format!("{speed:.0} tok/s"))
    }

    /// Whether a run is under way, held or not.
    pub fn busy(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// Why a run cannot start now, in words with the way out; `None` if it can.
    pub fn obstacle(&self, problem: &str, settings: Option<&str>) -> Option<String> {
        match self.link {
            Link::None => {
                Some("This build replays traces; build with the feature infer to run".to_owned())
            }
            Link::Down => {
                Some("The engine has stopped; start it again from the notifications".to_owned())
            }
            Link::Up if self.model.is_none() && self.loading.is_some() => {
                Some("The model is being loaded".to_owned())
            }
            Link::Up if self.model.is_none() => Some("Load a model first".to_owned()),
            Link::Up if problem.trim().is_empty() => {
                Some("Type a problem first, or take one of the examples".to_owned())
            }
            Link::Up => settings.map(str::to_owned),
        }
    }
}

//! A sweep as the window knows it: what came in so far, and its table.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::CacheSettings;
use crate::sweep::{ArmKey, RunOutcome, SweepEvent, SweepPlan, SweepTable};

/// How stale the table may be.
const RENEW_EVERY: Duration = Duration::from_millis(200);
/// Or this many times what making it took: it is made from all outcomes anew, and the window waits for it.
const REST: u32 = 15;

/// Where a sweep stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// None has been started.
    #[default]
    Idle,
    /// The model is being loaded.
    Loading {
        /// 0 to 1.
        fraction: f32,
        /// What is being done.
        stage: String,
    },
    /// Runs are being done.
    Running,
    /// Asked to stop.
    Stopping,
    /// Stopped by the person before its end.
    Stopped,
    /// All runs are there, or a results file was read.
    Ended,
    /// It could not go on.
    Failed(String),
}

/// Why the sweep that was asked for last could not begin.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What stood in the way, and the way out.
    pub why: String,
    /// The results file, if that is what stood in the way.
    pub file: Option<PathBuf>,
}

/// The sweep that is shown.
#[derive(Clone, Debug, Default)]
pub struct SweepShown {
    /// Where it stands.
    pub phase: Phase,
    /// What is swept, once it is known.
    pub plan: Option<Arc<SweepPlan>>,
    /// Runs that have ended.
    pub outcomes: Vec<RunOutcome>,
    /// Whether a file holds them, from which the same sweep goes on.
    pub kept: bool,
    /// Its model, as it was asked for; `None` if the sweep was read from a file.
    pub model: Option<String>,
    /// Why the one that was to take its place could not begin.
    pub refused: Option<Refusal>,
    /// Arms that cannot run, and why.
    pub left_out: Vec<(ArmKey, String)>,
    /// What of the model's files is not used, why, and what that means.
    pub note: Option<String>,
    table: SweepTable,
    summed_up: usize,
    renewed: Option<Instant>,
    took: Duration,
    began: Option<(Instant, usize)>,
    /// The file it is to be kept in.
    out: Option<PathBuf>,
    /// What was shown before, until this one has results.
    before: Option<Box<Self>>,
}

impl SweepShown {
    /// A sweep of a model was asked for, whose results a file keeps or none; what was shown before goes when it has
    /// results, and comes back if it comes to none.
    pub fn start(&mut self, model: String, out: Option<PathBuf>) {
        let before = Box::new(std::mem::take(self));
        *self = Self {
            kept: out.is_some(),
            model: Some(model),
            out,
            before: Some(before),
            phase: Phase::Loading {
                fraction: 0.0,
                stage: "starting".to_owned(),
            },
            ..Self::default()
        };
    }

    /// Shows the results of a file.
    pub fn show_stored(&mut self, plan: SweepPlan, outcomes: Vec<RunOutcome>) {
        *self = Self {
            phase: Phase::Stopped,
            left_out: without_runs(&plan, &outcomes),
            plan: Some(Arc::new(plan)),
            outcomes,
            kept: true,
            ..Self::default()
        };
        let (done, total) = self.progress();
        if done >= total {
            self.phase = Phase::Ended;
        }
        self.renew();
    }

    /// Takes up what the sweep tells.
    pub fn hear(&mut self, event: SweepEvent) {
        match event {
            SweepEvent::Loading { fraction, stage } => {
                if !matches!(self.phase, Phase::Stopping) {
                    self.phase = Phase::Loading { fraction, stage };
                }
            }
            SweepEvent::Begun {
                plan,
                done,
                left_out,
                note,
            } => {
                self.began = Some((Instant::now(), done.len()));
                if !done.is_empty() {
                    self.before = None;
                }
                self.plan = Some(plan);
                self.outcomes = done;
                self.left_out = left_out;
                self.note = note;
                if !matches!(self.phase, Phase::Stopping) {
                    self.phase = Phase::Running;
                }
                self.renew();
            }
            SweepEvent::Ran(outcome) => {
                self.before = None;
                self.outcomes.push(outcome);
            }
            SweepEvent::Ended { stopped } => {
                let before = self.before.take().filter(|before| before.plan.is_some());
                if let Some(before) = before
                    && stopped
                {
                    *self = *before;
                    return;
                }
                self.phase = if stopped {
                    Phase::Stopped
                } else {
                    Phase::Ended
                };
                self.renew();
            }
            SweepEvent::Failed(why) => {
                if let Some(before) = self.before.take() {
                    self.refuse(*before, why, None);
                } else {
                    self.phase = Phase::Failed(why);
                    self.renew();
                }
            }
            SweepEvent::NeedsOtherFile(why) => {
                let before = self.before.take().unwrap_or_default();
                let file = self.out.take();
                self.refuse(*before, why, file);
            }
        }
    }

    /// Shows what was shown before again, and says why.
    fn refuse(&mut self, before: Self, why: String, file: Option<PathBuf>) {
        *self = before;
        self.refused = Some(Refusal { why, file });
    }

    /// The table, a moment behind the outcomes while they come.
    pub fn table(&mut self) -> &SweepTable {
        if self.renewed_in() == Some(Duration::ZERO) {
            self.renew();
        }
        &self.table
    }

    /// When the table takes up the outcomes that it lags behind, so that another frame is due; `None` if it has them all.
    pub fn renewed_in(&self) -> Option<Duration> {
        let pause = pause(self.took);
        let since = self.renewed.map_or(pause, |at| at.elapsed());
        (self.summed_up != self.outcomes.len()).then(|| pause.saturating_sub(since))
    }

    fn renew(&mut self) {
        let started = Instant::now();
        if let Some(plan) = &self.plan {
            self.table = SweepTable::of(plan, &self.outcomes);
        }
        self.summed_up = self.outcomes.len();
        self.took = started.elapsed();
        self.renewed = Some(Instant::now());
    }

    /// Whether one is under way.
    pub fn busy(&self) -> bool {
        matches!(
            self.phase,
            Phase::Loading { .. } | Phase::Running | Phase::Stopping
        )
    }

    /// Runs that ended and runs there will be.
    pub fn progress(&self) -> (usize, usize) {
        let total = self.plan.as_ref().map_or(0, |plan| {
            plan.runs() - self.left_out.len() * plan.problems.len()
        });
        (self.outcomes.len(), total)
    }

    /// Runs a second since this start, and the seconds that are left at that rate.
    pub fn pace(&self) -> Option<(f64, f64)> {
        let (began, before) = self.began?;
        let (done, total) = self.progress();
        let rate = (done - before) as f64 / began.elapsed().as_secs_f64();
        (done > before).then(|| (rate, (total.saturating_sub(done)) as f64 / rate))
    }

    /// The outcome of a problem under an arm.
    pub fn outcome(&self, problem: u32, arm: &ArmKey) -> Option<&RunOutcome> {
        self.outcomes
            .iter()
            .find(|outcome| outcome.problem == problem && outcome.arm == *arm)
    }
}

/// Between two tables of which the first took so long.
fn pause(took: Duration) -> Duration {
    RENEW_EVERY.max(took * REST)
}

/// Problems that may be under way at once: of fewer, an arm may lack all runs because its turn had not come.
const AT_ONCE: usize = 64;

/// Arms that the sweep of a file left out. The file does not say so; but some have no room for the prompts that were run,
/// and where all others are complete, an arm without a single run was not forgotten: every problem goes through all arms
/// before the next.
fn without_runs(plan: &SweepPlan, outcomes: &[RunOutcome]) -> Vec<(ArmKey, String)> {
    let run: HashSet<&ArmKey> = outcomes.iter().map(|outcome| &outcome.arm).collect();
    let problems = plan.problems.len();
    let Some(longest) = outcomes.iter().map(|outcome| outcome.prompt_tokens).max() else {
        return vec![];
    };
    let told = problems > AT_ONCE && outcomes.len() >= run.len() * problems;
    let why = |settings: &CacheSettings| match settings.check_with_prompt(longest) {
        Err(error) => Some(error.to_string()),
        Ok(()) => told.then(|| "the file has no run of it, and all of the others".to_owned()),
    };
    plan.arms
        .iter()
        .map(|settings| (ArmKey::of(settings), settings))
        .filter(|(arm, _)| !run.contains(arm))
        .filter_map(|(arm, settings)| Some((arm, why(settings)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sampling;
    use crate::sweep::{ModelIdentity, Problem, arms};

    fn outcome(problem: u32, arm: ArmKey) -> RunOutcome {
        RunOutcome {
            problem,
            arm,
            right: true,
            answer: Some("4".to_owned()),
            finish: "end-of-text".to_owned(),
            looped: false,
            prompt_tokens: 9,
            tokens: 20,
            compressions: 0,
            peak_slots: 29,
            time_averaged_ratio: 1.0,
            slot_steps: 400,
        }
    }

    fn plan(policies: &[&str], problems: Vec<Problem>) -> SweepPlan {
        let policies: Vec<String> = policies.iter().map(|&name| name.to_owned()).collect();
        SweepPlan {
            model: ModelIdentity {
                name: "m".to_owned(),
                fingerprint: "0".to_owned(),
            },
            sampling: Sampling::default(),
            arms: arms(&policies, &[64], |_| {}).unwrap(),
            origin: String::new(),
            problems,
        }
    }

    #[test]
    fn a_file_whose_sweep_left_an_arm_out_is_complete() {
        let problem = Problem {
            kind: String::new(),
            text: "2 + 2?".to_owned(),
            answer: "4".to_owned(),
        };
        let plan = plan(&["rkv", "random-prompt"], vec![problem; 100]);
        let keys: Vec<ArmKey> = plan.keys().take(2).collect();
        let all: Vec<RunOutcome> = (0..100)
            .flat_map(|problem| keys.iter().map(move |arm| outcome(problem, arm.clone())))
            .collect();
        let shown = |outcomes: &[RunOutcome]| {
            let mut shown = SweepShown::default();
            shown.show_stored(plan.clone(), outcomes.to_vec());
            shown
        };
        let whole = shown(&all);
        assert_eq!(
            (whole.phase.clone(), whole.progress()),
            (Phase::Ended, (200, 200))
        );
        assert_eq!(whole.left_out[0].0.policy, "random-prompt");
        for part in [&all[..199], &all[..0]] {
            let part = shown(part);
            assert_eq!(part.phase, Phase::Stopped);
            assert_eq!(part.progress().1, 300);
        }
    }

    #[test]
    fn a_sweep_that_cannot_begin_leaves_the_results_that_were_shown() {
        let plan = plan(&["rkv"], vec![]);
        let arm = plan.keys().next().unwrap();
        let mut shown = SweepShown::default();
        shown.show_stored(plan, vec![outcome(0, arm)]);
        for (event, file) in [
            (SweepEvent::Failed("no model".to_owned()), None),
            (
                SweepEvent::NeedsOtherFile("taken".to_owned()),
                Some(PathBuf::from("sweep.jsonl")),
            ),
        ] {
            shown.start("other".to_owned(), Some("sweep.jsonl".into()));
            assert!(shown.refused.is_none() && shown.busy());
            shown.hear(event);
            assert_eq!((shown.outcomes.len(), shown.busy()), (1, false));
            assert_eq!(shown.model, None, "the model is that of the results");
            assert_eq!(shown.refused.as_ref().unwrap().file, file);
        }
    }

    #[test]
    fn a_sweep_stopped_before_its_first_result_leaves_those_that_were_shown() {
        let plan = plan(&["rkv"], vec![]);
        let arm = plan.keys().next().unwrap();
        for ran in [false, true] {
            let mut shown = SweepShown::default();
            shown.show_stored(plan.clone(), vec![outcome(7, arm.clone())]);
            shown.start("other".to_owned(), None);
            shown.hear(SweepEvent::Begun {
                plan: Arc::new(plan.clone()),
                done: vec![],
                left_out: vec![],
                note: None,
            });
            if ran {
                shown.hear(SweepEvent::Ran(outcome(8, arm.clone())));
            }
            shown.hear(SweepEvent::Ended { stopped: true });
            let problems: Vec<u32> = shown.outcomes.iter().map(|run| run.problem).collect();
            assert_eq!(problems, if ran { [8] } else { [7] });
            assert!(!shown.busy());
        }
    }

    #[test]
    fn a_table_that_takes_long_is_made_less_often() {
        let pauses = [0, 2, 100, 1000].map(|millis| pause(Duration::from_millis(millis)));
        assert_eq!(
            pauses.map(|pause| pause.as_millis()),
            [200, 200, 1500, 15_000]
        );
    }
}

//! Runs of the sweep that are done again, to be opened side by side.

use std::sync::Arc;
use std::time::SystemTime;

use super::asked::Asked;
use super::state::{App, DEFAULT_MODEL};
use super::tasks::{Outcome, Work};
use crate::engine::RunId;
use crate::error_chain::chain;
use crate::sweep::{ArmKey, ReplayRequest};
use crate::trace::TraceStore;
use crate::ui::command::SweepCommand;
use crate::ui::settings_panel::SettingsState;
use crate::ui::{Tab, UiCommand};

/// The button that shows them.
const SHOW: &str = "Open it";

/// Runs that were done again and are not shown yet.
pub(super) struct Replay {
    /// Counts them, so that an older offer does not open a newer one.
    number: u64,
    asked: Asked,
    /// The full cache's, and the policy's if it is another.
    runs: Vec<TraceStore>,
}

impl App {
    /// Does a run of the sweep again, and the full cache's beside it, with everything recorded.
    pub(super) fn replay(&mut self, problem: u32, arm: &ArmKey) {
        if self.status.busy() {
            self.notifications
                .error("a run is under way; stop it before opening another");
            return;
        }
        if self.tasks.is_doing(Work::Replay) {
            self.notifications
                .info("a run of the sweep is being done again already");
            return;
        }
        let Some(plan) = &self.sweep.plan else { return };
        let Some(factory) = &self.sweeps else {
            self.notifications
                .error("this program has no models: it cannot do a run of the sweep again");
            return;
        };
        let mut arms: Vec<ArmKey> = plan.keys().filter(ArmKey::is_full).collect();
        if !arm.is_full() {
            arms.push(arm.clone());
        }
        // Of a sweep that was read from a file only the fingerprint is known: the model that is loaded may be it.
        let model = self.sweep.model.as_ref().or(self.model_wanted.as_ref());
        let model = model.map_or(DEFAULT_MODEL, String::as_str);
        let requests: Vec<ReplayRequest> = arms
            .iter()
            .filter_map(|arm| ReplayRequest::of(plan, problem, arm, model))
            .collect();
        self.notifications.info(under_way(problem));
        let replay = Arc::clone(&factory.replay);
        let mut asked = self.asked_now();
        if self.problem_is_own() {
            asked.keep_problem();
        }
        self.background(Work::Replay, move || Outcome::Replayed {
            problem,
            asked,
            result: requests.iter().map(|request| replay(request)).collect(),
        });
    }

    /// Writes a run that is over as a whole: its file could not grow along with it, but there may be room by now.
    pub(super) fn keep_what_is_shown(&mut self, run: RunId) {
        let read = self
            .session
            .as_ref()
            .filter(|session| session.live == Some(run));
        let read = read.map(|session| &session.store);
        let store = self.comparison.store_of(run).or(read);
        self.keep(store.into_iter().cloned().collect());
    }

    /// Puts runs that are over among those that the window keeps.
    fn keep(&mut self, runs: Vec<TraceStore>) {
        if let Some(folder) = self.runs.clone() {
            self.background(Work::Keep, move || {
                let mut runs = runs.iter();
                let kept = runs.try_for_each(|run| folder.keep(run, SystemTime::now()));
                Outcome::Kept(kept.map_err(|error| chain(&error)))
            });
        }
    }

    /// Whether the problem in the prompt bar is the person's own, and of no run that is shown.
    fn problem_is_own(&self) -> bool {
        let problem = self.prompt.problem.trim();
        let read = self.session.iter().map(|session| &session.store);
        let mut shown = read.chain(self.comparison.stores());
        !problem.is_empty() && !shown.any(|store| store.header().problem.trim() == problem)
    }

    /// Shows the runs; if the person has turned to something else meanwhile, they are offered.
    pub(super) fn replayed(
        &mut self,
        problem: u32,
        asked: Asked,
        result: Result<Vec<TraceStore>, String>,
    ) {
        self.notifications.over(&under_way(problem));
        match result {
            Ok(runs) => {
                self.keep(runs.clone());
                self.replays += 1;
                let number = self.replays;
                let waited_for = self.tab == Tab::Sweep && self.nothing_shown_since(&asked);
                let place = if runs.len() == 1 {
                    "Reading"
                } else {
                    "Compare"
                };
                self.replay = Some(Replay {
                    number,
                    asked,
                    runs,
                });
                if waited_for {
                    self.show_replay(number);
                } else {
                    self.notifications.info_with(
                        format!(
                            "problem {} has been run again; opening it replaces what the {place} tab shows",
                            problem + 1
                        ),
                        SHOW,
                        show(number),
                    );
                }
            }
            Err(message) => self.notifications.error(message),
        }
    }

    /// Opens the runs side by side, in place of what was compared before; a single one is read.
    pub(super) fn show_replay(&mut self, number: u64) {
        let ours = |replay: &mut Replay| replay.number == number;
        let Some(mut replay) = self.replay.take_if(ours) else {
            self.notifications.error(
                "the run has made room for a newer one; choose its problem in the Sweep tab again",
            );
            return;
        };
        if self.status.busy() {
            self.replay = Some(replay);
            self.notifications.error_with(
                "a run was started meanwhile; stop it before opening another",
                SHOW,
                show(number),
            );
            return;
        }
        if replay.runs.len() == 1 {
            if let Some(store) = replay.runs.pop() {
                self.take_problem(&replay.asked, &store.header().problem);
                self.settings = SettingsState::of_run(store.header());
                self.show_run(store);
                self.tab = Tab::Reading;
            }
            return;
        }
        for pane in (0..self.comparison.panes.len()).rev() {
            self.comparison.close(pane);
        }
        for store in replay.runs {
            self.put_or_notify(store, None, &replay.asked);
        }
    }
}

/// Said while the runs of a problem are done again.
fn under_way(problem: u32) -> String {
    format!("running problem {} again …", problem + 1)
}

fn show(number: u64) -> UiCommand {
    UiCommand::Sweep(SweepCommand::ShowReplay(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AppConfig;
    use crate::app::tasks::Outcome;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn what_was_put_together_meanwhile_is_not_closed() {
        for meanwhile in [false, true] {
            let mut app = App::new(&egui::Context::default(), AppConfig::default());
            let store = || Synthetic::default().store();
            let asked = app.asked_now();
            if meanwhile {
                app.add_pane(store());
            }
            app.tab = Tab::Sweep;
            app.outcome(Outcome::Replayed {
                problem: 0,
                asked,
                result: Ok(vec![store(), store()]),
            });
            let panes = if meanwhile { 1 } else { 2 };
            assert_eq!(app.comparison.panes.len(), panes);
            assert_eq!(app.replay.is_some(), meanwhile, "it is offered");
        }
    }

    #[test]
    fn the_runs_are_seen_whole_wherever_the_cursor_of_those_before_stood() {
        let mut app = App::new(&egui::Context::default(), AppConfig::default());
        let store = || Synthetic::default().store();
        app.add_pane(store());
        app.comparison.obey(&UiCommand::SetCursor(10));
        app.tab = Tab::Sweep;
        let asked = app.asked_now();
        app.outcome(Outcome::Replayed {
            problem: 0,
            asked,
            result: Ok(vec![store(), store()]),
        });
        assert_eq!(app.comparison.panes.len(), 2);
        assert_eq!(app.comparison.cursor(), store().tokens().len());
    }

    #[test]
    fn only_a_problem_of_a_run_that_is_shown_makes_room() {
        let mut app = App::new(&egui::Context::default(), AppConfig::default());
        let store = Synthetic::default().store();
        assert!(!app.problem_is_own(), "there is none");
        store.header().problem.clone_into(&mut app.prompt.problem);
        assert!(app.problem_is_own());
        app.add_pane(store);
        assert!(!app.problem_is_own());
        let mut asked = app.asked_now();
        asked.keep_problem();
        let before = app.prompt.problem.clone();
        app.take_problem(&asked, "another");
        assert_eq!(app.prompt.problem, before);
    }
}

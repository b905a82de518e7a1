//! What was there when something was asked of a thread beside the window: its outcome undoes nothing that the person did
//! since.

use super::state::App;

/// A moment at which something was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Files that had been asked for by then.
    pub(super) number: u64,
    /// Runs that had been shown or put into panes by then.
    generations: u64,
    /// The problem in the prompt bar; `None` if it is to stay there.
    problem: Option<String>,
}

impl Asked {
    /// The problem in the prompt bar stays, whatever run is shown.
    pub(super) fn keep_problem(&mut self) {
        self.problem = None;
    }
}

impl App {
    /// A file is asked for, to be shown in place of the one that is shown.
    pub(super) fn ask_for_file(&mut self) -> Asked {
        self.asked += 1;
        self.asked_now()
    }

    /// Something else is asked for.
    pub(super) fn asked_now(&self) -> Asked {
        Asked {
            number: self.asked,
            generations: self.generations,
            problem: Some(self.prompt.problem.clone()),
        }
    }

    /// Whether no run was shown or put into a pane since.
    pub(super) fn nothing_shown_since(&self, asked: &Asked) -> bool {
        asked.generations == self.generations
    }

    /// The prompt bar gets a run's problem, unless it is to keep its own or another was typed since the run was asked for.
    pub(super) fn take_problem(&mut self, asked: &Asked, problem: &str) {
        if asked.problem.as_ref() == Some(&self.prompt.problem) {
            problem.clone_into(&mut self.prompt.problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AppConfig;
    use crate::app::tasks::Outcome;
    use crate::trace::TraceStore;
    use crate::trace::synthetic::Synthetic;

    fn store(seed: u64) -> TraceStore {
        let plan = Synthetic {
            seed,
            ..Synthetic::default()
        };
        plan.store()
    }

    fn opened(asked: Asked, seed: u64) -> Outcome {
        Outcome::Opened {
            path: "run.rkvt".into(),
            asked,
            result: Ok((Box::new(store(seed)), None)),
        }
    }

    fn app() -> App {
        App::new(&egui::Context::default(), AppConfig::default())
    }

    /// What is shown after two outcomes, which come in this order and in the other one.
    fn shown_after(outcomes: impl Fn(&mut App) -> [Outcome; 2]) -> [TraceStore; 2] {
        [false, true].map(|reversed| {
            let mut app = app();
            let mut outcomes = outcomes(&mut app);
            if reversed {
                outcomes.reverse();
            }
            for outcome in outcomes {
                app.outcome(outcome);
            }
            app.session().unwrap().store.clone()
        })
    }

    #[test]
    fn the_run_that_was_asked_for_last_is_shown_whichever_is_read_last() {
        let shown = shown_after(|app| [1, 2].map(|seed| opened(app.ask_for_file(), seed)));
        assert_eq!(shown, [store(2), store(2)]);
    }

    #[test]
    fn a_file_is_shown_though_the_one_asked_for_after_it_cannot_be_read() {
        let shown = shown_after(|app| {
            let slow = opened(app.ask_for_file(), 1);
            let failed = Outcome::Opened {
                path: "no-such.rkvt".into(),
                asked: app.ask_for_file(),
                result: Err("there is no such file".to_owned()),
            };
            [slow, failed]
        });
        assert_eq!(shown, [store(1), store(1)]);
    }

    #[test]
    fn a_problem_that_was_typed_since_stays() {
        let problem = store(1).header().problem.clone();
        for (typed, then) in [(None, problem.as_str()), (Some("2 + 2?"), "2 + 2?")] {
            let mut app = app();
            let asked = app.ask_for_file();
            if let Some(typed) = typed {
                typed.clone_into(&mut app.prompt.problem);
            }
            app.outcome(opened(asked, 1));
            assert_eq!(app.prompt.problem, then);
        }
    }
}

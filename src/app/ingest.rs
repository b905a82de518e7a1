//! What came in since the last frame: from the engine, and from work in the background.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::Context;

use crate::engine::{EngineCommand, EngineEvent, RunId, RunState};
use crate::trace::{FinishReason, ModelSummary, TraceRecord, TraceStore};
use crate::ui::command::{Browse, CompareCommand};
use crate::ui::engine_status::{Link, Phase};
use crate::ui::path_dialog::NOTHING_CHOSEN;
use crate::ui::settings_panel::SettingsState;
use crate::ui::{Tab, UiCommand};

use super::state::App;
use super::tasks::Outcome;

/// Longest that a frame takes in events; the rest waits for the next one.
const BUDGET: Duration = Duration::from_millis(5);

impl App {
    /// Takes in events and outcomes, and lets time pass on the timeline.
    pub fn logic(&mut self, ctx: &Context) {
        let started = Instant::now();
        while let Some(event) = self.engine.as_ref().and_then(|engine| engine.try_recv()) {
            self.engine_event(event);
            if started.elapsed() > BUDGET {
                ctx.request_repaint();
                break;
            }
        }
        self.hear_sweep();
        while let Some(outcome) = self.tasks.next() {
            self.outcome(outcome);
        }
        let dropped: Vec<PathBuf> = ctx.input(|i| {
            let files = i.raw.dropped_files.iter();
            files.map(|file| file.path().to_owned()).collect()
        });
        if !dropped.is_empty() {
            let command = self.dropped(ctx, dropped);
            self.execute(ctx, vec![command]);
        }
        self.play(ctx);
    }

    /// A file is opened, several side by side; in the Compare tab, they go into the pane under the pointer and the next free
    /// ones.
    fn dropped(&self, ctx: &Context, mut paths: Vec<PathBuf>) -> UiCommand {
        let comparing = self.tab == Tab::Compare;
        if !comparing && paths.len() == 1 {
            return UiCommand::Open(paths.pop());
        }
        let pointer = ctx.input(|i| i.pointer.latest_pos());
        let pointer = pointer.filter(|_| comparing);
        let pane = pointer.and_then(|at| {
            let place = self.panels.compare.pane_at(at)?;
            Some(self.comparison.panes.get(place)?.generation)
        });
        UiCommand::Compare(CompareCommand::Open { pane, paths })
    }

    /// Behind the Sweep tab, which has no timeline, nothing moves.
    fn play(&mut self, ctx: &Context) {
        if self.tab == Tab::Sweep {
            self.last_tick = None;
            return;
        }
        let now = Instant::now();
        let seconds = self
            .last_tick
            .map_or(0.0, |last| (now - last).as_secs_f32());
        let comparing = self.tab == Tab::Compare;
        if comparing {
            self.comparison.tick(seconds);
        } else if let Some(session) = &mut self.session {
            session.tick(seconds, &mut self.selection);
        }
        let selection = if comparing {
            &self.comparison.selection
        } else {
            &self.selection
        };
        let playing = selection.playback.playing;
        self.last_tick = playing.then_some(now);
        if playing {
            ctx.request_repaint();
        }
    }

    fn engine_event(&mut self, event: EngineEvent) {
        match event {
            EngineEvent::ModelLoading { fraction, stage } => {
                self.status.loading = Some((fraction, stage));
            }
            EngineEvent::ModelUnloaded => self.status.model = None,
            EngineEvent::ModelLoaded {
                model,
                device,
                note,
            } => self.model_loaded(model, device, note),
            EngineEvent::RunStarted { run, header } if self.comparison.has(run) => {
                if run == self.run {
                    self.status.phase = Phase::Prefill;
                }
                if let Err(why) = self.comparison.begin(run, &header) {
                    self.notifications.error(why);
                    self.send(EngineCommand::Stop(run));
                }
            }
            EngineEvent::Records { run, batch } if self.comparison.has(run) => {
                if let Err(error) = self.comparison.records(run, batch) {
                    self.notifications.error(format!(
                        "a run of the comparison cannot be shown any further: {error}; what was recorded so far is kept"
                    ));
                    self.send(EngineCommand::Stop(run));
                }
            }
            EngineEvent::RunStarted { run, header } if run == self.run => {
                let session = self.show_run(TraceStore::new(header));
                session.live = Some(run);
                self.status.phase = Phase::Prefill;
            }
            EngineEvent::Records { run, batch } if run == self.run => self.records(run, batch),
            EngineEvent::State { run, state } if run == self.run => {
                self.status.phase = match &state {
                    RunState::Prefill => Phase::Prefill,
                    RunState::Running => Phase::Running,
                    RunState::Paused => Phase::Paused,
                    RunState::Finished(_) => Phase::Idle,
                };
                if let RunState::Finished(reason) = &state {
                    self.run_finished(run, reason);
                }
            }
            EngineEvent::Stats { run, stats } if run == self.run => self.status.stats = stats,
            EngineEvent::ParamsRejected {
                run,
                revision,
                message,
            } if run == self.run => {
                // Else every later move of a slider would send the refused value along.
                if let Some(settings) = self.live_settings.refuse(revision) {
                    settings.clone_into(&mut self.settings.cache);
                }
                self.notifications
                    .error(format!("the new settings are not in force: {message}"));
            }
            EngineEvent::Warning { run, message } if run == self.run => {
                self.not_on_disk = Some(run);
                self.notifications
                    .warning_with(message, "Save the trace", UiCommand::Save(None));
            }
            EngineEvent::Failed { run, message } => self.failed(run, message),
            EngineEvent::Gone => self.engine_lost(),
            // Events of a run that is no longer shown.
            EngineEvent::RunStarted { .. }
            | EngineEvent::Records { .. }
            | EngineEvent::State { .. }
            | EngineEvent::Stats { .. }
            | EngineEvent::ParamsRejected { .. }
            | EngineEvent::Warning { .. } => {}
        }
    }

    fn model_loaded(&mut self, model: ModelSummary, device: String, note: Option<String>) {
        // A restart and sweeps take it from now on.
        if let Some(asked) = self.model_asked.take() {
            self.model_wanted = Some(asked);
        }
        self.status.loading = None;
        self.status.model = Some((model, device));
        if let Some(note) = note {
            self.notifications.warning(note);
        }
    }

    fn run_finished(&mut self, run: RunId, reason: &FinishReason) {
        if self.not_on_disk.take() == Some(run) {
            self.keep_what_is_shown(run);
        }
        self.records_end(Some(run));
        self.list_runs();
        // A pane whose records could not be applied has let go of its run, which ends all the same.
        if self.comparison.live().is_some() {
            self.comparison.finish(run, reason);
            self.next_of_comparison();
        }
    }

    /// A run failed, or the loading of a model.
    fn failed(&mut self, run: Option<RunId>, message: String) {
        if run.is_none() {
            self.model_asked = None;
            self.records_end(None);
        }
        // The last records of a run that had begun come after this, and its end after them.
        let ends_later = run.is_some_and(|run| self.has_begun(run));
        if run.is_none_or(|run| run == self.run) && !ends_later {
            self.status.phase = Phase::Idle;
            self.status.loading = None;
        }
        if let Some(run) = run.filter(|run| self.comparison.has(*run)) {
            self.comparison.fail(run, &message);
            if !ends_later {
                self.next_of_comparison();
            }
        }
        self.notifications.error(message);
    }

    /// Whether the engine has begun a run that is shown, and not ended it.
    fn has_begun(&self, run: RunId) -> bool {
        let read = self.session.as_ref().and_then(|session| session.live);
        read == Some(run) || self.comparison.store_of(run).is_some()
    }

    /// Brings the menu of earlier runs up to date.
    pub(super) fn list_runs(&mut self) {
        if let Some(runs) = &self.runs {
            self.earlier = runs.runs();
        }
    }

    fn records(&mut self, run: RunId, batch: Vec<TraceRecord>) {
        let Some(session) = self
            .session
            .as_mut()
            .filter(|session| session.live == Some(run))
        else {
            return;
        };
        for record in batch {
            if let Err(error) = session.store.apply(record) {
                self.notifications.error(format!(
                    "the run cannot be shown any further: {error}; what was recorded so far is kept"
                ));
                session.live = None;
                session.grown(&self.selection);
                self.send(EngineCommand::Stop(run));
                return;
            }
        }
        session.grown(&self.selection);
    }

    /// Nothing comes any more of this run, or of any: what is shown is all that there is.
    fn records_end(&mut self, run: Option<RunId>) {
        let session = self.session.as_mut();
        if let Some(session) = session.filter(|session| run.is_none() || session.live == run) {
            session.live = None;
        }
    }

    /// The engine's thread is gone; what it recorded stays.
    pub(super) fn engine_lost(&mut self) {
        if self.status.link != Link::Up {
            return;
        }
        self.status.link = Link::Down;
        self.status.phase = Phase::Idle;
        self.status.loading = None;
        self.status.model = None;
        self.engine = None;
        if let Some(run) = self.not_on_disk.take() {
            self.keep_what_is_shown(run);
        }
        self.comparison.abandon();
        self.records_end(None);
        // The run it worked on lies there as far as it came.
        self.list_runs();
        self.notifications.error_with(
            "the engine has stopped; what was recorded so far is kept",
            "Start it again",
            UiCommand::RestartEngine,
        );
    }

    pub(super) fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Opened {
                path,
                asked,
                result,
            } => match result {
                // One that was asked for later is shown.
                Ok(_) if asked.number <= self.opened => self.path_dialog.accepts(&path),
                Ok(_) if self.status.busy() => self.refused(
                    &path,
                    "a run was started meanwhile; stop it before opening a trace".to_owned(),
                ),
                Ok((store, damage)) => {
                    if matches!(self.tab, Tab::Compare | Tab::Sweep) {
                        self.tab = Tab::Reading;
                    }
                    let header = store.header();
                    self.take_problem(&asked, &header.problem);
                    // What one would run again, and what a viewer shows beside the text.
                    self.settings = SettingsState::of_run(header);
                    self.opened = asked.number;
                    let session = self.show_run(*store);
                    session.path = Some(path.clone());
                    self.path_dialog.accepts(&path);
                    if let Some(damage) = damage {
                        self.notifications.warning(damage);
                    }
                }
                Err(message) => self.refused(&path, message),
            },
            Outcome::OpenedPanes {
                mut pane,
                asked,
                traces,
            } => {
                for (path, result) in traces {
                    let put = result.and_then(|(store, damage)| {
                        self.put_into_pane(pane.take(), store, Some(path.clone()), &asked)?;
                        Ok(damage)
                    });
                    match put {
                        Ok(damage) => {
                            self.path_dialog.accepts(&path);
                            if let Some(damage) = damage {
                                self.notifications.warning(damage);
                            }
                        }
                        Err(message) => self.refused(&path, message),
                    }
                }
            }
            Outcome::Written { path, result, run } => match result {
                Ok(()) => {
                    self.path_dialog.accepts(&path);
                    self.written(&path);
                    if let Some(run) = run {
                        self.saved(run, path);
                    }
                }
                Err(message) => self.refused(&path, message),
            },
            Outcome::SweepRead { result } => self.sweep_read(result),
            Outcome::Replayed {
                problem,
                asked,
                result,
            } => self.replayed(problem, asked, result),
            Outcome::Kept(result) => {
                if let Err(why) = result {
                    self.not_recorded(&why);
                }
                self.list_runs();
            }
            Outcome::Picked { purpose, path } => self.picked(purpose, path.as_deref()),
            Outcome::Died { work, why } => self.notifications.error(format!(
                "{} failed unexpectedly ({why}); what is shown stays, and it can be tried again",
                work.name()
            )),
        }
    }

    /// Says why a file was not opened or written: where its path was typed, if it was.
    pub(super) fn refused(&mut self, path: &Path, why: String) {
        if !self.path_dialog.refuses(path, &why) {
            self.notifications.error(why);
        }
    }

    /// Says where a file lies, folder and all.
    fn written(&mut self, path: &Path) {
        let whole = std::path::absolute(path);
        let path = whole.as_deref().unwrap_or(path);
        self.notifications
            .info(format!("Written: {}", path.display()));
    }

    /// The run's trace lies there, if the run is still shown.
    fn saved(&mut self, run: u64, path: PathBuf) {
        let session = self.session.as_mut();
        let session = session.filter(|session| session.generation == run);
        let mut panes = self.comparison.panes.iter_mut();
        let known = match session {
            Some(session) => Some(&mut session.path),
            None => panes
                .find(|pane| pane.generation == run)
                .map(|pane| &mut pane.path),
        };
        if let Some(known) = known {
            *known = Some(path);
        }
    }

    fn picked(&mut self, purpose: Browse, path: Option<&std::path::Path>) {
        let text = path.map(|path| path.display().to_string());
        let message = text.is_none().then(|| NOTHING_CHOSEN.to_owned());
        if purpose == Browse::Export {
            self.export_dialog.message = message;
            if let Some(text) = text {
                self.export_dialog.path = text;
            }
        } else if self.path_dialog.purpose == Some(purpose) {
            self.path_dialog.message = message;
            if let Some(text) = text {
                self.path_dialog.path = text;
            }
        }
    }

    /// Forgets what was hovered when its run is gone.
    pub(super) fn clean_selection(&mut self) {
        let compared = self.comparison.selection;
        self.comparison.selection.hovered = self.comparison.known(compared.hovered);
        self.comparison.selection.pinned = self.comparison.known(compared.pinned);
        match &self.session {
            Some(session) => {
                self.selection.hovered = session.known(self.selection.hovered);
                self.selection.pinned = session.known(self.selection.pinned);
            }
            None => self.forget_selection(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::AppConfig;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn a_file_belongs_to_the_run_that_was_saved_whatever_is_shown_by_then() {
        let mut app = App::new(&Context::default(), AppConfig::default());
        let saved = |app: &mut App, run| {
            app.outcome(Outcome::Written {
                path: "saved.rkvt".into(),
                result: Ok(()),
                run: Some(run),
            });
            app.session().unwrap().path.clone()
        };
        let first = app.show_run(Synthetic::default().store()).generation;
        let second = app.show_run(Synthetic::default().store()).generation;
        assert_eq!(saved(&mut app, first), None);
        assert_eq!(saved(&mut app, second), Some("saved.rkvt".into()));
    }

    #[test]
    fn a_dialog_stays_when_what_comes_in_was_not_typed_there() {
        let ctx = Context::default();
        let mut app = App::new(&ctx, AppConfig::default());
        app.show_run(Synthetic::default().store());
        app.execute(&ctx, vec![UiCommand::Save(None)]);
        let dialog = app.path_dialog.purpose;
        assert!(dialog.is_some());
        // Dropped on the window.
        let store = Synthetic::default().store();
        let asked = app.ask_for_file();
        app.outcome(Outcome::Opened {
            path: "dropped.rkvt".into(),
            asked: asked.clone(),
            result: Ok((Box::new(store.clone()), None)),
        });
        assert_eq!(app.path_dialog.purpose, dialog);
        app.outcome(Outcome::OpenedPanes {
            pane: None,
            asked,
            traces: vec![("dropped.rkvt".into(), Ok((store, None)))],
        });
        assert_eq!(app.comparison().panes.len(), 1);
        assert_eq!(app.path_dialog.purpose, dialog);
    }
}

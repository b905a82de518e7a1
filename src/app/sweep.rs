//! The sweep beside the window: started, stopped, heard and drawn from here.

use std::sync::Arc;

use crossbeam_channel::TryRecvError;
use egui::Context;

use super::state::{App, DEFAULT_MODEL};
use super::tasks::{Outcome, Work};
use crate::error_chain::chain;
use crate::export::{self, Format, SweepAxis};
use crate::sweep::{ArmKey, ReplayRequest, StoredSweep, SweepEvent, SweepRequest, SweepTable};
use crate::trace::TraceStore;
use crate::ui::Tab;
use crate::ui::command::SweepCommand;
use crate::ui::overwrite::fresh;
use crate::ui::sweep::{FormContext, Phase};
use crate::ui::typed_path::typed_path;

impl App {
    /// The sweep that is shown.
    pub fn sweep(&self) -> &crate::ui::sweep::SweepShown {
        &self.sweep
    }

    pub(super) fn sweep_command(&mut self, ctx: &Context, command: SweepCommand) {
        match command {
            SweepCommand::Start(request) => self.start_sweep(*request),
            SweepCommand::Stop => {
                if let Some(handle) = &self.sweep_handle {
                    handle.stop();
                    self.sweep.phase = Phase::Stopping;
                }
            }
            SweepCommand::Open(path) => {
                self.background(Work::OpenSweep, move || Outcome::SweepRead {
                    result: read(&path),
                });
            }
            SweepCommand::OpenRun { problem, arm } => self.replay(problem, &arm),
            SweepCommand::SaveFigure { axis, format } => self.save_figure(ctx, axis, format),
        }
    }

    fn start_sweep(&mut self, request: SweepRequest) {
        let Some(factory) = self.sweeps.as_ref().filter(|_| !self.sweep.busy()) else {
            return;
        };
        self.sweep_model = Some(request.model.clone());
        let kept = request.out.is_some();
        match (factory.start)(request, Arc::clone(&self.waker)) {
            Ok(handle) => {
                self.sweep.start(kept);
                self.sweep_handle = Some(handle);
            }
            Err(error) => self
                .notifications
                .error(format!("the sweep could not start: {error}")),
        }
    }

    /// Takes in what the sweep said since the last frame.
    pub(super) fn hear_sweep(&mut self) {
        while let Some(handle) = &self.sweep_handle {
            match handle.try_recv() {
                Ok(event) => self.sweep.hear(event),
                Err(TryRecvError::Disconnected) if self.sweep.busy() => {
                    let why =
                        "the sweep broke off without a word; the runs that had ended are kept";
                    self.sweep.hear(SweepEvent::Failed(why.to_owned()));
                }
                Err(_) => break,
            }
        }
        if !self.sweep.busy() {
            self.sweep_handle = None;
        }
    }

    /// Does a run of the sweep again, and the full cache's beside it, with everything recorded.
    fn replay(&mut self, problem: u32, arm: &ArmKey) {
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
        let model = self.sweep_model.as_ref().or(self.model_wanted.as_ref());
        let model = model.map_or(DEFAULT_MODEL, String::as_str);
        let requests: Vec<ReplayRequest> = arms
            .iter()
            .filter_map(|arm| ReplayRequest::of(plan, problem, arm, model))
            .collect();
        self.notifications
            .info(format!("running problem {} again …", problem + 1));
        let replay = Arc::clone(&factory.replay);
        self.background(Work::Replay, move || Outcome::Replayed {
            result: requests.iter().map(|request| replay(request)).collect(),
        });
    }

    /// Opens the runs side by side, in place of what was compared before; a single one is read.
    pub(super) fn replayed(&mut self, result: Result<Vec<TraceStore>, String>) {
        match result {
            Ok(_) if self.status.busy() => self
                .notifications
                .error("a run was started meanwhile; stop it before opening another"),
            Ok(mut runs) if runs.len() == 1 => {
                if let Some(store) = runs.pop() {
                    store.header().problem.clone_into(&mut self.prompt.problem);
                    self.settings.cache = store.header().settings.clone();
                    self.show_run(store);
                    self.tab = Tab::Reading;
                }
            }
            Ok(runs) => {
                for pane in (0..self.comparison.panes.len()).rev() {
                    self.comparison.close(pane);
                }
                for store in runs {
                    self.put_into_pane(None, store, None);
                }
            }
            Err(message) => self.notifications.error(message),
        }
    }

    pub(super) fn sweep_read(&mut self, result: Result<Box<StoredSweep>, String>) {
        match result {
            Ok(stored) => {
                self.sweep_model = None;
                self.sweep.show_stored(stored.plan, stored.outcomes);
            }
            Err(message) => self.notifications.error(message),
        }
    }

    fn save_figure(&mut self, ctx: &Context, axis: SweepAxis, format: Format) {
        let Some(plan) = self.sweep.plan.clone() else {
            return;
        };
        let theme = match ctx.theme() {
            egui::Theme::Dark => export::Theme::Dark,
            egui::Theme::Light => export::Theme::Light,
        };
        let outcomes = self.sweep.outcomes.clone();
        let results = typed_path(&self.panels.sweep.form.results);
        let path = results.with_file_name(format!("accuracy-{axis}.{format}"));
        let path = fresh(path);
        self.background(Work::Export, move || {
            let table = SweepTable::of(&plan, &outcomes);
            let figure = export::sweep_figure(&plan, &table, axis, theme);
            let result = export::write_figure(&figure, format, &path).map_err(|e| chain(&e));
            Outcome::Written {
                path,
                result,
                trace: false,
            }
        });
    }

    /// What the form must know.
    pub(super) fn form_context<'a>(&self, model: &'a str) -> FormContext<'a> {
        FormContext {
            model,
            can_run: self.sweeps.is_some(),
        }
    }
}

fn read(path: &std::path::Path) -> Result<Box<StoredSweep>, String> {
    match StoredSweep::read(path) {
        Ok(Some(stored)) => Ok(Box::new(stored)),
        Ok(None) => Err(format!("{} holds no results yet", path.display())),
        Err(error) => Err(chain(&error)),
    }
}

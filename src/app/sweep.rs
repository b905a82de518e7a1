//! The sweep beside the window: started, stopped, heard and drawn from here.

use std::sync::Arc;

use crossbeam_channel::TryRecvError;
use egui::Context;

use super::commands::figure_theme;
use super::state::App;
use super::tasks::{Outcome, Work};
use crate::error_chain::chain;
use crate::export::{self, Format, SweepAxis};
use crate::sweep::{StoredSweep, SweepEvent, SweepRequest, SweepTable};
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
            SweepCommand::ShowReplay(number) => self.show_replay(number),
            SweepCommand::SaveFigure { axis, format } => self.save_figure(ctx, axis, format),
        }
    }

    fn start_sweep(&mut self, request: SweepRequest) {
        // What is being read would take the place of what is being run.
        if self.sweep.busy() || self.tasks.is_doing(Work::OpenSweep) {
            return;
        }
        let Some(factory) = &self.sweeps else { return };
        let (model, out) = (request.model.clone(), request.out.clone());
        match (factory.start)(request, Arc::clone(&self.waker)) {
            Ok(handle) => {
                self.sweep.start(model, out);
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

    pub(super) fn sweep_read(&mut self, result: Result<Box<StoredSweep>, String>) {
        match result {
            Ok(_) if self.sweep.busy() => self
                .notifications
                .error("a sweep is under way; stop it before showing the results in a file"),
            Ok(stored) => {
                self.sweep.show_stored(stored.plan, stored.outcomes);
            }
            Err(message) => self.notifications.error(message),
        }
    }

    fn save_figure(&mut self, ctx: &Context, axis: SweepAxis, format: Format) {
        let Some(plan) = self.sweep.plan.clone() else {
            return;
        };
        let theme = figure_theme(ctx);
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
                run: None,
            }
        });
    }

    /// What the form must know.
    pub(super) fn form_context<'a>(&self, model: &'a str) -> FormContext<'a> {
        FormContext {
            model,
            can_run: self.sweeps.is_some(),
            reading: self.tasks.is_doing(Work::OpenSweep),
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

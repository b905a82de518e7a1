//! The one place where wishes of the panels are executed.

use std::path::PathBuf;
use std::time::SystemTime;

use egui::Context;

use crate::config::CacheSettings;
use crate::engine::{EngineCommand, RunId, RunRequest};
use crate::export::{self, ExportOptions, Format, Measure, What};
use crate::trace::TraceView;
use crate::ui::command::{Browse, CompareCommand, SaveTo};
use crate::ui::overwrite::fresh_name;
use crate::ui::prompt_bar;
use crate::ui::{Tab, UiCommand};

use super::comparison::Task;
use super::files;
use super::live_settings::LiveSettings;
use super::state::App;
use super::tasks::{Outcome, Work};

impl App {
    /// Executes what the panels of a frame asked for, in order.
    pub fn execute(&mut self, ctx: &Context, commands: Vec<UiCommand>) {
        for command in commands {
            self.execute_one(ctx, command);
        }
    }

    fn execute_one(&mut self, ctx: &Context, command: UiCommand) {
        match command {
            UiCommand::Run => {
                // From here on the plain keys are the timeline's.
                ctx.memory_mut(|memory| memory.surrender_focus(prompt_bar::problem_id()));
                if self.tab == Tab::Compare {
                    self.start_comparison();
                } else {
                    self.start_run();
                }
            }
            UiCommand::PauseRun => self.send(EngineCommand::Pause(self.run)),
            UiCommand::ResumeRun => self.send(EngineCommand::Resume(self.run)),
            UiCommand::StepRun => self.send(EngineCommand::Step {
                run: self.run,
                tokens: 1,
            }),
            UiCommand::StopRun => {
                self.comparison.cancel_waiting();
                self.send(EngineCommand::Stop(self.run));
            }
            UiCommand::SetSettings(settings) => {
                // The runs of a comparison keep the settings that they were asked for with.
                if self.status.busy() && self.comparison.live().is_none() {
                    let revision = self.live_settings.send(settings.clone());
                    self.send(EngineCommand::SetParams {
                        run: self.run,
                        revision,
                        settings: settings.clone(),
                    });
                }
                self.settings.cache = settings;
            }
            UiCommand::SetSampling(sampling) => self.settings.sampling = sampling,
            UiCommand::SetRecordLevel(level) => self.settings.level = level,
            UiCommand::SetProblem(problem) => self.prompt.problem = problem,
            UiCommand::CloseTrace => {
                if !self.status.busy() {
                    self.session = None;
                    self.forget_selection();
                }
            }
            // Only a dead one: the button may be older than the engine.
            UiCommand::RestartEngine if self.engine.is_none() => self.start_engine(),
            UiCommand::RestartEngine => {}
            UiCommand::LoadModel(model) => self.load_model(model),
            UiCommand::ListModels => {
                if let Some(list) = &self.model_list {
                    self.known_models = list();
                }
            }
            UiCommand::SetColourMode(mode) => self.mode = mode,
            UiCommand::ShowTab(tab) => {
                self.tab = tab;
                // The pointer is over something else now.
                self.selection.hovered = None;
                self.comparison.selection.hovered = None;
            }
            UiCommand::SetCues(cues) => {
                self.panels.compare.set_cues(&cues);
                self.derived.set_cues(*cues);
            }
            UiCommand::Save(None) if self.tab == Tab::Compare => {
                self.compare(ctx, CompareCommand::SaveAll(None));
            }
            UiCommand::Open(None) if self.tab == Tab::Compare => {
                let (pane, paths) = (None, vec![]);
                self.compare(ctx, CompareCommand::Open { pane, paths });
            }
            UiCommand::Open(path) => self.open(path),
            UiCommand::Save(to) => self.save(to),
            UiCommand::Browse(purpose) => self.browse(purpose),
            UiCommand::ShowExport(true) if self.tab == Tab::Compare => {
                self.compare(ctx, CompareCommand::Figure(None));
            }
            UiCommand::ShowExport(true) if self.session.is_some() => {
                self.export_dialog.offer(self.tab);
            }
            UiCommand::ShowExport(_) => self.export_dialog.open = false,
            UiCommand::Export { what, to, format } => self.export(ctx, what, to, format),
            UiCommand::Sweep(command) => self.sweep_command(ctx, command),
            UiCommand::ToggleHelp => self.help = !self.help,
            UiCommand::ToggleNotifications => self.notifications.toggle(),
            UiCommand::SetTheme(theme) => ctx.set_theme(theme),
            UiCommand::SetPlaySpeed(speed) => {
                let speed = speed.clamp(1.0, 10_000.0);
                self.selection.playback.speed = speed;
                self.comparison.selection.playback.speed = speed;
            }
            UiCommand::Compare(command) => self.compare(ctx, command),
            UiCommand::Hover(position) if self.tab == Tab::Compare => {
                self.comparison.selection.hovered = self.comparison.known(position);
            }
            UiCommand::Select(position) if self.tab == Tab::Compare => {
                self.comparison.selection.pinned = self.comparison.known(position);
            }
            UiCommand::Hover(position) => {
                self.selection.hovered = self.session.as_ref().and_then(|s| s.known(position));
            }
            UiCommand::Select(position) => {
                self.selection.pinned = self.session.as_ref().and_then(|s| s.known(position));
            }
            UiCommand::SelectHead(head) => self.selection.head = head,
            command @ (UiCommand::SetCursor(_)
            | UiCommand::GoToEvent(_)
            | UiCommand::StepEvent(_)
            | UiCommand::StepToken(_)
            | UiCommand::TogglePlay
            | UiCommand::Follow) => self.move_cursor(&command),
        }
    }

    fn move_cursor(&mut self, command: &UiCommand) {
        if self.tab == Tab::Compare {
            self.comparison.obey(command);
        } else if let Some(session) = &mut self.session {
            session.obey(command, &mut self.selection);
        }
    }

    fn start_run(&mut self) {
        let error = self
            .settings
            .error(crate::ui::settings_panel::SettingsContext::default());
        if self.status.busy()
            || self
                .status
                .obstacle(&self.prompt.problem, error.as_deref())
                .is_some()
        {
            return;
        }
        if self.tab == Tab::Sweep {
            self.tab = Tab::Reading;
        }
        let settings = self.settings.cache.clone();
        self.live_settings = LiveSettings::begin(settings.clone());
        let task = Task {
            problem: self.prompt.problem.trim().to_owned(),
            sampling: self.settings.sampling.clone(),
            level: self.settings.level,
        };
        self.ask_engine(self.next_run(), settings, task);
    }

    /// The id of the run after this one.
    pub(super) fn next_run(&self) -> RunId {
        RunId(self.run.0 + 1)
    }

    /// Asks the engine for a run, which is recorded where runs are kept.
    pub(super) fn ask_engine(&mut self, run: RunId, settings: CacheSettings, task: Task) {
        self.run = run;
        self.status.start();
        let request = RunRequest {
            run,
            record_to: self.file_for_run(&task.problem),
            problem: task.problem,
            settings,
            sampling: task.sampling,
            level: task.level,
        };
        self.send(EngineCommand::Start(Box::new(request)));
    }

    /// Where the run that starts now is recorded; why it is not, is a notification.
    fn file_for_run(&mut self, problem: &str) -> Option<PathBuf> {
        let runs = self.runs.as_ref()?;
        match runs.file_for(problem, SystemTime::now()) {
            Ok(path) => Some(path),
            Err(error) => {
                self.not_recorded(&error.to_string());
                None
            }
        }
    }

    pub(super) fn not_recorded(&mut self, why: &str) {
        self.notifications.warning(format!(
            "this run is kept only while the window is open: {why}"
        ));
    }

    fn load_model(&mut self, model: String) {
        if self.status.busy() {
            self.notifications
                .error("a run is under way; stop it before loading another model");
            return;
        }
        if self.engine.is_none() {
            self.notifications.error_with(
                "the engine has stopped; start it again before loading a model",
                "Start it again",
                UiCommand::RestartEngine,
            );
            return;
        }
        self.model_asked = Some(model.clone());
        self.status.loading = Some((0.0, "starting".to_owned()));
        self.send(EngineCommand::LoadModel(model));
    }

    pub(super) fn send(&mut self, command: EngineCommand) {
        let Some(engine) = &self.engine else {
            self.engine_lost();
            return;
        };
        if engine.send(command).is_err() {
            if engine.is_alive() {
                self.notifications.error(
                    "the engine is too busy to take the command; wait a moment and try again",
                );
            } else {
                self.engine_lost();
            }
        }
    }

    fn open(&mut self, path: Option<PathBuf>) {
        let Some(path) = path else {
            self.path_dialog.ask(Browse::Open, String::new());
            return;
        };
        if self.status.busy() {
            let why = "a run is under way; stop it before opening a trace";
            self.refused(&path, why.to_owned());
            return;
        }
        let asked = self.ask_for_file();
        self.background(Work::Open, move || files::open(path, asked));
    }

    fn save(&mut self, to: Option<SaveTo>) {
        let Some(SaveTo { run, path }) = to else {
            let Some(session) = &self.session else { return };
            let known = session.path.as_ref().map(|path| path.display().to_string());
            self.path_dialog.ask(
                Browse::Save(session.generation),
                known.unwrap_or_else(|| fresh_name("run.rkvt")),
            );
            return;
        };
        let shown = self.session.as_ref();
        let Some(session) = shown.filter(|shown| shown.generation == run) else {
            let why = "the run to be saved is not shown any more; nothing was written";
            self.refused(&path, why.to_owned());
            return;
        };
        let store = session.store.clone();
        self.background(Work::Save, move || files::save(run, path, &store));
    }

    fn export(&mut self, ctx: &Context, what: What, to: Option<PathBuf>, format: Format) {
        let Some(session) = &self.session else { return };
        let Some(path) = to else {
            self.export_dialog.open = true;
            return;
        };
        let (store, cursor) = (session.store.clone(), session.cursor());
        let measure = self.heatmap_measure(&store.view(cursor));
        let options = ExportOptions {
            cues: self.derived.segments.cues().clone(),
            measure,
            ..export_options(ctx)
        };
        self.background(Work::Export, move || {
            files::export(path, what, format, &store.view(cursor), &options)
        });
    }

    /// What a heatmap is exported of: what its tab shows, if this compression has it; else what it has.
    pub(super) fn heatmap_measure(&self, view: &TraceView<'_>) -> Option<Measure> {
        let record = view.last_record()?;
        let shown = self.panels.heatmap.quality.measure();
        let mut wanted = std::iter::once(&shown).chain(Measure::ALL);
        wanted.find(|measure| measure.is_recorded(record)).copied()
    }

    fn browse(&mut self, purpose: Browse) {
        let suggestion = match purpose {
            Browse::Export => self.export_dialog.path.clone(),
            _ => self.path_dialog.path.clone(),
        };
        self.background(Work::Dialog, move || files::pick(purpose, &suggestion));
    }

    pub(super) fn background(
        &mut self,
        work: Work,
        job: impl FnOnce() -> Outcome + Send + 'static,
    ) {
        if let Err(message) = self.tasks.start(work, job) {
            self.notifications.error(message);
        }
    }
}

/// A figure's colours, as the window has them.
pub(super) fn figure_theme(ctx: &Context) -> export::Theme {
    match ctx.theme() {
        egui::Theme::Dark => export::Theme::Dark,
        egui::Theme::Light => export::Theme::Light,
    }
}

/// Figures in the window's colours.
pub(super) fn export_options(ctx: &Context) -> ExportOptions {
    ExportOptions {
        theme: figure_theme(ctx),
        ..ExportOptions::default()
    }
}

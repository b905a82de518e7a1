//! [`App`]: everything the window owns.

use std::sync::Arc;
use std::time::Instant;

use crate::config::EMBEDDED_MODEL;
use crate::engine::{EngineHandle, RunId, Waker};
use crate::sweep::SweepHandle;
use crate::trace::TraceStore;
use crate::ui::compare::CompareState;
use crate::ui::engine_status::{EngineStatus, Link};
use crate::ui::export_dialog::ExportDialog;
use crate::ui::file_menu::EarlierRun;
use crate::ui::heatmap::HeatmapState;
use crate::ui::inspector::InspectorState;
use crate::ui::model_menu::KnownModelName;
use crate::ui::notifications::{Level, Notifications};
use crate::ui::path_dialog::PathDialog;
use crate::ui::prompt_bar::PromptBarState;
use crate::ui::reflections::ReflectionsState;
use crate::ui::settings_panel::SettingsState;
use crate::ui::survival::SurvivalState;
use crate::ui::sweep::{SweepShown, SweepState};
use crate::ui::timeline::TimelineState;
use crate::ui::token_view::TokenViewState;
use crate::ui::{ColourMode, Derived, Selection, Tab, theme};

use super::comparison::Comparison;
use super::link::{EngineFactory, ModelList, SweepFactory};
use super::live_settings::LiveSettings;
use super::replay::Replay;
use super::run_folder::RunFolder;
use super::session::Session;
use super::tasks::Tasks;

/// The model of a window that was given none: the only one that is sure to be there.
pub(super) const DEFAULT_MODEL: &str = EMBEDDED_MODEL;

/// What an [`App`] is made of.
#[derive(Default)]
pub struct AppConfig {
    /// How to start an engine; `None` makes a viewer.
    pub engine: Option<EngineFactory>,
    /// How to run sweeps; `None` only shows results.
    pub sweeps: Option<SweepFactory>,
    /// Model to load; the embedded one if none.
    pub model: Option<String>,
    /// Lists the models that can be loaded by name; none if there is nothing to list.
    pub known_models: Option<ModelList>,
    /// Where runs are kept; `None` keeps none.
    pub runs: Option<RunFolder>,
}

/// The window's state. [`eframe::App`] is implemented for it; tests drive it without a window.
pub struct App {
    pub(super) factory: Option<EngineFactory>,
    pub(super) engine: Option<EngineHandle>,
    pub(super) waker: Waker,
    pub(super) status: EngineStatus,
    /// The model to start the engine with, and that sweeps take; the default one if none.
    pub(super) model_wanted: Option<String>,
    /// The one asked for last, until the engine has loaded it.
    pub(super) model_asked: Option<String>,
    pub(super) model_list: Option<ModelList>,
    /// What it said when the menu was last opened.
    pub(super) known_models: Vec<KnownModelName>,
    pub(super) tasks: Tasks,
    /// Files that were asked for, to be shown when a thread has read them.
    pub(super) asked: u64,
    /// The number of the one that was shown last.
    pub(super) opened: u64,
    /// Runs of a sweep that were done again.
    pub(super) replays: u64,
    pub(super) runs: Option<RunFolder>,
    pub(super) earlier: Vec<EarlierRun>,

    pub(super) sweeps: Option<SweepFactory>,
    pub(super) sweep: SweepShown,
    pub(super) sweep_handle: Option<SweepHandle>,
    /// Runs of a sweep that were done again, until they are shown.
    pub(super) replay: Option<Replay>,

    pub(super) session: Option<Session>,
    pub(super) comparison: Comparison,
    pub(super) generations: u64,
    pub(super) run: RunId,
    /// The run whose file could not grow along with it.
    pub(super) not_on_disk: Option<RunId>,
    /// What the sliders have sent to it.
    pub(super) live_settings: LiveSettings,
    pub(super) derived: Derived,
    pub(super) peak: (u64, usize, u32),

    pub(super) selection: Selection,
    pub(super) mode: ColourMode,
    pub(super) tab: Tab,
    pub(super) prompt: PromptBarState,
    pub(super) settings: SettingsState,
    pub(super) notifications: Notifications,
    pub(super) path_dialog: PathDialog,
    pub(super) export_dialog: ExportDialog,
    pub(super) help: bool,
    /// Whether the first page was shown in the last frame.
    pub(super) first_page: bool,
    /// A field, a slider or a button had the keys when the last frame ended.
    pub(super) keys_taken: bool,
    pub(super) panels: Panels,
    /// The last frame had no room for a panel at the right: what it would tell takes the place of the one at the left.
    pub(super) crowded: bool,
    pub(super) last_tick: Option<Instant>,
}

/// State that the panels keep from frame to frame.
#[derive(Default)]
pub(super) struct Panels {
    pub tokens: TokenViewState,
    pub timeline: TimelineState,
    pub inspector: InspectorState,
    pub survival: SurvivalState,
    pub heatmap: HeatmapState,
    pub sweep: SweepState,
    pub reflections: ReflectionsState,
    pub compare: CompareState,
    pub shared_timeline: TimelineState,
}

impl App {
    /// Sets up the style and starts the engine, if there is one.
    pub fn new(ctx: &egui::Context, config: AppConfig) -> Self {
        theme::install(ctx);
        let repaint = ctx.clone();
        let waker: Waker = Arc::new(move || repaint.request_repaint());
        let mut app = Self {
            factory: config.engine,
            engine: None,
            tasks: Tasks::new(Arc::clone(&waker)),
            asked: 0,
            opened: 0,
            replays: 0,
            sweeps: config.sweeps,
            sweep: SweepShown::default(),
            sweep_handle: None,
            replay: None,
            waker,
            status: EngineStatus::default(),
            model_wanted: config.model,
            model_asked: None,
            known_models: config
                .known_models
                .as_ref()
                .map(|list| list())
                .unwrap_or_default(),
            model_list: config.known_models,
            earlier: config
                .runs
                .as_ref()
                .map(RunFolder::runs)
                .unwrap_or_default(),
            runs: config.runs,
            session: None,
            comparison: Comparison::default(),
            generations: 0,
            run: RunId(0),
            not_on_disk: None,
            live_settings: LiveSettings::default(),
            derived: Derived::default(),
            peak: (0, 0, 0),
            selection: Selection::default(),
            mode: ColourMode::default(),
            tab: Tab::default(),
            prompt: PromptBarState::default(),
            settings: SettingsState::default(),
            notifications: Notifications::default(),
            path_dialog: PathDialog::default(),
            export_dialog: ExportDialog::default(),
            help: false,
            first_page: false,
            keys_taken: false,
            panels: Panels::default(),
            crowded: false,
            last_tick: None,
        };
        app.start_engine();
        app
    }

    pub(super) fn start_engine(&mut self) {
        let Some(factory) = &self.factory else { return };
        let model = self
            .model_wanted
            .clone()
            .unwrap_or_else(|| DEFAULT_MODEL.to_owned());
        self.engine = None;
        self.status = EngineStatus {
            link: Link::Up,
            ..EngineStatus::default()
        };
        match factory(Some(model), Arc::clone(&self.waker)) {
            Ok(handle) => {
                self.status.loading = Some((0.0, "starting".to_owned()));
                self.engine = Some(handle);
            }
            Err(error) => {
                self.status.link = Link::Down;
                self.notifications.error_with(
                    format!("the engine could not start: {error}"),
                    "Try again",
                    crate::ui::UiCommand::RestartEngine,
                );
            }
        }
    }

    /// Nothing is pinned or played; the speed of playing stays, which is the person's and not the run's.
    pub(super) fn forget_selection(&mut self) {
        let speed = self.selection.playback.speed;
        self.selection = Selection::default();
        self.selection.playback.speed = speed;
    }

    /// Shows a run, with the cursor at its end.
    pub fn show_run(&mut self, store: TraceStore) -> &mut Session {
        self.generations += 1;
        self.forget_selection();
        self.panels.timeline.show_all();
        self.panels.survival.show_all();
        self.panels.heatmap.show_all();
        self.session.insert(Session::new(store, self.generations))
    }

    /// Puts a run into the next free pane of the Compare tab; what stands in the way is a notification.
    pub fn add_pane(&mut self, store: TraceStore) {
        let now = self.asked_now();
        self.put_or_notify(store, None, &now);
    }

    /// The run that is shown.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The runs of the Compare tab.
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// What the person looks at.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// What the window had to say.
    pub fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    /// The engine as the window sees it.
    pub fn status(&self) -> &EngineStatus {
        &self.status
    }

    /// The first thing that failed, if anything did.
    pub(super) fn first_error(&self) -> Option<String> {
        let notes = self.notifications.notes();
        notes
            .iter()
            .find(|note| note.level == Level::Error)
            .map(|note| note.text.clone())
    }

    /// What tokens are coloured by.
    pub fn mode(&self) -> ColourMode {
        self.mode
    }

    /// What the text view did in the last frame.
    pub fn token_view_work(&self) -> crate::ui::token_view::Work {
        self.panels.tokens.work()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // The window would stand still until the weights are read.
        if self.status.loading.is_some()
            && let Some(engine) = self.engine.take()
        {
            engine.let_go();
        }
    }
}

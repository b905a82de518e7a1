//! A window without a window system, and an engine that says what the test says.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Receiver, Sender, bounded};
use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, HarnessBuilder};
use rkv_scope::app::{App, AppConfig, RunFolder};
use rkv_scope::engine::{EngineCommand, EngineEvent, EngineHandle, RunId, RunRequest, RunState};
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{FinishReason, ModelSummary, TraceRecord, TraceStore};
use rkv_scope::ui::UiCommand;

pub struct Stage {
    config: Option<AppConfig>,
    app: Option<App>,
}

impl Stage {
    pub fn app(&self) -> &App {
        self.app.as_ref().expect("the first frame has made it")
    }

    pub fn app_mut(&mut self) -> &mut App {
        self.app.as_mut().expect("the first frame has made it")
    }
}

pub fn execute(harness: &mut Harness<'static, Stage>, commands: Vec<UiCommand>) {
    let ctx = harness.ctx.clone();
    harness.state_mut().app_mut().execute(&ctx, commands);
    harness.run();
}

/// The runs of the Compare tab.
pub fn compared(harness: &Harness<'static, Stage>) -> Vec<TraceStore> {
    let comparison = harness.state().app().comparison();
    comparison.stores().cloned().collect()
}

/// Types a path into the open dialog for a trace and presses Enter.
pub fn enter_trace_path(harness: &mut Harness<'static, Stage>, path: &std::path::Path) {
    let label = "Path of the .rkvt file:";
    let field = harness.get_by_role_and_label(Role::TextInput, label);
    field.focus();
    field.set_text_value_accesskit(&path.display().to_string());
    harness.run();
    harness.key_press(Key::Enter);
}

/// Draws frames until a text that contains `said` is there.
pub fn wait_for_text(harness: &mut Harness<'static, Stage>, said: &str) {
    for _ in 0..500 {
        harness.step();
        if harness.query_by_label_contains(said).is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    harness.run();
    harness.get_by_label_contains(said);
}

/// Draws frames until work beside the window is done.
pub fn wait(harness: &mut Harness<'static, Stage>, done: impl Fn(&Stage) -> bool) {
    for _ in 0..500 {
        harness.step();
        if done(harness.state()) {
            harness.step();
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the background work never came back");
}

pub fn window(size: [f32; 2], theme: Theme, config: AppConfig) -> Harness<'static, Stage> {
    // What a model writes may hold any character there is.
    build(
        Harness::builder().allow_missing_glyphs(),
        size,
        theme,
        config,
    )
}

/// A window in which a sign that no font has fails the test.
pub fn strict_window(size: [f32; 2], theme: Theme) -> Harness<'static, Stage> {
    build(Harness::builder(), size, theme, AppConfig::default())
}

fn build(
    builder: HarnessBuilder<Stage>,
    size: [f32; 2],
    theme: Theme,
    config: AppConfig,
) -> Harness<'static, Stage> {
    let mut harness = builder
        .with_size(size)
        .with_theme(theme)
        .with_max_steps(64)
        // Before the first frame, as the real window does.
        .with_context_setup(rkv_scope::ui::theme::install)
        .build_ui_state(
            |ui, stage: &mut Stage| {
                let config = &mut stage.config;
                let app = stage
                    .app
                    .get_or_insert_with(|| App::new(ui.ctx(), config.take().unwrap_or_default()));
                app.logic(ui.ctx());
                app.draw(ui);
            },
            Stage {
                config: Some(config),
                app: None,
            },
        );
    harness.run();
    harness
}

pub fn viewer() -> Harness<'static, Stage> {
    window([1280.0, 800.0], Theme::Dark, AppConfig::default())
}

/// A viewer that shows a made-up run.
pub fn replaying(plan: &Synthetic) -> Harness<'static, Stage> {
    let mut harness = viewer();
    harness.state_mut().app_mut().show_run(plan.store());
    harness.run();
    harness
}

/// The other end of the engine's channels.
pub struct Engine {
    pub commands: Receiver<EngineCommand>,
    pub events: Sender<EngineEvent>,
    /// The models that it was started with, one a start.
    pub models: Arc<Mutex<Vec<Option<String>>>>,
}

impl Engine {
    pub fn say(&self, event: EngineEvent) {
        self.events.send(event).expect("the window listens");
    }

    pub fn loaded(&self) {
        let model: ModelSummary = Synthetic::default().header().model;
        self.say(EngineEvent::ModelLoaded {
            model,
            device: "CPU, 2 threads".to_owned(),
            note: None,
        });
    }

    /// The next command that is not about loading.
    pub fn next(&self) -> EngineCommand {
        self.commands
            .recv_timeout(std::time::Duration::from_secs(5))
            .expect("a command was sent")
    }

    /// The next command, which is the start of a run.
    pub fn next_start(&self) -> Box<RunRequest> {
        let EngineCommand::Start(request) = self.next() else {
            panic!("not a start")
        };
        request
    }

    /// Answers a start with the first `records` records of a made-up run.
    pub fn begin(&self, run: RunId, plan: &Synthetic, records: usize) {
        self.say(EngineEvent::RunStarted {
            run,
            header: Arc::new(plan.header()),
        });
        let batch: Vec<TraceRecord> = plan.records().into_iter().take(records).collect();
        self.say(EngineEvent::Records { run, batch });
        let state = RunState::Running;
        self.say(EngineEvent::State { run, state });
    }

    /// Says that a run is over.
    pub fn finish(&self, run: RunId, reason: FinishReason) {
        let state = RunState::Finished(reason);
        self.say(EngineEvent::State { run, state });
    }
}

/// A window with an engine that the test plays. Dropping the [`Engine`] ends it.
pub fn with_engine(size: [f32; 2], theme: Theme) -> (Harness<'static, Stage>, Engine) {
    with_engine_and_runs(size, theme, None)
}

/// The same with a folder of runs.
pub fn with_engine_and_runs(
    size: [f32; 2],
    theme: Theme,
    runs: Option<RunFolder>,
) -> (Harness<'static, Stage>, Engine) {
    let config = AppConfig {
        runs,
        ..AppConfig::default()
    };
    with_engine_and(size, theme, config)
}

/// The same with whatever else a window can be made of.
pub fn with_engine_and(
    size: [f32; 2],
    theme: Theme,
    config: AppConfig,
) -> (Harness<'static, Stage>, Engine) {
    let (command_sender, commands) = bounded(64);
    let (events, event_receiver) = bounded(4096);
    let models: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
    let started_with = Arc::clone(&models);
    let factory = move |model, _waker| {
        started_with.lock().unwrap().push(model);
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(|| {})?;
        Ok(EngineHandle::new(
            command_sender.clone(),
            event_receiver.clone(),
            Arc::new(AtomicBool::new(false)),
            thread,
        ))
    };
    let config = AppConfig {
        engine: Some(Box::new(factory)),
        ..config
    };
    let engine = Engine {
        commands,
        events,
        models,
    };
    (window(size, theme, config), engine)
}

/// The run that is read.
pub fn read<'h>(harness: &'h Harness<'static, Stage>) -> &'h TraceStore {
    &harness
        .state()
        .app()
        .session()
        .expect("a run is shown")
        .store
}

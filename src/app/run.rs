//! Opens the window.

use crossbeam_channel::{Receiver, bounded};

use crate::trace::Position;
use crate::ui::command::CompareCommand;
use crate::ui::engine_status::Phase;
use crate::ui::{Tab, UiCommand};

use super::link;
use super::options::RunOptions;
use super::run_folder::RunFolder;
use super::screenshot::Shot;
use super::state::{App, AppConfig};

/// What a person without a screen will look for.
const HEADLESS: &str = if cfg!(feature = "infer") {
    "record, info and export"
} else {
    "info and export"
};

/// The window could not be opened, or could not do what it was opened for.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no screen.
    #[error(
        "there is no display (neither WAYLAND_DISPLAY nor DISPLAY is set), so the window cannot open; \
         the commands {HEADLESS} work without one"
    )]
    NoDisplay,
    /// The windowing system refused.
    #[error("the window could not open: {0}; the commands {HEADLESS} work without one")]
    Window(String),
    /// The picture asked for was not written.
    #[error("no picture was written: {0}")]
    Screenshot(String),
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// [`RunError`], before anything is drawn if there is no display.
pub fn run(options: RunOptions) -> Result<(), RunError> {
    check_display(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))?;
    let (width, height) = options.size.unwrap_or((1400.0, 900.0));
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("rkv-scope")
            .with_app_id("rkv-scope")
            .with_inner_size([width, height])
            .with_min_inner_size([760.0, 480.0])
            .with_drag_and_drop(true),
        ..eframe::NativeOptions::default()
    };
    let wants_picture = options.screenshot_to.is_some();
    let (done, result) = bounded(1);
    eframe::run_native(
        "rkv-scope",
        native,
        Box::new(move |creation| {
            let ctx = &creation.egui_ctx;
            let config = AppConfig {
                engine: link::factory(options.device),
                sweeps: link::sweeps(),
                model: options.model.clone(),
                known_models: Some(Box::new(link::known_models)),
                runs: RunFolder::of_system(|name| std::env::var_os(name)),
            };
            let app = App::new(ctx, config);
            let shot = options
                .screenshot_to
                .clone()
                .map(|path| Shot::new(path, options.autorun, done));
            Ok(Box::new(Started::new(ctx, app, shot, options)))
        }),
    )
    .map_err(|error| RunError::Window(crate::error_chain::chain(&error)))?;
    if wants_picture {
        picture_result(&result)
    } else {
        Ok(())
    }
}

fn picture_result(result: &Receiver<Result<(), String>>) -> Result<(), RunError> {
    match result.try_recv() {
        Ok(result) => result.map_err(RunError::Screenshot),
        Err(_) => Err(RunError::Screenshot(
            "the window was closed first".to_owned(),
        )),
    }
}

/// Says that there is no display before the windowing library tries, and fails in its own words.
fn check_display(is_set: impl Fn(&str) -> bool) -> Result<(), RunError> {
    let needs_one = cfg!(all(
        unix,
        not(any(
            target_os = "macos",
            target_os = "ios",
            target_os = "android"
        ))
    ));
    let named = ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"]
        .into_iter()
        .any(is_set);
    if needs_one && !named {
        Err(RunError::NoDisplay)
    } else {
        Ok(())
    }
}

/// The window with what the command line still wants of it.
struct Started {
    app: App,
    shot: Option<Shot>,
    autorun: bool,
    opening: bool,
    cursor: Option<usize>,
    select: Option<u32>,
}

impl Started {
    fn new(ctx: &egui::Context, mut app: App, shot: Option<Shot>, options: RunOptions) -> Self {
        if let Some(theme) = options.theme {
            ctx.set_theme(theme);
        }
        let opening = !options.traces.is_empty();
        let mut commands = vec![UiCommand::ShowTab(options.tab)];
        commands.extend(options.problem.map(UiCommand::SetProblem));
        if options.tab == Tab::Compare || options.traces.len() > 1 {
            let (pane, paths) = (None, options.traces);
            if opening {
                commands.push(UiCommand::Compare(CompareCommand::Open { pane, paths }));
            }
        } else {
            let open = |path| UiCommand::Open(Some(path));
            commands.extend(options.traces.into_iter().map(open));
        }
        app.execute(ctx, commands);
        Self {
            app,
            shot,
            autorun: options.autorun,
            opening,
            cursor: options.cursor,
            select: options.select,
        }
    }

    /// Does what had to wait for the model or the trace.
    fn wishes(&mut self, ctx: &egui::Context) {
        if self.autorun && self.app.status().model.is_some() && self.app.status().loading.is_none()
        {
            self.autorun = false;
            self.app.execute(ctx, vec![UiCommand::Run]);
        }
        let shows = self.app.session().is_some() || !self.app.comparison().panes.is_empty();
        let there = shows && self.app.status().phase == Phase::Idle;
        if there
            && !self.autorun
            && (self.opening || self.cursor.is_some() || self.select.is_some())
        {
            self.opening = false;
            let cursor = self.cursor.take().map(UiCommand::SetCursor);
            let pin = self
                .select
                .take()
                .map(|p| UiCommand::Select(Some(Position(p))));
            self.app
                .execute(ctx, cursor.into_iter().chain(pin).collect());
        }
    }
}

impl eframe::App for Started {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.app.logic(ctx);
        self.wishes(ctx);
        if let Some(shot) = &mut self.shot {
            shot.step(ctx, &self.app);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.draw(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn without_a_display_the_message_names_the_commands_that_need_none() {
        let message = check_display(|_| false).unwrap_err().to_string();
        for word in ["DISPLAY", "record", "info", "export"] {
            assert!(message.contains(word), "{message}");
        }
        check_display(|name| name == "DISPLAY").unwrap();
    }
}

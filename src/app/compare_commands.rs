//! What the Compare tab asks for: runs one after another, traces in and out of its panes.

use std::path::PathBuf;

use egui::Context;

use crate::compare::{MOST_RUNS, check_models, letter};
use crate::export::Format;
use crate::trace::TraceStore;
use crate::ui::Tab;
use crate::ui::command::{Browse, CompareCommand};
use crate::ui::overwrite::fresh_name;
use crate::ui::path_dialog::lettered;

use super::asked::Asked;
use super::commands::export_options;
use super::comparison::Task;
use super::files;
use super::live_settings::LiveSettings;
use super::state::App;
use super::tasks::Work;

const NOTHING_TO_WRITE: &str = "no pane holds a run any more; nothing was written";

impl App {
    pub(super) fn compare(&mut self, ctx: &Context, command: CompareCommand) {
        match command {
            CompareCommand::Open { pane, paths } if paths.is_empty() => {
                self.path_dialog.ask(Browse::OpenPane(pane), String::new());
            }
            CompareCommand::Open { pane, paths } => {
                let asked = self.asked_now();
                self.background(Work::Open, move || files::open_panes(pane, paths, asked));
            }
            CompareCommand::TakeRun => {
                if let Some(session) = &self.session {
                    let (store, path) = (session.store.clone(), session.path.clone());
                    let now = self.asked_now();
                    self.put_or_notify(store, path, &now);
                }
            }
            CompareCommand::Read(pane) => self.read_pane(pane),
            CompareCommand::Close(pane) => {
                if self.comparison.close(pane) {
                    self.panels.compare.closed(pane);
                }
            }
            CompareCommand::Save { pane, path } => self.save_pane(pane, path),
            CompareCommand::SaveAll(to) => self.save_panes(to),
            CompareCommand::Figure(path) => self.figure(ctx, path),
        }
    }

    /// Runs the policies that are chosen in the tab, one after another.
    pub(super) fn start_comparison(&mut self) {
        let setup = &self.panels.compare.setup;
        if self.status.busy() {
            return;
        }
        let error = setup.error(self.comparison.kept()).or_else(|| {
            let sampling = self.settings.sampling.check();
            sampling.err().map(|error| error.to_string())
        });
        if let Some(why) = self.status.obstacle(&self.prompt.problem, error.as_deref()) {
            self.notifications.error(why);
            return;
        }
        let problem = self.prompt.problem.trim();
        let other = self.comparison.panes.iter().position(|pane| {
            let store = pane.store.as_ref().filter(|_| pane.kept);
            store.is_some_and(|store| store.header().problem.trim() != problem)
        });
        if let Some(pane) = other {
            self.notifications.error(format!(
                "pane {} holds another problem than the one in the prompt bar; close it, or run its problem",
                letter(pane)
            ));
            return;
        }
        if let Some(why) = self.other_model() {
            self.notifications.error(why);
            return;
        }
        let task = Task {
            problem: problem.to_owned(),
            sampling: self.settings.sampling.clone(),
            level: self.settings.level,
        };
        match self
            .comparison
            .plan(setup.settings(), task, &mut self.generations)
        {
            Ok(()) => {
                self.panels.compare.setup.open = false;
                self.panels.shared_timeline.show_all();
                self.next_of_comparison();
            }
            Err(why) => self.notifications.error(why),
        }
    }

    /// Why what the loaded model writes could not stand beside the runs that stay, in words with the way out.
    fn other_model(&self) -> Option<String> {
        let (loaded, _) = self.status.model.as_ref()?;
        let kept = self.comparison.panes.iter().enumerate();
        kept.filter_map(|(i, pane)| Some((i, pane.store.as_ref().filter(|_| pane.kept)?)))
            .find_map(|(i, store)| Some((i, check_models(&store.header().model, loaded).err()?)))
            .map(|(i, mismatch)| {
                format!(
                    "pane {} holds a run of another model than the one that is loaded: {mismatch}; load its model, or \
                     close the pane",
                    letter(i)
                )
            })
    }

    /// Starts the next policy that waits, if there is one.
    pub(super) fn next_of_comparison(&mut self) {
        let run = self.next_run();
        if let Some((settings, task)) = self.comparison.start_next(run) {
            self.live_settings = LiveSettings::default();
            self.ask_engine(run, settings, task);
        }
    }

    /// Puts a run into the next free pane; what stands in the way is a notification.
    pub(super) fn put_or_notify(
        &mut self,
        store: TraceStore,
        path: Option<PathBuf>,
        asked: &Asked,
    ) {
        if let Err(why) = self.put_into_pane(None, store, path, asked) {
            self.notifications.error(why);
        }
    }

    /// Puts a run into the pane of that generation, or into the next free one.
    ///
    /// # Errors
    /// It does not fit the other runs, or there is no room; the message names the way out.
    pub(super) fn put_into_pane(
        &mut self,
        pane: Option<u64>,
        store: TraceStore,
        path: Option<PathBuf>,
        asked: &Asked,
    ) -> Result<(), String> {
        self.generations += 1;
        let first = self.comparison.stores().next().is_none();
        let header = store.header().clone();
        self.comparison.put(pane, store, self.generations, path)?;
        self.tab = Tab::Compare;
        self.panels.compare.setup.open = false;
        if first {
            self.panels.shared_timeline.show_all();
        }
        if first && !self.status.busy() {
            // What runs beside it should solve the same problem in the same way.
            self.take_problem(asked, &header.problem);
            self.settings.sampling = header.sampling.clone();
        }
        Ok(())
    }

    fn read_pane(&mut self, pane: usize) {
        let Some(pane) = self.comparison.panes.get(pane) else {
            return;
        };
        let Some(store) = pane.store.clone() else {
            return;
        };
        if self.status.busy() {
            self.notifications
                .error("a run is under way; stop it before reading another one");
            return;
        }
        let path = pane.path.clone();
        self.show_run(store).path = path;
        self.tab = Tab::Reading;
    }

    fn save_pane(&mut self, pane: u64, path: Option<PathBuf>) {
        let mut panes = self.comparison.panes.iter();
        let shown = panes.find(|shown| shown.generation == pane);
        let Some((shown, store)) = shown.and_then(|shown| Some((shown, shown.store.clone()?)))
        else {
            let why = "the run to be saved is in no pane any more; nothing was written";
            match path {
                Some(path) => self.refused(&path, why.to_owned()),
                None => self.notifications.error(why),
            }
            return;
        };
        let Some(path) = path else {
            let known = shown.path.as_ref().map(|path| path.display().to_string());
            let name =
                known.unwrap_or_else(|| fresh_name(&format!("{}.rkvt", shown.settings.policy)));
            self.path_dialog.ask(Browse::SavePane(pane), name);
            return;
        };
        self.background(Work::Save, move || files::save(pane, path, &store));
    }

    /// Writes no more panes than there were when the person was asked what files to write over.
    fn save_panes(&mut self, to: Option<(usize, PathBuf)>) {
        let Some((panes, path)) = to else {
            if self.comparison.stores().next().is_some() {
                let name = "comparison.rkvt".to_owned();
                let panes = self.comparison.panes.len();
                self.path_dialog.ask(Browse::SavePanes(panes), name);
            }
            return;
        };
        let runs: Vec<(usize, u64)> = self
            .comparison
            .panes
            .iter()
            .enumerate()
            .take(panes)
            .filter(|(_, pane)| pane.store.is_some())
            .map(|(index, pane)| (index, pane.generation))
            .collect();
        if runs.is_empty() {
            self.refused(&lettered(&path, 0), NOTHING_TO_WRITE.to_owned());
            return;
        }
        // Panes that wait have nothing to be written.
        for empty in (0..MOST_RUNS).filter(|i| runs.iter().all(|(index, _)| index != i)) {
            self.path_dialog.accepts(&lettered(&path, empty));
        }
        for (index, pane) in runs {
            self.save_pane(pane, Some(lettered(&path, index)));
        }
    }

    fn figure(&mut self, ctx: &Context, path: Option<PathBuf>) {
        let runs: Vec<(String, TraceStore)> = self
            .comparison
            .stores()
            .map(|store| (store.header().settings.policy.clone(), store.clone()))
            .collect();
        let Some(path) = path else {
            if !runs.is_empty() {
                let name = fresh_name("comparison.png");
                self.path_dialog.ask(Browse::Figure, name);
            }
            return;
        };
        if runs.is_empty() {
            self.refused(&path, NOTHING_TO_WRITE.to_owned());
            return;
        }
        let format = match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => Format::Svg,
            Some("png") => Format::Png,
            _ => {
                let why = format!(
                    "{} is neither .png nor .svg; name the figure after one of the two",
                    path.display()
                );
                self.refused(&path, why);
                return;
            }
        };
        let options = export_options(ctx);
        self.background(Work::Export, move || {
            files::figure(path, format, &runs, &options)
        });
    }
}

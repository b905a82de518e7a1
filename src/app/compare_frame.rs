//! One frame of the Compare tab: no side panels, since the panes need the room.

use egui::{CentralPanel, Frame, Margin, Panel, Ui};

use crate::compare::letter;
use crate::trace::TraceView;
use crate::ui::compare::{self, Pane, Shown};
use crate::ui::theme::Palette;
use crate::ui::timeline::{Run, Transport};
use crate::ui::{UiCommand, status_bar, tabs, timeline};

use super::comparison::Comparison;
use super::frame::{in_force, status_line};
use super::state::App;

impl App {
    /// Draws the panels around the tab and the tab itself; `reading` is the run of the other tabs.
    pub(super) fn compare_panels(
        &mut self,
        ui: &mut Ui,
        comparison: &Comparison,
        reading: Option<&TraceView<'_>>,
        commands: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui.ctx());
        let error = self.panels.compare.setup.error(comparison.kept());
        let savable = comparison.stores().next().is_some();
        self.prompt_bar(ui, reading, error.as_deref(), true, savable, commands);
        tabs::strip(ui, self.tab, &said_of(comparison), commands);
        status_line(ui).show(ui, |ui| {
            let runs = comparison.stores().count();
            status_bar::comparing(ui, &self.status, runs);
        });
        let cursor = comparison.cursor();
        let longest = comparison
            .longest()
            .filter(|_| !self.panels.compare.setup.open);
        if let Some(store) = longest.and_then(|i| comparison.panes[i].store.as_ref()) {
            let low = Frame::new()
                .fill(palette.canvas)
                .inner_margin(Margin::symmetric(timeline::MARGIN, 6));
            let room = ui.available_height();
            Panel::bottom("timeline of panes")
                .frame(low)
                .default_size((room * 0.2).clamp(118.0, 200.0))
                .size_range((room * 0.17).clamp(100.0, 140.0)..=(room * 0.5).max(141.0))
                .resizable(true)
                .show(ui, |ui| {
                    let playback = comparison.selection.playback;
                    let transport = Transport {
                        playing: playback.playing,
                        following: playback.following,
                        live: comparison.live().is_some(),
                        steps: Some(comparison.steps()),
                    };
                    timeline::show(
                        ui,
                        &mut self.panels.shared_timeline,
                        &store.view(cursor),
                        &runs_of(comparison),
                        &comparison.selection,
                        transport,
                        commands,
                    );
                });
        }
        CentralPanel::default()
            .frame(Frame::new().fill(palette.canvas))
            .show(ui, |ui| {
                self.compare_tab(ui, comparison, reading, commands);
            });
    }

    fn compare_tab(
        &mut self,
        ui: &mut Ui,
        comparison: &Comparison,
        reading: Option<&TraceView<'_>>,
        commands: &mut Vec<UiCommand>,
    ) {
        let cursor = comparison.cursor();
        let panes: Vec<Pane<'_>> = comparison
            .panes
            .iter()
            .map(|pane| Pane {
                settings: &pane.settings,
                view: pane.store.as_ref().map(|store| store.view(cursor)),
                state: &pane.state,
                generation: pane.generation,
                file: pane.path.as_ref().and_then(|path| {
                    let name = path.file_name()?;
                    Some(name.to_string_lossy().into_owned())
                }),
                right_answer: pane
                    .store
                    .as_ref()
                    .and_then(|store| self.prompt.right_answer_to(&store.header().problem)),
            })
            .collect();
        let whole = reading.filter(|view| view.store().end().is_some());
        let shown = Shown {
            panes: &panes,
            cursor,
            in_sight: self.panels.shared_timeline.visible(comparison.end()),
            live: comparison.live(),
            kept: comparison.kept(),
            status: &self.status,
            problem: &self.prompt.problem,
            sampling: &self.settings.sampling,
            level: self.settings.level,
            base: &self.settings.cache,
            mode: self.mode,
            reading: whole.map(|view| {
                let tokens = view.store().tokens().len();
                format!("{}, {tokens} tokens", in_force(view))
            }),
        };
        let state = &mut self.panels.compare;
        compare::show(ui, state, &shown, &comparison.selection, commands);
    }
}

/// The runs there are, each at the shared cursor.
fn runs_of(comparison: &Comparison) -> Vec<Run<'_>> {
    let panes = comparison.panes.iter().enumerate();
    panes
        .filter_map(|(i, pane)| {
            Some(Run {
                letter: Some(letter(i)),
                view: pane.store.as_ref()?.view(comparison.cursor()),
            })
        })
        .collect()
}

/// What the panes have in common, for the line beside the tabs.
fn said_of(comparison: &Comparison) -> String {
    let store = comparison.stores().next();
    store.map_or(String::new(), |store| {
        let words: Vec<&str> = store.header().problem.split_whitespace().collect();
        words.join(" ")
    })
}

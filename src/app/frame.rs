//! One frame: every panel in its place.

use egui::{CentralPanel, Frame, Margin, Panel, Popup, Ui};

use crate::config::CacheSettings;
use crate::trace::{RunSummary, TraceView};
use crate::ui::engine_status::Link;
use crate::ui::prompt_bar::PromptBar;
use crate::ui::settings_panel::SettingsContext;
use crate::ui::theme::Palette;
use crate::ui::timeline::Transport;
use crate::ui::{
    ColourMode, Tab, UiCommand, empty_state, glyph_atlas, heatmap, help, inspector, legend,
    prompt_bar, reflections, settings_panel, settings_words, shortcuts, status_bar, survival,
    sweep as ui_sweep, tabs, timeline, token_view, uncompressed, unscored, welcome,
};

use super::session::Session;
use super::state::App;
use super::tasks::Work;

/// Narrowest middle beside an inspector, in points.
const LEAST_MIDDLE: f32 = 440.0;
/// Narrowest inspector, in points.
const LEAST_INSPECTOR: f32 = 240.0;

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        Self::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

impl App {
    /// Draws a frame and executes what it asked for.
    pub fn draw(&mut self, ui: &mut Ui) {
        self.clean_selection();
        let ctx = ui.ctx().clone();
        // Views that are not in sight keep glyphs, too.
        glyph_atlas::generation(&ctx);
        // Before a frame begins, egui has taken the keys from a field that Esc was pressed in.
        let popup = Popup::is_any_open(&ctx);
        let esc_is_spent = self.keys_taken || popup;
        let covered = popup || self.has_dialog();
        let typing = shortcuts::typing(&ctx);
        let first_page = self.turn_to_first_page(&ctx);
        let mut commands = Vec::new();
        // Taken out for the frame, so that the panels can borrow it beside their own state.
        let session = self.session.take();
        let view = session
            .as_ref()
            .map(|session| session.store.view(session.cursor()));
        if let (Some(session), Some(view)) = (&session, &view) {
            self.derived.update(session.generation, view);
            self.derived.live = session.live.is_some();
        }
        let generation = session.as_ref().map_or(0, |session| session.generation);
        let (selection, cursor, tokens) = if self.tab == Tab::Compare {
            let comparison = std::mem::take(&mut self.comparison);
            self.compare_panels(ui, &comparison, view.as_ref(), &mut commands);
            self.comparison = comparison;
            let comparison = &self.comparison;
            (comparison.selection, comparison.cursor(), comparison.end())
        } else {
            self.panels(ui, generation, view.as_ref(), &mut commands);
            let tokens = session.as_ref().map_or(0, |s| s.store.tokens().len());
            let cursor = session.as_ref().map_or(0, Session::cursor);
            (self.selection, cursor, tokens)
        };
        let measure = view.as_ref().and_then(|view| self.heatmap_measure(view));
        self.session = session;

        help::show(&ctx, &mut self.help);
        let files = [Work::Open, Work::Save, Work::Export];
        let busy = files.into_iter().any(|work| self.tasks.is_doing(work));
        self.path_dialog.show(&ctx, busy, &mut commands);
        self.export_dialog.show(&ctx, measure, &mut commands);
        self.notifications.show(&ctx, &mut commands);
        let asking = self.path_dialog.purpose.is_some();
        let page = shortcuts::Page {
            selection: &selection,
            cursor,
            tokens,
            timeline: self.shows_timeline(),
            tabs: if first_page { &[] } else { Tab::ALL },
        };
        commands.extend(shortcuts::read(&ctx, &page, typing, asking, covered));
        let esc = !esc_is_spent && ctx.input(|i| i.key_pressed(egui::Key::Escape));
        if esc && self.notifications.open {
            self.notifications.open = false;
        } else if esc && self.tab == Tab::Sweep && self.panels.sweep.chosen.is_some() {
            self.panels.sweep.chosen = None;
        } else if esc && selection.pinned.is_some() {
            commands.push(UiCommand::Select(None));
        } else if esc && self.notifications.dismiss() {
            ctx.request_repaint();
        }
        if !commands.is_empty() {
            self.execute(&ctx, commands);
            ctx.request_repaint();
        }
        self.keys_taken = ctx.memory(|memory| memory.focused().is_some());
    }

    /// Whether the first page is shown: its problem field has the keys from the moment it appears, and gives them to what is
    /// shown after it.
    fn turn_to_first_page(&mut self, ctx: &egui::Context) -> bool {
        let elsewhere = matches!(self.tab, Tab::Compare | Tab::Sweep);
        let shown = self.session.is_none() && !self.status.busy() && !elsewhere;
        if shown != self.first_page {
            self.first_page = shown;
            let free = !self.has_dialog() && self.status.link == Link::Up;
            ctx.memory_mut(|memory| {
                if !shown {
                    memory.surrender_focus(prompt_bar::problem_id());
                } else if free && memory.focused().is_none() {
                    memory.request_focus(prompt_bar::problem_id());
                }
            });
        }
        shown
    }

    /// Whether the page has a timeline.
    fn shows_timeline(&self) -> bool {
        match self.tab {
            Tab::Sweep => false,
            Tab::Compare => self.comparison.longest().is_some() && !self.panels.compare.setup.open,
            _ => self.session.is_some(),
        }
    }

    /// Whether a dialog lies over the page. The list of messages is none: the page is read and used beside it.
    fn has_dialog(&self) -> bool {
        self.path_dialog.purpose.is_some() || self.export_dialog.open || self.help
    }

    fn panels(
        &mut self,
        ui: &mut Ui,
        generation: u64,
        view: Option<&TraceView<'_>>,
        commands: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui.ctx());
        let side = Frame::new()
            .fill(palette.panel)
            .inner_margin(Margin::symmetric(12, 10));
        let page = Frame::new().fill(palette.canvas);
        let context = self.settings_context(view);
        if let (true, Some(view)) = (context.fixed, view) {
            view.settings().clone_into(&mut self.settings.cache);
            let header = view.store().header();
            header.sampling.clone_into(&mut self.settings.sampling);
            self.settings.level = header.level;
        }
        let settings_error = self.settings.error(context);
        // On the first page the problem field stands in the middle.
        let first_page = self.first_page;
        let sweeping = self.tab == Tab::Sweep;

        self.prompt_bar(
            ui,
            view,
            settings_error.as_deref(),
            !first_page,
            view.is_some(),
            commands,
        );
        if !first_page {
            let said = view.filter(|_| !sweeping).map(|view| {
                let said = in_force(view);
                match self.waiting(view) {
                    Some(waiting) if self.derived.live => {
                        let next = settings_words::brief(waiting);
                        format!("{said}; when next due {next}")
                    }
                    _ => said,
                }
            });
            tabs::strip(ui, self.tab, &said.unwrap_or_default(), commands);
        }
        let peak = view.map_or(0, |view| self.peak_slots(generation, view));
        status_line(ui).show(ui, |ui| {
            status_bar::show(ui, &self.status, view, peak, self.derived.live);
        });
        if sweeping {
            self.sweep_panels(ui, side, page, commands);
            return;
        }
        Panel::left("settings")
            .frame(side)
            .default_size(264.0)
            .size_range(230.0..=360.0)
            .show(ui, |ui| {
                let pinned = self.crowded && self.selection.pinned.is_some();
                if let Some(view) = view.filter(|_| pinned) {
                    if back(ui, "Back to the settings") {
                        commands.push(UiCommand::Select(None));
                    }
                    self.inspector(ui, view, commands);
                    return;
                }
                let foot = Frame::new().inner_margin(Margin {
                    top: 8,
                    right: 6,
                    ..Margin::ZERO
                });
                Panel::bottom("legend")
                    .frame(foot)
                    .resizable(false)
                    .show(ui, |ui| {
                        let derived = view.is_some().then_some(&self.derived);
                        legend::show(ui, self.mode, derived, &self.selection, commands);
                        let scored = !matches!(self.mode, ColourMode::Held | ColourMode::Age);
                        let why = view
                            .filter(|_| scored)
                            .and_then(|view| uncompressed::why(view.store(), self.derived.live));
                        if let Some(why) = why {
                            legend::note(ui, &format!("No token has a score. {why}"));
                        } else if let Some(why) =
                            view.and_then(|view| unscored::why(view, self.mode, &self.derived))
                        {
                            legend::note(ui, &why);
                        }
                    });
                egui::ScrollArea::vertical()
                    .id_salt("settings")
                    .auto_shrink(false)
                    .show(ui, |ui| {
                        settings_panel::show(ui, &mut self.settings, context, commands);
                    });
            });
        if let Some(view) = view {
            // The text keeps its room: a small window has a narrow inspector, a tiny one has it in place of the settings.
            if let Some(most) = self.room_beside(ui) {
                let range = LEAST_INSPECTOR..=most.min(460.0);
                let inspector = Panel::right("inspector")
                    .frame(side)
                    .default_size(most.min(310.0));
                inspector.size_range(range).show(ui, |ui| {
                    self.inspector(ui, view, commands);
                });
            }
            let low = Frame::new()
                .fill(palette.canvas)
                .inner_margin(Margin::symmetric(timeline::MARGIN, 8));
            let room = ui.available_height();
            Panel::bottom("timeline")
                .frame(low)
                .default_size((room * 0.27).clamp(150.0, 260.0))
                // A window that opens small and grows must not keep a timeline too low to read.
                .size_range((room * 0.26).clamp(120.0, 200.0)..=(room * 0.6).max(201.0))
                .resizable(true)
                .show(ui, |ui| {
                    let transport = self.transport();
                    let state = &mut self.panels.timeline;
                    timeline::show(ui, state, view, &[], &self.selection, transport, commands);
                });
        }
        CentralPanel::default()
            .frame(page)
            .show(ui, |ui| match view {
                Some(view) => self.middle(ui, generation, view, commands),
                None if first_page => {
                    let error = settings_error.as_deref();
                    welcome::show(ui, &mut self.prompt, &self.status, error, commands);
                }
                None => empty_state::show(
                    ui,
                    "Reading the prompt",
                    "The first tokens appear in a moment.",
                ),
            });
    }

    /// The Sweep tab has the window to itself: its form at the left, the problems of a point at the right.
    fn sweep_panels(
        &mut self,
        ui: &mut Ui,
        side: Frame,
        page: Frame,
        commands: &mut Vec<UiCommand>,
    ) {
        let model = self.model_wanted.clone();
        let model = model.as_deref().unwrap_or(super::state::DEFAULT_MODEL);
        let context = self.form_context(model);
        // Another sweep may lack the point that was chosen.
        if let Some(plan) = &self.sweep.plan {
            let chosen = &mut self.panels.sweep.chosen;
            chosen.take_if(|chosen| plan.keys().all(|arm| arm != *chosen));
        }
        let chosen = self.crowded && self.panels.sweep.chosen.is_some();
        let (state, sweep) = (&mut self.panels.sweep, &mut self.sweep);
        Panel::left("sweep form")
            .frame(side)
            .default_size(264.0)
            .size_range(230.0..=360.0)
            .show(ui, |ui| {
                if !chosen {
                    ui_sweep::form(ui, &mut state.form, sweep, context, commands);
                } else if back(ui, "Back to the form") {
                    state.chosen = None;
                } else {
                    ui_sweep::answers(ui, state, sweep, commands);
                }
            });
        let beside = self.room_beside(ui);
        let (state, sweep) = (&mut self.panels.sweep, &mut self.sweep);
        if let Some(most) = beside {
            Panel::right("sweep answers")
                .frame(side)
                .default_size(LEAST_INSPECTOR)
                .size_range(LEAST_INSPECTOR..=most.min(460.0))
                .show(ui, |ui| ui_sweep::answers(ui, state, sweep, commands));
        }
        CentralPanel::default().frame(page).show(ui, |ui| {
            let inset = Margin {
                left: 18,
                right: 18,
                top: 12,
                bottom: 8,
            };
            Frame::new().inner_margin(inset).show(ui, |ui| {
                ui_sweep::show(ui, state, sweep, commands);
            });
        });
    }

    fn inspector(&mut self, ui: &mut Ui, view: &TraceView<'_>, commands: &mut Vec<UiCommand>) {
        let right_answer = self.prompt.right_answer_to(&view.store().header().problem);
        let state = &mut self.panels.inspector;
        let (derived, selection) = (&self.derived, &self.selection);
        inspector::show(ui, state, view, derived, selection, right_answer, commands);
    }

    /// The greatest width of a panel at the right, if there is room for one.
    fn room_beside(&mut self, ui: &Ui) -> Option<f32> {
        let most = ui.available_width() - LEAST_MIDDLE;
        let crowded = most < LEAST_INSPECTOR;
        if crowded != self.crowded {
            self.crowded = crowded;
            ui.ctx().request_repaint();
        }
        (!crowded).then_some(most)
    }

    pub(super) fn prompt_bar(
        &mut self,
        ui: &mut Ui,
        view: Option<&TraceView<'_>>,
        settings_error: Option<&str>,
        field: bool,
        savable: bool,
        commands: &mut Vec<UiCommand>,
    ) {
        let bar = Frame::new()
            .fill(Palette::of(ui.ctx()).panel)
            .inner_margin(Margin::symmetric(14, 8));
        Panel::top("prompt bar")
            .frame(bar)
            .resizable(false)
            .show(ui, |ui| {
                let shown = PromptBar {
                    status: &self.status,
                    known: &self.known_models,
                    earlier: &self.earlier,
                    settings_error,
                    unread: self.notifications.unread(),
                    shown: view.map(|view| view.store().header().problem.as_str()),
                    field,
                    savable,
                };
                prompt_bar::show(ui, &mut self.prompt, &shown, commands);
            });
    }

    fn middle(
        &mut self,
        ui: &mut Ui,
        generation: u64,
        view: &TraceView<'_>,
        commands: &mut Vec<UiCommand>,
    ) {
        let panels = &mut self.panels;
        let (derived, selection) = (&self.derived, &self.selection);
        let page = Frame::new().inner_margin(Margin::symmetric(timeline::MARGIN, 8));
        match self.tab {
            Tab::Reading => {
                let tokens = &mut panels.tokens;
                token_view::reading(
                    ui, tokens, generation, self.mode, view, derived, selection, commands,
                );
            }
            Tab::Survival => {
                page.show(ui, |ui| {
                    survival::show(ui, &mut panels.survival, view, derived, selection, commands);
                });
            }
            Tab::Heatmap => {
                page.show(ui, |ui| {
                    heatmap::show(ui, &mut panels.heatmap, view, derived, selection, commands);
                });
            }
            Tab::Reflections => {
                page.show(ui, |ui| {
                    let state = &mut panels.reflections;
                    reflections::show(ui, state, view, derived, selection, commands);
                });
            }
            // Pages of their own.
            Tab::Compare | Tab::Sweep => {}
        }
    }

    fn transport(&self) -> Transport {
        Transport {
            playing: self.selection.playback.playing,
            following: self.selection.playback.following,
            live: self.status.busy() && self.comparison.live().is_none(),
            steps: None,
        }
    }

    fn settings_context(&self, view: Option<&TraceView<'_>>) -> SettingsContext {
        SettingsContext {
            running: self.status.busy() && self.comparison.live().is_none(),
            prompt_tokens: view.map_or(0, |view| view.store().header().prompt_tokens),
            fixed: self.status.link == Link::None,
        }
    }

    /// Changed settings that the run has not taken up yet, where its newest token is looked at.
    fn waiting(&self, view: &TraceView<'_>) -> Option<&CacheSettings> {
        let store = view.store();
        let revision = store
            .params()
            .last()
            .map_or(0, |(_, revision, _)| *revision);
        let waiting = self.live_settings.waiting(revision);
        let at_the_end = view.cursor() == store.tokens().len();
        waiting.filter(|waiting| at_the_end && *waiting != view.settings())
    }

    /// The most slots a head held, summed up again only when the run has grown.
    fn peak_slots(&mut self, generation: u64, view: &TraceView<'_>) -> u32 {
        let key = (generation, view.store().tokens().len());
        if (self.peak.0, self.peak.1) != key {
            self.peak = (key.0, key.1, RunSummary::of(view.store()).peak_slots);
        }
        self.peak.2
    }
}

/// The way back to what a panel at the left shows otherwise; returns whether it was taken.
fn back(ui: &mut Ui, to: &str) -> bool {
    let clicked = ui.button(to).on_hover_text("Esc").clicked();
    ui.add_space(6.0);
    clicked
}

/// The line at the bottom of the window.
pub(super) fn status_line(ui: &Ui) -> Panel {
    let thin = Frame::new()
        .fill(Palette::of(ui.ctx()).panel)
        .inner_margin(Margin::symmetric(14, 4));
    Panel::bottom("status bar").frame(thin).resizable(false)
}

/// The settings in force at the cursor, in a few words.
pub(super) fn in_force(view: &TraceView<'_>) -> String {
    settings_words::brief(view.settings())
}

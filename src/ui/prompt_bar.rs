//! The bar at the top: model, problem, and the buttons of the run.

use std::ops::RangeInclusive;

use egui::scroll_area::ScrollBarVisibility;
use egui::text::{CCursor, CCursorRange};
use egui::{
    Align, Button, Color32, CornerRadius, Frame, Id, Key, KeyboardShortcut, Layout, Margin,
    Modifiers, Response, RichText, ScrollArea, Stroke, TextEdit, TextStyle, Ui, vec2,
};

use super::command::UiCommand;
use super::drawn::{Drawn, draw};
use super::engine_status::{EngineStatus, Link, Phase};
use super::examples::EXAMPLES;
use super::file_menu::{self, EarlierRun};
use super::model_menu::{self, KnownModelName};
use super::theme::{Palette, mix};

/// What is typed into the bar.
#[derive(Clone, Debug, Default)]
pub struct PromptBarState {
    /// The problem.
    pub problem: String,
    /// The problems that were drawn.
    pub drawn: Vec<Drawn>,
    /// Whether a button has put a text into the field, which then gets the keys.
    pub filled: bool,
    /// Path or name in the model menu.
    pub model: String,
    /// When a run was last seen under way, in the window's seconds.
    pub last_busy: Option<f64>,
    /// When none was last seen under way, in the window's seconds.
    pub last_idle: Option<f64>,
}

impl PromptBarState {
    /// Puts a text into the field, which gets the keys.
    fn fill(&mut self, problem: &str) {
        problem.clone_into(&mut self.problem);
        self.filled = true;
    }

    /// What is right, if the problem in the field is known.
    pub fn right_answer(&self) -> Option<i64> {
        self.right_answer_to(&self.problem)
    }

    /// What is right, if the problem is an example or was drawn.
    pub fn right_answer_to(&self, problem: &str) -> Option<i64> {
        // As a run is started: what stands around a problem is no part of it.
        let problem = problem.trim();
        let example = EXAMPLES.iter().find(|one| one.problem == problem);
        let drawn = || self.drawn.iter().find(|one| one.problem == problem);
        example
            .map(|one| i64::from(one.answer))
            .or_else(|| drawn().map(|one| one.answer))
    }
}

/// What the bar shows besides its own fields.
pub struct PromptBar<'a> {
    /// The engine.
    pub status: &'a EngineStatus,
    /// Models of the menu.
    pub known: &'a [KnownModelName],
    /// Runs that the window has kept, newest first.
    pub earlier: &'a [EarlierRun],
    /// Why the settings cannot be used, if so.
    pub settings_error: Option<&'a str>,
    /// Notifications not read yet.
    pub unread: usize,
    /// The problem of the run that is shown, if one is.
    pub shown: Option<&'a str>,
    /// Whether the problem field stands here; on the first page it stands in the middle instead.
    pub field: bool,
    /// Whether the tab shows a run that can be saved and exported.
    pub savable: bool,
}

/// Draws the bar.
pub fn show(
    ui: &mut Ui,
    state: &mut PromptBarState,
    bar: &PromptBar<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let now = Some(ui.input(|i| i.time));
    if bar.status.busy() {
        state.last_busy = now;
    } else {
        state.last_idle = now;
    }
    let mut below = bar.field && bar.status.link != Link::None;
    ui.horizontal(|ui| {
        ui.set_min_height(34.0);
        ui.label(
            RichText::new("rkv-scope")
                .size(16.0)
                .strong()
                .color(palette.text),
        );
        let busy = bar.status.busy();
        let shown = bar.shown.is_some();
        file_menu::show(ui, bar.savable, shown, busy, bar.earlier, commands);
        if bar.status.link != Link::None {
            // Names can be of any length; the bell keeps its room.
            let most = (ui.available_width() - BELL) * 0.6;
            model_menu::show(ui, &mut state.model, bar.status, bar.known, most, commands);
            let most = ui.available_width() - BELL;
            device_badge(ui, palette, bar.status, most);
        }
        below &= ui.available_width() < BESIDE_FIELD + LEAST_FIELD;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            bell(ui, palette, bar.unread, commands);
            if bar.status.link == Link::None {
                if let Some(problem) = bar.shown {
                    let text = RichText::new(problem).color(palette.weak);
                    let label = egui::Label::new(text).truncate();
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(label));
                }
            } else if bar.field && !below {
                field_and_buttons(ui, state, bar, commands);
            }
        });
    });
    if below {
        let row = vec2(ui.available_width(), 34.0);
        ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
            field_and_buttons(ui, state, bar, commands);
        });
    }
}

/// The problem field with what belongs to it at its right. Laid out from the right.
fn field_and_buttons(
    ui: &mut Ui,
    state: &mut PromptBarState,
    bar: &PromptBar<'_>,
    commands: &mut Vec<UiCommand>,
) {
    // Always as wide, so that nothing moves away under the pointer when a run starts or ends.
    slot(ui, BUTTONS, |ui| buttons(ui, state, bar, commands));
    slot(ui, BESIDE, |ui| {
        if bar.status.busy() {
            speed(ui, Palette::of(ui.ctx()), bar.status);
        } else {
            examples_menu(ui, state);
        }
    });
    let width = ui.available_width().max(NARROWEST_FIELD);
    let room = vec2(width, 34.0);
    ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
        if problem_field(ui, state, width, 1..=3) {
            run_if_possible(state, bar, commands);
        }
    });
}

/// Seconds for which Run cannot be pressed after a run: it stands where Pause and Stop have just stood.
const PAUSE_BEFORE_RUN: f64 = 0.6;

/// Whether a run has only just ended.
fn just_ended(ui: &Ui, state: &PromptBarState) -> bool {
    let Some(last) = state.last_busy else {
        return false;
    };
    let left = last + PAUSE_BEFORE_RUN - ui.input(|i| i.time);
    if left > 0.0 {
        ui.ctx().request_repaint_after_secs(left as f32);
    }
    left > 0.0
}

/// Seconds for which clicks on the buttons of a run do nothing after its start: they stand where Run has just stood, and
/// people click twice.
const PAUSE_AFTER_RUN: f64 = 0.6;

/// Whether a run has only just begun.
fn just_begun(ui: &Ui, state: &PromptBarState) -> bool {
    let since = state.last_idle.map(|last| ui.input(|i| i.time) - last);
    since.is_some_and(|since| since < PAUSE_AFTER_RUN)
}

/// Room of the buttons of a run: three of them and the gaps between.
const BUTTONS: f32 = 3.0 * BUTTON + 2.0 * BUTTON_GAP;
const BUTTON: f32 = 58.0;
const BUTTON_GAP: f32 = 6.0;

/// Room of what stands beside them.
const BESIDE: f32 = 88.0;

/// Room of the bell, however many messages there are.
const BELL: f32 = 100.0;

/// The device's badge tells nothing if it has less room than this.
const BADGE: f32 = 70.0;

/// Everything that stands at the right of the field, with gaps.
const BESIDE_FIELD: f32 = BELL + BUTTONS + BESIDE + 24.0;

/// A field that would be narrower than this has a row of its own.
const LEAST_FIELD: f32 = 160.0;

/// No field is narrower than this, whatever room there is.
const NARROWEST_FIELD: f32 = 120.0;

fn slot(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui)) {
    let room = vec2(width, 34.0);
    ui.allocate_ui_with_layout(room, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(room);
        ui.spacing_mut().item_spacing.x = BUTTON_GAP;
        content(ui);
    });
}

fn run_if_possible(state: &PromptBarState, bar: &PromptBar<'_>, commands: &mut Vec<UiCommand>) {
    if !bar.status.busy()
        && bar
            .status
            .obstacle(&state.problem, bar.settings_error)
            .is_none()
    {
        commands.push(UiCommand::Run);
    }
}

/// The id of the problem field, wherever it stands.
pub fn problem_id() -> Id {
    Id::unique("problem")
}

/// The field for the problem, as high as its text between two numbers of lines; returns whether Enter was pressed in it. The
/// right answer to a problem, where it is known, is a hint of the field.
pub fn problem_field(
    ui: &mut Ui,
    state: &mut PromptBarState,
    width: f32,
    lines: RangeInclusive<usize>,
) -> bool {
    let palette = Palette::of(ui.ctx());
    let right_answer = state.right_answer();
    let problem = &mut state.problem;
    let width = width.max(NARROWEST_FIELD);
    let margin = Margin::symmetric(10, 7);
    let text = ui.painter().layout(
        problem.clone(),
        TextStyle::Body.resolve(ui.style()),
        palette.text,
        width - margin.sum().x,
    );
    let rows = text.rows.len().clamp(*lines.start(), *lines.end());
    let bar = if text.rows.len() > rows {
        ScrollBarVisibility::VisibleWhenNeeded
    } else {
        ScrollBarVisibility::AlwaysHidden
    };
    let edit = TextEdit::multiline(problem)
        .id(problem_id())
        .hint_text("Type a maths problem, then press Enter")
        .desired_rows(*lines.start())
        .desired_width(f32::INFINITY)
        .frame(Frame::NONE)
        .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
    let response = Frame::new()
        .fill(palette.field)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(6))
        .inner_margin(margin)
        .show(ui, |ui| {
            ui.set_width(width - margin.sum().x);
            let height = rows as f32 * ui.text_style_height(&TextStyle::Body);
            ScrollArea::vertical()
                .id_salt("problem")
                .max_height(height)
                .min_scrolled_height(height)
                .auto_shrink(false)
                .scroll_bar_visibility(bar)
                .show(ui, |ui| ui.add(edit))
                .inner
        })
        .inner;
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Problem"));
    let response = match right_answer {
        Some(answer) => response.on_hover_text(format!("The right answer is {answer}")),
        None => response,
    };
    let entered = response.has_focus()
        && ui.input(|i| i.key_pressed(Key::Enter) && i.modifiers == Modifiers::NONE);
    // Not before it is drawn: in a frame with a click elsewhere it lets go of the keys. Nor before it was asked for Enter,
    // which may have chosen an item of the menu in this very frame.
    if std::mem::take(&mut state.filled) {
        focus_field(ui, &state.problem);
    }
    entered
}

/// Gives the field the keys, with the cursor behind the text that was put into it.
fn focus_field(ui: &Ui, text: &str) {
    let mut state = TextEdit::load_state(ui.ctx(), problem_id()).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(end)));
    TextEdit::store_state(ui.ctx(), problem_id(), state);
    ui.memory_mut(|memory| memory.request_focus(problem_id()));
}

/// The menu of examples; picking one fills the field.
fn examples_menu(ui: &mut Ui, state: &mut PromptBarState) {
    ui.menu_button("examples ⏷", |ui| {
        ui.set_max_width(460.0);
        // Rows are as high as their text: else short problems stand further apart than long ones.
        ui.spacing_mut().interact_size.y = 0.0;
        for example in EXAMPLES {
            let text = RichText::new(example.problem).size(13.0);
            if ui
                .add(Button::new(text).wrap())
                .on_hover_text(example.kind)
                .clicked()
            {
                state.fill(example.problem);
                ui.close();
            }
        }
        ui.separator();
        if draw_button(ui, state) {
            ui.close();
        }
    });
}

/// The button that puts a problem drawn by chance into the field; returns whether it was pressed.
pub fn draw_button(ui: &mut Ui, state: &mut PromptBarState) -> bool {
    let response = ui.button("Draw a problem").on_hover_text(
        "Puts another problem into the field, of the kinds that the built-in reasoner knows",
    );
    if response.clicked() {
        let drawn = draw();
        state.fill(&drawn.problem);
        state.drawn.push(drawn);
        ui.ctx().request_repaint();
    }
    response.clicked()
}

/// Run, or what can be done with the run that is under way. Laid out from the right.
fn buttons(
    ui: &mut Ui,
    state: &PromptBarState,
    bar: &PromptBar<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let idle = bar.status.phase == Phase::Idle;
    let meant = idle || !just_begun(ui, state);
    let mut push = |response: Response, hint: &str, command: UiCommand| {
        if response.on_hover_text(hint).clicked() && meant {
            commands.push(command);
        }
    };
    let size = vec2(BUTTON, 32.0);
    match bar.status.phase {
        Phase::Idle => {
            let obstacle = bar.status.obstacle(&state.problem, bar.settings_error);
            let enabled = obstacle.is_none() && !just_ended(ui, state);
            let response = run_button(ui, enabled, BUTTONS);
            match obstacle {
                Some(why) => {
                    response.on_disabled_hover_text(why);
                }
                None => push(
                    response,
                    "Run the problem (Enter in the field)",
                    UiCommand::Run,
                ),
            }
        }
        Phase::Starting | Phase::Prefill | Phase::Running => {
            push(
                ui.add(Button::new("Stop").min_size(size)),
                "End the run; what was recorded stays",
                UiCommand::StopRun,
            );
            let running = bar.status.phase == Phase::Running;
            let step = ui.add_enabled(false, Button::new("Step").min_size(size));
            step.on_disabled_hover_text("Pause the run first");
            let pause = ui.add_enabled(running, Button::new("Pause").min_size(size));
            push(
                pause,
                "Hold the engine before the next token",
                UiCommand::PauseRun,
            );
        }
        Phase::Paused => {
            push(
                ui.add(Button::new("Stop").min_size(size)),
                "End the run; what was recorded stays",
                UiCommand::StopRun,
            );
            push(
                ui.add(Button::new("Step").min_size(size)),
                "Write one token",
                UiCommand::StepRun,
            );
            push(
                ui.add(Button::new("Resume").min_size(size)),
                "Let the engine go on",
                UiCommand::ResumeRun,
            );
        }
    }
}

/// The one button that stands out: amber, while it can be pressed.
pub fn run_button(ui: &mut Ui, enabled: bool, width: f32) -> Response {
    let palette = Palette::of(ui.ctx());
    let fill = if enabled {
        palette.amber
    } else {
        palette.raised
    };
    let text = if enabled {
        palette.text_on(fill)
    } else {
        palette.text
    };
    let button = Button::new(RichText::new("Run").strong().color(text))
        .fill(fill)
        .min_size(vec2(width, 32.0));
    ui.add_enabled(enabled, button)
}

/// Where the model is; left out if not even its first words fit into `most` points.
fn device_badge(ui: &mut Ui, palette: &Palette, status: &EngineStatus, most: f32) {
    let Some((_, device)) = &status.model else {
        return;
    };
    if most < BADGE {
        return;
    }
    let margin = Margin::symmetric(8, 5);
    Frame::new()
        .fill(mix(palette.panel, palette.raised, 0.8))
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(5))
        .inner_margin(margin)
        .show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            ui.set_max_width(most - margin.sum().x);
            let text = RichText::new(device).size(12.0).color(palette.weak);
            let label = egui::Label::new(text).truncate();
            ui.add(label.show_tooltip_when_elided(false))
        })
        .response
        .on_hover_text(format!("{device}\n\nWhere the model and its cache live"));
}

fn speed(ui: &mut Ui, palette: &Palette, status: &EngineStatus) {
    let Some(text) = status.speed() else { return };
    let share = status.stats.compression_share * 100.0;
    ui.label(RichText::new(text).color(palette.weak)).on_hover_text(format!(
        "Tokens written per second over the last half second; {share:.1} % of the run's time goes to compressions"
    ));
}

fn bell(ui: &mut Ui, palette: &Palette, unread: usize, commands: &mut Vec<UiCommand>) {
    let text = if unread == 0 {
        "messages".to_owned()
    } else {
        format!("messages ({unread})")
    };
    let colour: Color32 = if unread == 0 {
        palette.faint
    } else {
        palette.text
    };
    let button = Button::new(RichText::new(text).size(12.5).color(colour)).frame(false);
    if ui
        .add(button)
        .on_hover_text("What the window had to say")
        .clicked()
    {
        commands.push(UiCommand::ToggleNotifications);
    }
}

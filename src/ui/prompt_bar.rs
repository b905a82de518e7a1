//! The bar at the top: model, problem, and the buttons of the run.

use egui::{
    Align, Button, Color32, CornerRadius, Frame, Id, Key, KeyboardShortcut, Layout, Margin,
    Modifiers, Response, RichText, Stroke, TextEdit, ThemePreference, Ui, vec2,
};

use super::command::{CompareCommand, UiCommand};
use super::engine_status::{EngineStatus, Link, Phase};
use super::examples::EXAMPLES;
use super::theme::{Palette, mix};

/// A model that can be loaded by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownModelName {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
}

/// What is typed into the bar.
#[derive(Clone, Debug, Default)]
pub struct PromptBarState {
    /// The problem.
    pub problem: String,
    /// Path or name in the model menu.
    pub model: String,
}

/// What the bar shows besides its own fields.
pub struct PromptBar<'a> {
    /// The engine.
    pub status: &'a EngineStatus,
    /// Models of the menu.
    pub known: &'a [KnownModelName],
    /// Why the settings cannot be used, if so.
    pub settings_error: Option<&'a str>,
    /// Notifications not read yet.
    pub unread: usize,
    /// The problem of the run that is shown, if one is.
    pub shown: Option<&'a str>,
    /// Whether the problem field stands here; on the first page it stands in the middle instead.
    pub field: bool,
}

/// Draws the bar.
pub fn show(
    ui: &mut Ui,
    state: &mut PromptBarState,
    bar: &PromptBar<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.set_min_height(34.0);
        ui.label(
            RichText::new("rkv-scope")
                .size(16.0)
                .strong()
                .color(palette.text),
        );
        file_menu(ui, bar, commands);
        if bar.status.link != Link::None {
            model_menu(ui, state, bar, commands);
            device_badge(ui, palette, bar.status);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            bell(ui, palette, bar.unread, commands);
            if bar.status.link == Link::None {
                if let Some(problem) = bar.shown {
                    let text = RichText::new(problem).color(palette.weak);
                    let label = egui::Label::new(text).truncate();
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(label));
                }
            } else if bar.field {
                buttons(ui, state, bar, commands);
                speed(ui, palette, bar.status);
                examples_menu(ui, state, bar.status);
                let width = ui.available_width();
                ui.allocate_ui_with_layout(
                    vec2(width, 34.0),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        if problem_field(ui, &mut state.problem, width, 1) {
                            run_if_possible(state, bar, commands);
                        }
                    },
                );
            }
        });
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

/// The field for the problem; returns whether Enter was pressed in it.
pub fn problem_field(ui: &mut Ui, problem: &mut String, width: f32, rows: usize) -> bool {
    let palette = Palette::of(ui.ctx());
    let edit = TextEdit::multiline(problem)
        .id(problem_id())
        .hint_text("Type a maths problem, then press Enter")
        .desired_rows(rows)
        .desired_width(width)
        .frame(
            Frame::new()
                .fill(palette.field)
                .stroke(Stroke::new(1.0, palette.line))
                .corner_radius(CornerRadius::same(6))
                .inner_margin(Margin::symmetric(10, 7)),
        )
        .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
    let response = ui.add(edit);
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Problem"));
    response.has_focus()
        && ui.input(|i| i.key_pressed(Key::Enter) && i.modifiers == Modifiers::NONE)
}

/// The menu of examples; picking one fills the field.
fn examples_menu(ui: &mut Ui, state: &mut PromptBarState, status: &EngineStatus) {
    ui.add_enabled_ui(!status.busy(), |ui| {
        ui.menu_button("examples ⏷", |ui| {
            ui.set_max_width(460.0);
            for example in EXAMPLES {
                let text = RichText::new(example.problem).size(13.0);
                if ui
                    .add(Button::new(text).wrap())
                    .on_hover_text(example.kind)
                    .clicked()
                {
                    example.problem.clone_into(&mut state.problem);
                    ui.ctx()
                        .memory_mut(|memory| memory.request_focus(problem_id()));
                    ui.close();
                }
            }
        });
    });
}

/// Run, or what can be done with the run that is under way. Laid out from the right.
fn buttons(
    ui: &mut Ui,
    state: &PromptBarState,
    bar: &PromptBar<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let mut push = |response: Response, hint: &str, command: UiCommand| {
        if response.on_hover_text(hint).clicked() {
            commands.push(command);
        }
    };
    let size = vec2(58.0, 32.0);
    match bar.status.phase {
        Phase::Idle => {
            let obstacle = bar.status.obstacle(&state.problem, bar.settings_error);
            let response = run_button(ui, obstacle.is_none());
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
pub fn run_button(ui: &mut Ui, enabled: bool) -> Response {
    let palette = Palette::of(ui.ctx());
    let fill = if enabled {
        palette.amber
    } else {
        palette.raised
    };
    let text = if enabled {
        palette.text_on(fill)
    } else {
        palette.faint
    };
    let button = Button::new(RichText::new("Run").strong().color(text))
        .fill(fill)
        .min_size(vec2(64.0, 32.0));
    ui.add_enabled(enabled, button)
}

fn file_menu(ui: &mut Ui, bar: &PromptBar<'_>, commands: &mut Vec<UiCommand>) {
    ui.menu_button("File", |ui| {
        ui.set_min_width(190.0);
        let mut item = |ui: &mut Ui, enabled: bool, name: &str, keys: &str, command: UiCommand| {
            if ui
                .add_enabled(enabled, Button::new(name).shortcut_text(keys))
                .clicked()
            {
                commands.push(command);
                ui.close();
            }
        };
        item(ui, true, "Open trace…", "Ctrl+O", UiCommand::Open(None));
        item(
            ui,
            bar.shown.is_some(),
            "Save trace…",
            "Ctrl+S",
            UiCommand::Save(None),
        );
        item(
            ui,
            bar.shown.is_some(),
            "Export…",
            "Ctrl+E",
            UiCommand::ShowExport(true),
        );
        item(
            ui,
            bar.shown.is_some() && !bar.status.busy(),
            "Compare with this run",
            "",
            UiCommand::Compare(CompareCommand::TakeRun),
        );
        item(
            ui,
            bar.shown.is_some() && !bar.status.busy(),
            "New problem",
            "",
            UiCommand::CloseTrace,
        );
        ui.separator();
        for (name, theme) in [
            ("Theme of the system", ThemePreference::System),
            ("Dark theme", ThemePreference::Dark),
            ("Light theme", ThemePreference::Light),
        ] {
            let chosen = ui.ctx().options(|options| options.theme_preference) == theme;
            if ui.add(Button::selectable(chosen, name)).clicked() {
                commands.push(UiCommand::SetTheme(theme));
                ui.close();
            }
        }
        ui.separator();
        if ui.add(Button::new("Help").shortcut_text("?")).clicked() {
            commands.push(UiCommand::ToggleHelp);
            ui.close();
        }
    });
}

fn model_menu(
    ui: &mut Ui,
    state: &mut PromptBarState,
    bar: &PromptBar<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let status = bar.status;
    let name = match (&status.loading, &status.model) {
        (Some((fraction, _)), _) => format!("loading… {:.0} %", fraction * 100.0),
        (None, Some((model, _))) => format!("{} ⏷", model.name),
        (None, None) => "no model ⏷".to_owned(),
    };
    let response = ui.menu_button(name, |ui| {
        ui.set_width(330.0);
        ui.add_enabled_ui(!status.busy() && status.loading.is_none(), |ui| {
            for model in bar.known {
                let button = Button::new(model.name.as_str());
                if ui.add(button).on_hover_text(model.about.as_str()).clicked() {
                    commands.push(UiCommand::LoadModel(model.name.clone()));
                    ui.close();
                }
            }
            ui.separator();
            let label = ui.label("A GGUF file or a Hugging Face folder:");
            ui.horizontal(|ui| {
                let edit = TextEdit::singleline(&mut state.model)
                    .desired_width(240.0)
                    .hint_text("path");
                let field = ui.add(edit).labelled_by(label.id);
                let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                let some = !state.model.trim().is_empty();
                if (ui.add_enabled(some, Button::new("Load")).clicked() || enter) && some {
                    commands.push(UiCommand::LoadModel(state.model.trim().to_owned()));
                    ui.close();
                }
            });
        });
    });
    let hint = match &status.model {
        Some((model, _)) => format!(
            "{} · {} layers, {} KV heads each, head size {} · weights {} · context {} tokens · files {}",
            model.architecture,
            model.layers,
            model.kv_heads,
            model.head_dim,
            model.weights,
            model.context,
            model.fingerprint.as_deref().unwrap_or("unknown")
        ),
        None => "Load a model".to_owned(),
    };
    response.response.on_hover_text(hint);
}

fn device_badge(ui: &mut Ui, palette: &Palette, status: &EngineStatus) {
    let Some((_, device)) = &status.model else {
        return;
    };
    Frame::new()
        .fill(mix(palette.panel, palette.raised, 0.8))
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(5))
        .inner_margin(Margin::symmetric(8, 5))
        .show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            ui.label(RichText::new(device).size(12.0).color(palette.weak))
        })
        .response
        .on_hover_text("Where the model and its cache live");
}

/// Left of the buttons and always as wide, so that none of them moves away under the pointer.
fn speed(ui: &mut Ui, palette: &Palette, status: &EngineStatus) {
    if !status.busy() {
        return;
    }
    let room = vec2(72.0, 34.0);
    let right = Layout::right_to_left(Align::Center);
    ui.allocate_ui_with_layout(room, right, |ui| {
        ui.set_min_size(room);
        if status.stats.tokens_per_second <= 0.0 {
            return;
        }
        let text = format!("{:.0} tok/s", status.stats.tokens_per_second);
        let share = status.stats.compression_share * 100.0;
        ui.label(RichText::new(text).color(palette.weak)).on_hover_text(format!(
            "Tokens written per second over the last second; {share:.1} % of the run's time goes to compressions"
        ));
    });
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

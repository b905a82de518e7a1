//! The first page: what this is, what to do, and what will happen then.

use egui::{
    Align, Button, CornerRadius, Frame, Label, Layout, Margin, ProgressBar, RichText, ScrollArea,
    Sense, Stroke, Ui, WidgetInfo, vec2,
};

use crate::config::is_embedded;

use super::command::UiCommand;
use super::dropping;
use super::engine_status::{EngineStatus, Link};
use super::examples::{EXAMPLES, Example};
use super::prompt_bar::{PromptBarState, draw_button, problem_field, run_button};
use super::selection::Tab;
use super::theme::{Palette, caption, mix};

/// Width of the page's column, in points.
const COLUMN: f32 = 760.0;

/// Draws the page.
pub fn show(
    ui: &mut Ui,
    state: &mut PromptBarState,
    status: &EngineStatus,
    settings_error: Option<&str>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    ScrollArea::vertical().id_salt("welcome").auto_shrink(false).show(ui, |ui| {
        let width = (ui.available_width() - 48.0).clamp(220.0, COLUMN);
        let side = (ui.available_width() - width) / 2.0;
        ui.add_space((ui.available_height() * 0.06).max(14.0));
        ui.horizontal(|ui| {
            ui.add_space(side);
            ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                ui.label(
                    RichText::new("See what a reasoning model forgets").size(27.0).color(palette.text),
                );
                ui.add_space(4.0);
                let line = match status.link {
                    Link::None => {
                        "This build replays recorded runs. Open a trace to see which tokens each head of the \
                         model kept in its cache, and when it dropped the others."
                    }
                    Link::Up | Link::Down => {
                        "Give it a problem: the model reasons, its cache is compressed as it goes, and every token \
                         is coloured by what the cache makes of it and fades when it is dropped."
                    }
                };
                ui.add(Label::new(RichText::new(line).size(15.0).color(palette.weak)).wrap());
                ui.add_space(18.0);
                if status.link == Link::Up {
                    prompt(ui, state, status, settings_error, width, commands);
                } else if status.link == Link::Down
                    && ui.button("Start the engine again").clicked()
                {
                    commands.push(UiCommand::RestartEngine);
                }
                ui.add_space(22.0);
                if status.link != Link::None {
                    offer(ui, state);
                    ui.add_space(2.0);
                    cards(ui, status, settings_error, width, commands);
                    ui.add_space(22.0);
                }
                other_ways(ui, palette, commands);
            });
        });
        ui.add_space(12.0);
    });
}

fn prompt(
    ui: &mut Ui,
    state: &mut PromptBarState,
    status: &EngineStatus,
    settings_error: Option<&str>,
    width: f32,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let obstacle = status.obstacle(&state.problem, settings_error);
    let enter = problem_field(ui, state, width, 3..=8);
    ui.add_space(4.0);
    let mut run = enter;
    ui.horizontal(|ui| {
        let response = run_button(ui, obstacle.is_none() && !status.busy(), 64.0);
        run |= response.clicked();
        match (&status.loading, &obstacle) {
            (Some((fraction, stage)), _) => {
                let text = format!("Loading the model: {stage}");
                let bar = ProgressBar::new(*fraction)
                    .desired_width(180.0)
                    .desired_height(8.0);
                ui.add(bar.fill(palette.amber));
                ui.label(RichText::new(text).size(13.0).color(palette.weak));
            }
            (None, Some(why)) => {
                ui.label(RichText::new(why).size(13.0).color(palette.weak));
            }
            (None, None) => {
                let name = status
                    .model
                    .as_ref()
                    .map_or("", |(model, _)| model.name.as_str());
                let text = ready(name, state);
                ui.label(RichText::new(text).size(13.0).color(palette.weak));
            }
        }
    });
    if run && obstacle.is_none() && !status.busy() {
        commands.push(UiCommand::Run);
    }
}

/// What stands beside Run while nothing is in its way.
fn ready(model: &str, state: &PromptBarState) -> String {
    if let Some(answer) = state.right_answer() {
        format!("Enter runs it on {model}; the right answer is {answer}")
    } else if is_embedded(model) {
        format!(
            "Enter runs it on {model}, which misreads most problems that are worded unlike those below"
        )
    } else {
        format!("Enter runs it on {model}; settings are at the left")
    }
}

/// The line over the examples, with the button for one more.
fn offer(ui: &mut Ui, state: &mut PromptBarState) {
    ui.horizontal(|ui| {
        caption(ui, "Or take one of these");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            draw_button(ui, state);
        });
    });
}

fn cards(
    ui: &mut Ui,
    status: &EngineStatus,
    settings_error: Option<&str>,
    width: f32,
    commands: &mut Vec<UiCommand>,
) {
    let columns = if width > 560.0 { 2 } else { 1 };
    let gap = 10.0;
    let each = (width - gap * (columns as f32 - 1.0)) / columns as f32;
    for row in EXAMPLES.chunks(columns) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for example in row {
                if card(ui, example, each) {
                    commands.push(UiCommand::SetProblem(example.problem.to_owned()));
                    if status.obstacle(example.problem, settings_error).is_none() && !status.busy()
                    {
                        commands.push(UiCommand::Run);
                    }
                }
            }
        });
        ui.add_space(gap - ui.spacing().item_spacing.y);
    }
}

fn card(ui: &mut Ui, example: &Example, width: f32) -> bool {
    let palette = Palette::of(ui.ctx());
    let height = if width < 340.0 { 98.0 } else { 66.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    response.widget_info(|| {
        WidgetInfo::labeled(
            egui::Role::Button,
            true,
            format!("Example: {}", example.problem),
        )
    });
    let lit = response.hovered() || response.has_focus();
    let fill = if lit {
        mix(palette.raised, palette.text, 0.06)
    } else {
        mix(palette.canvas, palette.raised, 0.7)
    };
    let line = if lit { palette.amber } else { palette.line };
    let frame = Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.0, line))
        .corner_radius(CornerRadius::same(7))
        .paint(rect);
    ui.painter().add(frame);
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(12.0, 8.0)))
            .layout(Layout::top_down(Align::Min)),
    );
    inner.spacing_mut().item_spacing.y = 3.0;
    // Rows are as high as their text, not as a button.
    inner.spacing_mut().interact_size.y = 0.0;
    inner.set_clip_rect(rect.intersect(ui.clip_rect()));
    inner.horizontal(|ui| {
        let faint = |text: &str| RichText::new(text).size(11.5).color(palette.faint);
        ui.add(Label::new(faint(example.kind)).selectable(false));
        let right = Layout::right_to_left(Align::Center);
        ui.with_layout(right, |ui| {
            let answer = format!("right answer {}", example.answer);
            ui.add(Label::new(faint(&answer)).selectable(false));
        });
    });
    let text = RichText::new(example.problem)
        .size(13.0)
        .color(palette.text);
    inner.add(Label::new(text).wrap().selectable(false));
    response.on_hover_text("Runs this problem").clicked()
}

/// What else the window does, in a row.
fn other_ways(ui: &mut Ui, palette: &Palette, commands: &mut Vec<UiCommand>) {
    let compare = UiCommand::ShowTab(Tab::Compare);
    let sweep = UiCommand::ShowTab(Tab::Sweep);
    let ways = [
        (
            "Compare policies…",
            "Run one problem under several policies, side by side",
            compare,
        ),
        (
            "Sweep budgets…",
            "Accuracy against cache budget: many problems under many policies",
            sweep,
        ),
        (
            "Open a trace…",
            "Replay a recorded run (.rkvt)",
            UiCommand::Open(None),
        ),
    ];
    Frame::new()
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(7))
        .inner_margin(Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.set_width(ui.available_width());
                for (name, hint, command) in ways {
                    if ui.add(Button::new(name)).on_hover_text(hint).clicked() {
                        commands.push(command);
                    }
                }
                if dropping::is_possible() {
                    let text = "or drop a recorded run (.rkvt) on the window";
                    ui.label(RichText::new(text).size(13.0).color(palette.weak));
                }
            });
        });
}

//! The middle of the tab: progress, curve, table.

use egui::{Align, Label, Layout, ProgressBar, RichText, Ui, vec2};

use super::{Phase, SweepShown, SweepState, curve, table};
use crate::export::{Format, SweepAxis};
use crate::sweep::{ArmKey, duration};
use crate::ui::command::{SweepCommand, UiCommand};
use crate::ui::empty_state;
use crate::ui::quantity::count;
use crate::ui::segmented;
use crate::ui::theme::Palette;

/// Names the arms that had to be left out, and why: in one line, so that the curve keeps its room.
fn left_out(ui: &mut Ui, palette: &Palette, left_out: &[(ArmKey, String)]) {
    let weak = |text: String| Label::new(RichText::new(text).size(12.0).color(palette.weak));
    match left_out {
        [] => {}
        [(arm, why)] => {
            ui.add(weak(format!("{arm} is left out: {why}")).wrap());
        }
        several => {
            let names: Vec<String> = several.iter().map(|(arm, _)| arm.to_string()).collect();
            let reasons: Vec<String> = several
                .iter()
                .map(|(arm, why)| format!("{arm}: {why}"))
                .collect();
            let said = format!("{} are left out: {}", several.len(), names.join(", "));
            let line = weak(said).truncate().show_tooltip_when_elided(false);
            ui.add(line).on_hover_text(reasons.join("\n"));
        }
    }
}

/// Draws the tab's middle.
pub fn show(
    ui: &mut Ui,
    state: &mut SweepState,
    sweep: &mut SweepShown,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    header(ui, state, sweep, commands);
    left_out(ui, palette, &sweep.left_out);
    if let Some(note) = &sweep.note {
        ui.add(Label::new(RichText::new(note).size(12.0).color(palette.error)).wrap());
    }
    if let Phase::Failed(why) = &sweep.phase {
        ui.add(Label::new(RichText::new(why).color(palette.error)).wrap());
    }
    let Some(plan) = sweep.plan.clone() else {
        if sweep.phase == Phase::Idle {
            let title = "Accuracy against cache budget";
            let hint = "Many problems, each with the full cache and with every policy and budget at the left. \
                        The curve grows as results come; a run in another tab goes on meanwhile.";
            empty_state::show(ui, title, hint);
        }
        return;
    };
    let rows = (plan.arms.len() + 1) as f32;
    let room = ui.available_height();
    // The curve first; of the table as much as leaves it more than half.
    let low = (rows * 22.0 + 8.0).min(room * 0.42);
    let chosen = state.chosen.clone();
    let axis = state.axis;
    let table = sweep.table();
    if table.rows.is_empty() {
        empty_state::show(ui, "No result yet", "The first problem is being solved.");
        return;
    }
    let picked = ui
        .allocate_ui(vec2(ui.available_width(), room - low - 8.0), |ui| {
            curve::show(ui, &plan, table, axis, chosen.as_ref())
        })
        .inner;
    ui.add_space(4.0);
    let row = table::show(ui, &plan, table, chosen.as_ref());
    if let Some(arm) = picked.or(row) {
        state.chosen = Some(arm);
    }
    if let Some(wait) = sweep.renewed_in() {
        ui.ctx().request_repaint_after(wait);
    }
}

fn header(ui: &mut Ui, state: &mut SweepState, sweep: &SweepShown, commands: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui.ctx());
    ui.horizontal(|ui| {
        let (done, total) = sweep.progress();
        let counted = format!("{} of {} runs", count(done as u64), count(total as u64));
        let said = match &sweep.phase {
            Phase::Idle => String::new(),
            Phase::Loading { stage, .. } => format!("Loading the model: {stage}"),
            Phase::Running => match sweep.pace() {
                Some((rate, left)) => {
                    format!(
                        "{counted}, {rate:.1} a second, about {} left",
                        duration(left)
                    )
                }
                None => counted,
            },
            Phase::Stopping => format!("{counted}; stopping"),
            Phase::Stopped if sweep.kept => format!("{counted}; Start goes on from here"),
            Phase::Stopped => format!("{counted}; in memory only, Start begins anew"),
            Phase::Ended => format!("All {} runs are done", count(total as u64)),
            Phase::Failed(_) => format!("{counted}; failed"),
        };
        if sweep.plan.is_none() {
            ui.label(RichText::new(said).size(12.5).color(palette.weak));
            return;
        }
        // From the right, so that what is said gets the room that is left.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            for format in [Format::Png, Format::Svg] {
                if ui.button(format!("Save as {format}")).clicked() {
                    commands.push(UiCommand::Sweep(SweepCommand::SaveFigure {
                        axis: state.axis,
                        format,
                    }));
                }
            }
            ui.allocate_ui(vec2(130.0, 24.0), |ui| axis_of(ui, &mut state.axis));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = RichText::new(said).size(12.5).color(palette.weak);
                ui.add(Label::new(text).truncate());
            });
        });
    });
    if sweep.busy() {
        let share = if let Phase::Loading { fraction, .. } = &sweep.phase {
            *fraction
        } else {
            let (done, total) = sweep.progress();
            done as f32 / total.max(1) as f32
        };
        let width = ui.available_width();
        let bar = ProgressBar::new(share)
            .desired_width(width)
            .desired_height(4.0);
        ui.add(bar.fill(palette.amber));
    }
}

fn axis_of(ui: &mut Ui, axis: &mut SweepAxis) {
    let kept = "Share of a full cache that decode steps read, over all runs together";
    let choices = [
        (
            SweepAxis::Budget,
            "budget",
            "Slots per head after a compression",
        ),
        (SweepAxis::Ratio, "ratio", kept),
    ];
    segmented::show(ui, "Axis", 2, &choices, axis);
}

//! The problems behind a point: what was answered, what was expected, and the way to both traces.

use egui::{
    Align, CornerRadius, Label, Layout, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, WidgetInfo, vec2,
};

use super::{SweepShown, SweepState};
use crate::sweep::{RunOutcome, SweepPlan};
use crate::ui::command::{SweepCommand, UiCommand};
use crate::ui::quantity::{count, counted};
use crate::ui::segmented;
use crate::ui::theme::{Palette, caption};

/// Which problems of a point are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Answered wrongly.
    Wrong,
    /// Right with the full cache only.
    Lost,
    /// Right here only.
    Gained,
}

impl Filter {
    /// Whether a run is listed, from whether it is right and whether the full cache's is, if that has ended.
    pub(super) fn passes(self, right: bool, full_right: Option<bool>) -> bool {
        match self {
            Self::All => true,
            Self::Wrong => !right,
            Self::Lost => !right && full_right == Some(true),
            Self::Gained => right && full_right == Some(false),
        }
    }
}

const HEIGHT: f32 = 62.0;

/// Draws the list of the chosen point.
pub fn show(
    ui: &mut Ui,
    state: &mut SweepState,
    sweep: &SweepShown,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    caption(ui, "Problems of a point");
    let (Some(plan), Some(arm)) = (&sweep.plan, &state.chosen) else {
        let text = "Click a point of the curve or a row of the table to see its problems.";
        ui.add(Label::new(RichText::new(text).size(13.0).color(palette.weak)).wrap());
        return;
    };
    ui.label(
        RichText::new(arm.to_string())
            .size(15.0)
            .color(palette.text),
    );
    segmented::show(
        ui,
        "Problems",
        4,
        &[
            (Filter::All, "all", "Every problem of the point"),
            (Filter::Wrong, "wrong", "Answered wrongly"),
            (
                Filter::Lost,
                "lost",
                "Right with the full cache, wrong here",
            ),
            (
                Filter::Gained,
                "gained",
                "Wrong with the full cache, right here",
            ),
        ],
        &mut state.filter,
    );
    let listed = state
        .listed
        .update(plan, &sweep.outcomes, arm, state.filter);
    let text = counted(listed.len() as u64, "problem");
    ui.label(RichText::new(text).size(12.0).color(palette.faint));
    ScrollArea::vertical()
        .id_salt("answers")
        .auto_shrink(false)
        .show_rows(ui, HEIGHT, listed.len(), |ui, rows| {
            for pair in &listed[rows] {
                let run = &sweep.outcomes[pair.run];
                answer(ui, palette, plan, run, pair.full_right, commands);
            }
        });
}

fn answer(
    ui: &mut Ui,
    palette: &Palette,
    plan: &SweepPlan,
    run: &RunOutcome,
    full_right: Option<bool>,
    commands: &mut Vec<UiCommand>,
) {
    let Some(problem) = plan.problems.get(run.problem as usize) else {
        return;
    };
    let given = run.answer.as_deref().unwrap_or("no answer");
    let verdict = match (run.right, full_right) {
        (true, Some(false)) => format!("gained: {given}"),
        (true, _) => format!("right: {given}"),
        (false, Some(true)) => format!("lost: {given}, not {}", problem.answer),
        (false, _) => format!("wrong: {given}, not {}", problem.answer),
    };
    let how = match (run.looped, run.capped()) {
        (true, _) => ", in a loop",
        (false, true) => ", cut off",
        (false, false) => "",
    };
    let ink = if run.right {
        palette.text
    } else {
        palette.error
    };
    let head = format!("{}. {verdict}", run.problem + 1);
    let facts = format!(
        "{} · {} tokens{how}",
        problem.kind,
        count(u64::from(run.tokens))
    );
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &head));
    let lit = response.hovered() || response.has_focus();
    let line = if lit { palette.weak } else { palette.line };
    let card = rect.shrink2(vec2(0.0, 1.0));
    ui.painter().rect(
        card,
        CornerRadius::same(5),
        palette.raised,
        Stroke::new(1.0, line),
        StrokeKind::Inside,
    );
    let inner = UiBuilder::new()
        .max_rect(card.shrink2(vec2(9.0, 5.0)))
        .layout(Layout::top_down(Align::Min));
    let mut ui = ui.new_child(inner);
    ui.spacing_mut().item_spacing.y = 2.0;
    for (text, size, colour) in [
        (head.as_str(), 13.0, ink),
        (problem.text.as_str(), 12.0, palette.weak),
        (facts.as_str(), 11.5, palette.faint),
    ] {
        let text = RichText::new(text).size(size).color(colour);
        let label = Label::new(text).truncate().selectable(false);
        ui.add(label.show_tooltip_when_elided(false));
    }
    let compressions = counted(u64::from(run.compressions), "compression");
    let hint = format!(
        "{head}\n\n{}\n\n{facts}, {compressions}\n\nClick to do the run again and open it beside the full cache's.",
        problem.text
    );
    if response.on_hover_text(hint).clicked() {
        commands.push(UiCommand::Sweep(SweepCommand::OpenRun {
            problem: run.problem,
            arm: run.arm.clone(),
        }));
    }
}

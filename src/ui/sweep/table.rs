//! The numbers behind the curve; a click on a row lists its problems.

use egui::{Align, Grid, Layout, RichText, ScrollArea, Ui};

use super::form::colour;
use crate::sweep::{ArmKey, ArmRow, SweepPlan, SweepTable, p_value};
use crate::ui::quantity::{percent, rate};
use crate::ui::theme::Palette;

/// Heads of the columns, each with what it means.
const COLUMNS: [(&str, &str); 13] = [
    ("policy, budget", "Click a row to list its problems"),
    ("right", "Problems answered rightly, of those that were run"),
    ("pass rate", "Share of problems answered rightly"),
    ("95 % interval", "Wilson interval of the pass rate"),
    ("lost", "Right with the full cache, wrong here"),
    ("gained", "Wrong with the full cache, right here"),
    ("p", "Exact McNemar test of lost against gained, two-sided"),
    ("length", "Tokens generated, over those of the full cache"),
    (
        "cut off",
        "Runs that the token limit or the model's context cut off",
    ),
    ("looped", "Runs of these that ended in a loop"),
    (
        "ratio",
        "Slots read by the decode steps of all problems, over what a full cache would have had read in the same steps",
    ),
    (
        "cost",
        "Slots read over all steps, over those of the full cache",
    ),
    ("triggered", "Share of problems that were compressed at all"),
];

/// Draws the table; returns the row that was clicked.
pub fn show(
    ui: &mut Ui,
    plan: &SweepPlan,
    table: &SweepTable,
    chosen: Option<&ArmKey>,
) -> Option<ArmKey> {
    let palette = Palette::of(ui.ctx());
    let policies = plan.policies();
    let mut clicked = None;
    ScrollArea::both()
        .id_salt("sweep table")
        .auto_shrink(false)
        .show(ui, |ui| {
            Grid::new("sweep numbers")
                .striped(true)
                .spacing([6.0, 2.0])
                .show(ui, |ui| {
                    for (name, hint) in COLUMNS {
                        let text = RichText::new(name).size(11.5).color(palette.faint);
                        right(ui, name == COLUMNS[0].0, |ui| {
                            ui.label(text).on_hover_text(hint);
                        });
                    }
                    ui.end_row();
                    for row in &table.rows {
                        let index = policies.iter().position(|id| *id == row.arm.policy);
                        let ink = match index {
                            Some(index) if !row.arm.is_full() => colour(ui, index - 1),
                            _ => palette.text,
                        };
                        let name = match row.arm.budget {
                            Some(budget) => format!("{} {budget}", row.arm.policy_name()),
                            None => row.arm.policy_name().to_owned(),
                        };
                        let label = RichText::new(name).size(12.5).color(ink);
                        if ui
                            .selectable_label(chosen == Some(&row.arm), label)
                            .clicked()
                        {
                            clicked = Some(row.arm.clone());
                        }
                        for cell in cells(row) {
                            let text = RichText::new(cell).size(12.5).color(palette.weak);
                            right(ui, false, |ui| {
                                ui.label(text);
                            });
                        }
                        ui.end_row();
                    }
                });
        });
    clicked
}

fn right(ui: &mut Ui, first: bool, add: impl FnOnce(&mut Ui)) {
    let layout = if first {
        Layout::left_to_right(Align::Center)
    } else {
        Layout::right_to_left(Align::Center)
    };
    ui.with_layout(layout, add);
}

fn cells(row: &ArmRow) -> [String; 12] {
    let stats = &row.stats;
    let paired = |text: String| {
        if row.arm.is_full() {
            "–".to_owned()
        } else {
            text
        }
    };
    [
        format!("{}/{}", stats.right, stats.runs),
        rate(stats.pass_rate),
        format!(
            "{:.1} to {}",
            stats.interval.low * 100.0,
            rate(stats.interval.high)
        ),
        paired(stats.lost.to_string()),
        paired(stats.gained.to_string()),
        paired(p_value(stats.p_value)),
        format!("{:.2}", stats.length_ratio),
        stats.capped.to_string(),
        stats.looped.to_string(),
        format!("{:.3}", stats.time_averaged_ratio),
        format!("{:.3}", stats.length_matched_cost),
        percent(stats.triggered),
    ]
}

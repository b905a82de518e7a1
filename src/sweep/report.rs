//! The table as text for people and as one JSON object for programs.

use std::fmt::Write as _;

use serde_json::json;

use crate::config::SettingsReport;

use super::{ArmKey, ArmStats, SweepPlan, SweepTable};

/// The table in columns of text.
pub fn text(plan: &SweepPlan, table: &SweepTable) -> String {
    let header = [
        "policy",
        "budget",
        "right",
        "pass rate",
        "95 % interval",
        "lost",
        "gained",
        "p",
        "length",
        "cut off",
        "of these looped",
        "ratio",
        "cost",
        "triggered",
    ];
    let mut lines = vec![header.map(str::to_owned)];
    for row in &table.rows {
        lines.push(cells(&row.arm, &row.stats));
    }
    let mut out = columns(&lines);
    let kinds: Vec<&str> = table.full().map_or(vec![], |full| {
        full.by_kind.iter().map(|k| k.kind.as_str()).collect()
    });
    if kinds.len() > 1 {
        let mut lines = vec![vec!["right by kind".to_owned(), "budget".to_owned()]];
        lines[0].extend(kinds.iter().map(|&kind| match kind {
            "" => "(none)".to_owned(),
            kind => kind.to_owned(),
        }));
        for row in &table.rows {
            let mut line = vec![row.arm.policy.clone(), budget(&row.arm)];
            line.extend(kinds.iter().map(|kind| {
                let found = row.by_kind.iter().find(|k| k.kind == *kind);
                found.map_or("-".to_owned(), |k| {
                    format!("{}/{}", k.stats.right, k.stats.runs)
                })
            }));
            lines.push(line);
        }
        out.push('\n');
        out.push_str(&columns(&lines));
    }
    if !table.duels.is_empty() {
        let mut lines =
            vec![["head to head", "budget", "first only", "second only", "p"].map(str::to_owned)];
        lines.extend(table.duels.iter().map(|duel| {
            [
                format!("{} against {}", duel.first, duel.second),
                duel.budget.to_string(),
                duel.first_only.to_string(),
                duel.second_only.to_string(),
                p_value(duel.p_value),
            ]
        }));
        out.push('\n');
        out.push_str(&columns(&lines));
    }
    if let Some(full) = table.full().filter(|full| full.stats.boxless > 0) {
        let _ = writeln!(
            out,
            "\n{} of {} runs with the full cache ended without an answer in \\boxed{{}}; they count as wrong.",
            full.stats.boxless, full.stats.runs
        );
    }
    // Writing into a String cannot fail.
    let _ = write!(out, "\n{}\n{LEGEND}\n", plan.said(table.asked()));
    out
}

/// What the columns mean.
const LEGEND: &str = "\
Lost and gained: answers right with the full cache alone and here alone; p: exact McNemar test of the two.
Length: tokens over the full cache's. Cut off: runs that met the limit of tokens or of the context; of these
looped: those that were saying the same passage over and over. Ratio: slots read over what a full cache would
have read in the same steps. Cost: the same over the full cache's own run. Length, ratio and cost are quotients
of sums over all problems. Triggered: share of problems that were compressed at all.";

fn budget(arm: &ArmKey) -> String {
    arm.budget
        .map_or("-".to_owned(), |budget| budget.to_string())
}

fn cells(arm: &ArmKey, stats: &ArmStats) -> [String; 14] {
    let paired = |text: String| if arm.is_full() { "-".to_owned() } else { text };
    [
        arm.policy.clone(),
        budget(arm),
        format!("{}/{}", stats.right, stats.runs),
        format!("{:.1} %", 100.0 * stats.pass_rate),
        format!(
            "{:.1} to {:.1}",
            100.0 * stats.interval.low,
            100.0 * stats.interval.high
        ),
        paired(stats.lost.to_string()),
        paired(stats.gained.to_string()),
        paired(p_value(stats.p_value)),
        format!("{:.2}", stats.length_ratio),
        stats.capped.to_string(),
        stats.looped.to_string(),
        format!("{:.3}", stats.time_averaged_ratio),
        format!("{:.3}", stats.length_matched_cost),
        format!("{:.0} %", 100.0 * stats.triggered),
    ]
}

/// A p-value as journals print it: three decimals, or that it is smaller.
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// Right-aligned columns, the first left-aligned.
fn columns<L: AsRef<[String]>>(lines: &[L]) -> String {
    let count = lines.first().map_or(0, |line| line.as_ref().len());
    let widths: Vec<usize> = (0..count)
        .map(|i| {
            lines
                .iter()
                .map(|line| line.as_ref()[i].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for line in lines {
        for (i, (cell, width)) in line.as_ref().iter().zip(&widths).enumerate() {
            let _ = match i {
                0 => write!(out, "{cell:<width$}"),
                _ => write!(out, "  {cell:>width$}"),
            };
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out
}

/// The table with what was swept, for programs. `problems` are those of the plan; unless `complete`, some of their runs
/// are missing.
pub fn json(
    plan: &SweepPlan,
    table: &SweepTable,
    left_out: &[(ArmKey, String)],
) -> serde_json::Value {
    json!({
        "model": plan.model,
        "problems": plan.problems.len(),
        "complete": table.is_complete(plan, left_out),
        "origin": plan.origin,
        "sampling": plan.sampling,
        "settings": plan.arms.iter().map(SettingsReport::of).collect::<Vec<_>>(),
        "rows": table.rows,
        "duels": table.duels,
        "left_out": left_out
            .iter()
            .map(|(arm, why)| json!({ "policy": arm.policy, "budget": arm.budget, "why": why }))
            .collect::<Vec<_>>(),
    })
}

/// Seconds as people say them: `40 s`, `12 min`, `3 h 20 min`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.clamp(0.0, 1e9).ceil() as u64;
    match (whole, whole.div_ceil(60)) {
        (0..=90, _) => format!("{whole} s"),
        (_, minutes @ 0..=90) => format!("{minutes} min"),
        (_, minutes) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_hold_no_trailing_blanks() {
        let lines = [["policy", "n"], ["rkv", "1234"]].map(|line| line.map(str::to_owned));
        assert_eq!(columns(&lines), "policy     n\nrkv     1234\n");
    }

    #[test]
    fn durations_have_the_unit_that_suits() {
        assert_eq!(
            [40.0, 700.0, 12_000.0, f64::NAN].map(duration),
            ["40 s", "12 min", "3 h 20 min", "0 s"]
        );
    }
}

//! What `analyze` prints: per trace and per policy, whose pairs were evicted.

use std::io::{self, Write};

use serde::Serialize;

use super::info::differing;
use crate::analysis::{GroupRow, Ratio, Report};
use crate::compare::check_models;
use crate::config::CacheSettings;
use crate::counted::counted;
use crate::printable::Printable;
use crate::trace::ModelSummary;

/// The reports of some traces, and of all traces of a policy where there are several.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// One per trace, in the order they were named.
    pub traces: Vec<TraceFindings>,
    /// One per policy and model with more than one trace, in the order of its first: pairs of a model with more heads
    /// would outweigh another's. A run whose policy was changed on the way
    /// belongs to none of its policies, but to those that follow each other in the same order.
    pub policies: Vec<Report>,
}

/// One trace's report.
#[derive(Clone, Debug, Serialize)]
pub struct TraceFindings {
    /// The file, as it was named.
    pub file: String,
    /// Why there is no more of the run, if the file is damaged.
    pub damaged: Option<String>,
    /// What was found in it.
    #[serde(flatten)]
    pub report: Report,
}

impl Findings {
    /// Gathers the reports of traces.
    pub fn of(traces: Vec<TraceFindings>) -> Self {
        let mut policies: Vec<Report> = vec![];
        for TraceFindings { report, .. } in &traces {
            if policies.iter().any(|known| alike(known, report)) {
                continue;
            }
            let same: Vec<&Report> = traces
                .iter()
                .map(|trace| &trace.report)
                .filter(|other| alike(other, report))
                .collect();
            if same.len() > 1 {
                policies.extend(Report::pooled(&same));
            }
        }
        Self { traces, policies }
    }

    /// As one JSON object.
    ///
    /// # Errors
    /// From `out`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// As tables for a person.
    ///
    /// # Errors
    /// From `out`.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let out = &mut Printable(out);
        for TraceFindings { file, report, .. } in &self.traces {
            write_report(out, file, report)?;
        }
        for report in &self.policies {
            let mut name = format!("all {} traces of {}", report.runs, report.policy);
            let reports = self.traces.iter().map(|trace| &trace.report);
            let mut same_policy = reports.filter(|other| other.policy == report.policy);
            if same_policy.any(|other| !alike(other, report)) {
                let ModelSummary {
                    name: model,
                    weights,
                    fingerprint,
                    ..
                } = &report.model;
                let files = fingerprint.as_deref().unwrap_or("unknown files");
                name = format!("{name} by {model} ({weights}, {files})");
            }
            write_report(out, &format!("{name}{}", different(report)), report)?;
        }
        Ok(())
    }
}

/// Whether two reports are of one policy and one model. A model whose files are not known is only like its namesakes of
/// which they are not known either: each trace belongs to one pool.
fn alike(a: &Report, b: &Report) -> bool {
    let same_files = a.model.fingerprint == b.model.fingerprint
        && (a.model.fingerprint.is_some() || a.model.name == b.model.name);
    a.policy == b.policy && same_files && check_models(&a.model, &b.model).is_ok()
}

/// In what the settings of pooled traces differ, if they do.
fn different(report: &Report) -> String {
    if report.settings.len() < 2 {
        return String::new();
    }
    let all: Vec<&CacheSettings> = report.settings.iter().flatten().collect();
    match differing(&all) {
        // Changed on the way, from and to the same but in another order.
        words if words.is_empty() => ", with different settings".to_owned(),
        words => format!(", with different settings ({words})"),
    }
}

fn write_report(out: &mut dyn Write, name: &str, report: &Report) -> io::Result<()> {
    writeln!(
        out,
        "{name}: policy {}, {}, {}, {} of {} eligible (head, token) pairs evicted",
        report.policy,
        counted(report.tokens, "token"),
        counted(report.compressions, "compression"),
        report.evicted,
        report.eligible
    )?;
    writeln!(
        out,
        "{}, {} of them reflections; {} of at least {} tokens",
        counted(report.segments, "segment"),
        report.reflections,
        counted(report.repeated_spans, "repeated span"),
        report.shortest_repeat
    )?;
    writeln!(
        out,
        "{:<16}{:>8}{:>10}{:>12}{:>12}   {:<17} {:<17} × blind pace",
        "group", "tokens", "of tokens", "of eligible", "of evicted", "× tokens", "× eligible"
    )?;
    for row in &report.groups {
        write_row(out, row)?;
    }
    if report.runs_with_near_duplicates > 0 {
        let missing = if report.runs_with_near_duplicates < report.runs {
            format!(
                "; recorded in {} of the {} traces",
                report.runs_with_near_duplicates, report.runs
            )
        } else {
            String::new()
        };
        writeln!(
            out,
            "near duplicates: shares of candidates, a pair once for every compression that could have evicted it{missing}"
        )?;
    }
    writeln!(out)
}

fn write_row(out: &mut dyn Write, row: &GroupRow) -> io::Result<()> {
    let line = format!(
        "{:<16}{:>8}{:>10}{:>12}{:>12}   {:<17} {:<17} {}",
        row.group,
        row.tokens.map_or_else(|| "-".to_owned(), |n| n.to_string()),
        percent(row.token_share),
        percent(row.eligible_share),
        percent(row.evicted_share),
        ratio(row.over_tokens),
        ratio(row.over_eligible),
        ratio(row.over_chance),
    );
    writeln!(out, "{}", line.trim_end())
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// `1.24 (1.02-1.51)`: the ratio and its 95 % range.
fn ratio(ratio: Option<Ratio>) -> String {
    match ratio {
        None => "-".to_owned(),
        Some(Ratio { value, range: None }) => format!("{value:.2}"),
        Some(Ratio {
            value,
            range: Some([low, high]),
        }) => format!("{value:.2} ({low:.2}-{high:.2})"),
    }
}

//! What `analyze` prints: per trace and per policy, whose pairs were evicted.

use std::io::{self, Write};

use serde::Serialize;

use crate::analysis::{GroupRow, Ratio, Report};

/// The reports of some traces, and of all traces of a policy where there are several.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// One per trace, in the order they were named.
    pub traces: Vec<TraceFindings>,
    /// One per policy with more than one trace, in the order of its first. A run whose policy was changed on the way
    /// belongs to none of its policies, but to those that follow each other in the same order.
    pub policies: Vec<Report>,
}

/// One trace's report.
#[derive(Clone, Debug, Serialize)]
pub struct TraceFindings {
    /// The file, as it was named.
    pub file: String,
    /// What was found in it.
    #[serde(flatten)]
    pub report: Report,
}

impl Findings {
    /// Gathers the reports of traces.
    pub fn of(traces: Vec<TraceFindings>) -> Self {
        let mut policies: Vec<Report> = vec![];
        for TraceFindings { report, .. } in &traces {
            if policies.iter().any(|known| known.policy == report.policy) {
                continue;
            }
            let same: Vec<&Report> = traces
                .iter()
                .map(|trace| &trace.report)
                .filter(|other| other.policy == report.policy)
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
        for TraceFindings { file, report } in &self.traces {
            write_report(out, file, report)?;
        }
        for report in &self.policies {
            let name = format!("all {} traces of {}", report.runs, report.policy);
            write_report(out, &name, report)?;
        }
        Ok(())
    }
}

fn write_report(out: &mut dyn Write, name: &str, report: &Report) -> io::Result<()> {
    writeln!(
        out,
        "{name}: policy {}, {} tokens, {} compressions, {} of {} eligible (head, token) pairs evicted",
        report.policy, report.tokens, report.compressions, report.evicted, report.eligible
    )?;
    writeln!(
        out,
        "{} segments, {} of them reflections; {} repeated spans of at least {} tokens",
        report.segments, report.reflections, report.repeated_spans, report.shortest_repeat
    )?;
    writeln!(
        out,
        "{:<16}{:>8}{:>10}{:>12}{:>12}   {:<17} {:<17} × blind pace",
        "group", "tokens", "of tokens", "of eligible", "of evicted", "× tokens", "× eligible"
    )?;
    for row in &report.groups {
        write_row(out, row)?;
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

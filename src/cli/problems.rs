//! `problems`: problems with their reasoning, for training, for sweeps and for reading.

use std::io::{BufWriter, Write};

use super::args::ProblemsArgs;
use super::{CliError, progress};
use crate::problems::{Generator, KINDS, Kind};

/// A line of progress after so many problems.
const PROGRESS_EVERY: u64 = 20_000;

pub(super) fn run(args: &ProblemsArgs, out: &mut dyn Write) -> Result<(), CliError> {
    if args.list {
        return list(args.json, out);
    }
    let mut generator = Generator::new(args.seed).kinds(&args.kinds);
    if let Some(level) = args.level {
        generator = generator.level(level);
    }
    let end = args.first.checked_add(args.count).ok_or_else(|| {
        CliError::Usage(format!(
            "--first {} and --count {} are too large together",
            args.first, args.count
        ))
    })?;
    let mut out = BufWriter::new(out);
    for (done, problem) in (1u64..).zip(generator.problems(args.first..end)) {
        if args.json {
            serde_json::to_writer(&mut out, &problem).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            writeln!(
                out,
                "[{}, {}] {}\n",
                problem.kind, problem.level, problem.problem
            )?;
            writeln!(
                out,
                "<think>\n{}\n</think>\n{}\n",
                problem.trace,
                problem.final_words()
            )?;
        }
        if done % PROGRESS_EVERY == 0 {
            progress(format_args!("{done} of {} problems", args.count));
        }
    }
    out.flush()?;
    Ok(())
}

fn list(json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    if json {
        let kinds: Vec<_> = KINDS
            .iter()
            .map(|kind| serde_json::json!({ "name": kind.name, "about": kind.about, "common": kind.common }))
            .collect();
        writeln!(out, "{}", serde_json::Value::Array(kinds))?;
        return Ok(());
    }
    for kind in KINDS {
        let named = if kind.common {
            ""
        } else {
            " (only with --kinds)"
        };
        writeln!(out, "{:<16}{}{named}", kind.name, kind.about)?;
    }
    Ok(())
}

/// Reads the name of a kind, or lists the names.
pub(super) fn kind(text: &str) -> Result<&'static Kind, String> {
    Kind::by_name(text).ok_or_else(|| {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        format!("there are: {}", names.join(", "))
    })
}

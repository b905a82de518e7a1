//! `sweep`: accuracy against cache budget.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::sweep_args::SweepArgs;
use super::{CliError, failed, progress};
use crate::counted::counted;
use crate::export::{self, Format};
use crate::printable::printable;
use crate::problems::HELD_OUT_SEEDS;
use crate::sweep::{
    Loader, RunOutcome, SweepEvent, SweepPlan, SweepRequest, SweepTable, arms, execute,
    instruction_for, json, text,
};
use crate::trace::{AtomicFile, destination};

/// How often a line of progress is printed.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

pub(super) fn run(args: &SweepArgs, out: &mut dyn Write) -> Result<(), CliError> {
    let usage = |error: crate::config::SettingsError| CliError::Usage(error.to_string());
    let request = SweepRequest {
        model: args.model.clone(),
        problems: args.source(),
        instruction: (args.instruction.clone()).or_else(|| instruction_for(&args.model)),
        arms: arms(&args.policies, &args.budgets, |s| args.adjust(s)).map_err(usage)?,
        sampling: args.sampling(),
        threads: args.threads.unwrap_or_else(processors),
        out: args.out.clone(),
    };
    if args.problems_file.is_none() && !HELD_OUT_SEEDS.contains(&args.seed) {
        progress(format_args!(
            "warning: the reasoner may have been trained on problems of seed {}; seeds below {} are held out",
            args.seed, HELD_OUT_SEEDS.end
        ));
    }
    if let Some(path) = args.out.as_deref().filter(|path| !path.is_dir()) {
        // A device would be read for earlier results without end.
        destination(path).map_err(export::ExportError::from)?;
    }
    if args.out.as_deref() == Some(Path::new("-")) {
        return Err(CliError::Usage(
            "results cannot go to standard output, which has the table; name a file".to_owned(),
        ));
    }
    args.warn(&request.arms);
    let plot = args.plot.as_deref().map(plot_format).transpose()?;
    let mut teller = Teller::default();
    let stop = AtomicBool::new(false);
    let ended = execute(&request, &Loader::REAL, &stop, &mut |event| {
        teller.hear(event);
    });
    let failure = ended.err().map(failed);
    // What had run before a failure counts all the same.
    let Some((plan, outcomes)) = teller.ran.take() else {
        return failure.map_or(Ok(()), Err);
    };
    let table = SweepTable::of(&plan, &outcomes);
    // Before the table: whoever reads that may have gone.
    let drawn = match (&args.plot, plot) {
        (Some(path), Some(format)) if failure.is_none() => {
            let figure = export::sweep_figure(&plan, &table, args.x, export::Theme::Light);
            export::write_figure(&figure, format, path)
                .map(|()| progress(format_args!("drawn: {}", path.display())))
        }
        _ => Ok(()),
    };
    if args.json {
        writeln!(out, "{}", json(&plan, &table, &teller.left_out))?;
    } else {
        write!(out, "{}", printable(&text(&plan, &table)))?;
    }
    drawn?;
    failure.map_or(Ok(()), Err)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The format of the plot, once it is known that the file can be made: not after half an hour of work.
fn plot_format(path: &Path) -> Result<Format, CliError> {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    let Some(format @ (Format::Png | Format::Svg)) = Format::from_name(&extension.to_lowercase())
    else {
        return Err(CliError::Usage(format!(
            "a plot is a .png or .svg file, which {} is not",
            path.display()
        )));
    };
    AtomicFile::can_be_created(path)?;
    Ok(format)
}

/// Tells on stderr how far the sweep is.
#[derive(Default)]
struct Teller {
    /// The sweep as far as it has come.
    ran: Option<(Arc<SweepPlan>, Vec<RunOutcome>)>,
    left_out: Vec<(crate::sweep::ArmKey, String)>,
    total: usize,
    before: usize,
    done: usize,
    problems: usize,
    started: Option<Instant>,
    shown: Option<Instant>,
}

impl Teller {
    fn hear(&mut self, event: SweepEvent) {
        match event {
            SweepEvent::Loading { .. } | SweepEvent::Failed(_) | SweepEvent::NeedsOtherFile(_) => {}
            SweepEvent::Begun {
                plan,
                done,
                left_out,
                note,
            } => {
                if let Some(note) = note {
                    progress(format_args!("warning: {note}"));
                }
                for (arm, why) in &left_out {
                    progress(format_args!("left out: {arm}, since {why}"));
                }
                self.problems = plan.problems.len();
                self.total = plan.runs() - left_out.len() * self.problems;
                self.before = done.len();
                self.ran = Some((plan, done));
                self.left_out = left_out;
                if self.before > 0 {
                    progress(format_args!(
                        "going on: {} of {} runs were there",
                        self.before, self.total
                    ));
                }
                self.started = Some(Instant::now());
                self.shown = self.started;
            }
            SweepEvent::Ran(outcome) => {
                if let Some((_, outcomes)) = &mut self.ran {
                    outcomes.push(outcome);
                }
                self.done += 1;
                if self.shown.is_some_and(|at| at.elapsed() >= PROGRESS_EVERY) {
                    self.shown = Some(Instant::now());
                    self.tell();
                }
            }
            SweepEvent::Ended { .. } => {
                if self.done > 0 {
                    let seconds = self.seconds();
                    progress(format_args!(
                        "{} in {seconds:.1} s: {:.2} runs and {:.2} problems a second",
                        counted(self.done as u64, "run"),
                        self.done as f64 / seconds,
                        self.done as f64 / seconds * self.problems as f64 / self.total as f64,
                    ));
                }
            }
        }
    }

    fn seconds(&self) -> f64 {
        self.started.map_or(0.0, |at| at.elapsed().as_secs_f64())
    }

    fn tell(&self) {
        let rate = self.done as f64 / self.seconds();
        let ended = self.before + self.done;
        let left = self.total.saturating_sub(ended) as f64 / rate;
        progress(format_args!(
            "{ended} of {} runs, {rate:.1} a second, about {} left",
            self.total,
            crate::sweep::duration(left)
        ));
    }
}

//! A run that is being recorded, as it is told to a person or a program.

use std::io::{IsTerminal as _, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::elsewhere;
use super::reader::Reader;
use crate::cli::run_args::RecordArgs;
use crate::cli::{CliError, failed, progress};
use crate::counted::counted;
use crate::export::Info;
use crate::printable::printable;
use crate::trace::{FinishReason, RunSummary, TraceRecord, TraceStore};

/// How often a line of progress is printed.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// A run under way, and who is told of it.
pub(super) struct Running<'a> {
    args: &'a RecordArgs,
    /// The run as far as it has come.
    pub(super) store: Option<TraceStore>,
    out: Reader<'a>,
    /// A file gets the text as it is.
    on_terminal: bool,
    /// When the last line of progress was printed.
    shown: Instant,
    /// Whether the engine had something to warn of.
    pub(super) warned: &'a mut bool,
}

impl<'a> Running<'a> {
    pub(super) fn new(args: &'a RecordArgs, out: &'a mut dyn Write, warned: &'a mut bool) -> Self {
        Self {
            args,
            store: None,
            out: Reader::new(out, args.out.is_some()),
            on_terminal: std::io::stdout().is_terminal(),
            shown: Instant::now(),
            warned,
        }
    }

    /// Whether it is time for a line of progress, which the caller prints.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self.shown.elapsed() >= PROGRESS_EVERY;
        if due {
            self.shown = Instant::now();
        }
        due
    }

    /// Takes records in, and tells the text or the progress.
    pub(super) fn records(&mut self, batch: Vec<TraceRecord>) -> Result<(), CliError> {
        let Some(store) = &mut self.store else {
            return Ok(());
        };
        for record in batch {
            if !self.args.json
                && let TraceRecord::Tokens(tokens) = &record
            {
                let from = store.header().prompt_tokens as usize;
                let already = store.tokens().len();
                for token in tokens.iter().skip(from.saturating_sub(already)) {
                    if self.on_terminal {
                        self.out.tell(&printable(&token.text))?;
                    } else {
                        self.out.tell(&token.text)?;
                    }
                }
            }
            store.apply(record).map_err(failed)?;
        }
        // On a terminal the text itself is the progress.
        if (self.args.json || !self.on_terminal)
            && self.is_due()
            && let Some(store) = &self.store
        {
            let view = store.latest();
            progress(format_args!(
                "{} so far with the prompt's, {}, {:.0} slots",
                counted(view.cursor() as u64, "token"),
                counted(view.event_count() as u64, "compression"),
                view.slots()
            ));
        }
        Ok(())
    }

    /// Tells how it ended, and of everything that went wrong on the way.
    pub(super) fn finish(
        mut self,
        store: &TraceStore,
        reason: &FinishReason,
    ) -> Result<(), CliError> {
        if self.args.json {
            self.out.tell(&report(store)?)?;
        } else {
            self.out.tell("\n")?;
        }
        let summary = RunSummary::of(store);
        progress(format_args!(
            "{}: {} generated, {}, peak {} slots",
            reason.name(),
            counted(summary.tokens, "token"),
            counted(summary.compressions, "compression"),
            summary.peak_slots
        ));
        if let (Some(path), true) = (&self.args.out, *self.warned) {
            return Err(elsewhere(path, store, reason));
        }
        self.out.failed.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// What `info --json` says of the run's file, and the text.
fn report(store: &TraceStore) -> Result<String, CliError> {
    #[derive(Serialize)]
    struct Recorded<'a> {
        #[serde(flatten)]
        info: Info,
        text: &'a str,
    }
    let recorded = Recorded {
        info: Info::of(store),
        text: store.generated_text(),
    };
    let json = serde_json::to_string_pretty(&recorded).map_err(std::io::Error::from)?;
    Ok(format!("{json}\n"))
}

//! Runs side by side as a table, an object or a figure.

use std::cmp::Ordering;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::caption::one_line;
use super::figure::Figure;
use super::info::{bytes, set_apart, settings_text};
use super::table::shortest;
use super::{ExportError, ExportOptions, Format, caption, comparison_figure};
use crate::analysis::{policies_in_force, policy_ids, settings_in_force};
use crate::compare::{
    Divergence, HeldTotals, Meters, Mismatch, Overlap, cautions, check, common_prefix, divergence,
    held_difference, letter,
};
use crate::config::{CacheSettings, SettingsReport};
use crate::counted::counted;
use crate::printable::{Printable, printable};
use crate::trace::{FinishReason, TraceStore};

/// A run and what it is called: its file, or where it came from.
#[derive(Clone, Debug)]
pub struct ComparedRun<'a> {
    /// Shown beside its letter.
    pub name: String,
    /// The run.
    pub store: &'a TraceStore,
    /// Why there is no more of it, if its file is damaged.
    pub damaged: Option<String>,
}

/// Two or more runs of one problem, and everything that the exports tell of them.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    pub(super) runs: Vec<(ComparedRun<'a>, Meters)>,
    pub(super) pairs: Vec<Pair>,
    caution: Option<String>,
}

/// Two of the runs.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub a: usize,
    pub b: usize,
    pub parting: Option<Divergence>,
    /// Tokens that both share.
    common: usize,
    pub overlap: Overlap,
    /// Tokens seen at the last moment that both reached.
    last: usize,
    /// Who held what then.
    held: HeldTotals,
}

impl<'a> Comparison<'a> {
    /// Compares runs with each other; the first is the one that others are held against.
    ///
    /// # Errors
    /// The index of the first run that does not fit the first one, and why.
    pub fn of(runs: Vec<ComparedRun<'a>>) -> Result<Self, (usize, Mismatch)> {
        for (i, run) in runs.iter().enumerate().skip(1) {
            check(runs[0].store, run.store).map_err(|mismatch| (i, mismatch))?;
        }
        let stores: Vec<&TraceStore> = runs.iter().map(|run| run.store).collect();
        let cautions = cautions(&stores);
        let pairs = (0..runs.len())
            .flat_map(|a| (a + 1..runs.len()).map(move |b| (a, b)))
            .map(|(a, b)| Pair::of(&runs, a, b))
            .collect();
        let runs = runs
            .into_iter()
            .map(|run| {
                let meters = Meters::of(run.store);
                (run, meters)
            })
            .collect();
        Ok(Self {
            runs,
            pairs,
            caution: (!cautions.is_empty()).then(|| cautions.join("; ")),
        })
    }

    /// What makes the comparison less than fair, if anything does.
    pub fn caution(&self) -> Option<&str> {
        self.caution.as_deref()
    }

    /// As an aligned table for a person: one column per run, one line per pair.
    ///
    /// # Errors
    /// From `out`.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let out = &mut Printable(out);
        let rows = self.rows();
        let name = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        let columns: Vec<usize> = (0..self.runs.len())
            .map(|i| rows.iter().map(|(_, cells)| width(&cells[i])).max())
            .map(|widest| widest.unwrap_or(0))
            .collect();
        for (row, cells) in &rows {
            let mut line = pad(row, name);
            for (cell, &column) in cells.iter().zip(&columns) {
                line.push_str("  ");
                line.push_str(&pad(cell, column));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        for pair in &self.pairs {
            writeln!(out)?;
            self.write_pair(pair, out)?;
        }
        Ok(())
    }

    fn rows(&self) -> Vec<(&'static str, Vec<String>)> {
        let each = |of: &dyn Fn(&ComparedRun<'_>, &Meters) -> String| -> Vec<String> {
            self.runs.iter().map(|(run, m)| of(run, m)).collect()
        };
        let share = |v: f64| format!("{:.1} %", v * 100.0);
        let letters = (0..self.runs.len()).map(|i| letter(i).to_string());
        let reference = self.runs.first().map(|(_, meters)| meters);
        let mut rows = vec![
            ("", letters.collect()),
            ("file", each(&|run, _| run.name.clone())),
            ("policy", each(&|_, m| m.policy.clone())),
            ("budget + buffer", each(&|run, _| slots(run.store))),
        ];
        rows.extend(self.apart().map(|cells| ("other settings", cells)));
        rows.extend([
            (
                "prompt tokens",
                each(&|_, m| m.summary.prompt_tokens.to_string()),
            ),
            (
                "tokens generated",
                each(&|_, m| m.summary.tokens.to_string()),
            ),
            (
                "compressions",
                each(&|_, m| m.summary.compressions.to_string()),
            ),
            (
                "peak slots per head",
                each(&|_, m| m.summary.peak_slots.to_string()),
            ),
            (
                "peak bytes, keys and values",
                each(&|_, m| bytes(m.summary.peak_bytes)),
            ),
            (
                "peak bytes, policy's own",
                each(&|_, m| bytes(m.auxiliary_bytes)),
            ),
            (
                "slots at the end / tokens",
                each(&|_, m| share(m.summary.final_ratio)),
            ),
            (
                "slots read / full cache's",
                each(&|_, m| share(m.summary.time_averaged_ratio)),
            ),
            ("end", each(&|_, m| finish(m).to_owned())),
            (
                "answer",
                each(&|_, m| (m.answer.as_deref()).map_or_else(|| "none".to_owned(), one_line)),
            ),
            (
                "same answer as A",
                each(&|_, m| match reference.and_then(|a| m.same_answer(a)) {
                    None => "neither has one".to_owned(),
                    Some(true) => "yes".to_owned(),
                    Some(false) => "no".to_owned(),
                }),
            ),
        ]);
        rows
    }

    /// What else the runs differ in or have unusual, and when it was changed; `None` if no run has anything to tell.
    fn apart(&self) -> Option<Vec<String>> {
        let at_start: Vec<&CacheSettings> = self.runs.iter().map(|(_, m)| &m.settings).collect();
        let cells: Vec<String> = set_apart(&at_start)
            .into_iter()
            .zip(&self.runs)
            .map(|(said, (run, _))| {
                let changes = caption::changes(&run.store.latest());
                let said = (!said.is_empty()).then(|| said.join(", "));
                match (said, changes) {
                    (None, None) => "-".to_owned(),
                    (Some(said), None) => said,
                    (None, Some(changes)) => changes,
                    (Some(said), Some(changes)) => format!("at the start {said}; {changes}"),
                }
            })
            .collect();
        cells.iter().any(|cell| cell != "-").then_some(cells)
    }

    /// Which of two runs that have not parted was recorded less far, if one was.
    fn shorter(&self, pair: &Pair) -> Option<usize> {
        let tokens = |run: usize| self.runs[run].0.store.tokens().len();
        match tokens(pair.a).cmp(&tokens(pair.b)) {
            Ordering::Less => Some(pair.a),
            Ordering::Equal => None,
            Ordering::Greater => Some(pair.b),
        }
    }

    fn write_pair(&self, pair: &Pair, out: &mut dyn Write) -> io::Result<()> {
        let stores = [pair.a, pair.b].map(|i| self.runs[i].0.store);
        let (a, b) = (letter(pair.a), letter(pair.b));
        match pair.parting {
            Some(parting) => writeln!(
                out,
                "{a} and {b} part at {}",
                parting.said(stores[0], stores[1])
            )?,
            None => match self.shorter(pair) {
                None => writeln!(out, "{a} and {b} wrote the same text")?,
                Some(run) => {
                    let store = self.runs[run].0.store;
                    let tokens = counted(store.tokens().len() as u64, "token");
                    let run = letter(run);
                    let what = if store.end().is_some() {
                        format!("{run} was cut off after {tokens}")
                    } else {
                        format!("the recording of {run} stops after {tokens}")
                    };
                    writeln!(out, "{what}; up to there {a} and {b} wrote the same text")?;
                }
            },
        }
        let number =
            |v: Option<f64>| v.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.3}"));
        let parted = pair.at_parting().map_or(String::new(), |share| {
            format!(" {} when they parted,", number(Some(share.into())))
        });
        writeln!(
            out,
            "  held alike (Jaccard, over the {} tokens they share): {} on average while those are written,{parted} {} after {} tokens",
            pair.common,
            number(pair.overlap.mean(pair.common)),
            number(pair.held.jaccard()),
            pair.last
        )?;
        let held = &pair.held;
        let all = (held.only_a + held.only_b + held.both + held.neither).max(1) as f64;
        let share = |n: u64| format!("{:.1} %", n as f64 / all * 100.0);
        writeln!(
            out,
            "  of their (head, token) pairs then: {} held by {a} only, {} by {b} only, {} by both, {} by none",
            share(held.only_a),
            share(held.only_b),
            share(held.both),
            share(held.neither)
        )
    }

    /// As one JSON object.
    ///
    /// # Errors
    /// From `out`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let reference = self.runs.first();
        let runs: Vec<Value> = self
            .runs
            .iter()
            .enumerate()
            .map(|(i, (run, m))| {
                json!({
                    "run": letter(i).to_string(),
                    "file": run.name,
                    "policy": policy_ids(&run.store.latest()),
                    "policies": policies_in_force(&run.store.latest()),
                    "damaged": run.damaged,
                    "settings": SettingsReport::of(&m.settings),
                    "calibration": run.store.header().calibration,
                    "settings_changed": run.store.params().len(),
                    "summary": m.summary,
                    "auxiliary_bytes": m.auxiliary_bytes,
                    "peak_bytes_with_auxiliary": m.peak_bytes(),
                    "finish": m.finish.as_ref().map(FinishReason::name),
                    "seconds": m.seconds.map(shortest),
                    "answer": m.answer,
                    "same_answer_as_a": reference.and_then(|(_, a)| m.same_answer(a)),
                })
            })
            .collect();
        let pairs: Vec<Value> = self.pairs.iter().map(|pair| self.pair_json(pair)).collect();
        let header = self.runs.first().map(|(run, _)| run.store.header());
        let whole = json!({
            "problem": header.map(|header| &header.problem),
            "model": header.map(|header| &header.model),
            "runs": runs,
            "pairs": pairs,
            "caution": self.caution,
        });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        out.write_all(b"\n")
    }

    fn pair_json(&self, pair: &Pair) -> Value {
        let stores = [pair.a, pair.b].map(|i| self.runs[i].0.store);
        let token = |store: &TraceStore, parting: &Divergence| {
            let id = store.tokens().id(parting.position);
            id.map(|id| json!({"id": id, "text": store.tokens().text(parting.position)}))
        };
        let mut moments: Vec<usize> = stores
            .iter()
            .flat_map(|store| store.events().iter().map(|event| event.seen as usize))
            .filter(|seen| *seen <= pair.last)
            .collect();
        moments.sort_unstable();
        moments.dedup();
        let after: Vec<Value> = moments
            .into_iter()
            .map(|tokens| json!({"tokens": tokens, "jaccard": pair.overlap.at(tokens).map(shortest)}))
            .collect();
        json!({
            "a": letter(pair.a).to_string(),
            "b": letter(pair.b).to_string(),
            "divergence": pair.parting.map(|parting| json!({
                "position": parting.position,
                "a": token(stores[0], &parting),
                "b": token(stores[1], &parting),
            })),
            "same_text": pair.parting.is_none() && self.shorter(pair).is_none(),
            "shared_tokens": pair.common,
            "jaccard_mean": pair.overlap.mean(pair.common),
            "jaccard_mean_whole": pair.overlap.mean(usize::MAX),
            "jaccard_at_divergence": pair.at_parting().map(shortest),
            "jaccard_at_end": pair.held.jaccard(),
            "end_tokens": pair.last,
            "held_at_end": pair.held,
            "jaccard_after_compressions": after,
        })
    }

    /// The survival rasters one above another and the overlap curve, on one axis of positions.
    pub fn figure(&self, options: &ExportOptions) -> Figure {
        comparison_figure::draw(self, options)
    }

    /// Writes the figure.
    ///
    /// # Errors
    /// [`ExportError`], for a table format too: those are [`Self::write_json`].
    pub fn write_figure(
        &self,
        format: Format,
        options: &ExportOptions,
        out: &mut dyn Write,
    ) -> Result<(), ExportError> {
        let figure = self.drawable(format, options)?;
        Ok(out.write_all(&super::rendered(&figure, format)?)?)
    }

    /// Writes the figure to a file, which appears whole or not at all.
    ///
    /// # Errors
    /// [`ExportError`]; a file of that name is then as it was.
    pub fn write_figure_file(
        &self,
        format: Format,
        options: &ExportOptions,
        path: &Path,
    ) -> Result<(), ExportError> {
        super::write_figure(&self.drawable(format, options)?, format, path)
    }

    /// The figure, unless the format is a table's.
    fn drawable(&self, format: Format, options: &ExportOptions) -> Result<Figure, ExportError> {
        match format {
            Format::Png | Format::Svg => Ok(self.figure(options)),
            Format::Csv | Format::Json => Err(ExportError::NoTable { format }),
        }
    }

    /// What a run is called in a figure: its letter, policy and settings, and when these were changed.
    pub(super) fn title(&self, index: usize) -> String {
        let (run, meters) = &self.runs[index];
        let title = format!("{}: {}", letter(index), meters.policy);
        let settings = settings_text(&meters.settings);
        let settings = settings.split_once(", ").map(|(_policy, rest)| rest);
        match (settings, caption::changes(&run.store.latest())) {
            (None, None) => title,
            (Some(settings), None) => format!("{title}, {settings}"),
            (None, Some(changes)) => format!("{title}; {changes}"),
            (Some(settings), Some(changes)) => {
                format!("{title}; at the start {settings}; {changes}")
            }
        }
    }
}

impl Pair {
    fn of(runs: &[ComparedRun<'_>], a: usize, b: usize) -> Self {
        let (x, y) = (runs[a].store, runs[b].store);
        let overlap = Overlap::of(x, y);
        let last = overlap.reached();
        Self {
            a,
            b,
            parting: divergence(x, y),
            common: common_prefix(x, y),
            overlap,
            last,
            held: held_difference(&x.view(last), &y.view(last)).totals(),
        }
    }

    /// The overlap when the last common token had been seen.
    fn at_parting(&self) -> Option<f32> {
        let parting = self.parting?;
        self.overlap.at(parting.position.index())
    }
}

/// Budget and buffer of the settings that decided, in order; a slider that was moved often is not told in full.
fn slots(store: &TraceStore) -> String {
    let mut found: Vec<String> = settings_in_force(&store.latest())
        .into_iter()
        .map(|settings| {
            if crate::policy::find(&settings.policy).is_ok_and(|info| info.compresses) {
                format!("{} + {}", settings.budget, settings.buffer)
            } else {
                "no limit".to_owned()
            }
        })
        .collect();
    found.dedup();
    match found.as_slice() {
        [first, _, _, .., last] => format!("{first}, …, then {last}"),
        _ => found.join(", then "),
    }
}

fn finish(meters: &Meters) -> &str {
    meters
        .finish
        .as_ref()
        .map_or("unfinished", FinishReason::name)
}

fn width(text: &str) -> usize {
    printable(text).chars().count()
}

fn pad(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

//! Opening, saving and exporting, as the background threads do it.

use std::path::{Path, PathBuf};

use super::asked::Asked;
use super::tasks::{Outcome, ReadTrace};
use crate::error_chain::chain;
use crate::export::{ComparedRun, Comparison, ExportOptions, Format, What};
use crate::trace::{self, TraceStore, TraceView};
use crate::ui::command::Browse;

/// Reads a trace; damage at its end is told beside the run.
fn read(path: &Path) -> ReadTrace {
    let loaded = trace::load(path).map_err(|error| error.to_string())?;
    let damage = loaded.problem.map(|damage| damage.to_string());
    Ok((loaded.store, damage))
}

/// Reads a trace to show.
pub fn open(path: PathBuf, asked: Asked) -> Outcome {
    let result = read(&path).map(|(store, damage)| (Box::new(store), damage));
    Outcome::Opened {
        path,
        asked,
        result,
    }
}

/// Reads traces for the Compare tab, in order, the first for the pane of that generation.
pub fn open_panes(pane: Option<u64>, paths: Vec<PathBuf>, asked: Asked) -> Outcome {
    let read = |path: PathBuf| {
        let result = read(&path);
        (path, result)
    };
    Outcome::OpenedPanes {
        pane,
        asked,
        traces: paths.into_iter().map(read).collect(),
    }
}

/// Writes the figure of a comparison.
pub fn figure(
    path: PathBuf,
    format: Format,
    runs: &[(String, TraceStore)],
    options: &ExportOptions,
) -> Outcome {
    let runs = runs.iter().map(|(name, store)| ComparedRun {
        name: name.clone(),
        store,
        damaged: None,
    });
    let result = match Comparison::of(runs.collect()) {
        Ok(comparison) => comparison
            .write_figure_file(format, options, &path)
            .map_err(|error| chain(&error)),
        Err((_, mismatch)) => Err(mismatch.to_string()),
    };
    Outcome::Written {
        path,
        result,
        run: None,
    }
}

/// Writes the trace of the run of that generation.
pub fn save(run: u64, path: PathBuf, store: &TraceStore) -> Outcome {
    let result = trace::save(&path, store).map_err(|error| chain(&error));
    Outcome::Written {
        path,
        result,
        run: Some(run),
    }
}

/// Writes a figure or a table.
pub fn export(
    path: PathBuf,
    what: What,
    format: Format,
    view: &TraceView<'_>,
    options: &ExportOptions,
) -> Outcome {
    let result = crate::export::write_file(what, format, view, options, &path)
        .map_err(|error| chain(&error));
    Outcome::Written {
        path,
        result,
        run: None,
    }
}

/// Asks the system's dialog for a path.
pub fn pick(purpose: Browse, suggestion: &str) -> Outcome {
    let mut dialog = rfd::FileDialog::new();
    let suggested = Path::new(suggestion);
    if let Some(folder) = suggested.parent().filter(|folder| folder.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    if let Some(name) = suggested.file_name() {
        dialog = dialog.set_file_name(name.to_string_lossy());
    }
    dialog = match purpose {
        Browse::Export => dialog,
        Browse::Figure => dialog.add_filter("figure", &["png", "svg"]),
        _ => dialog.add_filter("rkv-scope trace", &["rkvt"]),
    };
    let path = match purpose {
        Browse::Open | Browse::OpenPane(_) => dialog.pick_file(),
        _ => dialog.save_file(),
    };
    Outcome::Picked { purpose, path }
}

//! Figures and tables of a trace: the same for the window and the command line.
//!
//! | what | csv, json | svg, png |
//! |---|---|---|
//! | tokens | one row per token | the text, coloured |
//! | scores | one row per candidate of a head at a compression | |
//! | events | one row per compression | |
//! | segments | one row per step, reflection, prompt and answer | |
//! | heatmap | heads by positions at one compression | the same, coloured; of the score what it is over the cut |
//! | raster | compressions by positions: share of heads that hold the token | the same, coloured |
//!
//! Tables are streamed. A drawing is made once, without a resolution ([`figure::Figure`]), and written
//! as SVG or rendered from that very SVG.

pub mod bitmap;
mod caption;
mod comparison;
mod comparison_figure;
mod error;
mod events;
pub mod figure;
mod findings;
pub mod fonts;
mod heads;
mod heatmap;
mod info;
mod kinds;
mod matrix;
mod matrix_figure;
mod measure;
mod options;
pub mod palette;
pub mod png;
mod raster;
pub mod scale;
mod scores;
mod segments;
pub mod series;
pub mod svg;
mod sweep_figure;
pub mod table;
mod token_page;
mod token_scale;
mod tokens;

use std::io::Write;
use std::path::Path;

pub use comparison::{ComparedRun, Comparison};
pub use error::ExportError;
pub use findings::{Findings, TraceFindings};
pub use info::{Info, SettingsChange};
pub use kinds::{Format, What};
pub use measure::{IMPORTANCE_ENDS, IMPORTANCE_REACH, Measure, REDUNDANCY_ENDS, SCORE_ENDS};
pub use options::{ExportOptions, Theme};
pub use sweep_figure::{SweepAxis, sweep_figure};
pub use token_scale::TokenScale;

use crate::trace::{AtomicFile, FileError, TraceView};
use figure::Figure;
use table::Notation;

impl What {
    /// The formats it can be written in.
    pub fn formats(self) -> &'static [Format] {
        match self {
            Self::Scores | Self::Events | Self::Segments => &[Format::Csv, Format::Json],
            Self::Tokens | Self::Heatmap | Self::Raster => Format::ALL,
        }
    }
}

/// Writes `what` of the run as `view` shows it. Nothing is written before everything that can be
/// checked has been.
///
/// # Errors
/// [`ExportError`], which names the way out.
pub fn write(
    what: What,
    format: Format,
    view: &TraceView<'_>,
    options: &ExportOptions,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    if !what.formats().contains(&format) {
        return Err(ExportError::Unsupported { what, format });
    }
    match format {
        Format::Csv => write_table(what, Notation::Csv, view, options, out),
        Format::Json => write_table(what, Notation::Json, view, options, out),
        Format::Svg | Format::Png => {
            out.write_all(&rendered(&draw(what, format, view, options)?, format)?)?;
            Ok(())
        }
    }
}

/// A drawing as the bytes of a file; tables have none, and become SVG.
fn rendered(figure: &Figure, format: Format) -> Result<Vec<u8>, ExportError> {
    match format {
        Format::Png => png::render(figure),
        Format::Svg | Format::Csv | Format::Json => Ok(svg::document(figure)?.into_bytes()),
    }
}

/// Writes a drawing to a `.png` or `.svg` file, which appears whole or not at all.
///
/// # Errors
/// [`ExportError`]; a file of that name is then as it was.
pub fn write_figure(figure: &Figure, format: Format, path: &Path) -> Result<(), ExportError> {
    let bytes = rendered(figure, format)?;
    Ok(AtomicFile::put(path, &bytes)?)
}

/// Writes `what` to a file, which appears whole or not at all.
///
/// # Errors
/// [`ExportError`]; a file of that name is then as it was.
pub fn write_file(
    what: What,
    format: Format,
    view: &TraceView<'_>,
    options: &ExportOptions,
    path: &Path,
) -> Result<(), ExportError> {
    let mut file = AtomicFile::create(path)?;
    match write(what, format, view, options, &mut file) {
        Ok(()) => Ok(file.commit()?),
        Err(ExportError::Io(source)) => Err(FileError::writing(path, source).into()),
        Err(other) => Err(other),
    }
}

/// The drawing itself, for previews.
///
/// # Errors
/// [`ExportError`], which names the way out.
pub fn figure(
    what: What,
    view: &TraceView<'_>,
    options: &ExportOptions,
) -> Result<Figure, ExportError> {
    draw(what, Format::Svg, view, options)
}

fn draw(
    what: What,
    format: Format,
    view: &TraceView<'_>,
    options: &ExportOptions,
) -> Result<Figure, ExportError> {
    match what {
        What::Tokens => token_page::draw(view, options),
        What::Heatmap => heatmap::draw(view, options),
        What::Raster => raster::draw(view, options),
        What::Scores | What::Events | What::Segments => {
            Err(ExportError::Unsupported { what, format })
        }
    }
}

fn write_table(
    what: What,
    notation: Notation,
    view: &TraceView<'_>,
    options: &ExportOptions,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    match what {
        What::Tokens => tokens::write(view, options, notation, out),
        What::Scores => scores::write(view, options, notation, out),
        What::Events => events::write(view, notation, out),
        What::Segments => segments::write(view, options, notation, out),
        What::Heatmap => heatmap::write(view, options, notation, out),
        What::Raster => raster::write(view, options, notation, out),
    }
}

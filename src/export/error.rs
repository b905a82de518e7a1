//! Why an export failed.

use std::io;

use super::{Format, Measure, What};
use crate::policy::find;
use crate::trace::{FileError, RecordLevel, TraceView};

/// An export failed; the message names the way out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A combination that makes no sense.
    #[error("{what} cannot be written as {format}; its formats are: {}", list(what.formats()))]
    Unsupported {
        /// What was asked for.
        what: What,
        /// As what.
        format: Format,
    },
    /// A comparison is a figure here; its numbers are written by `compare --json`.
    #[error("a comparison cannot be drawn as {format}; use png or svg, or --json for its numbers")]
    NoTable {
        /// As what.
        format: Format,
    },
    /// Nothing had been compressed yet.
    #[error(
        "no compression had run when {cursor} tokens had been seen, so there is no {what} to show; \
         {way_out}"
    )]
    NoCompression {
        /// What would have one to show.
        way_out: &'static str,
        /// Tokens seen.
        cursor: usize,
        /// What was asked for.
        what: What,
    },
    /// An event that had not run.
    #[error(
        "there is no event {event}; {count} compressions had run, events 0 to {}",
        .count.saturating_sub(1)
    )]
    UnknownEvent {
        /// Event asked for.
        event: u32,
        /// Events there are.
        count: usize,
    },
    /// A layer or head that the model lacks.
    #[error(
        "the model has {layers} layers with {kv_heads} KV heads each, counted from 0; none of them was asked for"
    )]
    UnknownHead {
        /// Layers of the model.
        layers: u32,
        /// KV heads per layer.
        kv_heads: u32,
    },
    /// An empty range of positions.
    #[error("no token lies in positions {start} to {end}; {count} had been seen")]
    EmptyRange {
        /// First position asked for.
        start: usize,
        /// One past the last.
        end: usize,
        /// Tokens seen.
        count: usize,
    },
    /// A measure that the compression's record lacks.
    #[error(
        "compression {} (event {event}) holds no {measure}: {}; what it holds: {}",
        event + 1, why_missing(policy, *level), list(recorded)
    )]
    NotRecorded {
        /// What was asked for.
        measure: Measure,
        /// Which compression, counted from 0.
        event: u32,
        /// Name of the policy in force there.
        policy: String,
        /// How much was recorded.
        level: RecordLevel,
        /// What can be shown of it.
        recorded: Vec<Measure>,
    },
    /// A picture beyond what can be drawn.
    #[error(
        "a picture of {width} by {height} units is too large for png; write it as svg, or show fewer tokens"
    )]
    TooLarge {
        /// Width of the figure.
        width: u32,
        /// Height of the figure.
        height: u32,
    },
    /// The picture could not be made.
    #[error("the picture could not be drawn: {0}")]
    Render(String),
    /// The output refused.
    #[error("writing the export failed: {0}")]
    Io(#[from] io::Error),
    /// The file could not be created or replaced.
    #[error(transparent)]
    File(#[from] FileError),
}

fn list(names: &[impl std::fmt::Display]) -> String {
    names
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// At the fullest level only the policy can be why.
fn why_missing(policy: &str, level: RecordLevel) -> String {
    match level {
        RecordLevel::Components => format!("{policy}, in force there, has none"),
        RecordLevel::Scores | RecordLevel::Summary => format!(
            "level {level} leaves it out; if {policy}, in force there, has it, --level components records it"
        ),
    }
}

impl ExportError {
    /// There is no `what` to show of a run in which nothing had been compressed at the cursor.
    pub(super) fn no_compression(view: &TraceView<'_>, what: What) -> Self {
        let compresses = find(&view.settings().policy).is_ok_and(|info| info.compresses);
        Self::NoCompression {
            way_out: if compresses {
                "move on in the run, or record it with a smaller budget"
            } else {
                "record it with a policy that evicts, such as --policy rkv"
            },
            cursor: view.cursor(),
            what,
        }
    }
}

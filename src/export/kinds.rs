//! What can be exported, and as what.

use crate::named::named;

/// What is drawn or tabulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Heads by position at one compression.
    Heatmap,
    /// The text with each token's scores and share of heads that hold it.
    Tokens,
    /// Every candidate of every compression.
    Scores,
    /// The compressions.
    Events,
    /// Prompt, reasoning steps, reflections, answer.
    Segments,
    /// Position by compression, brightness the share of heads that hold it.
    Raster,
}

/// File formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Vector drawing.
    Svg,
    /// Comma-separated values, RFC 4180.
    Csv,
    /// JSON.
    Json,
}

named!(What {
    Heatmap => "heatmap",
    Tokens => "tokens",
    Scores => "scores",
    Events => "events",
    Segments => "segments",
    Raster => "raster",
});
named!(Format { Png => "png", Svg => "svg", Csv => "csv", Json => "json" });

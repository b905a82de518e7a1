//! What can be exported, and as what.

use std::fmt;

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

macro_rules! named {
    ($type:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used on the command line and as file extension.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The choice of that name, if there is one.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.name() == name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named!(What {
    Heatmap => "heatmap",
    Tokens => "tokens",
    Scores => "scores",
    Events => "events",
    Raster => "raster",
});
named!(Format { Png => "png", Svg => "svg", Csv => "csv", Json => "json" });

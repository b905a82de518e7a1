//! What a heatmap can show of a head's tokens at a compression.

use super::palette::{Palette, Ramp};
use super::scale::Scale;
use crate::named::named;
use crate::trace::{Component, CompressionRecord};

/// Quantiles of a compression's importance that its colour scale reaches from and to.
pub const IMPORTANCE_ENDS: [f32; 2] = [0.02, 1.0];
/// Share of the highest importance below which nothing is told apart.
pub const IMPORTANCE_REACH: f32 = 1e-6;
/// Quantiles of a compression's redundancy that its colour scale reaches from and to.
pub const REDUNDANCY_ENDS: [f32; 2] = [0.01, 0.99];

/// A quantity per head and token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Importance relative to an even share (1 = average).
    Importance,
    /// Redundancy relative to an even share (1 = average).
    Redundancy,
    /// The score that decided.
    Score,
    /// Whether the head holds the token after the compression: 1 or 0.
    Held,
}

// In the order in which a default is looked for.
named!(Measure {
    Importance => "importance",
    Redundancy => "redundancy",
    Score => "score",
    Held => "held",
});

impl Measure {
    /// Its name in a table, which says the unit: in the table of scores importance and redundancy are raw shares.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Importance => "importance_x_even_share",
            Self::Redundancy => "redundancy_x_even_share",
            Self::Score => "score",
            Self::Held => "held",
        }
    }

    /// Whether the compression's record holds it.
    pub fn is_recorded(self, record: &CompressionRecord) -> bool {
        let has = |component| record.block(component).is_some();
        match self {
            Self::Importance => has(Component::Importance),
            Self::Redundancy => has(Component::Redundancy),
            Self::Score => {
                has(Component::Score) || (has(Component::Importance) && has(Component::Redundancy))
            }
            Self::Held => true,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Importance => "Importance of each token to each KV head",
            Self::Redundancy => "Redundancy of each token in each KV head",
            Self::Score => "Score of each token in each KV head",
            Self::Held => "Tokens that each KV head holds",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Importance => "importance, × an even share of the head's candidates",
            Self::Redundancy => "redundancy, × an even share of the head's slots",
            Self::Score => "score, higher is kept; in the middle the median",
            Self::Held => "share held (1 = held, 0 = dropped)",
        }
    }

    pub(super) fn ramp(self, palette: &Palette) -> &Ramp {
        match self {
            Self::Importance | Self::Held => &palette.amber_ramp,
            Self::Redundancy => &palette.blue_ramp,
            Self::Score => &palette.score_ramp,
        }
    }

    /// Importance spans decades and redundancy a few per cent: both fill the bar, outliers apart, with the ends that they
    /// have in the window.
    pub(super) fn scale(self, values: impl Iterator<Item = f32> + Clone) -> Scale {
        match self {
            Self::Importance => {
                let [low, high] = IMPORTANCE_ENDS;
                Scale::fit(values, (low, high), true).within(IMPORTANCE_REACH)
            }
            Self::Redundancy => {
                let [low, high] = REDUNDANCY_ENDS;
                Scale::fit(values, (low, high), false)
            }
            Self::Score => {
                let mut sorted: Vec<f32> = values.clone().collect();
                sorted.sort_unstable_by(f32::total_cmp);
                let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
                Scale::fit(values, (0.01, 0.99), false).centred(median)
            }
            Self::Held => Scale::UNIT,
        }
    }
}

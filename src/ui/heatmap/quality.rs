//! Which quality of a cell its colour shows.

use crate::ui::colormap::Colormap;

/// What the cells' colour means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// What the last queries attend to.
    #[default]
    Importance,
    /// How much a key repeats others.
    Redundancy,
    /// The deciding score, relative to each head's cut between kept and evicted.
    Score,
    /// Held, or how long gone.
    Held,
}

impl Quality {
    /// Every quality with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Importance, "importance"),
        (Self::Redundancy, "redundancy"),
        (Self::Score, "score Z"),
        (Self::Held, "held"),
    ];

    /// The name shown to people.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(quality, _)| *quality == self)
            .map_or("", |(_, name)| name)
    }

    /// One sentence for a newcomer.
    pub fn help(self) -> &'static str {
        match self {
            Self::Importance => {
                "Attention the last queries give the token, max-pooled; a share of its head's candidates. Logarithmic."
            }
            Self::Redundancy => {
                "How much the token's key repeats the other keys of its head; a share."
            }
            Self::Score => {
                "The score that decided, minus its head's cut: amber stays, blue leaves unless it is protected."
            }
            Self::Held => {
                "Which heads hold the token after this compression; grey ones dropped it, the paler the longer ago."
            }
        }
    }

    /// The ramp.
    pub fn colormap(self) -> Colormap {
        match self {
            Self::Importance | Self::Held => Colormap::Importance,
            Self::Redundancy => Colormap::Redundancy,
            Self::Score => Colormap::Score,
        }
    }
}

//! Which quality of a cell its colour shows.

use egui::Color32;

use crate::analysis::HeadTable;
use crate::export::Measure;
use crate::trace::HeadRow;
use crate::ui::colormap::Colormap;

/// Where the ramps of importance and redundancy begin: below it they look like a cell that holds nothing.
pub const FLOOR: f32 = 0.16;

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
                "Attention that the queries which the policy asks give the token; 1 × is an even share of its head's candidates. Logarithmic."
            }
            Self::Redundancy => {
                "How much the token's key repeats the other keys of its head; 1 × is an even share of the head's slots."
            }
            Self::Score => {
                "The score that decided (of heads that decide together, their mean), minus the cut: amber stays, blue leaves unless it is protected."
            }
            Self::Held => {
                "Which heads hold the token after this compression; grey ones dropped it, the paler the longer ago."
            }
        }
    }

    /// The same in an export.
    pub fn measure(self) -> Measure {
        match self {
            Self::Importance => Measure::Importance,
            Self::Redundancy => Measure::Redundancy,
            Self::Score => Measure::Score,
            Self::Held => Measure::Held,
        }
    }

    /// The value it gives a candidate of a head: importance and redundancy times an even share, the deciding score relative
    /// to the head's cut.
    pub fn value(self, table: &HeadTable, row: usize, candidate: &HeadRow) -> Option<f32> {
        match self {
            Self::Importance => table.importance(row, candidate),
            Self::Redundancy => table.redundancy(row, candidate),
            Self::Score => table.over_cut(row, candidate),
            Self::Held => None,
        }
    }

    /// All values that it gives at a compression.
    pub fn values(self, table: &HeadTable) -> Vec<f32> {
        (0..table.heads())
            .flat_map(|row| {
                let rows = table.rows(row).iter();
                rows.filter_map(move |candidate| self.value(table, row, candidate))
            })
            .filter(|value| value.is_finite())
            .collect()
    }

    /// Where on the ramp its lowest value lies.
    pub fn floor(self) -> f32 {
        match self {
            Self::Importance | Self::Redundancy => FLOOR,
            Self::Score | Self::Held => 0.0,
        }
    }

    /// The colour of a place on its scale, 0 to 1.
    pub fn colour(self, dark: bool, unit: f32) -> Color32 {
        let place = self.floor() + (1.0 - self.floor()) * unit;
        self.colormap().colour(dark, place)
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

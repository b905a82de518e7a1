//! What the person looks at: shared by all panels, owned by the app.

use crate::trace::{HeadId, Position};

/// Hovered and pinned things.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Selection {
    /// Token under the pointer, in whichever panel.
    pub hovered: Option<Position>,
    /// Token pinned by a click.
    pub pinned: Option<Position>,
    /// Head singled out; `None` means all heads together.
    pub head: Option<HeadId>,
    /// How the cursor moves by itself.
    pub playback: Playback,
}

/// How the timeline's cursor moves by itself. It is about the view: pausing it never pauses the engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    /// The cursor runs forward at `speed`.
    pub playing: bool,
    /// The cursor stays at the end as tokens arrive.
    pub following: bool,
    /// Tokens per second while playing.
    pub speed: f32,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            playing: false,
            following: true,
            speed: 40.0,
        }
    }
}

impl Selection {
    /// The token the inspector speaks of: the hovered one, else the pinned one.
    pub fn token(&self) -> Option<Position> {
        self.hovered.or(self.pinned)
    }

    /// What zooming by a button is about, on the axis of positions: the middle of the pinned token, else the cursor.
    pub fn zoomed_at(&self, cursor: usize) -> f64 {
        self.pinned
            .map_or(cursor as f64, |position| f64::from(position.0) + 0.5)
    }
}

/// What a token's background means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourMode {
    /// Importance (amber) mixed with redundancy (blue).
    #[default]
    Both,
    /// Importance alone.
    Importance,
    /// Redundancy alone.
    Redundancy,
    /// Share of (layer, head) pairs that still hold the token.
    Held,
    /// Tokens since it was written.
    Age,
}

impl ColourMode {
    /// Every mode with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Both, "both"),
        (Self::Importance, "importance"),
        (Self::Redundancy, "redundancy"),
        (Self::Held, "held"),
        (Self::Age, "age"),
    ];
}

/// The tabs of the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The text, token by token.
    #[default]
    Reading,
    /// Position by compression.
    Survival,
    /// Heads by position at one compression.
    Heatmap,
    /// Reflections and repetitions, and their share of what left.
    Reflections,
    /// Runs under several policies, side by side.
    Compare,
    /// Accuracy against budget over many problems.
    Sweep,
}

impl Tab {
    /// Every tab with its name.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Reading, "Reading"),
        (Self::Survival, "Survival"),
        (Self::Heatmap, "Heatmap"),
        (Self::Reflections, "Reflections"),
        (Self::Compare, "Compare"),
        (Self::Sweep, "Sweep"),
    ];
}

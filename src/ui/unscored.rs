//! Why tokens that went through a compression have no colour: what would give it was not recorded, or the policy has none.

use super::derived::Derived;
use super::selection::ColourMode;
use crate::policy::shown_name;
use crate::trace::{RecordLevel, TraceView};

/// What a run of this level left out of its record, as a sentence; `None` if nothing that colours are made of.
pub fn left_out(level: RecordLevel) -> Option<&'static str> {
    match level {
        RecordLevel::Summary => {
            Some("This run recorded only which tokens left (Record: evictions).")
        }
        RecordLevel::Scores => Some("This run recorded only the final score (Record: scores)."),
        RecordLevel::Components => None,
    }
}

/// What the colours of a mode say nothing of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unscored {
    /// Why, as a sentence.
    pub why: String,
    /// Whether they say nothing at all, rather than half of what they could.
    pub wholly: bool,
}

/// What the colours of a mode say nothing of in a run; `None` if they say all, and before the first compression.
pub fn unscored(view: &TraceView<'_>, mode: ColourMode, derived: &Derived) -> Option<Unscored> {
    let store = view.store();
    let last = store.events().last()?;
    let lacking = [
        (derived.importance.is_empty(), "importance"),
        (derived.redundancy.is_empty(), "redundancy"),
    ];
    let asked = |name: &str| match mode {
        ColourMode::Both => true,
        ColourMode::Importance => name == "importance",
        ColourMode::Redundancy => name == "redundancy",
        ColourMode::Held | ColourMode::Age => false,
    };
    let lacking: Vec<&str> = lacking
        .into_iter()
        .filter(|(empty, name)| *empty && asked(name))
        .map(|(_, name)| name)
        .collect();
    if lacking.is_empty() {
        return None;
    }
    let wholly = mode != ColourMode::Both || lacking.len() > 1;
    let lacking = lacking.join(" and no ");
    let why = if let Some(left_out) = left_out(store.header().level) {
        left_out.to_owned()
    } else {
        let policy = &store.settings_of(last.revision).policy;
        format!("{} has no {lacking}.", shown_name(policy))
    };
    Some(Unscored { why, wholly })
}

/// Why the colours of the Reading tab say nothing, or only half of what they could, and the way out.
pub fn why(view: &TraceView<'_>, mode: ColourMode, derived: &Derived) -> Option<String> {
    let Unscored { why, wholly } = unscored(view, mode, derived)?;
    Some(if wholly {
        format!("{why} Colour by “held” or “age” instead.")
    } else {
        why
    })
}

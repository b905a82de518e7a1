//! What the tab keeps from frame to frame: its choices, and what was made of each run.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use egui::{Pos2, Rect};

use super::lens::Colours;
use super::overlap::OverlapState;
use super::pane::Pane;
use super::setup::Setup;
use crate::analysis::CueList;
use crate::compare::{HeldDifference, MOST_RUNS, Meters, common_prefix};
use crate::trace::TraceView;
use crate::ui::derived::Derived;
use crate::ui::hovering::Hovering;
use crate::ui::run_key::RunKey;
use crate::ui::survival::SurvivalPicture;
use crate::ui::token_view::TokenViewState;

/// Choices and caches of the tab.
#[derive(Default)]
pub struct CompareState {
    /// Which policies the next comparison runs.
    pub setup: Setup,
    /// What tokens are coloured by.
    pub colours: Colours,
    /// The two panes that the lens and the overlap speak of.
    pub(super) pair: Option<(usize, usize)>,
    pub(super) panes: [PaneCache; MOST_RUNS],
    pub(super) difference: Difference,
    pub(super) overlap: OverlapState,
    /// Where the panes were drawn.
    pub(super) places: Vec<Rect>,
}

/// What was made of one run.
#[derive(Default)]
pub(super) struct PaneCache {
    pub tokens: TokenViewState,
    pub derived: Derived,
    pub survival: SurvivalPicture,
    pub hovering: Hovering,
    meters: Option<(RunKey, Meters)>,
}

/// Who of the pair holds each common token, for the moment it was last asked for.
#[derive(Default)]
pub(super) struct Difference {
    runs: [u64; 2],
    moment: Option<[usize; 4]>,
    common: usize,
    held: HeldDifference,
    epoch: u64,
}

impl CompareState {
    /// The pane at a place on the screen, as it was last drawn.
    pub fn pane_at(&self, at: Pos2) -> Option<usize> {
        self.places.iter().position(|place| place.contains(at))
    }

    /// Tells reflections by other words from now on, in every pane.
    pub fn set_cues(&mut self, cues: &CueList) {
        for pane in &mut self.panes {
            pane.derived.set_cues(cues.clone());
        }
    }

    /// A pane was put away: the runs behind it moved up.
    pub fn closed(&mut self, pane: usize) {
        self.pair = self.pair.and_then(|(a, b)| {
            let moved = |i: usize| (i != pane).then(|| i - usize::from(i > pane));
            Some((moved(a)?, moved(b)?))
        });
    }

    /// The chosen pair as far as there are panes; `None` with fewer than two.
    pub(super) fn pair(&self, panes: usize) -> Option<(usize, usize)> {
        let chosen = self.pair.filter(|&(a, b)| a < panes && b < panes && a != b);
        chosen.or((panes > 1).then_some((0, 1)))
    }
}

impl PaneCache {
    /// The numbers of the run, summed up again only when it has grown.
    pub fn meters(&mut self, pane: &Pane<'_>) -> Option<&Meters> {
        let store = pane.view.as_ref()?.store();
        let key = RunKey::of(store);
        if self.meters.as_ref().is_none_or(|(known, _)| *known != key) {
            self.meters = Some((key, Meters::of(store)));
        }
        self.meters.as_ref().map(|(_, meters)| meters)
    }
}

impl Difference {
    /// Compares two panes at the cursor, but no later than the last moment that both have `reached`, in tokens: what the
    /// longer run forgets afterwards has nothing in the other to be held against.
    pub fn update(&mut self, a: &Pane<'_>, b: &Pane<'_>, reached: usize) {
        let (Some(x), Some(y)) = (&a.view, &b.view) else {
            *self = Self::default();
            return;
        };
        let (x, y) = (clamped(x, reached), clamped(y, reached));
        let runs = [a.generation, b.generation];
        if self.runs != runs {
            *self = Self {
                runs,
                ..Self::default()
            };
        }
        let moment = [x.cursor(), y.cursor(), x.event_count(), y.event_count()];
        // A live run's common text may grow while its cursor stands still.
        if self.moment != Some(moment) || common_prefix(x.store(), y.store()) != self.common {
            self.held.advance(&x, &y);
            self.moment = Some(moment);
            self.common = common_prefix(x.store(), y.store());
            let mut hasher = DefaultHasher::new();
            (runs, moment, self.common).hash(&mut hasher);
            self.epoch = hasher.finish();
        }
    }

    /// Who holds what.
    pub fn held(&self) -> &HeldDifference {
        &self.held
    }

    /// Changes with what is held.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

fn clamped<'a>(view: &TraceView<'a>, reached: usize) -> TraceView<'a> {
    view.store().view(view.cursor().min(reached))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn the_pair_stays_the_same_runs_when_another_pane_is_closed() {
        let closed = |pair, pane| {
            let mut state = CompareState {
                pair: Some(pair),
                ..CompareState::default()
            };
            state.closed(pane);
            state.pair(3)
        };
        assert_eq!(closed((1, 2), 0), Some((0, 1)));
        assert_eq!(closed((1, 3), 2), Some((1, 2)));
        assert_eq!(closed((2, 3), 2), Some((0, 1)), "one of them is gone");
    }

    #[test]
    fn other_cues_tell_the_reflections_of_every_pane() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let reflections = |state: &mut CompareState| {
            state.panes.each_mut().map(|pane| {
                pane.derived.update(1, &view);
                let list = pane.derived.segments.list().iter();
                list.filter(|s| s.class.reflection().is_some()).count()
            })
        };
        let mut state = CompareState::default();
        assert!(reflections(&mut state).iter().all(|&found| found > 0));
        state.set_cues(&CueList::parse("# no cue\n").unwrap());
        assert_eq!(reflections(&mut state), [0; MOST_RUNS]);
    }
}

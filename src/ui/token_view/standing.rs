//! How far down the page stands: it follows the cursor and the pin, and the hand decides over both.
//!
//! Where a token is on the page is only guessed until what stands above it has been laid out, so the page may be some
//! frames on its way.

use egui::{Rangef, Rect, Ui, vec2};

use crate::trace::{Position, TraceView};
use crate::ui::selection::Selection;

use super::layout::LINE;
use super::stack::Stack;

/// A page that moves by less than this has been rounded, not scrolled, in points.
const LEAST_PULL: f32 = 0.1;
/// This near to its end the page is at its end, in points.
const AT_THE_END: f32 = 4.0;

/// Where a page stands, and where it goes.
#[derive(Default)]
pub struct Standing {
    cursor: usize,
    pinned: Option<Position>,
    /// What the page goes to, until the paragraphs around it are laid out.
    aim: Option<Aim>,
    seen: Option<Seen>,
    /// How far down the page stands.
    top: f32,
    /// How far down it could stand in the last frame.
    reach: f32,
    /// How far down it has to stand in the next frame: it has grown above what is in sight, or was not that long yet.
    goes_on_at: Option<f32>,
    /// Whether the last frame put the place it goes to off.
    waited: bool,
    /// The person scrolled away from the end while following, or pinned a token elsewhere.
    detached: bool,
}

/// Tokens that are to be in sight.
#[derive(Clone, Copy)]
struct Aim {
    pinned: Option<Position>,
    newest: Option<Position>,
}

/// What the last frame had in sight, to find it again when rows are broken elsewhere.
#[derive(Clone, Copy)]
struct Seen {
    /// The token at the top of the page.
    token: Position,
    /// How far below the upper edge it begins, in points.
    below: f32,
    /// The newest token at the cursor, if that was in sight.
    newest: Option<Position>,
}

/// Where a frame puts the page.
#[derive(Clone, Copy)]
pub struct Step {
    /// How far down it is to stand, if not where it stands.
    pub offset: Option<f32>,
    /// How far down it is to stand in the next frame: the scroll area takes in first how long the page is now, which is
    /// known after this frame.
    later: Option<f32>,
    to_pin: bool,
}

/// What came of a frame, in points.
#[derive(Clone, Copy)]
pub struct Outcome {
    /// How far down the page stood when it was drawn.
    pub shown_from: f32,
    /// How far down it stands now.
    pub offset: f32,
    /// How far down it can stand.
    pub end: f32,
    /// By how much it has grown above what is in sight.
    pub grown: f32,
}

impl Standing {
    /// At the top of a page that is shown for the first time.
    pub fn at_the_top() -> Self {
        Self {
            goes_on_at: Some(0.0),
            ..Self::default()
        }
    }

    /// Whether it has stopped following the end.
    pub fn is_detached(&self) -> bool {
        self.detached
    }

    /// Goes to the newest token and follows again.
    pub fn attach(&mut self) {
        self.detached = false;
        self.cursor = usize::MAX;
    }

    /// Where the page is to stand in this frame, seen through `height`. `broken_anew` is whether rows break elsewhere than
    /// in the last one.
    pub fn step(
        &mut self,
        ui: &Ui,
        stack: &mut Stack,
        view: &TraceView<'_>,
        selection: &Selection,
        broken_anew: bool,
        height: f32,
    ) -> Step {
        let seen = self.seen.take().filter(|_| broken_anew);
        let again = seen.and_then(|seen| self.find_again(ui, stack, view, seen));
        if !selection.playback.following {
            self.detached = false;
        }
        let top = again.or(self.goes_on_at.take());
        let (goes_to, to_pin) = self.follow(ui, stack, view, selection, top, height);
        let top = goes_to.or(top).map(|top| stack.within(top, height));
        let later = top.filter(|top| *top > self.reach && !self.waited);
        self.waited = later.is_some();
        Step {
            offset: top.map(|top| top.min(self.reach)),
            later,
            to_pin,
        }
    }

    /// Whether the page may move along with what grows above it: it is not on its way.
    pub fn rests(&self, step: &Step) -> bool {
        self.aim.is_none() && step.later.is_none()
    }

    /// Notes what is in sight, of which the paragraphs are laid out.
    pub fn note_seen(&mut self, stack: &Stack, viewport: Rect, view: &TraceView<'_>) {
        self.seen = seen(stack, viewport, newest(view));
    }

    /// Takes in how the frame came out. Returns whether the page is still on its way.
    pub fn settle(
        &mut self,
        step: &Step,
        outcome: Outcome,
        laid_out: usize,
        following: bool,
    ) -> bool {
        let Outcome {
            shown_from,
            offset,
            end,
            grown,
        } = outcome;
        self.reach = end.max(0.0);
        self.top = offset + grown;
        self.goes_on_at = step.later.or((grown != 0.0).then_some(self.top));
        if step.later.is_none() && laid_out == 0 {
            self.aim = None;
        }
        // Rows that were guessed have pushed it away.
        let on_its_way = step.later.is_some() || self.aim.is_some();
        // Within a frame, only the wheel and the scroll bar move the page, and a text that has turned out shorter, which
        // leaves it at its end.
        let pulled_up = offset < shown_from.min(end) - LEAST_PULL;
        // The hand decides, also over what is on its way.
        if pulled_up || offset > shown_from + LEAST_PULL {
            self.aim = None;
            self.waited = false;
            if step.later.is_some() {
                self.goes_on_at = None;
            }
        }
        if following && (pulled_up || step.to_pin) {
            self.detached = true;
        } else if offset >= end - AT_THE_END {
            self.detached = false;
        }
        on_its_way
    }

    /// How far down the page has to stand for its text to stay where it was, now that rows are broken elsewhere; nowhere
    /// new while it is on its way.
    fn find_again(
        &mut self,
        ui: &Ui,
        stack: &mut Stack,
        view: &TraceView<'_>,
        seen: Seen,
    ) -> Option<f32> {
        if self.aim.is_some() {
            return None;
        }
        self.aim = seen.newest.map(|newest| Aim {
            pinned: None,
            newest: Some(newest),
        });
        let place = stack.rect_of(ui, view.store(), seen.token)?;
        Some((place.top() - seen.below).max(0.0))
    }

    /// Keeps in sight what moved: a token that was pinned meanwhile, else the cursor, unless the person has scrolled away
    /// from the end that it follows. A pin comes first, for the cursor may have moved long ago, behind another tab; both,
    /// if they fit.
    ///
    /// Returns how far down the page has to stand for that, if `top` is not where it is, and whether it moves to a pin.
    fn follow(
        &mut self,
        ui: &Ui,
        stack: &mut Stack,
        view: &TraceView<'_>,
        selection: &Selection,
        top: Option<f32>,
        height: f32,
    ) -> (Option<f32>, bool) {
        let store = view.store();
        let moved = self.cursor != view.cursor();
        let pinned = selection.pinned.filter(|pinned| {
            selection.pinned != self.pinned && pinned.index() < store.tokens().len()
        });
        self.cursor = view.cursor();
        self.pinned = selection.pinned;
        let held = selection.playback.following && self.detached;
        let cursor = newest(view).filter(|_| moved && !held);
        if pinned.is_some() || cursor.is_some() {
            self.aim = Some(Aim {
                pinned,
                newest: cursor,
            });
        }
        let Some(aim) = self.aim else {
            return (None, false);
        };
        let mut rect_of = |token: Option<Position>| stack.rect_of(ui, store, token?);
        let (pin, cursor) = (rect_of(aim.pinned), rect_of(aim.newest));
        let top = stack.within(top.unwrap_or(self.top), height);
        let sight = Rangef::new(top, top + height);
        // The room around it may lie beyond the page's end, and the cursor's place does not count.
        let in_sight =
            pin.is_some_and(|pin| sight.contains(pin.top()) && sight.contains(pin.bottom()));
        let with_room = |rect: Rect| rect.y_range().expand(LINE);
        let range = match (pin.map(with_room), cursor.map(with_room)) {
            (Some(pin), Some(cursor)) => {
                let both = Rangef::new(pin.min.min(cursor.min), pin.max.max(cursor.max));
                if both.span() <= height { both } else { pin }
            }
            (Some(range), None) | (None, Some(range)) => range,
            (None, None) => return (None, false),
        };
        let space = ui.spacing().item_spacing.y;
        let goes_to = if range.min < sight.min {
            Some(range.min - space)
        } else if range.max > sight.max {
            // Where not even that fits, its beginning does.
            Some((range.max - height + space).min(range.min - space))
        } else {
            None
        };
        let goes_to = goes_to.filter(|to| (to - top).abs() > LEAST_PULL);
        (goes_to, pin.is_some() && !in_sight)
    }
}

/// The newest token at the cursor.
fn newest(view: &TraceView<'_>) -> Option<Position> {
    Some(Position(view.cursor().checked_sub(1)? as u32))
}

fn seen(stack: &Stack, viewport: Rect, newest: Option<Position>) -> Option<Seen> {
    let mut seen: Option<Seen> = None;
    for index in stack.at(viewport.top())..stack.len() {
        let paragraph = stack.paragraph(index);
        let y = stack.text_top(index);
        let Some(layout) = paragraph.layout.as_ref().filter(|_| y < viewport.bottom()) else {
            break;
        };
        for piece in &layout.pieces {
            let rect = piece.rect.translate(vec2(0.0, y));
            if rect.bottom() <= viewport.top() || rect.top() >= viewport.bottom() {
                continue;
            }
            let token = Position(paragraph.tokens.start as u32 + piece.token);
            let seen = seen.get_or_insert(Seen {
                token,
                below: rect.top() - viewport.top(),
                newest: None,
            });
            seen.newest = seen.newest.or(newest.filter(|newest| *newest == token));
        }
    }
    seen
}

//! Which of the common tokens each of two runs still holds.

use super::common_prefix;
use crate::trace::TraceView;

/// Heads, of all (layer, KV head) pairs, that hold one token in each of two runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBy {
    /// Heads that hold it in the first run only.
    pub only_a: u32,
    /// Heads that hold it in the second run only.
    pub only_b: u32,
    /// Heads that hold it in both.
    pub both: u32,
}

/// [`HeldBy`] of every token that two runs share at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldDifference {
    /// All (layer, KV head) pairs.
    pub heads: u32,
    /// By position: the prompt and what both runs wrote alike, as far as both had come.
    pub tokens: Vec<HeldBy>,
    /// Compressions that had run.
    events: [usize; 2],
}

/// Sums over a [`HeldDifference`], in (head, position) pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct HeldTotals {
    /// Held in the first run only.
    pub only_a: u64,
    /// Held in the second run only.
    pub only_b: u64,
    /// Held in both.
    pub both: u64,
    /// Held in neither.
    pub neither: u64,
}

/// Compares two moments of two runs of one problem, over the tokens that both share.
///
/// The models must have the same heads ([`super::check`]).
pub fn held_difference(a: &TraceView<'_>, b: &TraceView<'_>) -> HeldDifference {
    let tokens = common_prefix(a.store(), b.store())
        .min(a.cursor())
        .min(b.cursor());
    let (x, y) = (a.store().evictions(), b.store().evictions());
    let both = x.held_by_both(a.last_event(), y, b.last_event(), tokens);
    let by_a = x.holders(a.last_event(), tokens);
    let by_b = y.holders(b.last_event(), tokens);
    let each = by_a.iter().zip(&by_b).zip(both);
    HeldDifference {
        heads: a.store().header().model.heads(),
        tokens: each
            .map(|((by_a, by_b), both)| HeldBy {
                only_a: by_a - both,
                only_b: by_b - both,
                both,
            })
            .collect(),
        events: [a.event_count(), b.event_count()],
    }
}

impl HeldDifference {
    /// Moves to another moment of the same two runs; the heads are walked again only if a compression lies
    /// between.
    pub fn advance(&mut self, a: &TraceView<'_>, b: &TraceView<'_>) {
        let seen =
            |view: &TraceView<'_>| view.last_record().map_or(0, |record| record.seen as usize);
        let settled = seen(a).max(seen(b));
        let same_events = self.events == [a.event_count(), b.event_count()];
        if self.heads == 0 || !same_events || self.tokens.len() < settled {
            *self = held_difference(a, b);
            return;
        }
        let tokens = common_prefix(a.store(), b.store())
            .min(a.cursor())
            .min(b.cursor());
        // Younger than any compression: held by all.
        let fresh = HeldBy {
            both: self.heads,
            ..HeldBy::default()
        };
        self.tokens.resize(tokens, fresh);
    }

    /// Sums over all tokens.
    pub fn totals(&self) -> HeldTotals {
        let mut sum = HeldTotals::default();
        for held in &self.tokens {
            sum.only_a += u64::from(held.only_a);
            sum.only_b += u64::from(held.only_b);
            sum.both += u64::from(held.both);
            let any = held.only_a + held.only_b + held.both;
            sum.neither += u64::from(self.heads.saturating_sub(any));
        }
        sum
    }
}

impl HeldTotals {
    /// Jaccard index of the two held sets, 0 to 1; `None` if neither holds anything.
    pub fn jaccard(&self) -> Option<f64> {
        let either = self.only_a + self.only_b + self.both;
        (either > 0).then(|| self.both as f64 / either as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::fixtures::run;
    use crate::trace::{HeadId, Position};

    #[test]
    fn it_agrees_with_asking_every_head_about_every_token() {
        let (a, b) = (run(1, 40, 300), run(2, 60, 330));
        let common = common_prefix(&a, &b);
        for cursor in (0..340).step_by(13) {
            let (x, y) = (a.view(cursor), b.view(cursor));
            let got = held_difference(&x, &y);
            assert_eq!(got.tokens.len(), cursor.min(common));
            for (p, held) in got.tokens.iter().enumerate() {
                let mut want = HeldBy::default();
                for layer in 0..2 {
                    for head in 0..2 {
                        let id = HeadId { layer, head };
                        match (
                            x.holds(id, Position(p as u32)),
                            y.holds(id, Position(p as u32)),
                        ) {
                            (true, true) => want.both += 1,
                            (true, false) => want.only_a += 1,
                            (false, true) => want.only_b += 1,
                            (false, false) => {}
                        }
                    }
                }
                assert_eq!(*held, want, "token {p} at {cursor}");
            }
            let sum = got.totals();
            let pairs = sum.only_a + sum.only_b + sum.both + sum.neither;
            assert_eq!(pairs, 4 * got.tokens.len() as u64);
        }
    }

    #[test]
    fn moving_to_a_moment_gives_what_a_fresh_look_gives() {
        let (a, b) = (run(1, 40, 300), run(2, 60, 330));
        let mut moved = HeldDifference::default();
        for cursor in (0..340).step_by(7).chain([250, 249, 90, 91, 70, 335, 10]) {
            let (x, y) = (a.view(cursor), b.view(cursor));
            moved.advance(&x, &y);
            assert_eq!(moved, held_difference(&x, &y), "at {cursor}");
        }
    }

    #[test]
    fn a_run_holds_what_it_holds_itself() {
        let a = run(3, 40, 300);
        let sum = held_difference(&a.latest(), &a.latest()).totals();
        assert_eq!((sum.only_a, sum.only_b), (0, 0));
        assert_eq!(sum.jaccard(), Some(1.0));
        assert_eq!(HeldTotals::default().jaccard(), None);
    }
}

//! The run that is shown, live or replayed, and where in it the person looks.

use std::path::PathBuf;

use crate::engine::RunId;
use crate::trace::{EventIndex, Position, TraceStore};
use crate::ui::Selection;

/// A run and the cursor in it.
#[derive(Debug)]
pub struct Session {
    /// The run as far as it is known.
    pub store: TraceStore,
    /// Counts the runs shown, so that caches know theirs is gone.
    pub generation: u64,
    /// The engine's run, if it came from there.
    pub live: Option<RunId>,
    /// Where it was read from or written to.
    pub path: Option<PathBuf>,
    cursor: usize,
    /// Part of a token that playing has moved beyond the cursor.
    fraction: f32,
}

impl Session {
    /// A run with the cursor at its end.
    pub fn new(store: TraceStore, generation: u64) -> Self {
        let cursor = store.tokens().len();
        Self {
            store,
            generation,
            live: None,
            path: None,
            cursor,
            fraction: 0.0,
        }
    }

    /// Tokens seen at the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the cursor, as far as there are tokens. Reaching past the end or leaving it says whether
    /// it follows from now on.
    pub fn set_cursor(&mut self, tokens: usize, selection: &mut Selection) {
        let end = self.store.tokens().len();
        self.cursor = tokens.min(end);
        self.fraction = 0.0;
        selection.playback.following = self.cursor == end;
        selection.playback.playing = false;
    }

    /// Keeps the cursor at the end, now and as tokens arrive.
    pub fn follow(&mut self, selection: &mut Selection) {
        self.set_cursor(usize::MAX, selection);
    }

    /// Tokens arrived.
    pub fn grown(&mut self, selection: &Selection) {
        if selection.playback.following {
            self.cursor = self.store.tokens().len();
        }
    }

    /// Moves to the moment right after a compression.
    pub fn go_to_event(&mut self, event: EventIndex, selection: &mut Selection) {
        if let Some(record) = self.store.events().get(event.index()) {
            self.set_cursor(record.seen as usize, selection);
        }
    }

    /// Moves by compressions; past the first to the start, past the last to the end.
    pub fn step_event(&mut self, by: i32, selection: &mut Selection) {
        let events = self.store.events();
        let seen = |i: usize| events[i].seen as usize;
        let target = if by < 0 {
            let before = events.partition_point(|e| (e.seen as usize) < self.cursor);
            before
                .checked_sub(by.unsigned_abs() as usize)
                .map_or(1, seen)
        } else {
            let after = events.partition_point(|e| e.seen as usize <= self.cursor);
            let index = after + (by as usize).saturating_sub(1);
            if index < events.len() {
                seen(index)
            } else {
                usize::MAX
            }
        };
        self.set_cursor(target, selection);
    }

    /// Moves by tokens; never before the first.
    pub fn step_token(&mut self, by: i32, selection: &mut Selection) {
        let target = self.cursor.saturating_add_signed(by as isize).max(1);
        self.set_cursor(target, selection);
    }

    /// Starts playing, from the beginning if the cursor is at the end, or pauses.
    pub fn toggle_play(&mut self, selection: &mut Selection) {
        let playback = &mut selection.playback;
        playback.playing = !playback.playing;
        if playback.playing && self.cursor == self.store.tokens().len() {
            self.cursor = (self.store.header().prompt_tokens as usize).clamp(1, self.cursor.max(1));
        }
        if playback.playing {
            playback.following = false;
        }
    }

    /// Lets time pass while playing; `seconds` since the last call.
    pub fn tick(&mut self, seconds: f32, selection: &mut Selection) {
        if !selection.playback.playing {
            return;
        }
        // A window that slept does not leap.
        let moved = self.fraction + seconds.min(0.1) * selection.playback.speed;
        let whole = moved.floor();
        let target = self.cursor + whole as usize;
        let end = self.store.tokens().len();
        if target >= end {
            self.follow(selection);
        } else {
            self.cursor = target;
            self.fraction = moved - whole;
        }
    }

    /// The token, if the run has it.
    pub fn known(&self, position: Option<Position>) -> Option<Position> {
        position.filter(|p| p.index() < self.store.tokens().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    fn session() -> (Session, Selection) {
        (
            Session::new(Synthetic::default().store(), 1),
            Selection::default(),
        )
    }

    #[test]
    fn stepping_visits_every_compression_in_order_and_back() {
        let (mut session, mut selection) = session();
        let all: Vec<usize> = session
            .store
            .events()
            .iter()
            .map(|e| e.seen as usize)
            .collect();
        session.set_cursor(1, &mut selection);
        let mut forward = vec![];
        for _ in 0..all.len() {
            session.step_event(1, &mut selection);
            forward.push(session.cursor());
        }
        assert_eq!(forward, all);
        session.step_event(1, &mut selection);
        assert_eq!(session.cursor(), session.store.tokens().len());
        let mut back = vec![];
        for _ in 0..all.len() {
            session.step_event(-1, &mut selection);
            back.push(session.cursor());
        }
        back.reverse();
        assert_eq!(back, all);
        session.step_event(-1, &mut selection);
        assert_eq!(session.cursor(), 1);
    }

    #[test]
    fn playing_ends_at_the_end_and_follows_there() {
        let (mut session, mut selection) = session();
        session.toggle_play(&mut selection);
        assert!(selection.playback.playing && !selection.playback.following);
        let start = session.cursor();
        session.tick(0.05, &mut selection);
        assert_eq!(session.cursor(), start + 2, "40 tokens a second for 50 ms");
        for _ in 0..100_000 {
            session.tick(0.1, &mut selection);
        }
        assert_eq!(session.cursor(), session.store.tokens().len());
        assert!(!selection.playback.playing && selection.playback.following);
    }

    #[test]
    fn leaving_the_end_stops_following() {
        let (mut session, mut selection) = session();
        session.step_token(-5, &mut selection);
        assert!(!selection.playback.following);
        let before = session.cursor();
        session.grown(&selection);
        assert_eq!(session.cursor(), before);
        session.follow(&mut selection);
        assert!(selection.playback.following);
    }
}

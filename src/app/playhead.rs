//! The timeline's cursor and how it moves, over one run or over several that share a timeline.

use crate::trace::EventIndex;
use crate::ui::{Selection, UiCommand};

/// What the cursor moves over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// Tokens.
    pub end: usize,
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Tokens seen at each compression, ascending.
    pub events: Vec<usize>,
}

/// Tokens seen at the cursor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Playhead {
    at: usize,
    /// Part of a token that playing has moved beyond the cursor.
    fraction: f32,
}

impl Playhead {
    /// A cursor after this many tokens.
    pub fn new(at: usize) -> Self {
        Self { at, fraction: 0.0 }
    }

    /// Tokens seen.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Carries out a command that is about the cursor.
    pub fn obey(&mut self, command: &UiCommand, track: &Track, selection: &mut Selection) {
        match command {
            UiCommand::SetCursor(tokens) => self.set(*tokens, track, selection),
            UiCommand::GoToEvent(event) => self.go_to_event(*event, track, selection),
            UiCommand::StepEvent(by) => self.step_event(*by, track, selection),
            UiCommand::StepToken(by) => self.step_token(*by, track, selection),
            UiCommand::TogglePlay => self.toggle_play(track, selection),
            _ => self.follow(track, selection),
        }
    }

    /// Moves the cursor, as far as there are tokens. Reaching past the end or leaving it says whether
    /// it follows from now on.
    pub fn set(&mut self, tokens: usize, track: &Track, selection: &mut Selection) {
        self.at = tokens.min(track.end);
        self.fraction = 0.0;
        selection.playback.following = self.at == track.end;
        selection.playback.playing = false;
    }

    /// Keeps the cursor at the end, now and as tokens arrive.
    pub fn follow(&mut self, track: &Track, selection: &mut Selection) {
        self.set(usize::MAX, track, selection);
    }

    /// Tokens arrived: there are `end` now.
    pub fn grown(&mut self, end: usize, selection: &Selection) {
        if selection.playback.following {
            self.at = end;
        }
    }

    /// Moves to the moment right after a compression.
    fn go_to_event(&mut self, event: EventIndex, track: &Track, selection: &mut Selection) {
        if let Some(&seen) = track.events.get(event.index()) {
            self.set(seen, track, selection);
        }
    }

    /// Moves by compressions; past the first to the start, past the last to the end.
    pub fn step_event(&mut self, by: i32, track: &Track, selection: &mut Selection) {
        let events = &track.events;
        let target = if by < 0 {
            let before = events.partition_point(|&seen| seen < self.at);
            let index = before.checked_sub(by.unsigned_abs() as usize);
            index.map_or(1, |index| events[index])
        } else {
            let after = events.partition_point(|&seen| seen <= self.at);
            let index = after + (by as usize).saturating_sub(1);
            events.get(index).copied().unwrap_or(usize::MAX)
        };
        self.set(target, track, selection);
    }

    /// Moves by tokens; never before the first.
    pub fn step_token(&mut self, by: i32, track: &Track, selection: &mut Selection) {
        let target = self.at.saturating_add_signed(by as isize).max(1);
        self.set(target, track, selection);
    }

    /// Starts playing, from the beginning if the cursor is at the end, or pauses.
    pub fn toggle_play(&mut self, track: &Track, selection: &mut Selection) {
        let playback = &mut selection.playback;
        playback.playing = !playback.playing;
        if playback.playing && self.at == track.end {
            self.at = track.prompt.clamp(1, self.at.max(1));
        }
        if playback.playing {
            playback.following = false;
        }
    }

    /// Lets time pass while playing; `seconds` since the last call.
    pub fn tick(&mut self, seconds: f32, track: &Track, selection: &mut Selection) {
        if !selection.playback.playing {
            return;
        }
        // A window that slept does not leap.
        let moved = self.fraction + seconds.min(0.1) * selection.playback.speed;
        let whole = moved.floor();
        let target = self.at + whole as usize;
        if target >= track.end {
            self.follow(track, selection);
        } else {
            self.at = target;
            self.fraction = moved - whole;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track() -> Track {
        Track {
            end: 700,
            prompt: 60,
            events: vec![192, 256, 320],
        }
    }

    #[test]
    fn stepping_visits_every_compression_in_order_and_back() {
        let (track, mut selection) = (track(), Selection::default());
        let mut head = Playhead::new(1);
        let mut step = |by: i32| {
            head.step_event(by, &track, &mut selection);
            head.at()
        };
        assert_eq!([1; 4].map(&mut step), [192, 256, 320, 700]);
        assert_eq!([-1; 4].map(&mut step), [320, 256, 192, 1]);
    }

    #[test]
    fn playing_ends_at_the_end_and_follows_there() {
        let (track, mut selection) = (track(), Selection::default());
        let mut head = Playhead::new(700);
        head.toggle_play(&track, &mut selection);
        assert!(selection.playback.playing && !selection.playback.following);
        assert_eq!(head.at(), 60);
        head.tick(0.05, &track, &mut selection);
        assert_eq!(head.at(), 62, "40 tokens a second for 50 ms");
        for _ in 0..100_000 {
            head.tick(0.1, &track, &mut selection);
        }
        assert_eq!(head.at(), 700);
        assert!(!selection.playback.playing && selection.playback.following);
    }

    #[test]
    fn leaving_the_end_stops_following() {
        let (track, mut selection) = (track(), Selection::default());
        let mut head = Playhead::new(700);
        head.step_token(-5, &track, &mut selection);
        assert!(!selection.playback.following);
        head.grown(800, &selection);
        assert_eq!(head.at(), 695);
        head.follow(&track, &mut selection);
        head.grown(800, &selection);
        assert_eq!(head.at(), 800);
    }
}

//! The run that is shown, live or replayed, and where in it the person looks.

use std::path::PathBuf;

use crate::engine::RunId;
use crate::trace::{Position, TraceStore};
use crate::ui::{Selection, UiCommand};

use super::playhead::{Playhead, Track};

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
    head: Playhead,
}

impl Session {
    /// A run with the cursor at its end.
    pub fn new(store: TraceStore, generation: u64) -> Self {
        let head = Playhead::new(store.tokens().len());
        Self {
            store,
            generation,
            live: None,
            path: None,
            head,
        }
    }

    /// Tokens seen at the cursor.
    pub fn cursor(&self) -> usize {
        self.head.at()
    }

    /// Carries out a command that is about the cursor.
    pub fn obey(&mut self, command: &UiCommand, selection: &mut Selection) {
        let track = self.track();
        self.head.obey(command, &track, selection);
    }

    /// Tokens arrived.
    pub fn grown(&mut self, selection: &Selection) {
        self.head.grown(self.store.tokens().len(), selection);
    }

    /// Lets time pass while playing; `seconds` since the last call.
    pub fn tick(&mut self, seconds: f32, selection: &mut Selection) {
        if selection.playback.playing {
            let track = self.track();
            self.head.tick(seconds, &track, selection);
        }
    }

    /// The token, if the run has it.
    pub fn known(&self, position: Option<Position>) -> Option<Position> {
        position.filter(|p| p.index() < self.store.tokens().len())
    }

    fn track(&self) -> Track {
        Track {
            end: self.store.tokens().len(),
            prompt: self.store.header().prompt_tokens as usize,
            events: self
                .store
                .events()
                .iter()
                .map(|event| event.seen as usize)
                .collect(),
        }
    }
}

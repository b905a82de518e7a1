//! The runs of the Compare tab: what is in its panes, and which of them the engine works on.

use std::path::PathBuf;
use std::sync::Arc;

use crate::compare::{MOST_RUNS, Mismatch, check, letter};
use crate::config::{CacheSettings, Sampling};
use crate::engine::RunId;
use crate::trace::{FinishReason, Position, RecordLevel, TraceHeader, TraceRecord, TraceStore};
use crate::ui::compare::PaneState;
use crate::ui::{Selection, UiCommand};

use super::playhead::{Playhead, Track};

/// One run beside others.
#[derive(Debug)]
pub struct Pane {
    /// Settings it starts from.
    pub settings: CacheSettings,
    /// The run as far as it is known; `None` before its turn.
    pub store: Option<TraceStore>,
    /// What it does.
    pub state: PaneState,
    /// Counts the runs shown or waiting, so that caches know theirs is gone and a dialog finds the pane it was opened for.
    pub generation: u64,
    /// Where it was read from or written to.
    pub path: Option<PathBuf>,
    /// The engine's run, if it came from there.
    run: Option<RunId>,
    /// It was put here from a file or the Reading tab: another comparison runs beside it.
    pub kept: bool,
}

/// What is asked of a run whatever its cache is; all runs of a comparison have it in common.
#[derive(Debug, Clone, Default)]
pub struct Task {
    pub problem: String,
    pub sampling: Sampling,
    pub level: RecordLevel,
}

/// All panes, and the cursor that they share.
#[derive(Debug, Default)]
pub struct Comparison {
    /// In order; the first is the one that the others are held against.
    pub panes: Vec<Pane>,
    /// What the person looks at.
    pub selection: Selection,
    head: Playhead,
    live: Option<usize>,
    /// Of the comparison under way, whatever stands in the fields meanwhile.
    task: Task,
}

impl Comparison {
    /// The pane that the engine works on.
    pub fn live(&self) -> Option<usize> {
        self.live
    }

    /// Panes that another comparison leaves alone; they come first.
    pub fn kept(&self) -> usize {
        self.panes.iter().filter(|pane| pane.kept).count()
    }

    /// Tokens seen at the cursor.
    pub fn cursor(&self) -> usize {
        self.head.at()
    }

    /// The runs there are, in order.
    pub fn stores(&self) -> impl Iterator<Item = &TraceStore> {
        self.panes.iter().filter_map(|pane| pane.store.as_ref())
    }

    /// The pane with the most tokens, the first of equals: its timeline reaches every moment.
    pub fn longest(&self) -> Option<usize> {
        let tokens = |i: usize| self.panes[i].store.as_ref().map_or(0, |s| s.tokens().len());
        let most = (0..self.panes.len()).map(tokens).max().filter(|n| *n > 0)?;
        (0..self.panes.len()).find(|&i| tokens(i) == most)
    }

    /// Carries out a command that is about the cursor.
    pub fn obey(&mut self, command: &UiCommand) {
        let track = self.track();
        self.head.obey(command, &track, &mut self.selection);
    }

    /// Lets time pass while playing; `seconds` since the last call.
    pub fn tick(&mut self, seconds: f32) {
        if self.selection.playback.playing {
            let track = self.track();
            self.head.tick(seconds, &track, &mut self.selection);
        }
    }

    /// The token, if any run has it.
    pub fn known(&self, position: Option<Position>) -> Option<Position> {
        position.filter(|p| p.index() < self.end())
    }

    /// Tokens of the longest run.
    pub fn end(&self) -> usize {
        self.stores().map(|s| s.tokens().len()).max().unwrap_or(0)
    }

    /// Whether any run has a compression before the cursor, and after it.
    pub fn steps(&self) -> (bool, bool) {
        let (events, cursor) = (self.track().events, self.cursor());
        let before = events.first().is_some_and(|&first| first <= cursor);
        let after = events.last().is_some_and(|&last| last > cursor);
        (before, after)
    }

    fn track(&self) -> Track {
        let mut events: Vec<usize> = self
            .stores()
            .flat_map(|store| store.events().iter().map(|event| event.seen as usize))
            .collect();
        events.sort_unstable();
        events.dedup();
        let prompt = self.stores().next().map_or(0, |s| s.header().prompt_tokens);
        Track {
            end: self.end(),
            prompt: prompt as usize,
            events,
        }
    }

    /// Puts a run into the pane of that generation, in place of what is there, or into a new one if there is none such.
    ///
    /// # Errors
    /// It does not fit the other runs, or there is no room; the message names the way out.
    pub fn put(
        &mut self,
        pane: Option<u64>,
        store: TraceStore,
        generation: u64,
        path: Option<PathBuf>,
    ) -> Result<usize, String> {
        let known = |pane| self.panes.iter().position(|p| p.generation == pane);
        let index = pane.and_then(known).unwrap_or(self.panes.len());
        if index >= MOST_RUNS {
            return Err(format!(
                "all {MOST_RUNS} panes are taken; close one, or drop the trace on the pane it should replace"
            ));
        }
        if self.live == Some(index) {
            return Err("a run is being written into that pane; stop it first".to_owned());
        }
        if let Some((other, mismatch)) = self.misfit(index, &store) {
            return Err(format!(
                "the run does not fit pane {}: {mismatch}; or close the other panes first",
                letter(other)
            ));
        }
        let pane = Pane {
            settings: store.header().settings.clone(),
            store: Some(store),
            state: PaneState::Done,
            generation,
            path,
            run: None,
            kept: true,
        };
        if index < self.panes.len() {
            self.panes[index] = pane;
        } else {
            self.panes.push(pane);
        }
        self.settle();
        Ok(index)
    }

    /// What has arrived of a run of these.
    pub fn store_of(&self, run: RunId) -> Option<&TraceStore> {
        let pane = self.panes.iter().find(|pane| pane.run == Some(run))?;
        pane.store.as_ref()
    }

    /// Puts a pane away, unless the engine works on it; returns whether it did.
    pub fn close(&mut self, index: usize) -> bool {
        if index >= self.panes.len() || self.live == Some(index) {
            return false;
        }
        self.panes.remove(index);
        self.live = self.live.map(|live| live - usize::from(live > index));
        self.settle();
        true
    }

    /// Makes room for new runs beside those that were put here, all waiting for their turn; each counts on `generations`.
    ///
    /// # Errors
    /// There would be too many panes.
    pub fn plan(
        &mut self,
        settings: Vec<CacheSettings>,
        task: Task,
        generations: &mut u64,
    ) -> Result<(), String> {
        let kept = self.kept();
        if kept + settings.len() > MOST_RUNS {
            return Err(format!(
                "{kept} panes hold runs that were put there and {} policies are chosen, but there are {MOST_RUNS} \
                 panes; close a pane or choose fewer policies",
                settings.len()
            ));
        }
        self.task = task;
        self.panes.retain(|pane| pane.kept);
        for settings in settings {
            *generations += 1;
            self.panes.push(Pane {
                settings,
                store: None,
                state: PaneState::Waiting,
                generation: *generations,
                path: None,
                run: None,
                kept: false,
            });
        }
        self.selection.playback.following = true;
        self.settle();
        Ok(())
    }

    /// The next pane that waits becomes the live one, as the engine's `run`; its settings, and what it has in common with
    /// the others.
    pub fn start_next(&mut self, run: RunId) -> Option<(CacheSettings, Task)> {
        self.live = self
            .panes
            .iter()
            .position(|pane| pane.state == PaneState::Waiting);
        let pane = &mut self.panes[self.live?];
        pane.run = Some(run);
        pane.state = PaneState::Running;
        Some((pane.settings.clone(), self.task.clone()))
    }

    /// The engine began a run of these.
    ///
    /// # Errors
    /// It cannot stand beside the others, for another model was loaded since they were asked for; those that wait would
    /// fare no better. Its pane stays empty.
    pub fn begin(&mut self, run: RunId, header: &Arc<TraceHeader>) -> Result<(), String> {
        let Some(index) = self.panes.iter().position(|pane| pane.run == Some(run)) else {
            return Ok(());
        };
        let store = TraceStore::new(Arc::clone(header));
        if let Some((other, mismatch)) = self.misfit(index, &store) {
            let why = format!(
                "the run does not fit pane {}: {mismatch}; close that pane and run the comparison again",
                letter(other)
            );
            self.panes[index].state = PaneState::Failed(why.clone());
            self.cancel_waiting();
            return Err(why);
        }
        self.panes[index].store = Some(store);
        Ok(())
    }

    /// The first pane beside which a run cannot stand in pane `index`, and why.
    fn misfit(&self, index: usize, store: &TraceStore) -> Option<(usize, Mismatch)> {
        let others = self.panes.iter().enumerate().filter(|(i, _)| *i != index);
        others
            .filter_map(|(i, pane)| Some((i, pane.store.as_ref()?)))
            .find_map(|(i, other)| Some((i, check(other, store).err()?)))
    }

    /// Takes up records of a run.
    ///
    /// # Errors
    /// They do not fit; what came before stays.
    pub fn records(&mut self, run: RunId, batch: Vec<TraceRecord>) -> Result<(), String> {
        if let Some(pane) = self.pane_of(run)
            && let Some(store) = &mut pane.store
        {
            for record in batch {
                if let Err(error) = store.apply(record) {
                    pane.run = None;
                    pane.state = PaneState::Failed(error.to_string());
                    return Err(error.to_string());
                }
            }
        }
        self.head.grown(self.end(), &self.selection);
        Ok(())
    }

    /// A run of these ended by itself, or was stopped.
    pub fn finish(&mut self, run: RunId, reason: &FinishReason) {
        // What failed before it was stopped keeps saying why.
        if let Some(pane) = self.pane_of(run)
            && pane.state == PaneState::Running
        {
            pane.state = match reason {
                FinishReason::Failed(why) => PaneState::Failed(why.clone()),
                _ => PaneState::Done,
            };
        }
    }

    /// A run of these failed.
    pub fn fail(&mut self, run: RunId, why: &str) {
        if let Some(pane) = self.pane_of(run) {
            pane.state = PaneState::Failed(why.to_owned());
        }
    }

    /// Those that wait will not run.
    pub fn cancel_waiting(&mut self) {
        for pane in &mut self.panes {
            if pane.state == PaneState::Waiting {
                pane.state = PaneState::Cancelled;
            }
        }
    }

    /// The engine is gone: nothing of this will go on.
    pub fn abandon(&mut self) {
        self.cancel_waiting();
        if let Some(pane) = self.live.take().and_then(|live| self.panes.get_mut(live))
            && pane.state == PaneState::Running
        {
            pane.state = PaneState::Failed("the engine has stopped".to_owned());
        }
    }

    /// Whether a run of the engine is one of these.
    pub fn has(&self, run: RunId) -> bool {
        self.panes.iter().any(|pane| pane.run == Some(run))
    }

    fn pane_of(&mut self, run: RunId) -> Option<&mut Pane> {
        self.panes.iter_mut().find(|pane| pane.run == Some(run))
    }

    /// Keeps the cursor where there are tokens. Where there are none is no place to keep: what comes next is followed.
    fn settle(&mut self) {
        let end = self.end();
        if end == 0 {
            self.selection.playback.following = true;
            self.selection.playback.playing = false;
        }
        self.head.grown(end, &self.selection);
        if self.head.at() > end {
            self.head = Playhead::new(end);
        }
    }
}

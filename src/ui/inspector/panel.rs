//! The panel at the right.

use std::sync::Arc;

use egui::{RichText, ScrollArea, Ui};

use super::duplicates::{self, Duplicates};
use super::history::{self, History};
use super::standing::Standing;
use super::{facts, matrix, run_card, section, worth};
use crate::trace::{
    Component, CompressionRecord, EventIndex, HeadRow, Position, RunSummary, TraceView,
};
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::empty_state;
use crate::ui::run_key::RunKey;
use crate::ui::selection::Selection;
use crate::ui::theme::Palette;

/// Caches of the inspector.
#[derive(Default)]
pub struct InspectorState {
    outcome: Option<(RunKey, Outcome)>,
    history: Option<(RunKey, Position, History)>,
    scored: Option<Scored>,
}

/// What a run came to.
struct Outcome {
    summary: RunSummary,
    /// Not before the run is over.
    answer: Option<String>,
}

/// What is known of a token at the compression that scored it.
struct Scored {
    record: Arc<CompressionRecord>,
    position: Position,
    standing: Option<Standing>,
    duplicates: Option<Duplicates>,
    rows: Vec<Option<HeadRow>>,
}

/// Draws the token under the pointer, else the pinned one, else what the run saved; `right_answer` is that to the run's
/// problem, if it is known.
pub fn show(
    ui: &mut Ui,
    state: &mut InspectorState,
    view: &TraceView<'_>,
    derived: &Derived,
    selection: &Selection,
    right_answer: Option<i64>,
    commands: &mut Vec<UiCommand>,
) {
    let store = view.store();
    if store.tokens().is_empty() {
        empty_state::show(ui, "No token yet", "Run a problem or open a trace.");
        return;
    }
    let key = RunKey::of(store);
    if state.outcome.as_ref().is_none_or(|(of, _)| *of != key) {
        let outcome = Outcome {
            summary: RunSummary::of(store),
            answer: store.end().and_then(|_| store.answer()),
        };
        state.outcome = Some((key, outcome));
    }
    ScrollArea::vertical()
        .id_salt("inspector")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.spacing_mut().interact_size.y = 18.0;
            match selection
                .token()
                .filter(|p| p.index() < store.tokens().len())
            {
                Some(position) => token(ui, state, view, derived, selection, position, commands),
                None => hint(ui),
            }
            if let Some((_, outcome)) = &state.outcome {
                let answer = outcome.answer.as_deref();
                run_card::show(ui, &outcome.summary, answer, right_answer, view, derived);
            }
            ui.add_space(8.0);
        });
}

fn hint(ui: &mut Ui) {
    let palette = Palette::of(ui.ctx());
    ui.label(
        RichText::new("No token chosen")
            .size(15.0)
            .color(palette.weak),
    );
    section::note(
        ui,
        "Point at a token to see its scores, who still holds it and what it repeats; \
         click to keep it here.",
    );
}

fn token(
    ui: &mut Ui,
    state: &mut InspectorState,
    view: &TraceView<'_>,
    derived: &Derived,
    selection: &Selection,
    position: Position,
    commands: &mut Vec<UiCommand>,
) {
    let store = view.store();
    facts::show(ui, view, position);
    if position.index() >= view.cursor() {
        section::note(ui, "It is not written yet: the cursor stands before it.");
        return;
    }
    let latest = derived
        .scores
        .get(position.index())
        .and_then(Option::as_ref);
    let scored = latest.and_then(|latest| {
        let record = store.events().get(latest.event.index())?;
        state.look_up(view, record, position);
        state.scored.as_ref()
    });
    let standing = scored.and_then(|s| s.standing);
    let head = selection.head.map(|head| {
        let row = head.row(store.header().model.kv_heads);
        (
            head,
            scored.and_then(|s| s.rows.get(row).copied().flatten()),
        )
    });
    let bound = scored.is_some_and(Scored::is_bound);
    let known = latest.map(|latest| (latest, bound));
    worth::show(ui, view, position, derived, known, standing, head);
    let duplicates = scored.and_then(|s| Some((s.duplicates.clone()?, s.record.revision)));
    matrix::show(ui, view, position, selection.head, commands);

    let key = RunKey::of_events(store);
    if state
        .history
        .as_ref()
        .is_none_or(|(of, p, _)| *of != key || *p != position)
    {
        state.history = Some((key, position, History::of(store, position)));
    }
    if let Some((_, _, known)) = &state.history {
        history::show(ui, view, known);
    }
    if let Some((found, revision)) = duplicates {
        let threshold = store.settings_of(revision).threshold;
        duplicates::show(ui, store, &found, threshold, commands);
    }
}

impl Scored {
    /// Whether every head that scored the token knows of its importance only that it was too small to tell.
    fn is_bound(&self) -> bool {
        let rows = self.rows.iter().enumerate();
        let mut values = rows
            .filter_map(|(head, row)| Some((head, row.as_ref()?.importance?)))
            .peekable();
        let floor = |(head, value)| self.record.is_floor(Component::Importance, head, value);
        values.peek().is_some() && values.all(floor)
    }
}

impl InspectorState {
    /// Reads what a compression knew of a token, unless it was read last.
    fn look_up(
        &mut self,
        view: &TraceView<'_>,
        record: &Arc<CompressionRecord>,
        position: Position,
    ) {
        let known = self
            .scored
            .as_ref()
            .is_some_and(|s| Arc::ptr_eq(&s.record, record) && s.position == position);
        if known {
            return;
        }
        let event = EventIndex(record.event);
        let heads = view.store().header().model.head_ids();
        let rows: Vec<Option<HeadRow>> = heads
            .map(|head| view.head_row(event, head, position))
            .collect();
        let linked = record.links.is_some();
        let means = view.store().means().get(event.index());
        self.scored = Some(Scored {
            record: Arc::clone(record),
            position,
            standing: means.and_then(|means| Standing::of(means, position)),
            duplicates: linked.then(|| Duplicates::of(view, event, &rows, position)),
            rows,
        });
    }
}

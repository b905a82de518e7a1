//! The tab.

use std::time::Duration;

use egui::{DragValue, RichText, Ui};

use super::cues::CueEditor;
use super::findings::Findings;
use super::{clusters, cues, segments, spans, summary};
use crate::analysis::SHORTEST_REPEAT;
use crate::trace::TraceView;
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::selection::Selection;
use crate::ui::theme::Palette;
use crate::ui::{empty_state, segmented};

/// What the lower part lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// Every segment.
    #[default]
    Segments,
    /// Reflections only.
    Reflections,
    /// Repeated spans and their copies.
    Spans,
    /// Near duplicates of the last compression.
    Clusters,
    /// The cues.
    Cues,
}

const LISTS: [segmented::Choice<List>; 5] = [
    (
        List::Segments,
        "segments",
        "Prompt, reasoning steps, reflections and answer",
    ),
    (List::Reflections, "reflections", "The reflections alone"),
    (
        List::Spans,
        "repeated text",
        "Text that occurs more than once, its copies, and which was spared",
    ),
    (
        List::Clusters,
        "repeated keys",
        "Near-duplicate keys at the cursor's last compression",
    ),
    (
        List::Cues,
        "cues",
        "The words by which reflections are told",
    ),
];

/// Counts and choices of the tab.
pub struct ReflectionsState {
    /// What is listed.
    pub list: List,
    findings: Findings,
    editor: CueEditor,
}

impl Default for ReflectionsState {
    fn default() -> Self {
        Self {
            list: List::default(),
            findings: Findings::new(SHORTEST_REPEAT),
            editor: CueEditor::default(),
        }
    }
}

/// Draws the tab: the answer at the cursor, and below it what it is made of.
pub fn show(
    ui: &mut Ui,
    state: &mut ReflectionsState,
    view: &TraceView<'_>,
    derived: &Derived,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    if view.store().tokens().is_empty() {
        empty_state::show(
            ui,
            "Nothing to show yet",
            "Run a problem or open a trace; its reflections and repetitions are listed here.",
        );
        return;
    }
    let wait = state.findings.update(view, &derived.segments, derived.cues);
    if let Some(wait) = wait {
        ui.ctx().request_repaint_after(wait);
    }
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut shortest = state.findings.shortest();
    if let Some(counted) = state.findings.counted() {
        summary::show(ui, view, counted);
        ui.add_space(4.0);
    }
    // Also while a long run is counted: a field that is not drawn loses what is typed into it.
    controls(ui, &mut state.list, &mut shortest);
    if shortest != state.findings.shortest() {
        state.findings = Findings::new(shortest);
        ui.ctx().request_repaint();
        return;
    }
    let Some(counted) = state.findings.counted() else {
        empty_state::show(ui, "Counting…", "A long run takes a moment.");
        return;
    };
    match state.list {
        List::Segments | List::Reflections => {
            let only = state.list == List::Reflections;
            segments::show(
                ui,
                only,
                view,
                &derived.segments,
                counted,
                selection,
                commands,
            );
        }
        List::Spans => spans::show(ui, view, &derived.segments, counted, selection, commands),
        List::Clusters => {
            let found = state.findings.clusters(view);
            if found.is_none() && view.last_event().is_some() {
                ui.ctx().request_repaint_after(Duration::ZERO);
            }
            clusters::show(ui, view, found, derived, selection, commands);
        }
        List::Cues => cues::show(ui, &mut state.editor, commands),
    }
}

fn controls(ui: &mut Ui, list: &mut List, shortest: &mut usize) {
    let palette = Palette::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - 150.0).clamp(120.0, 470.0));
            ui.vertical(|ui| {
                segmented::show(ui, "List", LISTS.len(), &LISTS, list);
            });
        });
        if *list == List::Spans {
            let label = ui.label(RichText::new("at least").size(12.5).color(palette.weak));
            // Each change counts the run anew.
            let field = DragValue::new(shortest)
                .range(2..=256)
                .suffix(" tokens")
                .update_while_editing(false);
            ui.add(field)
                .labelled_by(label.id)
                .on_hover_text("Fewest tokens of a repetition, everywhere in this tab");
        }
    });
    ui.add_space(2.0);
}

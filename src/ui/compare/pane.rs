//! One run beside the others: its header, its numbers, its text, its survival.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use egui::{Rect, RichText, Ui, UiBuilder, pos2};

use super::caches::CompareState;
use super::lens::{Colours, lens_look};
use super::panel::Shown;
use super::{header, meters, survival};
use crate::compare::{Divergence, letter};
use crate::config::CacheSettings;
use crate::trace::TraceView;
use crate::ui::command::UiCommand;
use crate::ui::empty_state;
use crate::ui::selection::Selection;
use crate::ui::theme::Palette;
use crate::ui::token_view::{self, Look, Page};

/// Height of the survival strip of a pane, in points.
const STRIP: f32 = 58.0;
/// A pane lower than this has no survival strip: the text comes first.
const LEAST_FOR_STRIP: f32 = 300.0;
/// Room at the sides of a pane's header.
const SIDE: f32 = 14.0;

/// What a pane's run does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaneState {
    /// Others run first.
    Waiting,
    /// The engine works on it.
    Running,
    /// It is over, or was read from a file.
    Done,
    /// It failed; what was recorded stays.
    Failed(String),
    /// The comparison was stopped before its turn.
    Cancelled,
}

/// A run as the tab sees it.
pub struct Pane<'a> {
    /// Settings it starts from.
    pub settings: &'a CacheSettings,
    /// The run at the cursor, as far as it goes; `None` before its turn.
    pub view: Option<TraceView<'a>>,
    /// What it does.
    pub state: &'a PaneState,
    /// Counts the runs shown or waiting.
    pub generation: u64,
    /// The file it was read from or written to.
    pub file: Option<String>,
    /// What is right, if the problem is known.
    pub right_answer: Option<i64>,
}

/// Draws a pane into a rectangle.
pub(super) fn show(
    ui: &mut Ui,
    state: &mut CompareState,
    shown: &Shown<'_>,
    index: usize,
    area: Rect,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let pane = &shown.panes[index];
    let palette = Palette::of(ui.ctx());
    let parting = shown.parting(0, index);
    let inner = Rect::from_min_max(
        pos2(area.left() + SIDE, area.top() + 8.0),
        pos2(area.right() - SIDE, area.bottom()),
    );
    let mut head = ui.new_child(
        UiBuilder::new()
            .max_rect(inner)
            .id_salt(("pane head", index)),
    );
    head.set_clip_rect(area.intersect(ui.clip_rect()));
    head.spacing_mut().item_spacing.y = 3.0;
    header::show(&mut head, shown, index, parting.as_ref(), commands);
    let reference = (index > 0)
        .then(|| state.panes[0].meters(&shown.panes[0]).cloned())
        .flatten();
    let numbers = state.panes[index].meters(pane);
    meters::show(
        &mut head,
        index,
        numbers,
        reference.as_ref(),
        pane.right_answer,
    );
    let top = head.min_rect().bottom() + 6.0;
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().hline(area.x_range(), top, line);

    let strip = area.height() >= LEAST_FOR_STRIP && pane.view.is_some();
    let bottom = area.bottom() - if strip { STRIP } else { 0.0 };
    let page = Rect::from_min_max(
        pos2(area.left(), top + 2.0),
        pos2(area.right(), bottom - 2.0),
    );
    let mut body = ui.new_child(
        UiBuilder::new()
            .max_rect(page)
            .id_salt(("pane text", index)),
    );
    body.set_clip_rect(page.intersect(ui.clip_rect()));
    match &pane.view {
        Some(view) => text(
            &mut body, state, shown, index, view, parting, selection, commands,
        ),
        None => nothing(&mut body, pane.state),
    }
    if let (true, Some(view)) = (strip, &pane.view) {
        let rect = Rect::from_min_max(
            pos2(area.left() + SIDE, bottom + 4.0),
            pos2(area.right() - SIDE, area.bottom() - 6.0),
        );
        let cache = &mut state.panes[index];
        survival::show(
            ui,
            cache,
            index,
            view,
            shown.end(),
            rect,
            selection,
            commands,
        );
    }
}

#[expect(clippy::too_many_arguments, reason = "what a text is made of")]
fn text(
    ui: &mut Ui,
    state: &mut CompareState,
    shown: &Shown<'_>,
    index: usize,
    view: &TraceView<'_>,
    parting: Option<Divergence>,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let pane = &shown.panes[index];
    let pair = state.pair(shown.panes.len());
    let cache = &mut state.panes[index];
    cache.derived.update(pane.generation, view);
    let derived = &cache.derived;
    let difference = &state.difference;
    let lens = pair.filter(|_| state.colours == Colours::Difference);
    let side = lens.filter(|&(a, b)| index == a || index == b);
    let held = difference.held();
    let look = |position: usize| -> Look {
        let Some((_, second)) = lens else {
            return token_view::look(palette, derived, shown.mode, position, view.cursor());
        };
        if let Some(held_by) = held.tokens.get(position).filter(|_| side.is_some()) {
            return lens_look(palette, held.heads, *held_by, index == second);
        }
        // Beyond the common text, and outside the pair, there is nothing to hold it against.
        match derived
            .held_share(position)
            .filter(|_| position < view.cursor())
        {
            None => Look::unwritten(palette),
            Some(0.0) => Look::dropped(palette),
            Some(share) => Look::held(palette, palette.token, share),
        }
    };
    let mut hasher = DefaultHasher::new();
    let scores = token_view::epoch(pane.generation, shown.mode, view, derived, palette);
    (scores, lens, difference.epoch()).hash(&mut hasher);
    // Where A parts from the pair's other run; the others where they part from A.
    let flag = if index == 0 {
        pair.filter(|&(a, _)| a == 0)
            .and_then(|(a, b)| shown.parting(a, b))
    } else {
        parting
    };
    let name = format!("pane {}", letter(index));
    let page = Page {
        name: &name,
        generation: pane.generation,
        look: &look,
        epoch: hasher.finish(),
        flag: flag.map(|parting| parting.position),
        segments: Some(&derived.segments),
    };
    token_view::show(ui, &mut cache.tokens, &page, view, selection, commands);
}

fn nothing(ui: &mut Ui, state: &PaneState) {
    let (title, hint) = match state {
        PaneState::Waiting => (
            "Waiting for its turn",
            "One model runs one policy after the other.",
        ),
        PaneState::Running | PaneState::Done => {
            ("Reading the prompt", "The first tokens appear in a moment.")
        }
        PaneState::Failed(_) => ("Nothing was recorded", "The message says why."),
        PaneState::Cancelled => (
            "Not run",
            "The comparison was stopped before; run it again to fill this pane.",
        ),
    };
    empty_state::show(ui, title, hint);
}

/// A line of small text that is cut at the pane's edge, and then whole in its tooltip.
pub(super) fn small(ui: &mut Ui, text: &str, colour: egui::Color32) -> egui::Response {
    ui.add(small_label(text, colour))
}

pub(super) fn small_label(text: &str, colour: egui::Color32) -> egui::Label {
    let text = RichText::new(text).size(12.0).color(colour);
    egui::Label::new(text).truncate()
}

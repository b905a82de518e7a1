//! The tab: the setup, or the panes with what they have in common.

use egui::{Rect, Stroke, Ui, UiBuilder, pos2};

use super::caches::CompareState;
use super::pane::Pane;
use super::{overlap, pane, setup, strip};
use crate::compare::{Divergence, divergence};
use crate::config::{CacheSettings, Sampling};
use crate::trace::{RecordLevel, TraceStore};
use crate::ui::command::UiCommand;
use crate::ui::engine_status::EngineStatus;
use crate::ui::selection::{ColourMode, Selection};
use crate::ui::theme::Palette;

/// Height of the overlap and the legend under the panes, in points.
const FOOT: f32 = 92.0;
/// Least height of the tab that has room for the overlap's curve.
const LEAST_WITH_CURVE: f32 = 330.0;
/// And for the legend.
const LEAST_WITH_LEGEND: f32 = 160.0;

/// What the tab shows.
pub struct Shown<'a> {
    /// The panes, in order.
    pub panes: &'a [Pane<'a>],
    /// Tokens seen at the shared cursor.
    pub cursor: usize,
    /// First and last position in sight (exclusive), the same as in the timeline.
    pub in_sight: (f64, f64),
    /// The pane that the engine works on.
    pub live: Option<usize>,
    /// Panes that stay when another comparison starts.
    pub kept: usize,
    /// The engine.
    pub status: &'a EngineStatus,
    /// The problem in the prompt bar.
    pub problem: &'a str,
    /// How tokens will be drawn, the same for all.
    pub sampling: &'a Sampling,
    /// How much will be recorded of each compression.
    pub level: RecordLevel,
    /// What a policy's settings start from.
    pub base: &'a CacheSettings,
    /// What the Reading tab colours by.
    pub mode: ColourMode,
    /// The run of the Reading tab, in a few words, if it can be put into a pane.
    pub reading: Option<String>,
}

impl Shown<'_> {
    /// A pane's run, if it has begun.
    pub(super) fn store(&self, pane: usize) -> Option<&TraceStore> {
        Some(self.panes.get(pane)?.view.as_ref()?.store())
    }

    /// Where two panes' texts part.
    pub(super) fn parting(&self, a: usize, b: usize) -> Option<Divergence> {
        if a == b {
            return None;
        }
        divergence(self.store(a)?, self.store(b)?)
    }

    /// Tokens of the longest run.
    pub(super) fn end(&self) -> usize {
        let tokens = |pane: &Pane<'_>| pane.view.as_ref().map_or(0, |v| v.store().tokens().len());
        self.panes.iter().map(tokens).max().unwrap_or(0)
    }

    /// Why a comparison cannot start now, in words with the way out.
    pub(super) fn obstacle(&self, error: Option<&str>) -> Option<String> {
        if self.status.busy() {
            return Some("A run is under way; stop it first".to_owned());
        }
        self.status.obstacle(self.problem, error)
    }
}

/// Draws the tab.
pub fn show(
    ui: &mut Ui,
    state: &mut CompareState,
    shown: &Shown<'_>,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    state.setup.begin(shown.base);
    state.places.clear();
    if shown.panes.is_empty() || state.setup.open {
        setup::show(ui, &mut state.setup, shown, commands);
        return;
    }
    strip::show(ui, state, shown, commands);
    let pair = state.pair(shown.panes.len());
    state.overlap.update(shown, pair);
    if let Some((a, b)) = pair {
        let reached = state.overlap.reached((a, b));
        state
            .difference
            .update(&shown.panes[a], &shown.panes[b], reached);
    }

    let palette = Palette::of(ui.ctx());
    let area = ui.available_rect_before_wrap();
    let line = Stroke::new(1.0, palette.line);
    // In a low window the text comes first, but its colours still mean something.
    let pair = pair.filter(|_| area.height() >= LEAST_WITH_LEGEND);
    let foot = match pair {
        None => 0.0,
        Some(_) if area.height() < LEAST_WITH_CURVE => overlap::ROW,
        Some(_) => FOOT,
    };
    let split = (area.bottom() - foot).max(area.top() + 60.0);
    let width = area.width() / shown.panes.len() as f32;
    for index in 0..shown.panes.len() {
        let left = (area.left() + index as f32 * width).round();
        let right = (area.left() + (index + 1) as f32 * width).round();
        let place = Rect::from_min_max(pos2(left, area.top()), pos2(right, split));
        state.places.push(place);
        pane::show(ui, state, shown, index, place, selection, commands);
        if index > 0 {
            ui.painter().vline(left, place.y_range(), line);
        }
        drop_mark(ui, place);
    }
    ui.painter().hline(area.x_range(), split, line);
    if let Some(pair) = pair {
        let rect = Rect::from_min_max(pos2(area.left(), split + 1.0), area.max);
        let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("compare foot"));
        overlap::show(&mut inner, state, shown, pair, commands);
    }
    ui.advance_cursor_after_rect(area);
}

/// While files are dragged over the window, the pane under the pointer says that it takes them.
fn drop_mark(ui: &Ui, place: Rect) {
    let over = ui.input(|i| {
        let here = i.pointer.latest_pos().is_some_and(|at| place.contains(at));
        !i.raw.hovered_files.is_empty() && here
    });
    if over {
        let palette = Palette::of(ui.ctx());
        let stroke = Stroke::new(2.0, palette.amber);
        let rect = place.shrink(3.0);
        ui.painter()
            .rect_stroke(rect, 5.0, stroke, egui::StrokeKind::Inside);
    }
}

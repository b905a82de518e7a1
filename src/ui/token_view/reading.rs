//! The page of the Reading tab: one run, coloured by what the cache makes of each token.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use egui::Ui;

use crate::trace::TraceView;
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::selection::{ColourMode, Selection};
use crate::ui::theme::Palette;

use super::look::look;
use super::panel::{Page, TokenViewState, show};

/// Draws the page. `generation` counts the runs shown.
#[expect(
    clippy::too_many_arguments,
    reason = "the shape all panels share, and what only this one needs"
)]
pub fn reading(
    ui: &mut Ui,
    state: &mut TokenViewState,
    generation: u64,
    mode: ColourMode,
    view: &TraceView<'_>,
    derived: &Derived,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let page = Page {
        name: "reading",
        generation,
        look: &|position| look(palette, derived, mode, position, view.cursor()),
        epoch: epoch(generation, mode, view, derived, palette),
        flag: None,
        segments: Some(&derived.segments),
    };
    show(ui, state, &page, view, selection, commands);
}

/// Everything that these colours depend on, as one number.
pub fn epoch(
    generation: u64,
    mode: ColourMode,
    view: &TraceView<'_>,
    derived: &Derived,
    palette: &Palette,
) -> u64 {
    let mut hasher = DefaultHasher::new();
    generation.hash(&mut hasher);
    std::mem::discriminant(&mode).hash(&mut hasher);
    (view.cursor(), view.event_count()).hash(&mut hasher);
    for scale in [derived.importance, derived.redundancy] {
        (scale.low.to_bits(), scale.high.to_bits()).hash(&mut hasher);
    }
    palette.text.to_array().hash(&mut hasher);
    hasher.finish()
}

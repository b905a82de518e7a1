//! The scrolling page of paragraphs.

use egui::{
    CornerRadius, Id, Pos2, Rect, Response, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::analysis::Segmentation;
use crate::trace::{Position, SegmentKind, TraceView};
use crate::ui::command::UiCommand;
use crate::ui::hovering::Hovering;
use crate::ui::selection::Selection;
use crate::ui::theme::Palette;

use super::look::Look;
use super::marks;
use super::paint::Painted;
use super::stack::Stack;
use super::standing::{Outcome, Standing};
use super::stripe;

/// Widest column of text, in points: longer lines are hard to follow with the eye.
const WIDEST: f32 = 1000.0;
/// Room at the sides.
const MARGIN: f32 = 18.0;

/// What the view did in its last frame; tests hold it to "only what is in sight".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Paragraphs whose glyphs were laid out.
    pub laid_out: usize,
    /// Paragraphs that were coloured again.
    pub coloured: usize,
    /// Paragraphs that were drawn.
    pub drawn: usize,
}

/// A page's paragraphs, where it stands, and what the pointer is over.
#[derive(Default)]
pub struct TokenViewState {
    generation: u64,
    stack: Stack,
    standing: Standing,
    hovering: Hovering,
    work: Work,
}

impl TokenViewState {
    /// What the last frame did.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Begins anew where another run is shown.
    fn of_run(&mut self, generation: u64) {
        if self.generation != generation {
            *self = Self {
                generation,
                standing: Standing::at_the_top(),
                ..Self::default()
            };
        }
    }
}

/// What a page shows of a run's text.
pub struct Page<'a> {
    /// Tells the pages of a window apart.
    pub name: &'a str,
    /// Counts the runs shown.
    pub generation: u64,
    /// The look of a token by its position.
    pub look: &'a dyn Fn(usize) -> Look,
    /// Everything that looks depend on, as one number.
    pub epoch: u64,
    /// A token singled out, with a flag.
    pub flag: Option<Position>,
    /// Parts of the text, for the stripe at the left of reflections.
    pub segments: Option<&'a Segmentation>,
}

/// Draws the page.
pub fn show(
    ui: &mut Ui,
    state: &mut TokenViewState,
    page: &Page<'_>,
    view: &TraceView<'_>,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let store = view.store();
    let bar = ui.spacing().scroll.bar_width + 2.0 * ui.spacing().scroll.bar_inner_margin;
    let width = (ui.available_width() - bar - 2.0 * MARGIN).clamp(120.0, WIDEST);
    state.work = Work::default();
    state.of_run(page.generation);
    let broken_anew = state.stack.fit(ui, store, width.floor());
    let height = ui.available_height();
    let step = state
        .standing
        .step(ui, &mut state.stack, view, selection, broken_anew, height);
    let mut area = ScrollArea::vertical()
        .id_salt(page.name)
        .auto_shrink(false)
        // However low: egui would count it as higher than it is.
        .min_scrolled_height(0.0);
    if let Some(offset) = step.offset {
        area = area.vertical_scroll_offset(offset);
    }
    let mut under_pointer = None;
    let mut shown_from = 0.0;
    let mut grown = 0.0;
    let output = area.show_viewport(ui, |ui, viewport| {
        let origin = ui.max_rect().min + vec2(MARGIN, 0.0);
        shown_from = viewport.top();
        if state.standing.rests(&step) {
            grown = state.stack.grow_above(ui, store, viewport.top());
        }
        let viewport = viewport.translate(vec2(0.0, grown));
        let origin = origin - vec2(0.0, grown);
        under_pointer = paragraphs(ui, state, page, view, selection, viewport, origin, commands);
        ui.set_height(state.stack.end());
        state.standing.note_seen(&state.stack, viewport, view);
    });
    state.work.laid_out = state.stack.laid_out();
    let outcome = Outcome {
        shown_from,
        offset: output.state.clamped_offset().y,
        end: output.content_size.y - output.inner_rect.height(),
        grown,
    };
    let following = selection.playback.following;
    if state
        .standing
        .settle(&step, outcome, state.work.laid_out, following)
    {
        ui.ctx().request_repaint();
    }
    if state.standing.is_detached() {
        jump_button(ui, state, output.inner_rect, commands);
    }
    state.hovering.follow(under_pointer, selection, commands);
}

#[expect(clippy::too_many_arguments, reason = "what a page is made of")]
fn paragraphs(
    ui: &Ui,
    state: &mut TokenViewState,
    page: &Page<'_>,
    view: &TraceView<'_>,
    selection: &Selection,
    viewport: Rect,
    origin: Pos2,
    commands: &mut Vec<UiCommand>,
) -> Option<Position> {
    let store = view.store();
    let palette = Palette::of(ui.ctx());
    let mut under_pointer = None;
    let stack = &mut state.stack;
    let mut index = stack.at(viewport.top());
    while index < stack.len() && stack.top(index) < viewport.bottom() {
        stack.lay_out(ui, store, index);
        let top = stack.top(index);
        let at = (origin + vec2(0.0, stack.text_top(index))).round();
        let width = stack.width();
        let paragraph = stack.paragraph_mut(index);
        let start = paragraph.tokens.start;
        if let Some(kind) = paragraph.heading {
            marks::heading(ui, palette, kind, view, origin + vec2(0.0, top), width);
        }
        let part = paragraph.part;
        let tokens = paragraph.tokens.clone();
        let Some(layout) = &mut paragraph.layout else {
            break;
        };
        let area = Rect::from_min_size(at, vec2(width, layout.height()));
        if part == Some(SegmentKind::Prompt) {
            let card = area.expand2(vec2(10.0, 1.5));
            ui.painter()
                .rect_filled(card, CornerRadius::same(4), palette.panel);
        }
        if layout
            .painted
            .as_ref()
            .is_none_or(|painted| painted.epoch != page.epoch)
        {
            let look = |token: u32| (page.look)(start + token as usize);
            layout.painted = Some(Painted::of(layout, page.epoch, palette, look));
            state.work.coloured += 1;
        }
        if let Some(painted) = &layout.painted {
            ui.painter().extend(painted.shapes(at));
        }
        let reflection = page.segments.and_then(|segments| {
            stripe::paint(ui, palette, segments, layout, &tokens, view.cursor(), at)
        });
        let id = Id::unique((page.name, "paragraph", start));
        let response = accessible(ui, area.expand2(vec2(MARGIN / 2.0, 2.0)), id, || {
            store.tokens().text_of(tokens.clone()).trim_end().to_owned()
        });
        if let Some(pointer) = response.hover_pos()
            && let Some(token) = layout.token_at((pointer - at).to_pos2())
        {
            under_pointer = Some(Position(start as u32 + token));
        }
        if response.clicked() {
            let hit = response
                .interact_pointer_pos()
                .and_then(|pointer| layout.token_at((pointer - at).to_pos2()))
                .map(|token| Position(start as u32 + token));
            commands.push(UiCommand::Select(hit.filter(|_| hit != selection.pinned)));
        }
        marks::outlines(ui, palette, store, layout, start, at, selection);
        if let Some(kind) = reflection {
            response.on_hover_text(format!("A reflection ({kind})"));
        }
        if let Some(token) = page.flag.and_then(|flag| flag.index().checked_sub(start)) {
            marks::flag(ui, palette, layout, token as u32, at);
        }
        state.work.drawn += 1;
        index += 1;
    }
    under_pointer
}

fn accessible(ui: &Ui, area: Rect, id: Id, text: impl Fn() -> String) -> Response {
    // No tab stop per paragraph: tokens are reached with the keys of the timeline and of the pin.
    let response = ui.interact(area, id, Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text()));
    response
}

fn jump_button(ui: &mut Ui, state: &mut TokenViewState, area: Rect, commands: &mut Vec<UiCommand>) {
    let size = vec2(168.0, 28.0);
    let rect = Rect::from_center_size(pos2(area.center().x, area.bottom() - 26.0), size);
    let button = egui::Button::new("Back to the newest token");
    if ui.put(rect, button).clicked() {
        state.standing.attach();
        commands.push(UiCommand::Follow);
    }
}

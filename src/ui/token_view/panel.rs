//! The scrolling page of paragraphs.

use egui::{
    CornerRadius, Id, Pos2, Rangef, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::analysis::Segmentation;
use crate::trace::{Position, SegmentKind, TraceStore, TraceView};
use crate::ui::command::UiCommand;
use crate::ui::glyph_atlas;
use crate::ui::hovering::Hovering;
use crate::ui::selection::Selection;
use crate::ui::theme::Palette;

use super::layout::{LINE, Layout, font};
use super::look::Look;
use super::paint::Painted;
use super::paragraphs::Paragraphs;
use super::stripe;

/// Widest column of text, in points: longer lines are hard to follow with the eye.
const WIDEST: f32 = 1000.0;
/// Room above a heading's paragraph.
const HEADING: f32 = 30.0;
/// Room between paragraphs.
const GAP: f32 = 3.0;
/// Room at the sides.
const MARGIN: f32 = 18.0;
/// A page that moves by less than this has been rounded, not scrolled, in points.
const LEAST_PULL: f32 = 0.1;

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

/// Paragraphs, their places, and how the page follows the cursor.
#[derive(Default)]
pub struct TokenViewState {
    generation: u64,
    paragraphs: Paragraphs,
    /// Top of each paragraph and, last, the end of the page.
    tops: Vec<f32>,
    width: f32,
    scale: f32,
    atlas: u64,
    character: f32,
    cursor: usize,
    pinned: Option<Position>,
    /// What the page goes to, until the paragraphs around it are laid out.
    aim: Option<Aim>,
    seen: Option<Seen>,
    /// How far down the page stands.
    top: f32,
    /// How far down it could stand in the last frame.
    reach: f32,
    /// How far down it has to stand in the next frame: it has grown above what is in sight, or was not that long yet.
    goes_on_at: Option<f32>,
    /// Whether the last frame put the place it goes to off.
    waited: bool,
    /// The person scrolled away from the end while following, or pinned a token elsewhere.
    detached: bool,
    hovering: Hovering,
    work: Work,
}

/// Tokens that are to be in sight.
#[derive(Clone, Copy)]
struct Aim {
    pinned: Option<Position>,
    newest: Option<Position>,
}

/// What the last frame had in sight, to find it again when rows are broken elsewhere.
#[derive(Clone, Copy)]
struct Seen {
    /// The token at the top of the page.
    token: Position,
    /// How far below the upper edge it begins, in points.
    below: f32,
    /// The newest token at the cursor, if that was in sight.
    newest: Option<Position>,
}

impl TokenViewState {
    /// What the last frame did.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Returns how far down the page has to stand for its text to stay where it was, if rows are broken elsewhere now.
    fn prepare(&mut self, ui: &Ui, generation: u64, store: &TraceStore, width: f32) -> Option<f32> {
        if self.generation != generation {
            *self = Self {
                generation,
                goes_on_at: Some(0.0),
                ..Self::default()
            };
        }
        let scale = ui.ctx().pixels_per_point();
        let atlas = glyph_atlas::generation(ui.ctx());
        let broken_anew = self.width != width || self.scale != scale;
        if broken_anew {
            self.paragraphs.forget_layout();
            self.tops.clear();
        } else if self.atlas != atlas {
            self.paragraphs.forget_glyphs();
        }
        (self.width, self.scale, self.atlas) = (width, scale, atlas);
        self.character = ui
            .fonts_mut(|fonts| fonts.glyph_width(&font(), 'x'))
            .max(1.0);
        if let Some(first) = self.paragraphs.extend(store) {
            self.tops.truncate(first);
        }
        self.stack();
        // Where it is on its way, it goes.
        let seen = self.seen.take();
        let seen = seen.filter(|_| broken_anew && self.aim.is_none())?;
        self.aim = seen.newest.map(|newest| Aim {
            pinned: None,
            newest: Some(newest),
        });
        let place = self.rect_of(ui, store, seen.token)?;
        Some((place.top() - seen.below).max(0.0))
    }

    /// What is in sight of the page, of which the paragraphs there are laid out.
    fn seen(&self, viewport: Rect, newest: Option<Position>) -> Option<Seen> {
        let list = self.paragraphs.list();
        let first = self.tops.partition_point(|top| *top <= viewport.top());
        let mut seen: Option<Seen> = None;
        for (index, paragraph) in list.iter().enumerate().skip(first.saturating_sub(1)) {
            let y = self.tops[index] + self.above(index);
            let Some(layout) = paragraph.layout.as_ref().filter(|_| y < viewport.bottom()) else {
                break;
            };
            for piece in &layout.pieces {
                let rect = piece.rect.translate(vec2(0.0, y));
                if rect.bottom() <= viewport.top() || rect.top() >= viewport.bottom() {
                    continue;
                }
                let token = Position(paragraph.tokens.start as u32 + piece.token);
                let seen = seen.get_or_insert(Seen {
                    token,
                    below: rect.top() - viewport.top(),
                    newest: None,
                });
                seen.newest = seen.newest.or(newest.filter(|newest| *newest == token));
            }
        }
        seen
    }

    /// Where the page ends.
    fn end(&self) -> f32 {
        self.tops.last().copied().unwrap_or(0.0) + 12.0
    }

    /// The place nearest to `top` at which the page can stand.
    fn within(&self, top: f32, height: f32) -> f32 {
        top.clamp(0.0, (self.end() - height).max(0.0))
    }

    /// Fills in the tops that are missing.
    fn stack(&mut self) {
        let list = self.paragraphs.list();
        if self.tops.len() == list.len() + 1 {
            return;
        }
        let from = self.tops.len().saturating_sub(1);
        self.tops.truncate(from);
        let before = from.checked_sub(1);
        let mut y = before.map_or(0.0, |before| self.tops[before] + self.height(before));
        for index in from..list.len() {
            self.tops.push(y);
            y += self.height(index);
        }
        self.tops.push(y);
    }

    fn height(&self, index: usize) -> f32 {
        let paragraph = &self.paragraphs.list()[index];
        let known = paragraph.layout.as_ref().map(Layout::height);
        let rows = known.or(paragraph.height).unwrap_or_else(|| {
            let per_row = (self.width / self.character).floor().max(1.0) as usize;
            paragraph.places.div_ceil(per_row).max(1) as f32 * LINE
        });
        rows + GAP + self.above(index)
    }

    fn above(&self, index: usize) -> f32 {
        if self.paragraphs.list()[index].heading.is_some() {
            HEADING
        } else {
            0.0
        }
    }

    fn lay_out(&mut self, ui: &Ui, store: &TraceStore, index: usize) {
        let paragraph = &mut self.paragraphs.list_mut()[index];
        if paragraph.layout.is_none() {
            let range = paragraph.tokens.clone();
            paragraph.layout = Some(Layout::of(ui, store.tokens(), range, self.width));
            self.work.laid_out += 1;
            let next = self.tops[index] + self.height(index);
            if self.tops.get(index + 1).is_some_and(|top| *top != next) {
                self.tops.truncate(index + 1);
                self.stack();
            }
        }
    }

    /// Where a token is on the page; its paragraph is laid out if it was not.
    fn rect_of(&mut self, ui: &Ui, store: &TraceStore, position: Position) -> Option<Rect> {
        let index = self.paragraphs.of(position)?;
        self.lay_out(ui, store, index);
        let origin = vec2(0.0, self.tops[index] + self.above(index));
        let paragraph = &self.paragraphs.list()[index];
        let token = position.0 - paragraph.tokens.start as u32;
        let rect = paragraph.layout.as_ref()?.rects(token).next()?;
        Some(rect.translate(origin))
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
    let broken_anew = state.prepare(ui, page.generation, store, width.floor());

    if !selection.playback.following {
        state.detached = false;
    }
    let height = ui.available_height();
    let top = broken_anew.or(state.goes_on_at.take());
    let (goes_to, went_to_pin) = follow(ui, state, view, selection, top, height);
    let mut area = ScrollArea::vertical()
        .id_salt(page.name)
        .auto_shrink(false)
        // However low: egui would count it as higher than it is.
        .min_scrolled_height(0.0);
    let top = goes_to.or(top).map(|top| state.within(top, height));
    if let Some(top) = top {
        area = area.vertical_scroll_offset(top.min(state.reach));
    }
    // The scroll area takes in first how long the page is now, which is known after this frame.
    let later = top.filter(|top| *top > state.reach && !state.waited);
    state.waited = later.is_some();
    let mut under_pointer = None;
    let mut shown_from = 0.0;
    let mut grown = 0.0;
    let output = area.show_viewport(ui, |ui, viewport| {
        let origin = ui.max_rect().min + vec2(MARGIN, 0.0);
        shown_from = viewport.top();
        if state.aim.is_none() && later.is_none() {
            grown = grow_above(ui, state, store, viewport);
        }
        let viewport = viewport.translate(vec2(0.0, grown));
        let origin = origin - vec2(0.0, grown);
        under_pointer = paragraphs(ui, state, page, view, selection, viewport, origin, commands);
        ui.set_height(state.end());
        state.seen = state.seen(viewport, newest(view));
    });
    let end = output.content_size.y - output.inner_rect.height();
    let offset = output.state.clamped_offset().y;
    state.reach = end.max(0.0);
    state.top = offset + grown;
    state.goes_on_at = later.or((grown != 0.0).then_some(state.top));
    if later.is_none() && state.work.laid_out == 0 {
        state.aim = None;
    } else if later.is_some() || state.aim.is_some() {
        // Rows that were guessed have pushed it away.
        ui.ctx().request_repaint();
    }
    // Within a frame, only the wheel and the scroll bar move the page, and a text that has turned out shorter, which leaves
    // it at its end.
    let pulled_up = offset < shown_from.min(end) - LEAST_PULL;
    // The hand decides, also over what is on its way.
    if pulled_up || offset > shown_from + LEAST_PULL {
        state.aim = None;
        state.waited = false;
        if later.is_some() {
            state.goes_on_at = None;
        }
    }
    if selection.playback.following && (pulled_up || went_to_pin) {
        state.detached = true;
    } else if offset >= end - 4.0 {
        state.detached = false;
    }
    if state.detached {
        jump_button(ui, state, output.inner_rect, commands);
    }
    state.hovering.follow(under_pointer, selection, commands);
}

/// Keeps in sight what moved: a token that was pinned meanwhile, else the cursor, unless the person has scrolled away from
/// the end that it follows. A pin comes first, for the cursor may have moved long ago, behind another tab; both, if they
/// fit.
///
/// Returns how far down the page has to stand for that, if `top` is not where it is, and whether it moves to a pin.
fn follow(
    ui: &Ui,
    state: &mut TokenViewState,
    view: &TraceView<'_>,
    selection: &Selection,
    top: Option<f32>,
    height: f32,
) -> (Option<f32>, bool) {
    let store = view.store();
    let moved = state.cursor != view.cursor();
    let pinned = selection
        .pinned
        .filter(|pinned| selection.pinned != state.pinned && pinned.index() < store.tokens().len());
    state.cursor = view.cursor();
    state.pinned = selection.pinned;
    let held = selection.playback.following && state.detached;
    let cursor = newest(view).filter(|_| moved && !held);
    if pinned.is_some() || cursor.is_some() {
        state.aim = Some(Aim {
            pinned,
            newest: cursor,
        });
    }
    let Some(aim) = state.aim else {
        return (None, false);
    };
    let mut rect_of = |token: Option<Position>| state.rect_of(ui, store, token?);
    let (pin, cursor) = (rect_of(aim.pinned), rect_of(aim.newest));
    let top = state.within(top.unwrap_or(state.top), height);
    let sight = Rangef::new(top, top + height);
    // The room around it may lie beyond the page's end, and the cursor's place does not count.
    let in_sight = pin.is_some_and(|pin| sight.contains(pin.top()) && sight.contains(pin.bottom()));
    let with_room = |rect: Rect| rect.y_range().expand(LINE);
    let range = match (pin.map(with_room), cursor.map(with_room)) {
        (Some(pin), Some(cursor)) => {
            let both = Rangef::new(pin.min.min(cursor.min), pin.max.max(cursor.max));
            if both.span() <= height { both } else { pin }
        }
        (Some(range), None) | (None, Some(range)) => range,
        (None, None) => return (None, false),
    };
    let space = ui.spacing().item_spacing.y;
    let goes_to = if range.min < sight.min {
        Some(range.min - space)
    } else if range.max > sight.max {
        // Where not even that fits, its beginning does.
        Some((range.max - height + space).min(range.min - space))
    } else {
        None
    };
    let goes_to = goes_to.filter(|to| (to - top).abs() > LEAST_PULL);
    (goes_to, pin.is_some() && !in_sight)
}

/// The newest token at the cursor.
fn newest(view: &TraceView<'_>) -> Option<Position> {
    Some(Position(view.cursor().checked_sub(1)? as u32))
}

/// Lays out the paragraph at the upper edge. Returns by how much it has turned out higher than guessed: the page moves
/// along, so that the text below stays where it is.
fn grow_above(ui: &Ui, state: &mut TokenViewState, store: &TraceStore, viewport: Rect) -> f32 {
    let first = state.tops.partition_point(|top| *top < viewport.top());
    let Some(index) = first
        .checked_sub(1)
        .filter(|index| *index + 1 < state.tops.len())
    else {
        return 0.0;
    };
    let before = state.tops[index + 1];
    state.lay_out(ui, store, index);
    state.tops[index + 1] - before
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
    let first = state
        .tops
        .partition_point(|top| *top <= viewport.top())
        .saturating_sub(1);
    let mut under_pointer = None;
    let mut index = first;
    while index < state.paragraphs.list().len() && state.tops[index] < viewport.bottom() {
        state.lay_out(ui, store, index);
        let top = state.tops[index];
        let at = (origin + vec2(0.0, top + state.above(index))).round();
        let width = state.width;
        let paragraph = &mut state.paragraphs.list_mut()[index];
        let start = paragraph.tokens.start;
        if let Some(kind) = paragraph.heading {
            heading(ui, palette, kind, view, origin + vec2(0.0, top), width);
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
        outlines(ui, palette, store, layout, start, at, selection);
        if let Some(kind) = reflection {
            response.on_hover_text(format!("A reflection ({kind})"));
        }
        if let Some(token) = page.flag.and_then(|flag| flag.index().checked_sub(start)) {
            flag(ui, palette, layout, token as u32, at);
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

fn outlines(
    ui: &Ui,
    palette: &Palette,
    store: &TraceStore,
    layout: &Layout,
    start: usize,
    at: Pos2,
    selection: &Selection,
) {
    let end = start
        + layout
            .pieces
            .last()
            .map_or(0, |piece| piece.token as usize + 1);
    let marks = [
        (selection.hovered, Stroke::new(1.0, palette.weak)),
        (selection.pinned, Stroke::new(1.5, palette.text)),
    ];
    for (position, stroke) in marks {
        let Some(position) = position.filter(|p| (start..end).contains(&p.index())) else {
            continue;
        };
        let token = (position.index() - start) as u32;
        for rect in layout.rects(token) {
            let rect = rect.translate(at.to_vec2()).expand2(vec2(1.0, 1.0));
            ui.painter()
                .rect_stroke(rect, CornerRadius::same(3), stroke, StrokeKind::Outside);
            let text = store.tokens().text(position);
            if text.trim().is_empty() {
                let sign = if text.contains('\n') { "↵" } else { "·" };
                let colour = palette.weak;
                ui.painter().text(
                    rect.center(),
                    egui::Align2::CENTER_CENTER,
                    sign,
                    font(),
                    colour,
                );
            }
        }
    }
}

/// A pennant at the upper left corner of a token, and a line around it.
fn flag(ui: &Ui, palette: &Palette, layout: &Layout, token: u32, at: Pos2) {
    for (i, rect) in layout.rects(token).enumerate() {
        let rect = rect.translate(at.to_vec2()).expand(1.0);
        let stroke = Stroke::new(2.0, palette.text);
        ui.painter()
            .rect_stroke(rect, CornerRadius::same(2), stroke, StrokeKind::Outside);
        if i == 0 {
            let corner = rect.left_top() + vec2(-2.0, -1.0);
            let points = vec![corner, corner + vec2(0.0, -7.0), corner + vec2(9.0, -3.5)];
            ui.painter()
                .add(Shape::convex_polygon(points, palette.text, Stroke::NONE));
        }
    }
}

fn heading(
    ui: &Ui,
    palette: &Palette,
    kind: SegmentKind,
    view: &TraceView<'_>,
    at: Pos2,
    width: f32,
) {
    let font = egui::FontId::proportional(11.5);
    let baseline = at + vec2(-8.0, HEADING - 7.0);
    let name = kind.name().to_uppercase();
    ui.painter().text(
        baseline,
        egui::Align2::LEFT_BOTTOM,
        name,
        font.clone(),
        palette.faint,
    );
    let tokens = tokens_of(view, kind);
    let right = pos2(at.x + width + 8.0, baseline.y);
    let noun = if tokens == 1 { "token" } else { "tokens" };
    let text = format!("{tokens} {noun}");
    ui.painter()
        .text(right, egui::Align2::RIGHT_BOTTOM, text, font, palette.faint);
}

/// Tokens of the first part of a kind that had been written at the cursor.
fn tokens_of(view: &TraceView<'_>, kind: SegmentKind) -> usize {
    let segments = view.store().segments();
    let Some(index) = segments.iter().position(|(_, k)| *k == kind) else {
        return 0;
    };
    let from = segments[index].0.index();
    let to = segments
        .get(index + 1)
        .map_or(usize::MAX, |(at, _)| at.index());
    view.cursor().min(to).saturating_sub(from)
}

fn jump_button(ui: &mut Ui, state: &mut TokenViewState, area: Rect, commands: &mut Vec<UiCommand>) {
    let size = vec2(168.0, 28.0);
    let rect = Rect::from_center_size(pos2(area.center().x, area.bottom() - 26.0), size);
    let button = egui::Button::new("Back to the newest token");
    if ui.put(rect, button).clicked() {
        state.detached = false;
        state.cursor = usize::MAX;
        commands.push(UiCommand::Follow);
    }
}

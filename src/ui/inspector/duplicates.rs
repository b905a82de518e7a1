//! Which tokens a token's key repeats and which repeat it, counted over heads.

use std::collections::BTreeMap;

use egui::{Align2, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::section;
use crate::trace::{EventIndex, HeadRow, Position, TraceStore, TraceView, quoted};
use crate::ui::command::UiCommand;
use crate::ui::quantity::{count, counted};
use crate::ui::theme::Palette;

/// How many tokens of each kind are listed.
const LISTED: usize = 5;

/// Near duplicates of one token at one compression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Heads that looked for near duplicates of the token.
    pub heads: usize,
    /// Newest near duplicates of its key: position and heads, most heads first.
    pub repeats: Vec<(Position, usize)>,
    /// Tokens whose newest near duplicate it is, most heads first.
    pub repeated_by: Vec<(Position, usize)>,
}

impl Duplicates {
    /// Counts over all heads; `rows` has what each of them knew of the token.
    pub fn of(
        view: &TraceView<'_>,
        event: EventIndex,
        rows: &[Option<HeadRow>],
        position: Position,
    ) -> Self {
        let (mut forth, mut back) = (BTreeMap::new(), BTreeMap::new());
        let known = rows.iter().flatten();
        for other in known.clone().filter_map(|row| row.duplicate_of) {
            *forth.entry(other).or_insert(0) += 1;
        }
        for head in view.store().header().model.head_ids() {
            for other in view.repeaters(event, head, position) {
                *back.entry(other).or_insert(0) += 1;
            }
        }
        Self {
            heads: known.count(),
            repeats: ranked(forth),
            repeated_by: ranked(back),
        }
    }
}

fn ranked(counts: BTreeMap<Position, usize>) -> Vec<(Position, usize)> {
    let mut ranked: Vec<_> = counts.into_iter().collect();
    ranked.sort_by_key(|&(position, heads)| (std::cmp::Reverse(heads), position));
    ranked
}

/// Lists both kinds; a click pins the other token.
pub fn show(
    ui: &mut Ui,
    store: &TraceStore,
    found: &Duplicates,
    threshold: f64,
    commands: &mut Vec<UiCommand>,
) {
    let remark = format!("cosine > {threshold:.2}");
    section::heading(ui, "Newest near duplicate", &remark).on_hover_text(
        "The newest token whose key is nearly the same as this one's, head by head; often a later one. R-KV does not \
         hold the repetition against that token, so that the newest copy is spared. In score order the last slot counts \
         as the newest, as in the published code.",
    );
    if found.repeats.is_empty() && found.repeated_by.is_empty() {
        section::note(ui, "No head found a near duplicate of its key.");
        return;
    }
    if found.repeats.is_empty() {
        section::note(ui, "Its key repeats no other key.");
    }
    let heads = found.heads;
    list(
        ui,
        store,
        "newest near duplicate",
        &found.repeats,
        heads,
        commands,
    );
    if !found.repeated_by.is_empty() {
        section::heading(ui, "Newest near duplicate of", "").on_hover_text(
            "Tokens for whose keys this one is the newest that is nearly the same: they do not make it redundant",
        );
        list(
            ui,
            store,
            "newest near duplicate of",
            &found.repeated_by,
            heads,
            commands,
        );
    }
}

fn list(
    ui: &mut Ui,
    store: &TraceStore,
    relation: &str,
    found: &[(Position, usize)],
    heads: usize,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    for &(position, holders) in found.iter().take(LISTED) {
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), 19.0), Sense::click());
        let said = counted(holders as u64, "head");
        let text = quoted(store, position);
        let name = format!("{relation} {text} at {}, {said}", position.0);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if response.hovered() || response.has_focus() {
            ui.painter()
                .rect_filled(rect.expand2(vec2(4.0, 0.0)), 3.0, palette.raised);
        }
        let half = rect.left() + rect.width() * 0.42;
        let column = |from: f32, to: f32| {
            Rect::from_min_max(pos2(from, rect.top()), pos2(to, rect.bottom()))
        };
        let words = column(rect.left(), half - 4.0);
        ui.painter()
            .with_clip_rect(words.intersect(ui.clip_rect()))
            .text(
                words.left_center(),
                Align2::LEFT_CENTER,
                text,
                FontId::monospace(12.0),
                palette.text,
            );
        ui.painter().text(
            pos2(half, rect.center().y),
            Align2::LEFT_CENTER,
            format!("at {}", count(u64::from(position.0))),
            FontId::proportional(11.5),
            palette.weak,
        );
        let track = Rect::from_min_max(
            pos2(half + 58.0, rect.center().y - 3.0),
            pos2(rect.right() - 56.0, rect.center().y + 3.0),
        );
        if track.width() > 10.0 {
            let share = (holders as f32 / heads.max(1) as f32).min(1.0);
            ui.painter().rect_filled(track, 2.0, palette.token);
            let bar = Rect::from_min_size(track.min, vec2(track.width() * share, track.height()));
            ui.painter().rect_filled(bar, 2.0, palette.blue);
        }
        ui.painter().text(
            rect.right_center(),
            Align2::RIGHT_CENTER,
            said,
            FontId::proportional(11.5),
            palette.weak,
        );
        if response.clicked() {
            commands.push(UiCommand::Select(Some(position)));
        }
        response.on_hover_text("Click to inspect this token");
    }
    if found.len() > LISTED {
        section::note(ui, &format!("and {} more", found.len() - LISTED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_heads_come_first_and_ties_by_position() {
        let counts = BTreeMap::from([(Position(9), 2), (Position(4), 2), (Position(7), 5)]);
        assert_eq!(
            ranked(counts),
            [(Position(7), 5), (Position(4), 2), (Position(9), 2)]
        );
    }
}

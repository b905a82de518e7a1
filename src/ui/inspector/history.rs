//! How many heads held the token after each compression: a small staircase downwards.

use egui::{Align2, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::section;
use crate::trace::{EventIndex, Position, TraceStore, TraceView};
use crate::ui::quantity::event_number;
use crate::ui::theme::{Palette, mix};

/// Heads that held a token after each compression that knew it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The first compression that knew the token.
    pub first: usize,
    /// Heads after it and each later one.
    pub holders: Vec<u32>,
}

impl History {
    /// Counts over all heads.
    pub fn of(store: &TraceStore, position: Position) -> Self {
        let first = store.events().partition_point(|e| e.seen <= position.0);
        let heads = store.evictions().heads();
        let mut dropped = vec![0u32; store.events().len() - first];
        for row in 0..heads {
            if let Some(event) = store.evictions().evicted_at(row, position)
                && let Some(count) = dropped.get_mut(event.index().saturating_sub(first))
            {
                *count += 1;
            }
        }
        let mut held = heads as u32;
        let holders = dropped
            .into_iter()
            .map(|gone| {
                held -= gone.min(held);
                held
            })
            .collect();
        Self { first, holders }
    }

    /// The first and the last compression up to `now` at which a head dropped the token.
    pub fn drops(&self, heads: u32, now: usize) -> Option<(EventIndex, EventIndex)> {
        let mut before = heads;
        let mut ends = None;
        for (i, &held) in self
            .holders
            .iter()
            .take(now.saturating_sub(self.first))
            .enumerate()
        {
            if held < before {
                let event = EventIndex((self.first + i) as u32);
                ends = Some((ends.map_or(event, |(first, _)| first), event));
            }
            before = held;
        }
        ends
    }
}

/// Draws a bar per compression; those after the cursor are paler.
pub fn show(ui: &mut Ui, view: &TraceView<'_>, history: &History) {
    let palette = Palette::of(ui.ctx());
    let heads = view.store().header().model.heads().max(1);
    let said = match history.drops(heads, view.event_count()) {
        None if history.holders.is_empty() => "No compression has known it yet.".to_owned(),
        None => "No head has dropped it.".to_owned(),
        Some((first, last)) if first == last => {
            format!("Dropped at compression {}.", event_number(first))
        }
        Some((first, last)) => format!(
            "First dropped at compression {}, last at {}.",
            event_number(first),
            event_number(last)
        ),
    };
    section::heading(ui, "Heads that hold it", "");
    section::note(ui, &said);
    if history.holders.is_empty() {
        return;
    }
    let (outer, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!("Heads over compressions. {said}"),
        )
    });
    let rect = Rect::from_min_max(outer.min + vec2(26.0, 2.0), outer.max - vec2(0.0, 13.0));
    let painter = ui.painter();
    let count = history.holders.len();
    let step = rect.width() / count as f32;
    let gap = if step >= 4.0 { 1.0 } else { 0.0 };
    for (i, &held) in history.holders.iter().enumerate() {
        let x = rect.left() + i as f32 * step;
        let height = rect.height() * held as f32 / heads as f32;
        let past = history.first + i < view.event_count();
        let colour = if past {
            palette.held.gamma_multiply(0.8)
        } else {
            mix(palette.panel, palette.faint, 0.4)
        };
        let bar = Rect::from_min_max(
            pos2(x, rect.bottom() - height),
            pos2(x + (step - gap).max(0.5), rect.bottom()),
        );
        painter.rect_filled(bar, 0.0, colour);
    }
    painter.hline(
        rect.x_range(),
        rect.bottom() + 0.5,
        Stroke::new(1.0, palette.line),
    );
    let text = |at, anchor, said: String| {
        painter.text(at, anchor, said, FontId::proportional(10.0), palette.faint);
    };
    text(
        pos2(outer.left(), rect.top()),
        Align2::LEFT_TOP,
        heads.to_string(),
    );
    text(
        pos2(outer.left(), rect.bottom()),
        Align2::LEFT_BOTTOM,
        "0".to_owned(),
    );
    let number = |i: usize| (history.first + i + 1).to_string();
    text(
        pos2(rect.left(), rect.bottom() + 2.0),
        Align2::LEFT_TOP,
        number(0),
    );
    if count > 1 {
        text(
            pos2(rect.right(), rect.bottom() + 2.0),
            Align2::RIGHT_TOP,
            number(count - 1),
        );
    }
    response.on_hover_text("Heads that held it (upwards) after each compression (to the right)");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_counted_up_to_the_cursor() {
        let history = History {
            first: 2,
            holders: vec![18, 12, 12, 3],
        };
        assert_eq!(history.drops(18, 3), None);
        assert_eq!(history.drops(18, 4), Some((EventIndex(3), EventIndex(3))));
        assert_eq!(history.drops(18, 6), Some((EventIndex(3), EventIndex(5))));
    }
}

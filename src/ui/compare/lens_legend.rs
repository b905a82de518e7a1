//! What the lens's colours and bars mean, with how much of the common text each holds at the cursor.

use egui::{Align2, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::caches::CompareState;
use super::lens::{Colours, fill};
use crate::compare::letter;
use crate::ui::quantity::percent;
use crate::ui::theme::{Palette, mix};
use crate::ui::token_view::Split;

/// Draws the four cases in two columns, or says what else the colours are.
pub(super) fn show(ui: &mut Ui, state: &CompareState, (a, b): (usize, usize)) {
    let palette = Palette::of(ui.ctx());
    let area = ui.available_rect_before_wrap();
    let font = FontId::proportional(12.0);
    if state.colours == Colours::Scores {
        let said = "amber: importance · blue: redundancy\nbar: share of heads that hold the token\nstruck: every head dropped it";
        let galley = ui
            .painter()
            .layout(said.to_owned(), font, palette.weak, area.width() - 12.0);
        ui.painter().galley(area.min, galley, palette.weak);
        return;
    }
    let sum = state.difference.held().totals();
    let all = (sum.only_a + sum.only_b + sum.both + sum.neither) as f64;
    let (a, b) = (letter(a), letter(b));
    let split = |only_a: f32, both: f32, only_b: f32| Split {
        only_a,
        both,
        only_b,
    };
    let cases = [
        (
            split(1.0, 0.0, 0.0),
            format!("held by {a} only"),
            sum.only_a,
        ),
        (
            split(0.0, 0.0, 1.0),
            format!("held by {b} only"),
            sum.only_b,
        ),
        (split(0.0, 1.0, 0.0), "held by both".to_owned(), sum.both),
        (Split::default(), "held by neither".to_owned(), sum.neither),
    ];
    let title = format!("Who still holds the common text of {a} and {b}");
    ui.painter().text(
        area.min,
        Align2::LEFT_TOP,
        title,
        font.clone(),
        palette.weak,
    );
    for (i, (split, name, count)) in cases.into_iter().enumerate() {
        let column = (i % 2) as f32 * 140.0;
        let row = (i / 2) as f32 * 31.0;
        let at = area.min + vec2(column, 20.0 + row);
        let sample = Rect::from_min_size(at, vec2(20.0, 17.0));
        paint_sample(ui, palette, sample, split);
        let text = at + vec2(27.0, 0.0);
        let share = if all > 0.0 {
            percent(count as f64 / all)
        } else {
            "–".to_owned()
        };
        let place = ui.painter().text(
            text + vec2(0.0, -2.0),
            Align2::LEFT_TOP,
            &name,
            font.clone(),
            palette.text,
        );
        ui.painter().text(
            text + vec2(0.0, 12.0),
            Align2::LEFT_TOP,
            &share,
            FontId::proportional(11.0),
            palette.faint,
        );
        let area = Rect::from_min_size(at, vec2(132.0, 29.0)).union(place);
        let response = ui.interact(area, ui.scope_id().with(("lens case", i)), Sense::hover());
        let spoken = format!("Legend: {name}, {share}");
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        response.on_hover_text(
            "Share of all (layer, KV head, position) triples of the prompt and of what both wrote alike, at the \
             cursor. In the text, amber is what the first run holds alone and blue what the second one does, by \
             their share of heads; the bar under a token has the first run's share at its left end and the \
             second's at its right, and a token is struck in the pane whose run has dropped it.",
        );
    }
}

fn paint_sample(ui: &Ui, palette: &Palette, rect: Rect, split: Split) {
    let painter = ui.painter();
    let bar = |from: f32, to: f32| {
        let top = rect.bottom() + 1.5;
        Rect::from_min_max(
            pos2(rect.left() + rect.width() * from, top),
            pos2(rect.left() + rect.width() * to, top + 2.5),
        )
    };
    let track = mix(palette.canvas, palette.faint, 0.30);
    if split == Split::default() {
        let line = Stroke::new(1.0, palette.faint);
        painter.hline(rect.x_range(), rect.center().y, line);
        painter.rect_filled(bar(0.0, 1.0), 0.0, track);
        return;
    }
    painter.rect_filled(rect, 2.0, fill(palette, split));
    painter.rect_filled(bar(0.0, 1.0), 0.0, track);
    // Not the whole width, so that the sample shows at which end it lies.
    let (at, colour) = if split.only_a > 0.0 {
        ((0.0, 0.5), palette.amber)
    } else if split.only_b > 0.0 {
        ((0.5, 1.0), palette.blue)
    } else {
        ((0.25, 0.75), palette.held)
    };
    painter.rect_filled(bar(at.0, at.1), 0.0, colour);
}

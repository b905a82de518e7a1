//! What the lens's colours and bars mean, with how much of the common text each holds at the cursor.

use egui::{FontId, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::caches::CompareState;
use super::lens::{Colours, fill};
use super::panel::Shown;
use crate::compare::letter;
use crate::ui::quantity::percent;
use crate::ui::selection::ColourMode;
use crate::ui::theme::{Palette, mix};
use crate::ui::token_view::Split;
use crate::ui::unscored::unscored;

/// The picture of a case, and the height of all of it.
const SAMPLE: Vec2 = Vec2::new(20.0, 15.0);
const ROW: f32 = 22.0;

/// Draws the four cases in a row that ends at the right, or says what else the colours are; what does not fit is left out.
pub(super) fn show(ui: &mut Ui, state: &CompareState, shown: &Shown<'_>, pair: (usize, usize)) {
    let palette = Palette::of(ui.ctx());
    let area = ui.available_rect_before_wrap();
    let layout = |text: &str, colour| {
        let font = FontId::proportional(12.0);
        ui.painter().layout_no_wrap(text.to_owned(), font, colour)
    };
    if state.colours == Colours::Scores {
        scores(ui, palette, state, shown);
        return;
    }
    let cursor = shown.cursor;
    let sum = state.difference.held().totals();
    let all = (sum.only_a + sum.only_b + sum.both + sum.neither) as f64;
    let (a, b) = (letter(pair.0), letter(pair.1));
    let moment = state.overlap.moment(pair, cursor);
    let split = |only_a: f32, both: f32, only_b: f32| Split {
        only_a,
        both,
        only_b,
    };
    let cases = [
        (split(1.0, 0.0, 0.0), format!("{a} only"), sum.only_a),
        (split(0.0, 0.0, 1.0), format!("{b} only"), sum.only_b),
        (split(0.0, 1.0, 0.0), "both".to_owned(), sum.both),
        (Split::default(), "neither".to_owned(), sum.neither),
    ];
    let cases = cases.map(|(split, name, count)| {
        let share = if all > 0.0 {
            percent(count as f64 / all)
        } else {
            "–".to_owned()
        };
        let texts = [layout(&name, palette.text), layout(&share, palette.weak)];
        (split, format!("Legend: held by {name}, {share}"), texts)
    });
    // Widths that do not hang on the numbers, so that nothing moves while the cursor does.
    let number = layout("100 %", palette.weak).size().x;
    let width = |name: f32| SAMPLE.x + 7.0 + name + 6.0 + number + 12.0;
    let widths = cases.each_ref().map(|(.., [name, _])| width(name.size().x));
    let title = layout("common text held by", palette.weak);
    let mut left = area.right() - widths.iter().sum::<f32>();
    if left < area.left() {
        return;
    }
    let with_title = left - title.size().x - 14.0;
    if with_title >= area.left() {
        ui.painter()
            .galley(pos2(with_title, area.top() + 6.0), title, palette.weak);
    }
    for (i, ((split, spoken, [name, share]), width)) in cases.into_iter().zip(widths).enumerate() {
        let at = pos2(left, area.top() + 4.0);
        left += width;
        paint_sample(ui, palette, Rect::from_min_size(at, SAMPLE), split);
        let text = at + vec2(SAMPLE.x + 7.0, 2.0);
        let after = text + vec2(name.size().x + 6.0, 0.0);
        ui.painter().galley(text, name, palette.text);
        ui.painter().galley(after, share, palette.weak);
        let place = Rect::from_min_size(at, vec2(width, ROW));
        let response = ui.interact(place, ui.scope_id().with(("lens case", i)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        response.on_hover_text(format!(
            "Share of all (layer, KV head, position) triples of the prompt and of what both wrote alike, {moment}. \
             In the text, amber is what the first run holds alone and blue what the second one does, by their share \
             of heads; the bar under a token has the first run's share at its left end and the second's at its right, \
             and a token is struck in the pane whose run has dropped it."
        ));
    }
}

/// What scores look like, or in whose text there are none.
fn scores(ui: &Ui, palette: &Palette, state: &CompareState, shown: &Shown<'_>) {
    let area = ui.available_rect_before_wrap();
    let lacking: Vec<(char, String)> = shown
        .panes
        .iter()
        .zip(&state.panes)
        .enumerate()
        .filter_map(|(index, (pane, cache))| {
            let unscored = unscored(pane.view.as_ref()?, shown.mode, &cache.derived)?;
            unscored.wholly.then(|| (letter(index), unscored.why))
        })
        .collect();
    let said = if lacking.is_empty() {
        let colours = match shown.mode {
            ColourMode::Both => "amber: importance · blue: redundancy",
            ColourMode::Importance => "amber: importance",
            ColourMode::Redundancy => "blue: redundancy",
            ColourMode::Held => "amber: share of heads that hold it",
            ColourMode::Age => "grey: age",
        };
        format!("{colours} · bar: share of heads that hold it · struck: all dropped it")
    } else {
        let letters: Vec<String> = lacking
            .iter()
            .map(|(letter, _)| letter.to_string())
            .collect();
        format!("no scores in {}", letters.join(", "))
    };
    let font = FontId::proportional(12.0);
    let galley = ui
        .painter()
        .layout_no_wrap(said.clone(), font, palette.weak);
    if galley.size().x > area.width() {
        return;
    }
    let at = pos2(area.right() - galley.size().x, area.top() + 6.0);
    let place = Rect::from_min_size(at, galley.size());
    ui.painter().galley(at, galley, palette.weak);
    let response = ui.interact(place, ui.scope_id().with("scores legend"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    if !lacking.is_empty() {
        let lines: Vec<String> = lacking
            .into_iter()
            .map(|(letter, why)| format!("{letter}: {why}"))
            .collect();
        response.on_hover_text(lines.join("\n"));
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

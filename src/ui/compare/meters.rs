//! What a run cost and came to, as a few numbers; each says what it is.

use egui::{Align2, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::compare::{Meters, letter};
use crate::ui::quantity::{bytes, count, percent};
use crate::ui::theme::Palette;
use crate::ui::verdict::Verdict;

/// Height of a number with its name, in points.
const CELL: f32 = 32.0;
/// Narrowest cell.
const LEAST: f32 = 78.0;
/// Numbers of a pane.
const CELLS: usize = 6;

struct Cell {
    name: &'static str,
    value: String,
    hint: String,
    wrong: bool,
}

/// Draws the numbers of a pane, or their empty place before its turn; `reference` are those of pane A for the
/// other panes, `right` is the right answer if it is known.
pub(super) fn show(
    ui: &mut Ui,
    index: usize,
    meters: Option<&Meters>,
    reference: Option<&Meters>,
    right: Option<i64>,
) {
    let palette = Palette::of(ui.ctx());
    let per_row = ((ui.available_width() / LEAST) as usize).clamp(2, CELLS);
    // Rows of one length: six cells in rows of four would leave a hole.
    let per_row = CELLS.div_ceil(CELLS.div_ceil(per_row));
    let Some(meters) = meters else {
        for _ in 0..CELLS.div_ceil(per_row) {
            ui.allocate_space(vec2(1.0, CELL));
        }
        return;
    };
    let cells = cells(meters, reference, right);
    for row in cells.chunks(per_row) {
        let size = vec2(ui.available_width(), CELL);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let width = rect.width() / per_row as f32;
        for (i, cell) in row.iter().enumerate() {
            let left = rect.left() + i as f32 * width;
            let area = Rect::from_min_size(pos2(left, rect.top()), vec2(width - 6.0, CELL));
            let id = ui.scope_id().with((cell.name, index));
            let response = ui.interact(area, id, Sense::hover());
            let spoken = format!("{}: {} {}", letter(index), cell.name, cell.value);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
            let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
            painter.text(
                area.left_top(),
                Align2::LEFT_TOP,
                cell.name,
                FontId::proportional(10.5),
                palette.faint,
            );
            painter.text(
                pos2(area.left(), area.bottom() - 2.0),
                Align2::LEFT_BOTTOM,
                &cell.value,
                FontId::proportional(14.0),
                if cell.wrong {
                    palette.error
                } else {
                    palette.text
                },
            );
            response.on_hover_text(&cell.hint);
        }
    }
}

fn cells(meters: &Meters, reference: Option<&Meters>, right: Option<i64>) -> [Cell; CELLS] {
    let sum = &meters.summary;
    let so_far = if meters.finish.is_some() {
        ""
    } else {
        " so far"
    };
    let cell = |name, value, hint: String| Cell {
        name,
        value,
        hint,
        wrong: false,
    };
    let ended = meters.finish.is_some();
    let none = if ended { "none" } else { "–" };
    let answer = meters.answer.clone().unwrap_or_else(|| none.to_owned());
    // A run that still writes has not answered yet.
    let reference = reference.filter(|a| ended && a.finish.is_some());
    let (answer, same) = match reference.and_then(|a| meters.same_answer(a)) {
        Some(true) => (format!("{answer} = A"), " It is A's answer."),
        Some(false) => (format!("{answer} ≠ A"), " It is not A's answer."),
        None => (answer, ""),
    };
    let given = meters.answer.as_deref();
    let verdict = Verdict::of(given, meters.finish.as_ref(), right);
    let (name, told) = match (&verdict, given) {
        (Verdict::Unknown, _) => ("answer", String::new()),
        (Verdict::Right, _) => ("right answer", String::new()),
        (Verdict::Wrong(right), Some(_)) => ("wrong answer", format!(" Right is {right}.")),
        (Verdict::Wrong(right), None) => ("answer", format!(" Right is {right}.")),
    };
    [
        cell(
            "peak slots",
            count(u64::from(sum.peak_slots)),
            format!("The most slots (tokens) that a KV head held at any time{so_far}"),
        ),
        cell(
            "peak bytes",
            bytes(sum.peak_bytes),
            format!(
                "Keys and values of all heads at that peak{so_far}; the policy keeps {} beside them, and a cache \
                 that evicts nothing would hold {} after the same tokens",
                bytes(meters.auxiliary_bytes),
                bytes(sum.full_bytes)
            ),
        ),
        cell(
            "final ratio",
            percent(sum.final_ratio),
            format!("Slots per head over tokens seen, at the end{so_far}; a full cache has 100 %"),
        ),
        cell(
            "mean ratio",
            percent(sum.time_averaged_ratio),
            format!(
                "Slots read by all decode steps{so_far}, over what a full cache would have read: what decoding really worked with"
            ),
        ),
        cell(
            "tokens",
            count(u64::from(sum.tokens)),
            format!(
                "Tokens written after the prompt{so_far}: a longer text costs more at the same ratio"
            ),
        ),
        Cell {
            wrong: matches!(verdict, Verdict::Wrong(_)),
            ..cell(
                name,
                answer,
                format!("What the model put into its last \\boxed{{}}{so_far}.{same}{told}"),
            )
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn an_answer_is_called_right_or_wrong_where_that_is_known() {
        let mut meters = Meters::of(&Synthetic::default().store());
        let mut last = |right, answer: Option<&str>| {
            meters.answer = answer.map(str::to_owned);
            let [.., cell] = cells(&meters, None, right);
            (cell.name, cell.value, cell.wrong, cell.hint.contains('7'))
        };
        let said = |name, value: &str, wrong, told| (name, value.to_owned(), wrong, told);
        assert_eq!(last(None, Some("8")), said("answer", "8", false, false));
        assert_eq!(
            last(Some(8), Some("8")),
            said("right answer", "8", false, false)
        );
        assert_eq!(
            last(Some(7), Some("8")),
            said("wrong answer", "8", true, true)
        );
        assert_eq!(last(Some(7), None), said("answer", "none", true, true));
    }
}

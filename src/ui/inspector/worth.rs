//! What a token was worth when it was last scored: importance, redundancy and the score that decided.

use egui::{Align2, Color32, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::section;
use super::standing::Standing;
use crate::policy::{Param, find};
use crate::trace::{Component, HeadId, HeadRow, Position, TokenScore, TraceView};
use crate::ui::derived::Derived;
use crate::ui::quantity::{at_most_times, event_number, score, times};
use crate::ui::theme::Palette;

/// Draws the bars; with a head singled out also that head's own numbers. With the latest scores: whether no
/// head recorded more of its importance than that it was too small to tell.
pub fn show(
    ui: &mut Ui,
    view: &TraceView<'_>,
    position: Position,
    derived: &Derived,
    latest: Option<(&TokenScore, bool)>,
    standing: Option<Standing>,
    head: Option<(HeadId, Option<HeadRow>)>,
) {
    let palette = Palette::of(ui.ctx());
    let Some((latest, bound)) = latest else {
        section::heading(ui, "Worth", "");
        section::note(ui, not_scored(view, position));
        return;
    };
    let event = latest.event;
    section::heading(
        ui,
        "Worth",
        &format!("at compression {}", event_number(event)),
    );
    let Some(record) = view.store().events().get(event.index()) else {
        return;
    };
    let why = "Mean over the heads that held it; 1 × is the average token of that compression.";
    if record.block(Component::Importance).is_some() {
        let share = derived.importance.unit(latest.importance);
        let said = at_most_times(latest.importance, bound);
        bar(
            ui,
            "Importance",
            share,
            &said,
            palette.amber,
            &format!("Attention of the queries that the policy asks. {why}"),
        );
    }
    if record.block(Component::Redundancy).is_some() {
        let share = derived.redundancy.unit(latest.redundancy);
        let said = times(latest.redundancy);
        bar(
            ui,
            "Redundancy",
            share,
            &said,
            palette.blue,
            &format!("How much its key repeats others. {why}"),
        );
    }
    if let Some(standing) = standing {
        let settings = view.store().settings_of(record.revision);
        let weighed = find(&settings.policy).is_ok_and(|info| info.params.contains(&Param::Lambda));
        let formula = if weighed {
            format!(
                " Z is λ·importance − (1 − λ)·redundancy of each head's raw shares, not of the multiples above, here with λ = {:.2}.",
                settings.lambda
            )
        } else {
            String::new()
        };
        let hint = format!(
            "Mean score {} over the heads that held it: higher than {} of the {} tokens scored.{formula}",
            score(standing.mean),
            standing.below,
            standing.scored
        );
        let said = format!(
            "top {:.0} %",
            ((1.0 - standing.share()) * 100.0).max(1.0).ceil()
        );
        bar(ui, "Score Z", standing.share(), &said, palette.held, &hint);
    }
    if let Some((id, row)) = head {
        let name = format!("layer {}, head {}", id.layer, id.head);
        let place = id.row(view.store().header().model.kv_heads);
        let said = match row {
            Some(row) => {
                let relative = |component, value: Option<f32>| {
                    value.map(|value| {
                        let relative = value * record.to_even_share(component, id.layer, place);
                        at_most_times(relative, record.is_floor(component, place, value))
                    })
                };
                [
                    ("I", relative(Component::Importance, row.importance)),
                    ("R", relative(Component::Redundancy, row.redundancy)),
                    ("Z", row.score.map(score)),
                ]
                .into_iter()
                .filter_map(|(letter, value)| Some(format!("{letter} {}", value?)))
                .collect::<Vec<_>>()
                .join("  ")
            }
            None => "did not score it".to_owned(),
        };
        section::number(
            ui,
            &name,
            &said,
            "This head's own importance, redundancy and score",
        );
    }
}

/// Why a token has no score at the cursor.
fn not_scored(view: &TraceView<'_>, position: Position) -> &'static str {
    match view.last_record() {
        None => "Not scored: no compression has run yet.",
        Some(record) if position.0 >= record.seen => {
            "Not scored yet: it was written after the last compression."
        }
        Some(record) if record.scores.is_empty() => "No scores were recorded in this run.",
        Some(_) => "Not scored yet: at the last compression it was in the observation window.",
    }
}

/// A name, a bar and a number.
fn bar(ui: &mut Ui, name: &str, share: f32, said: &str, colour: Color32, hint: &str) {
    let palette = Palette::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let label = format!("{name}: {said}");
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, &label));
    let (name_width, number_width) = (86.0, 82.0);
    let painter = ui.painter();
    painter.text(
        rect.left_center(),
        Align2::LEFT_CENTER,
        name,
        FontId::proportional(12.5),
        palette.text,
    );
    let track = Rect::from_min_max(
        pos2(rect.left() + name_width, rect.center().y - 4.0),
        pos2(
            (rect.right() - number_width).max(rect.left() + name_width + 20.0),
            rect.center().y + 4.0,
        ),
    );
    painter.rect_filled(track, 2.5, palette.token);
    let filled = Rect::from_min_size(
        track.min,
        vec2((track.width() * share).max(3.0), track.height()),
    );
    painter.rect_filled(filled, 2.5, colour);
    painter.text(
        rect.right_center(),
        Align2::RIGHT_CENTER,
        said,
        FontId::monospace(12.0),
        palette.text,
    );
    response.on_hover_text(hint);
}

//! The answer in a sentence, and the shares as bars.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align2, FontId, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::findings::Counted;
use crate::analysis::{Group, GroupRow, Ratio, policy_names};
use crate::trace::TraceView;
use crate::ui::quantity::{self, count, percent};
use crate::ui::theme::{Palette, mix};

/// The groups that have bars.
const SHOWN: [Group; 4] = [
    Group::Reflections,
    Group::Repetitions,
    Group::OlderCopies,
    Group::NearDuplicates,
];

/// The quotient of what was evicted and the log-rank expectation.
const PACE: &str =
    "Times the pace of a blind choice, which drops as many of each compression's candidates";

/// Draws the sentence and the bars.
pub fn show(ui: &mut Ui, view: &TraceView<'_>, counted: &Counted) {
    let palette = Palette::of(ui.ctx());
    let evicted = counted.ledger.evicted_pairs();
    let said = sentence(view, counted, evicted);
    ui.label(RichText::new(said).size(13.5).color(palette.text));
    if evicted == 0 {
        return;
    }
    ui.add_space(6.0);
    for group in SHOWN {
        if let Some((_, row)) = counted.groups.iter().find(|(g, _)| *g == group) {
            bars(ui, palette, group, row, evicted);
        }
    }
    ui.add_space(4.0);
}

fn sentence(view: &TraceView<'_>, counted: &Counted, evicted: u64) -> String {
    let policy = policy_names(view);
    if evicted == 0 {
        return "Nothing has been evicted so far, so there are no shares to compare.".to_owned();
    }
    let row = |group| {
        counted
            .groups
            .iter()
            .find(|(g, _)| *g == group)
            .map(|(_, row)| row)
    };
    let part = |group: Group| {
        let row = row(group)?;
        let (tokens, gone) = (row.token_share?, row.evicted_share?);
        Some(format!(
            "{} lay in {group}, which are {} of all tokens{}",
            percent(gone),
            percent(tokens),
            row.over_chance.map(chance).unwrap_or_default()
        ))
    };
    let parts: Vec<String> = [Group::Reflections, Group::Repetitions]
        .into_iter()
        .filter_map(part)
        .collect();
    let all = format!(
        "Of {} (head, token) pairs that {policy} had evicted after {}, {}. A blind choice drops as many of the same \
         candidates.",
        count(evicted),
        quantity::counted(counted.cursor as u64, "token"),
        parts.join("; ")
    );
    // A line must not begin with the sign.
    all.replace(" %", "\u{a0}%")
}

fn chance(ratio: Ratio) -> String {
    let range = ratio.range.map_or_else(String::new, |[low, high]| {
        format!(", 95 % range {low:.2} to {high:.2}")
    });
    format!(
        " ({:.2} times the pace of a blind choice{range})",
        ratio.value
    )
}

fn bars(ui: &mut Ui, palette: &Palette, group: Group, row: &GroupRow, evicted: u64) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let (base, of) = fair_share(group, row, evicted);
    let gone = format!("{} of evicted", share_text(row.evicted_share));
    let fair = format!(", {} {of}", share_text(base));
    let label = format!("{group}: {gone}{fair}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
    let painter = ui.painter();
    let middle = rect.center().y;
    painter.text(
        pos2(rect.left(), middle),
        Align2::LEFT_CENTER,
        group.name(),
        FontId::proportional(12.5),
        palette.weak,
    );
    // In the colours of their bars, upper and lower.
    let font = FontId::proportional(12.0);
    let mut words = LayoutJob::default();
    words.append(&gone, 0.0, TextFormat::simple(font.clone(), palette.text));
    words.append(&fair, 0.0, TextFormat::simple(font, palette.weak));
    let words = painter.layout_job(words);
    let place = Align2::RIGHT_CENTER.anchor_size(pos2(rect.right(), middle), words.size());
    painter.galley(place.min, words, palette.weak);
    let (left, right) = (rect.left() + 108.0, rect.right() - 214.0);
    if right > left + 30.0 {
        let line = |y: f32, share: f64, colour| {
            let width = (right - left) * share.clamp(0.0, 1.0) as f32;
            let bar = Rect::from_min_size(pos2(left, y), vec2(width.max(1.0), 6.0));
            painter.rect_filled(bar, 1.5, colour);
        };
        let track = Rect::from_min_max(pos2(left, middle - 7.0), pos2(right, middle + 7.0));
        painter.rect_filled(track, 2.0, mix(palette.canvas, palette.faint, 0.14));
        line(middle - 7.0, row.evicted_share.unwrap_or(0.0), palette.text);
        line(
            middle + 1.0,
            base.unwrap_or(0.0),
            mix(palette.canvas, palette.weak, 0.5),
        );
    }
    response.on_hover_ui(|ui| explain(ui, group, row, evicted));
}

/// What the group's share of the evicted pairs is held against, 0 to 1, and of what it is one, in words.
fn fair_share(group: Group, row: &GroupRow, evicted: u64) -> (Option<f64>, &'static str) {
    if group.counts_from_a_moment() {
        // Neither tokens nor candidates say for how long they could have gone as copies.
        let expected = row.expected / evicted.max(1) as f64;
        (Some(expected), "at a blind pace")
    } else if row.tokens.is_some() {
        (row.token_share, "of tokens")
    } else {
        (row.eligible_share, "of candidates")
    }
}

fn share_text(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), percent)
}

/// All numbers of a group, each with its meaning.
fn explain(ui: &mut Ui, group: Group, row: &GroupRow, evicted: u64) {
    ui.set_max_width(440.0);
    ui.label(group.help());
    ui.add_space(4.0);
    let share =
        |share: Option<f64>| share.map_or_else(String::new, |s| format!(" ({})", percent(s)));
    let mut lines = vec![];
    if let Some(tokens) = row.tokens {
        lines.push(format!(
            "Tokens: {}{} of those seen",
            count(tokens),
            share(row.token_share)
        ));
    }
    lines.push(format!(
        "Eligible: {}{}, pairs that a compression could have evicted: older than the window, not protected",
        count(row.eligible),
        share(row.eligible_share)
    ));
    let (base, of) = fair_share(group, row, evicted);
    lines.push(format!(
        "Evicted: {}{}, pairs that one did (upper bar; the lower is {} {of})",
        count(row.evicted),
        share(row.evicted_share),
        share_text(base)
    ));
    for (name, ratio) in [
        ("Share of evicted over share of tokens", row.over_tokens),
        ("Share of evicted over share of eligible", row.over_eligible),
        (PACE, row.over_chance),
    ] {
        if let Some(ratio) = ratio {
            let range = ratio.range.map_or_else(String::new, |[low, high]| {
                format!(" ({low:.2} to {high:.2})")
            });
            lines.push(format!("{name}: {:.2}{range}", ratio.value));
        }
    }
    for line in lines {
        ui.label(line);
    }
    ui.weak(
        "Ranges: 95 %, from leaving out one segment (for near duplicates one compression) at a time; they \
         say how far a number hangs on single passages of this run, nothing about other problems.",
    );
}

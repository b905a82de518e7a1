//! What the run saved so far, each number with what it means.

use egui::Ui;

use super::section;
use crate::trace::{RunSummary, TraceView};
use crate::ui::derived::Derived;
use crate::ui::quantity::{bytes, count, percent};
use crate::ui::theme::Palette;
use crate::ui::verdict::Verdict;

/// Draws the numbers; hovering one tells its definition. `answer` is what the run came to, once it is over.
pub fn show(
    ui: &mut Ui,
    summary: &RunSummary,
    answer: Option<&str>,
    right_answer: Option<i64>,
    view: &TraceView<'_>,
    derived: &Derived,
) {
    let line = |ui: &mut Ui, name: &str, value: String, hint: &str| {
        section::number(ui, name, &value, hint);
    };
    section::heading(ui, "At the cursor", "");
    line(
        ui,
        "prompt still held",
        prompt_held(view, &derived.holders).map_or_else(|| "none".to_owned(), percent),
        "Share of (prompt token, head) pairs in the cache at the cursor",
    );
    let so_far = match view.store().end() {
        None if derived.live => "so far",
        _ => "",
    };
    section::heading(ui, "The whole run", so_far);
    if view.store().end().is_none() && !derived.live {
        section::note(ui, "The recording stops before the run's end.");
    }
    if let Some((_, reason, _)) = view.store().end() {
        let verdict = Verdict::of(answer, Some(reason), right_answer);
        judged_answer(ui, answer, &verdict);
    }
    line(
        ui,
        "tokens",
        format!(
            "{} + {}",
            count(u64::from(summary.prompt_tokens)),
            count(u64::from(summary.tokens))
        ),
        "Tokens of the prompt + tokens generated",
    );
    line(
        ui,
        "compressions",
        count(u64::from(summary.compressions)),
        "Compressions of all layers",
    );
    line(
        ui,
        "peak slots",
        count(u64::from(summary.peak_slots)),
        "Most slots a head ever held: what has to fit into memory",
    );
    line(
        ui,
        "peak bytes",
        bytes(summary.peak_bytes),
        "Keys and values of all heads at the peak",
    );
    line(
        ui,
        "full cache",
        bytes(summary.full_bytes),
        "What a cache that forgets nothing takes at the end",
    );
    line(
        ui,
        "final ratio",
        percent(summary.final_ratio),
        "Slots held at the end over tokens seen: lower saves more",
    );
    line(
        ui,
        "mean ratio",
        percent(summary.time_averaged_ratio),
        "Slots read by all decode steps, over what a full cache would have read: what decoding really worked with",
    );
}

/// What the run came to, beside what is right where that is known.
fn judged_answer(ui: &mut Ui, answer: Option<&str>, verdict: &Verdict) {
    let palette = Palette::of(ui.ctx());
    let hint = "The last box of the model's text, and what is right where that is known";
    let given = answer.unwrap_or("none");
    let (value, colour) = match verdict {
        Verdict::Unknown => (given.to_owned(), palette.text),
        Verdict::Right => (format!("{given}, right"), palette.text),
        Verdict::Wrong(right) => (format!("{given}, not {right}"), palette.error),
    };
    section::coloured_number(ui, "answer", &value, hint, colour);
}

/// Share of (prompt token, head) pairs held at the cursor.
fn prompt_held(view: &TraceView<'_>, holders: &[u32]) -> Option<f64> {
    let header = view.store().header();
    let prompt = (header.prompt_tokens as usize).min(holders.len());
    let held: u64 = holders[..prompt].iter().map(|&h| u64::from(h)).sum();
    let pairs = prompt as u64 * u64::from(header.model.heads());
    (pairs > 0).then(|| held as f64 / pairs as f64)
}

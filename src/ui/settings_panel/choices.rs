//! The settings with a few choices: scope, protection, trigger, order of the slots.

use egui::Ui;

use crate::config::{CacheSettings, Protection, Scope, SlotOrder, Trigger};
use crate::ui::segmented;
use crate::ui::theme::caption;

/// Draws them.
pub fn show(ui: &mut Ui, settings: &mut CacheSettings) {
    group(
        ui,
        "Scope",
        &mut settings.scope,
        &[
            (Scope::Head, "head", "Each KV head keeps its own set"),
            (
                Scope::Layer,
                "layer",
                "The heads of a layer share one set, chosen by their mean score",
            ),
            (
                Scope::Global,
                "global",
                "All layers share one set, as in the vLLM and SGLang ports",
            ),
        ],
    );
    group(
        ui,
        "Protect",
        &mut settings.protection,
        &[
            (
                Protection::None,
                "none",
                "Only the observation window is safe",
            ),
            (
                Protection::Sinks,
                "sinks",
                "The first tokens, which attention leans on, are never evicted",
            ),
            (
                Protection::Prompt,
                "prompt",
                "The whole prompt is never evicted",
            ),
        ],
    );
    group(
        ui,
        "Compress when",
        &mut settings.trigger,
        &[
            (
                Trigger::CacheFull,
                "cache full",
                "The cache holds budget + buffer slots, as in the paper (--trigger full)",
            ),
            (
                Trigger::Published,
                "published code",
                "Every buffer tokens of prompt and text, once the cache holds the budget, as the published code does (--trigger published)",
            ),
        ],
    );
    group(
        ui,
        "Slot order",
        &mut settings.order,
        &[
            (
                SlotOrder::Time,
                "by time",
                "By position, so that \"newest\" and the pooling neighbourhood mean time (--order time)",
            ),
            (
                SlotOrder::Reference,
                "by score",
                "By descending score, as the published code leaves them (--order reference)",
            ),
        ],
    );
}

fn group<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    value: &mut T,
    choices: &[segmented::Choice<T>],
) {
    ui.add_space(2.0);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        caption(ui, name);
        segmented::show(ui, name, choices.len(), choices, value);
    });
}

//! The lines under a figure's title: enough to make the picture again.

use crate::config::CacheSettings;
use crate::policy;
use crate::trace::{CompressionRecord, TraceHeader, TraceView};

/// Model, policy and the settings that the policy uses.
pub(super) fn run(header: &TraceHeader, settings: &CacheSettings) -> String {
    let mut parts = vec![model(header)];
    match policy::find(&settings.policy) {
        Ok(info) => {
            parts.push(info.name.to_owned());
            let values = info.params.iter();
            parts.extend(
                values.map(|param| format!("{} {}", param.spec().option, param.get(settings))),
            );
        }
        Err(_unknown) => parts.push(settings.policy.clone()),
    }
    parts.join(", ")
}

/// The model and the shape of its cache.
pub(super) fn model(header: &TraceHeader) -> String {
    let model = &header.model;
    format!(
        "{} ({} layers × {} KV heads)",
        model.name, model.layers, model.kv_heads
    )
}

/// Which compression, out of how many, and when.
pub(super) fn compression(record: &CompressionRecord, view: &TraceView<'_>) -> String {
    let count = view.store().events().len();
    format!(
        "compression {} of {count} (event {}), after {} tokens",
        record.event + 1,
        record.event,
        record.seen
    )
}

/// The moment a figure of the whole run shows.
pub(super) fn moment(view: &TraceView<'_>) -> String {
    let events = view.event_count();
    let s = if events == 1 { "" } else { "s" };
    let seen = format!("{} tokens seen, {events} compression{s}", view.cursor());
    let changes: Vec<String> = view
        .store()
        .params()
        .iter()
        .filter(|(at, ..)| at.index() <= view.cursor())
        .map(|(at, ..)| at.0.to_string())
        .collect();
    match changes.len() {
        0 => seen,
        1..=4 => format!("{seen}; settings changed at token {}", changes.join(", ")),
        many => format!("{seen}; settings changed {many} times"),
    }
}

//! The lines under a figure's title: enough to make the picture again.

use crate::config::CacheSettings;
use crate::policy;
use crate::trace::{CompressionRecord, TraceHeader, TraceView};

/// Model, where the cache lived, policy and its settings.
pub(super) fn run(header: &TraceHeader, settings: &CacheSettings) -> String {
    let model = &header.model;
    let mut text = format!(
        "{} ({} layers × {} KV heads), {}",
        model.name,
        model.layers,
        model.kv_heads,
        policy::find(&settings.policy).map_or(settings.policy.as_str(), |info| info.name)
    );
    let Ok(info) = policy::find(&settings.policy) else { return text };
    for param in info.params {
        text.push_str(&format!(", {} {}", param.spec().option, param.get(settings)));
    }
    text
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
    let mut text = format!("{} tokens seen, {events} compression{s}", view.cursor());
    let changes: Vec<String> = view
        .store()
        .params()
        .iter()
        .filter(|(at, ..)| at.index() <= view.cursor())
        .map(|(at, ..)| at.0.to_string())
        .collect();
    match changes.as_slice() {
        [] => {}
        [few @ ..] if few.len() <= 4 => {
            text.push_str(&format!("; settings changed at token {}", few.join(", ")));
        }
        many => text.push_str(&format!("; settings changed {} times", many.len())),
    }
    text
}

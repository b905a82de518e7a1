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
        let spec = param.spec();
        text.push_str(&format!(
            ", {} {:.*}",
            spec.label.to_lowercase(),
            spec.decimals,
            param.get(settings)
        ));
    }
    text
}

/// Which compression, out of how many, and when.
pub(super) fn compression(record: &CompressionRecord, view: &TraceView<'_>) -> String {
    let count = view.store().events().len();
    format!(
        "compression {} of {count} (counted from 0), after {} tokens",
        record.event, record.seen
    )
}

/// The moment a figure of the whole run shows.
pub(super) fn moment(view: &TraceView<'_>) -> String {
    let events = view.event_count();
    let s = if events == 1 { "" } else { "s" };
    format!("{} tokens seen, {events} compression{s}", view.cursor())
}

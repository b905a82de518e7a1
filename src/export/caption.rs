//! The lines under a figure's title: enough to make the picture again.

use crate::analysis::{policy_names, settings_in_force};
use crate::config::{CacheSettings, Protection, Scope};
use crate::counted::counted;
use crate::policy;
use crate::trace::{CompressionRecord, TraceHeader, TraceStore, TraceView};

/// Model, policies and the settings that the last of them used, for a figure of the whole run.
pub(super) fn run(view: &TraceView<'_>) -> String {
    let header = view.store().header();
    let last = settings_in_force(view).pop();
    let values = last.map(values).unwrap_or_default();
    [vec![model(header), policy_names(view)], values]
        .concat()
        .join(", ")
}

/// Model, policy and the settings that it used, for a figure of one compression.
pub(super) fn at(record: &CompressionRecord, store: &TraceStore) -> String {
    let settings = store.settings_of(record.revision);
    let who = vec![
        model(store.header()),
        policy::shown_name(&settings.policy).to_owned(),
    ];
    [who, values(settings)].concat().join(", ")
}

/// The settings that the policy uses, and what a reader of the figure must know even where it is usual: whose scores decided
/// together, and what the policy may not choose from, for a protected token stays whatever its score.
fn values(settings: &CacheSettings) -> Vec<String> {
    policy::find(&settings.policy).map_or_else(
        |_unknown| vec![],
        |info| {
            let numbers = info
                .params_in_use(settings)
                .map(|param| param.said(settings));
            let mut said: Vec<String> = numbers.chain(info.unusual_choices(settings)).collect();
            let told = [
                (
                    settings.scope != Scope::Head,
                    format!("scope {}", settings.scope),
                ),
                (
                    settings.protection == Protection::Prompt,
                    format!("protection {}", settings.protection),
                ),
            ];
            for (matters, choice) in told {
                if info.compresses && matters && !said.contains(&choice) {
                    said.push(choice);
                }
            }
            said
        },
    )
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
    let seen = format!(
        "{} seen, {}",
        counted(view.cursor() as u64, "token"),
        counted(view.event_count() as u64, "compression")
    );
    match changes(view) {
        None => seen,
        Some(changes) => format!("{seen}; {changes}"),
    }
}

/// When settings were changed, if they were.
pub(super) fn changes(view: &TraceView<'_>) -> Option<String> {
    let changes: Vec<String> = view
        .store()
        .params()
        .iter()
        .filter(|(at, ..)| at.index() <= view.cursor())
        .map(|(at, ..)| at.0.to_string())
        .collect();
    match changes.len() {
        0 => None,
        1..=4 => Some(format!("settings changed at token {}", changes.join(", "))),
        many => Some(format!("settings changed {many} times")),
    }
}

/// A text of a person or a model as part of a line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protected_prompt_and_a_shared_scope_are_told_once_whether_chosen_or_usual() {
        for policy in ["random-prompt", "rkv", "rkv-global"] {
            let mut settings = policy::find(policy).unwrap().default_settings();
            settings.protection = Protection::Prompt;
            for scope in [Scope::Layer, Scope::Global] {
                settings.scope = scope;
                let said = values(&settings);
                for choice in ["protection prompt".to_owned(), format!("scope {scope}")] {
                    let told = said.iter().filter(|said| **said == choice).count();
                    assert_eq!(told, 1, "{choice}: {said:?}");
                }
            }
        }
        let usual = policy::find("rkv-global").unwrap().default_settings();
        assert!(values(&usual).contains(&"scope global".to_owned()));
        let full = policy::find("full").unwrap().default_settings();
        assert!(values(&full).is_empty());
    }
}

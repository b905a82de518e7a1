//! Why a run has no compression: it may still come to one, or be over.

use super::quantity::count;
use super::timeline::has_budget;
use crate::policy::schedule::Schedule;
use crate::trace::TraceStore;

/// Why a run that is over, or whose recording breaks off, was never compressed; `None` while it is being written (`live`)
/// and of a run that was.
pub fn why(store: &TraceStore, live: bool) -> Option<String> {
    if live || !store.events().is_empty() || store.tokens().is_empty() {
        return None;
    }
    let tokens = store.tokens().len();
    let settings = store.view(tokens).settings();
    if !has_budget(settings) {
        return Some("This policy evicts nothing: every head holds every token.".to_owned());
    }
    let what = match store.end() {
        Some(_) => "run ended",
        None => "recording stops",
    };
    let stands = format!("The {what} at {} slots", count(tokens as u64));
    let schedule = Schedule::new(settings, store.header().prompt_tokens as usize).ok();
    let first = schedule.and_then(|schedule| {
        let longest = schedule.capacity(settings, usize::MAX);
        schedule.first_due(settings, longest)
    });
    Some(match first.filter(|first| *first > tokens) {
        Some(first) => format!(
            "{stands}; the first compression would have come at {}.",
            count(first as u64)
        ),
        None => format!("{stands}, before its first compression."),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::CacheSettings;
    use crate::trace::TraceRecord;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn a_run_that_is_over_says_when_it_would_have_been_compressed() {
        let plan = Synthetic {
            tokens: 300,
            lambda_changes_at: None,
            settings: CacheSettings {
                budget: 900,
                buffer: 32,
                ..CacheSettings::default()
            },
            ..Synthetic::default()
        };
        let ended = plan.store();
        let mut cut = TraceStore::new(Arc::new(plan.header()));
        let mut records = plan.records();
        records.retain(|record| !matches!(record, TraceRecord::End { .. }));
        for record in records {
            cut.apply(record).unwrap();
        }
        let tokens = ended.tokens().len();
        for (store, what) in [(&ended, "run ended"), (&cut, "recording stops")] {
            let said = format!(
                "The {what} at {tokens} slots; the first compression would have come at 932."
            );
            assert_eq!(why(store, false), Some(said));
            assert_eq!(why(store, true), None, "it may come yet");
        }
        assert_eq!(why(&Synthetic::default().store(), false), None);
    }
}

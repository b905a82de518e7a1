//! What a run saved, each number with its meaning: a saving without its definition is a slogan.

use serde::Serialize;

use super::TraceStore;

/// Sizes of a run's cache, in slots per head (averaged over layers) and bytes over all heads.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RunSummary {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Tokens generated.
    pub tokens: u32,
    /// Compressions.
    pub compressions: u32,
    /// Most slots a head ever held.
    pub peak_slots: u32,
    /// Slots a head held at the end.
    pub final_slots: u32,
    /// Bytes at the peak.
    pub peak_bytes: u64,
    /// Bytes of a full cache at the end.
    pub full_bytes: u64,
    /// Slots at the end over tokens seen.
    pub final_ratio: f64,
    /// Slots read by all decode steps over what a full cache would have had read: what decoding really worked with.
    pub time_averaged_ratio: f64,
}

impl RunSummary {
    /// Sums up a run as far as it is known.
    pub fn of(store: &TraceStore) -> Self {
        let model = &store.header().model;
        let seen = store.tokens().len();
        let view = store.latest();
        let peak = store
            .events()
            .iter()
            .flat_map(|e| e.slots_before.iter().copied())
            .max()
            .unwrap_or(0)
            .max(view.slots().ceil() as u32);
        let prompt = store.header().prompt_tokens.min(seen as u32);
        let (of_full, read) = slots_read_decoding(store)
            .fold((0.0, 0.0), |(of_full, read), (tokens, slots)| {
                (of_full + tokens as f64, read + slots)
            });
        Self {
            prompt_tokens: store.header().prompt_tokens,
            tokens: seen as u32 - prompt,
            compressions: store.events().len() as u32,
            peak_slots: peak,
            final_slots: view.slots().round() as u32,
            peak_bytes: u64::from(peak) * model.token_bytes(),
            full_bytes: view.full_bytes(),
            final_ratio: if seen == 0 {
                1.0
            } else {
                view.slots() / seen as f64
            },
            time_averaged_ratio: if of_full > 0.0 { read / of_full } else { 1.0 },
        }
    }
}

/// Slots per head that each decode step attended to, its own token included: (tokens seen, slots), the prompt's tokens left
/// out. A compression comes after its step has read.
pub fn slots_read_decoding(store: &TraceStore) -> impl Iterator<Item = (usize, f64)> + '_ {
    let prompt = store.header().prompt_tokens as usize;
    slots_read(store).filter(move |(tokens, _)| *tokens > prompt)
}

/// As [`slots_read_decoding`], for the prompt's tokens too: from 1 token on.
fn slots_read(store: &TraceStore) -> impl Iterator<Item = (usize, f64)> + '_ {
    let mut events = store.events().iter().peekable();
    let mut slots = 0.0;
    (1..=store.tokens().len()).map(move |tokens| {
        slots += 1.0;
        let read = slots;
        while let Some(event) = events.next_if(|event| event.seen as usize <= tokens) {
            slots = event.mean_slots_after();
        }
        (tokens, read)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CacheSettings;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn a_step_reads_what_the_compression_after_it_evicts() {
        let run = Synthetic {
            settings: CacheSettings {
                budget: 40,
                buffer: 24,
                ..CacheSettings::default()
            },
            lambda_changes_at: None,
            ..Synthetic::default()
        };
        let store = run.store();
        let (mut slots, mut read, mut of_full) = (0, 0, 0);
        for (seen, (tokens, slots_read)) in (1..).zip(slots_read(&store)) {
            slots += 1;
            assert_eq!((tokens, slots_read), (seen, f64::from(slots)));
            if tokens > store.header().prompt_tokens as usize {
                read += slots;
                of_full += tokens as u32;
            }
            if slots == 64 {
                slots = 40;
            }
        }
        let ratio = RunSummary::of(&store).time_averaged_ratio;
        assert_eq!(ratio, f64::from(read) / f64::from(of_full));
    }
}

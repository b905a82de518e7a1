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
    /// Slots over tokens seen, averaged over all steps: what decoding really worked with.
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
        let ratio_sum: f64 = occupancy(store)
            .map(|(tokens, slots)| slots / tokens as f64)
            .sum();
        let prompt = store.header().prompt_tokens.min(seen as u32);
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
            time_averaged_ratio: if seen == 0 {
                1.0
            } else {
                ratio_sum / seen as f64
            },
        }
    }
}

/// Slots per head after each token seen: (tokens, slots), starting at 1 token.
pub fn occupancy(store: &TraceStore) -> impl Iterator<Item = (usize, f64)> + '_ {
    let mut next = 0;
    let mut slots = 0.0;
    (1..=store.tokens().len()).map(move |tokens| {
        slots += 1.0;
        while let Some(event) = store
            .events()
            .get(next)
            .filter(|e| e.seen as usize <= tokens)
        {
            let after = &event.slots_after;
            slots = after.iter().map(|&s| f64::from(s)).sum::<f64>() / after.len().max(1) as f64;
            next += 1;
        }
        (tokens, slots)
    })
}

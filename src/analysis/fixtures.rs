//! Runs made by hand, small enough to count their pairs on paper, for the tests of every file here that counts.

use std::sync::Arc;

use crate::config::CacheSettings;
use crate::trace::synthetic::{Synthetic, token};
use crate::trace::{
    CompressionRecord, DuplicateLinks, ModelSummary, TokenRecord, TraceHeader, TraceRecord,
    TraceStore,
};

/// One layer of two heads, 2 window tokens, tokens with the given texts; ids tell equal texts apart.
///
/// `events`: tokens seen, then per head what it drops.
pub(super) fn hand_made(
    texts: &[&str],
    settings: &CacheSettings,
    prompt_tokens: u32,
    events: &[(u32, [&[u32]; 2])],
    links: Option<&[&[u32]]>,
) -> TraceStore {
    let windows = vec![2; events.len()];
    hand_made_with(&windows, texts, settings, prompt_tokens, events, links)
}

/// The same with as many window tokens at each compression as are given.
pub(super) fn hand_made_with(
    windows: &[u32],
    texts: &[&str],
    settings: &CacheSettings,
    prompt_tokens: u32,
    events: &[(u32, [&[u32]; 2])],
    links: Option<&[&[u32]]>,
) -> TraceStore {
    let mut store = TraceStore::new(Arc::new(TraceHeader {
        model: ModelSummary {
            layers: 1,
            kv_heads: 2,
            query_heads: 2,
            ..ModelSummary::default()
        },
        settings: settings.clone(),
        prompt_tokens,
        ..Synthetic::default().header()
    }));
    let tokens: Vec<TokenRecord> = texts
        .iter()
        .map(|text| TokenRecord {
            id: texts.iter().position(|t| t == text).unwrap() as u32,
            ..token(text)
        })
        .collect();
    store.apply(TraceRecord::Tokens(tokens)).unwrap();
    let mut slots = 0;
    let mut seen_before = 0;
    for (i, (seen, evicted)) in events.iter().enumerate() {
        slots += seen - seen_before;
        seen_before = *seen;
        let after = slots - evicted[0].len() as u32;
        let record = CompressionRecord {
            event: i as u32,
            seen: *seen,
            window: windows[i],
            slots_before: vec![slots],
            slots_after: vec![after],
            evicted: evicted.iter().map(|list| list.to_vec()).collect(),
            links: links.map(|links| DuplicateLinks {
                newest: links[i].to_vec(),
            }),
            ..CompressionRecord::default()
        };
        store
            .apply(TraceRecord::Compression(Box::new(record)))
            .unwrap();
        slots = after;
    }
    store
}

//! One data model: the same run in other batches, through memory or through a file, is the same run.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

use std::sync::Arc;

use proptest::prelude::*;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{
    Position, RecordLevel, TraceHeader, TraceRecord, TraceStore, TraceWriter, load_from,
};

fn plan(seed: u64, level: RecordLevel) -> Synthetic {
    Synthetic {
        seed,
        layers: 2,
        kv_heads: 2,
        tokens: 260,
        settings: CacheSettings {
            budget: 40,
            buffer: 24,
            ..CacheSettings::default()
        },
        level,
        lambda_changes_at: Some(150),
        ..Synthetic::default()
    }
}

/// The same run cut otherwise: batches of tokens are split and merged at `cuts`, and what is not
/// tokens moves as far as it may: a compression needs the tokens it has seen, and nothing more.
fn rebatch(records: &[TraceRecord], cuts: &[usize]) -> Vec<TraceRecord> {
    let mut tokens = vec![];
    let mut others = vec![];
    for record in records {
        match record {
            TraceRecord::Tokens(batch) => tokens.extend(batch.iter().cloned()),
            other => others.push(other.clone()),
        }
    }
    let mut cuts: Vec<usize> = cuts.iter().map(|c| c % (tokens.len() + 1)).collect();
    cuts.push(tokens.len());
    cuts.sort_unstable();
    let mut others = others.into_iter().peekable();
    let mut out = vec![];
    let mut done = 0;
    for cut in cuts {
        while let Some(other) = others.next_if(|other| match other {
            TraceRecord::Compression(c) => c.seen as usize <= done,
            TraceRecord::End { .. } => false,
            _ => true,
        }) {
            out.push(other);
        }
        out.push(TraceRecord::Tokens(tokens[done..cut].to_vec()));
        done = cut;
    }
    out.extend(others);
    out
}

fn store_of(header: &TraceHeader, records: &[TraceRecord]) -> TraceStore {
    let mut store = TraceStore::new(Arc::new(header.clone()));
    for record in records {
        store.apply(record.clone()).unwrap();
    }
    store
}

fn through_the_codec(header: &TraceHeader, records: &[TraceRecord]) -> TraceStore {
    let mut writer = TraceWriter::create(vec![], header).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    let bytes = writer.finish().unwrap();
    let loaded = load_from(bytes.as_slice()).unwrap();
    assert!(loaded.problem.is_none(), "{:?}", loaded.problem);
    loaded.store
}

fn level() -> impl Strategy<Value = RecordLevel> {
    prop_oneof![
        Just(RecordLevel::Summary),
        Just(RecordLevel::Scores),
        Just(RecordLevel::Components)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn batches_and_the_file_change_nothing(
        seed in 0u64..1000,
        level in level(),
        cuts in prop::collection::vec(0usize..1000, 0..60),
    ) {
        let plan = plan(seed, level);
        let (header, records) = (plan.header(), plan.records());
        let want = store_of(&header, &records);
        let rebatched = rebatch(&records, &cuts);
        prop_assert_eq!(&store_of(&header, &rebatched), &want);
        prop_assert_eq!(&through_the_codec(&header, &rebatched), &want);
    }

    #[test]
    fn a_store_gives_its_records_back(seed in 0u64..1000, level in level(), keep in 0.0f64..=1.0) {
        let plan = plan(seed, level);
        let (header, mut records) = (plan.header(), plan.records());
        records.truncate((records.len() as f64 * keep) as usize);
        let want = store_of(&header, &records);
        prop_assert_eq!(&store_of(&header, &want.to_records()), &want);
        prop_assert_eq!(&through_the_codec(&header, &want.to_records()), &want);
    }
}

#[test]
fn a_long_batch_is_split_for_the_file_and_nothing_is_lost() {
    let plan = Synthetic {
        tokens: 20_000,
        layers: 1,
        kv_heads: 1,
        settings: CacheSettings {
            budget: 512,
            buffer: 512,
            ..CacheSettings::default()
        },
        ..Synthetic::default()
    };
    let (header, records) = (plan.header(), rebatch(&plan.records(), &[]));
    assert!(matches!(&records[2..], [.., TraceRecord::End { .. }]));
    let want = store_of(&header, &records);
    assert_eq!(through_the_codec(&header, &records), want);
    assert_eq!(want.end().unwrap().0, Position(want.tokens().len() as u32));
}

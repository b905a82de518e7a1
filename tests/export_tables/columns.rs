//! What stands in which column: scripts read tables by the names and by the places of their columns.

use std::collections::HashMap;

use rkv_scope::config::{CacheSettings, Protection, Scope, SlotOrder, Trigger};
use rkv_scope::export::What;
use rkv_scope::trace::Position;
use rkv_scope::trace::synthetic::Synthetic;
use serde_json::Value;

use super::{csv, json, store};

#[test]
fn a_script_finds_every_column_by_its_name_and_in_its_place() {
    let store = store();
    let tables: [(What, &[&str]); 4] = [
        (
            What::Tokens,
            &[
                "position",
                "id",
                "text",
                "part",
                "segment",
                "kind",
                "reflection",
                "logprob",
                "entropy",
                "micros",
                "held_heads",
                "heads",
                "evicted_share",
                "importance_x_even_share",
                "redundancy_x_even_share",
                "score",
                "scored_at",
            ],
        ),
        (
            What::Scores,
            &[
                "event",
                "layer",
                "head",
                "position",
                "importance",
                "redundancy",
                "score",
                "evicted",
                "duplicate_of",
                "protected",
                "deciding_score",
            ],
        ),
        (
            What::Events,
            &[
                "event",
                "seen",
                "revision",
                "slots_before",
                "slots_after",
                "evicted",
                "micros",
                "policy",
                "budget",
                "buffer",
                "lambda",
                "window",
                "kernel",
                "threshold",
                "scope",
                "protection",
                "sinks",
                "order",
                "trigger",
            ],
        ),
        (
            What::Segments,
            &[
                "segment",
                "kind",
                "reflection",
                "from",
                "to",
                "tokens",
                "repeated",
                "held_share",
                "eligible",
                "evicted",
                "expected",
                "text",
            ],
        ),
    ];
    for (what, columns) in tables {
        let table = csv(&store, what);
        assert_eq!(table[0], columns, "{what}");
        assert!(table.iter().all(|row| row.len() == columns.len()), "{what}");
        let mut sorted = columns.to_vec();
        sorted.sort_unstable();
        for row in json(&store, what).as_array().unwrap() {
            let mut names: Vec<&str> = row
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            names.sort_unstable();
            assert_eq!(names, sorted, "{what}");
        }
    }
}

#[test]
fn a_token_has_its_own_numbers_and_those_of_a_draw_only_where_one_was_made() {
    let store = store();
    let (rows, table) = (json(&store, What::Tokens), csv(&store, What::Tokens));
    let rows = rows.as_array().unwrap();
    let place = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let tokens = store.tokens();
    let prompt = store.header().prompt_tokens as usize;
    assert!(0 < prompt && prompt < tokens.len());
    assert_eq!((rows.len(), table.len() - 1), (tokens.len(), tokens.len()));
    for (p, (row, fields)) in rows.iter().zip(&table[1..]).enumerate() {
        let position = Position(p as u32);
        assert_eq!(row["position"], p);
        assert_eq!(row["id"].as_u64(), tokens.id(position).map(u64::from));
        assert_eq!(row["micros"], tokens.micros(position));
        assert_eq!(row["heads"], 4);
        for (name, want) in [
            ("logprob", tokens.logprob(position)),
            ("entropy", tokens.entropy(position)),
        ] {
            let field = &fields[place(name)];
            if p < prompt {
                assert!(row[name].is_null(), "{name} of {row}");
                assert_eq!(field, "", "{name} of {row}");
            } else {
                let number = row[name].as_f64().unwrap() as f32;
                assert_eq!(number, want, "{name} of {row}");
                assert_eq!(field.parse(), Ok(want), "{name} of {row}");
            }
        }
    }
}

#[test]
fn a_compression_has_its_own_numbers_and_every_setting_that_was_in_force() {
    // None of them is the default and no two are alike: one in another's column shows.
    let settings = CacheSettings {
        policy: "snapkv".to_owned(),
        budget: 100,
        buffer: 50,
        lambda: 0.25,
        window: 6,
        kernel: 5,
        threshold: 0.4,
        order: SlotOrder::Reference,
        scope: Scope::Layer,
        protection: Protection::Prompt,
        sinks: 3,
        trigger: Trigger::Published,
        ..CacheSettings::default()
    };
    let store = Synthetic {
        tokens: 400,
        layers: 2,
        kv_heads: 2,
        lambda_changes_at: Some(250),
        settings,
        ..Synthetic::default()
    }
    .store();
    let rows = json(&store, What::Events);
    let want: Vec<Value> = store
        .events()
        .iter()
        .map(|record| {
            serde_json::json!({
                "event": record.event,
                "seen": record.seen,
                "revision": record.revision,
                "slots_before": 150.0,
                "slots_after": 100.0,
                "evicted": 50 * 4,
                "micros": record.micros,
                "policy": "snapkv",
                "budget": 100,
                "buffer": 50,
                "lambda": if record.revision == 0 { 0.25 } else { 0.6 },
                "window": 6,
                "kernel": 5,
                "threshold": 0.4,
                "scope": "layer",
                "protection": "prompt",
                "sinks": 3,
                "order": "reference",
                "trigger": "published",
            })
        })
        .collect();
    assert_eq!(*rows.as_array().unwrap(), want);
    for revision in [0, 1] {
        assert!(want.iter().any(|row| row["revision"] == revision));
    }
}

#[test]
fn a_score_tells_who_was_protected_and_by_which_score_the_others_were_judged() {
    for scope in [Scope::Head, Scope::Layer, Scope::Global] {
        let plan = Synthetic {
            tokens: 400,
            layers: 2,
            kv_heads: 2,
            settings: CacheSettings {
                protection: Protection::Sinks,
                sinks: 3,
                scope,
                ..Synthetic::default().settings
            },
            ..Synthetic::default()
        };
        let rows = json(&plan.store(), What::Scores);
        let rows = rows.as_array().unwrap();
        let int = |row: &Value, column: &str| row[column].as_u64().unwrap();
        let of = |row: &Value, column: &str| row[column].as_f64().unwrap();
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
        let mut heads: HashMap<[u64; 3], Vec<f64>> = HashMap::new();
        for row in rows {
            let key = ["event", "position", "layer"].map(|column| int(row, column));
            heads.entry(key).or_default().push(of(row, "score"));
        }
        let mut apart = 0;
        for row in rows {
            assert_eq!(row["protected"], int(row, "position") < 3, "{row}");
            let layer_mean = |layer| {
                let key = [int(row, "event"), int(row, "position"), layer];
                heads.get(&key).map(|scores| mean(scores))
            };
            let want = match scope {
                Scope::Head => of(row, "score"),
                Scope::Layer => layer_mean(int(row, "layer")).unwrap(),
                Scope::Global => mean(&(0..2).filter_map(layer_mean).collect::<Vec<f64>>()),
            };
            let deciding = of(row, "deciding_score");
            assert!((deciding - want).abs() < 1e-6, "{scope}: {want}, {row}");
            apart += usize::from(deciding != of(row, "score"));
        }
        assert_eq!(apart > 0, scope != Scope::Head, "{scope}");
    }
}

#[test]
fn a_segment_s_share_is_what_heads_still_hold_of_its_tokens() {
    let store = store();
    let (segments, tokens) = (json(&store, What::Segments), json(&store, What::Tokens));
    let tokens = tokens.as_array().unwrap();
    for segment in segments.as_array().unwrap() {
        let place = |name: &str| segment[name].as_u64().unwrap() as usize;
        let own = &tokens[place("from")..place("to")];
        assert_eq!(segment["tokens"], own.len());
        let held: u64 = own
            .iter()
            .map(|token| token["held_heads"].as_u64().unwrap())
            .sum();
        let share = held as f64 / (4 * own.len()) as f64;
        let found = segment["held_share"].as_f64().unwrap();
        assert!((found - share).abs() < 1e-12, "{share}: {segment}");
    }
}

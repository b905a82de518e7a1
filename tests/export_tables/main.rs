//! Tables: what the store knows, in both notations, nothing lost and nothing invented.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod choices;
mod columns;

use rkv_scope::export::Info;
use rkv_scope::export::{self, ExportOptions, Format, Measure, What};
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{EventIndex, HeadId, Position, RecordLevel, TraceStore};

fn store() -> TraceStore {
    Synthetic {
        tokens: 400,
        layers: 2,
        kv_heads: 2,
        lambda_changes_at: Some(250),
        ..Synthetic::default()
    }
    .store()
}

fn json(store: &TraceStore, what: What) -> serde_json::Value {
    let mut out = vec![];
    export::write(
        what,
        Format::Json,
        &store.latest(),
        &ExportOptions::default(),
        &mut out,
    )
    .unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// Rows of fields, by RFC 4180.
fn csv(store: &TraceStore, what: What) -> Vec<Vec<String>> {
    let mut out = vec![];
    export::write(
        what,
        Format::Csv,
        &store.latest(),
        &ExportOptions::default(),
        &mut out,
    )
    .unwrap();
    let (mut rows, mut row, mut field) = (vec![], vec![], String::new());
    let mut quoted = false;
    let text = String::from_utf8(out).unwrap();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.push(chars.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    rows
}

#[test]
fn tokens_join_up_to_the_text_and_count_their_holders() {
    let store = store();
    let (rows, table) = (json(&store, What::Tokens), csv(&store, What::Tokens));
    let all = store.tokens().text_of(0..store.tokens().len());
    let text: String = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["text"].as_str().unwrap())
        .collect();
    assert_eq!(text, all);
    assert_eq!(
        table[1..]
            .iter()
            .map(|row| row[2].as_str())
            .collect::<String>(),
        all
    );
    let holders = store.latest().holders();
    for (row, want) in rows.as_array().unwrap().iter().zip(&holders) {
        assert_eq!(row["held_heads"], *want);
        let share = row["evicted_share"].as_f64().unwrap();
        assert_eq!(share, 1.0 - f64::from(*want) / 4.0);
    }
    assert_eq!(
        (&rows[0]["part"], &rows[0]["kind"]),
        (&"prompt".into(), &"prompt".into())
    );
    // Grouped by the number of their segment they are the table of segments.
    let segments = json(&store, What::Segments);
    for (index, segment) in segments.as_array().unwrap().iter().enumerate() {
        let of = |row: &&serde_json::Value| row["segment"] == index;
        let tokens: Vec<_> = rows.as_array().unwrap().iter().filter(of).collect();
        assert_eq!(segment["tokens"], tokens.len());
        for token in tokens {
            assert_eq!(
                (&token["kind"], &token["reflection"]),
                (&segment["kind"], &segment["reflection"])
            );
        }
    }
    assert!(rows[0]["importance_x_even_share"].as_f64().unwrap() > 0.0);
    let last = rows.as_array().unwrap().last().unwrap();
    assert!(
        last["importance_x_even_share"].is_null(),
        "a token that was never scored has no score"
    );
    assert_eq!(table.last().unwrap()[13], "");
}

#[test]
fn a_tokens_score_is_the_mean_of_its_heads_and_what_was_not_recorded_is_empty() {
    let means = |level: RecordLevel| {
        let store = Synthetic {
            tokens: 400,
            level,
            lambda_changes_at: Some(250),
            ..Synthetic::default()
        }
        .store();
        (json(&store, What::Tokens), json(&store, What::Scores))
    };
    // Z is recorded itself at one level and only its parts at the other.
    for level in [RecordLevel::Scores, RecordLevel::Components] {
        let (tokens, scores) = means(level);
        let mut checked = 0;
        for token in tokens.as_array().unwrap() {
            let heads: Vec<f64> = scores
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| {
                    row["position"] == token["position"] && row["event"] == token["scored_at"]
                })
                .map(|row| row["score"].as_f64().unwrap())
                .collect();
            if heads.is_empty() {
                assert!(token["score"].is_null(), "{token}");
                continue;
            }
            let mean = heads.iter().sum::<f64>() / heads.len() as f64;
            let found = token["score"].as_f64().unwrap();
            assert!((found - mean).abs() < 1e-5, "{token}: {mean}");
            assert_eq!(
                token["importance_x_even_share"].is_null(),
                level == RecordLevel::Scores,
                "{token}"
            );
            assert_eq!(
                token["redundancy_x_even_share"].is_null(),
                level == RecordLevel::Scores,
                "{token}"
            );
            checked += 1;
        }
        assert!(checked > 200, "{checked} tokens had scores");
    }
}

#[test]
fn scores_are_those_of_the_store() {
    let store = store();
    let rows = json(&store, What::Scores);
    let mut rows = rows.as_array().unwrap().iter();
    for event in 0..store.events().len() as u32 {
        for (layer, head) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for want in store
                .latest()
                .head_rows(EventIndex(event), HeadId { layer, head })
                .unwrap()
            {
                let row = rows.next().unwrap();
                assert_eq!(row["event"], event);
                assert_eq!((&row["layer"], &row["head"]), (&layer.into(), &head.into()));
                assert_eq!(row["position"], want.position.0);
                assert_eq!(
                    row["importance"].as_f64().unwrap() as f32,
                    want.importance.unwrap()
                );
                assert_eq!(
                    row["redundancy"].as_f64().unwrap() as f32,
                    want.redundancy.unwrap()
                );
                assert_eq!(row["score"].as_f64().unwrap() as f32, want.score.unwrap());
                assert_eq!(row["evicted"], want.evicted);
                assert_eq!(
                    row["duplicate_of"].as_u64(),
                    want.duplicate_of.map(|p| u64::from(p.0))
                );
            }
        }
    }
    assert!(rows.next().is_none());
    assert_eq!(
        csv(&store, What::Scores).len(),
        1 + json(&store, What::Scores).as_array().unwrap().len()
    );
}

#[test]
fn events_carry_the_settings_they_used() {
    let store = store();
    let rows = json(&store, What::Events);
    assert_eq!(rows.as_array().unwrap().len(), store.events().len());
    for (row, event) in rows.as_array().unwrap().iter().zip(store.events()) {
        assert_eq!(
            (row["slots_before"].as_f64(), row["slots_after"].as_f64()),
            (Some(192.0), Some(128.0))
        );
        assert_eq!(row["evicted"], 64 * 4);
        assert_eq!(row["lambda"], if event.seen > 250 { 0.6 } else { 0.1 });
        for (column, usual) in [("order", "time"), ("trigger", "full")] {
            assert_eq!(row[column], usual);
        }
        assert_eq!(row["sinks"], 4);
    }
}

#[test]
fn the_raster_is_the_share_of_holders_after_each_compression() {
    let store = store();
    let rows = json(&store, What::Raster);
    for (row, event) in rows["rows"].as_array().unwrap().iter().zip(store.events()) {
        let holders = store
            .evictions()
            .holders(Some(EventIndex(event.event)), event.seen as usize);
        for (p, value) in row["values"].as_array().unwrap().iter().enumerate() {
            match holders.get(p) {
                Some(&want) => assert_eq!(value.as_f64().unwrap(), f64::from(want) / 4.0),
                None => assert!(value.is_null()),
            }
        }
    }
    let table = csv(&store, What::Raster);
    assert_eq!(table[0][..4], ["event", "seen", "0", "1"]);
    assert_eq!(table.len(), 1 + store.events().len());
}

#[test]
fn the_heatmap_has_a_row_per_head() {
    let store = store();
    let rows = json(&store, What::Heatmap);
    assert_eq!(rows["measure"], "importance_x_even_share");
    assert_eq!(rows["rows"].as_array().unwrap().len(), 4);
    let last = EventIndex(store.events().len() as u32 - 1);
    let want = store
        .latest()
        .head_rows(last, HeadId { layer: 1, head: 0 })
        .unwrap();
    let values = rows["rows"][2]["values"].as_array().unwrap();
    assert_eq!(values.iter().filter(|v| !v.is_null()).count(), want.len());
    let share = want[0].importance.unwrap() * want.len() as f32;
    assert!(
        (values[want[0].position.index()].as_f64().unwrap() as f32 - share).abs() < 1e-5 * share
    );
}

#[test]
fn every_measure_of_the_heatmap_is_that_of_the_store_and_says_its_unit() {
    let store = store();
    let event = EventIndex(1);
    let head = HeadId { layer: 1, head: 0 };
    let rows = store.latest().head_rows(event, head).unwrap();
    let record = &store.events()[1];
    let sum: f32 = rows.iter().map(|row| row.importance.unwrap()).sum();
    let (to_average, slots) = (rows.len() as f32 / sum, record.slots_before[1] as f32);
    for (measure, column, unit) in [
        (
            Measure::Importance,
            "importance_x_even_share",
            "× an even share",
        ),
        (
            Measure::Redundancy,
            "redundancy_x_even_share",
            "× an even share",
        ),
        (Measure::Score, "score", "score"),
        (Measure::Held, "held", "share held"),
    ] {
        let options = ExportOptions {
            event: Some(event),
            measure: Some(measure),
            ..ExportOptions::default()
        };
        let written = |format| {
            let mut out = vec![];
            export::write(What::Heatmap, format, &store.latest(), &options, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let object: serde_json::Value = serde_json::from_str(&written(Format::Json)).unwrap();
        assert_eq!(object["measure"], column);
        assert_eq!(object["policy"], "rkv");
        assert!(object["unit"].as_str().unwrap().contains(unit), "{object}");
        let table = written(Format::Csv);
        assert!(table.starts_with("layer,head,measure,0,1,"), "{measure}");
        let line: Vec<&str> = table.lines().nth(3).unwrap().split(',').collect();
        assert_eq!(line[..3], ["1", "0", column]);
        for (i, row) in rows.iter().enumerate() {
            let want = match measure {
                Measure::Importance => row.importance.unwrap() * to_average,
                Measure::Redundancy => row.redundancy.unwrap() * slots,
                Measure::Score => row.score.unwrap(),
                Measure::Held => f32::from(u8::from(!row.evicted)),
            };
            let at = row.position.index();
            assert_eq!(line[3 + at].parse::<f32>().unwrap(), want, "{measure} {i}");
            let value = object["rows"][2]["values"][at].as_f64().unwrap();
            assert_eq!(value as f32, want, "{measure} {i}");
        }
    }
}

#[test]
fn a_run_that_never_compressed_gives_empty_tables() {
    let store = Synthetic {
        tokens: 150,
        ..Synthetic::default()
    }
    .store();
    assert_eq!(store.events().len(), 0);
    assert_eq!(json(&store, What::Scores), serde_json::json!([]));
    assert_eq!(json(&store, What::Events), serde_json::json!([]));
    assert_eq!(csv(&store, What::Events).len(), 1);
    assert_eq!(csv(&store, What::Tokens).len(), 1 + store.tokens().len());
}

#[test]
fn info_sums_up_a_run() {
    let store = store();
    let info = Info::of(&store);
    assert_eq!(info.answer.as_deref(), Some("1750000"));
    let mut text = vec![];
    info.write_text(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for part in [
        "synthetic-reasoner",
        "budget 128",
        "from token 250: lambda 0.6",
        "192 at the peak",
        "1750000",
        "end-of-text",
        "greedy",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let mut out = vec![];
    info.write_json(&mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["summary"]["peak_slots"], 192);
    assert_eq!(value["changes"][0]["at"], 250);
    assert_eq!(value["settings"]["scope"], "head");
    assert_eq!(value["level"], "components");
    assert!(value["damaged"].is_null());
    assert_eq!(value["summary"]["compressions"], store.events().len());
    assert_eq!(store.segment_at(Position(0)).unwrap().name(), "prompt");
}

#[test]
fn segments_follow_each_other_and_their_numbers_are_the_reports() {
    use rkv_scope::analysis::{CueList, Report, SHORTEST_REPEAT};
    let store = store();
    let rows = json(&store, What::Segments);
    let rows = rows.as_array().unwrap();
    let text: String = rows
        .iter()
        .map(|row| row["text"].as_str().unwrap())
        .collect();
    assert_eq!(text, store.tokens().text_of(0..store.tokens().len()));
    assert!(rows.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]));
    let report = Report::of(&store.latest(), &CueList::default(), SHORTEST_REPEAT);
    for (kind, group) in [
        ("reflection", "reflections"),
        ("step", "steps"),
        ("answer", "answer"),
    ] {
        let want = report.groups.iter().find(|row| row.group == group).unwrap();
        let sum = |column: &str| -> u64 {
            rows.iter()
                .filter(|row| row["kind"] == kind)
                .map(|row| row[column].as_u64().unwrap())
                .sum()
        };
        assert_eq!(Some(sum("tokens")), want.tokens, "{kind}");
        assert_eq!(sum("eligible"), want.eligible, "{kind}");
        assert_eq!(sum("evicted"), want.evicted, "{kind}");
    }
    let wait = rows
        .iter()
        .find(|row| {
            row["text"]
                .as_str()
                .unwrap()
                .starts_with("Wait, let me double-check")
        })
        .unwrap();
    assert_eq!(wait["reflection"], "check");
    let table = csv(&store, What::Segments);
    assert_eq!(table.len(), 1 + rows.len());
    assert_eq!(table[0][..3], ["segment", "kind", "reflection"]);
}

#[test]
fn other_cues_find_other_reflections() {
    use rkv_scope::analysis::CueList;
    let store = store();
    let options = ExportOptions {
        cues: CueList::parse("doubt: let me").unwrap(),
        ..ExportOptions::default()
    };
    let mut out = vec![];
    export::write(
        What::Segments,
        Format::Json,
        &store.latest(),
        &options,
        &mut out,
    )
    .unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let mut found = 0;
    for row in rows.as_array().unwrap() {
        if row["kind"] == "reflection" {
            found += 1;
            assert!(
                row["text"]
                    .as_str()
                    .unwrap()
                    .to_lowercase()
                    .contains("let me"),
                "{row}"
            );
        }
    }
    assert!(found > 0);
}

//! A comparison as table, object and figure.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

use std::sync::Arc;

use rkv_scope::compare::{Mismatch, divergence};
use rkv_scope::config::{CacheSettings, Scope};
use rkv_scope::export::{ComparedRun, Comparison, ExportError, ExportOptions, Format, Theme};
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{TraceRecord, TraceStore};
use serde_json::Value;

fn run(seed: u64, policy: &str, budget: u32) -> TraceStore {
    made(seed, policy, budget).store()
}

fn made(seed: u64, policy: &str, budget: u32) -> Synthetic {
    Synthetic {
        seed,
        tokens: 400,
        settings: CacheSettings {
            policy: policy.to_owned(),
            budget,
            buffer: 48,
            ..CacheSettings::default()
        },
        lambda_changes_at: None,
        ..Synthetic::default()
    }
}

fn compared(stores: &[TraceStore]) -> Comparison<'_> {
    let runs = stores.iter().enumerate().map(|(i, store)| ComparedRun {
        name: format!("run{i}.rkvt"),
        store,
        damaged: None,
    });
    Comparison::of(runs.collect()).unwrap()
}

fn four() -> Vec<TraceStore> {
    vec![
        run(1, "rkv", 96),
        run(2, "snapkv", 96),
        run(3, "streamingllm", 64),
        run(1, "full", 4000),
    ]
}

fn text(stores: &[TraceStore]) -> String {
    let mut out = vec![];
    compared(stores).write_text(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_recording_that_stops_early_is_not_called_the_same_text() {
    let plan = made(1, "rkv", 96);
    let whole = plan.store();
    let mut cut = TraceStore::new(Arc::clone(whole.header()));
    for record in plan.records() {
        if let TraceRecord::Tokens(mut tokens) = record {
            tokens.truncate(160 - cut.tokens().len());
            cut.apply(TraceRecord::Tokens(tokens)).unwrap();
        }
    }
    let said = text(&[whole.clone(), cut]);
    assert!(
        said.contains("the recording of B stops after 160 tokens"),
        "{said}"
    );
    let said = text(&[whole.clone(), whole]);
    assert!(said.contains("A and B wrote the same text"), "{said}");
}

#[test]
fn the_table_has_a_column_per_run_and_a_paragraph_per_pair() {
    let stores = four();
    let text = text(&stores);
    let row = |name: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        let cells = line[name.len()..].split("  ").map(str::trim);
        cells
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        row("policy"),
        ["R-KV", "SnapKV", "StreamingLLM", "Full cache"]
    );
    assert_eq!(row("peak slots per head")[..3], ["144", "144", "112"]);
    assert_eq!(row("budget + buffer")[3], "no limit");
    assert_eq!(row("same answer as A"), ["yes"; 4]);
    let parting = divergence(&stores[0], &stores[1]).unwrap();
    let said = format!("A and B part at {}", parting.said(&stores[0], &stores[1]));
    assert!(text.contains(&said), "{text}");
    assert!(text.contains("A and D wrote the same text"), "{text}");
    assert_eq!(text.matches("held alike (Jaccard").count(), 6);
}

#[test]
fn the_object_has_the_same_numbers() {
    let stores = four();
    let mut out = vec![];
    compared(&stores).write_json(&mut out).unwrap();
    let json: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["runs"].as_array().unwrap().len(), 4);
    assert_eq!(json["pairs"].as_array().unwrap().len(), 6);
    assert_eq!(json["runs"][2]["summary"]["peak_slots"], 112);
    let pair = &json["pairs"][0];
    let parting = divergence(&stores[0], &stores[1]).unwrap();
    assert_eq!(pair["divergence"]["position"], parting.position.0);
    let id = stores[1].tokens().id(parting.position).unwrap();
    assert_eq!(pair["divergence"]["b"]["id"], id);
    let held = &pair["held_at_end"];
    let n = |name: &str| held[name].as_u64().unwrap() as f64;
    let jaccard = n("both") / (n("both") + n("only_a") + n("only_b"));
    assert!((pair["jaccard_at_end"].as_f64().unwrap() - jaccard).abs() < 1e-12);
    let after = pair["jaccard_after_compressions"].as_array().unwrap();
    assert!(after.len() >= 6 && after.iter().all(|m| m["jaccard"].is_number()));
    // A full cache holds what any other holds.
    assert_eq!(json["pairs"][2]["held_at_end"]["only_a"], 0);
}

#[test]
fn a_run_that_does_not_fit_is_named() {
    let mut header = Synthetic::default().header();
    header.problem = "What is 5 + 5?".to_owned();
    let stores = [
        run(1, "rkv", 96),
        run(2, "rkv", 96),
        TraceStore::new(Arc::new(header)),
    ];
    let runs = stores.iter().map(|store| ComparedRun {
        name: String::new(),
        store,
        damaged: None,
    });
    let (index, mismatch) = Comparison::of(runs.collect()).unwrap_err();
    assert_eq!(index, 2);
    assert!(matches!(mismatch, Mismatch::Problem { .. }));
}

#[test]
fn runs_that_drew_differently_are_cautioned_about() {
    let mut header = Synthetic::default().header();
    header.sampling.temperature = 0.6;
    let hot = TraceStore::new(Arc::new(header));
    let stores = [Synthetic::default().store(), hot];
    assert!(
        compared(&stores)
            .caution()
            .is_some_and(|c| c.contains("0.6"))
    );
    assert_eq!(compared(&four()[..2]).caution(), None);
}

/// Every text of an SVG as (left, top, right, bottom), as our fonts draw it.
fn text_boxes(svg: &str) -> Vec<(String, [f32; 4])> {
    use resvg::usvg::{Node, Tree};
    let tree = Tree::from_str(svg, &rkv_scope::export::fonts::options()).unwrap();
    let texts = tree.root().children().iter().filter_map(|node| match node {
        Node::Text(text) => {
            let content: String = text.chunks().iter().map(|c| c.text()).collect();
            let b = text.abs_bounding_box();
            Some((content, [b.left(), b.top(), b.right(), b.bottom()]))
        }
        _ => None,
    });
    texts.collect()
}

#[test]
fn the_figure_names_every_run_and_no_text_lies_on_another() {
    let stores = four();
    for theme in [Theme::Light, Theme::Dark] {
        let options = ExportOptions {
            theme,
            ..ExportOptions::default()
        };
        let comparison = compared(&stores);
        let figure = comparison.figure(&options);
        let mut svg = vec![];
        comparison
            .write_figure(Format::Svg, &options, &mut svg)
            .unwrap();
        let boxes = text_boxes(std::str::from_utf8(&svg).unwrap());
        for name in [
            "A: R-KV",
            "B: SnapKV",
            "C: StreamingLLM",
            "D: Full cache",
            "A–B",
            "A–D",
        ] {
            assert!(
                boxes.iter().any(|(text, _)| text.starts_with(name)),
                "{name}"
            );
        }
        for (i, (text, a)) in boxes.iter().enumerate() {
            let inside =
                a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= figure.width && a[3] <= figure.height;
            assert!(inside, "{text:?} is cut off");
            for (other, b) in &boxes[i + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{text:?} lies on {other:?}");
            }
        }
        let mut png = vec![];
        comparison
            .write_figure(Format::Png, &options, &mut png)
            .unwrap();
        assert!(png.starts_with(b"\x89PNG"));
    }
}

#[test]
fn a_run_whose_policy_was_changed_is_called_by_both() {
    let plan = Synthetic {
        tokens: 400,
        lambda_changes_at: Some(250),
        ..Synthetic::default()
    };
    let mut changed = TraceStore::new(Arc::new(plan.header()));
    for mut record in plan.records() {
        if let TraceRecord::ParamsChanged { settings, .. } = &mut record {
            "snapkv".clone_into(&mut settings.policy);
            settings.buffer += 1;
        }
        changed.apply(record).unwrap();
    }
    let stores = [plan.store(), changed];
    let table = text(&stores);
    assert!(table.contains("R-KV, then SnapKV"), "{table}");
    assert!(table.contains("128 + 64, then 128 + 65"), "{table}");
    let mut out = vec![];
    compared(&stores).write_json(&mut out).unwrap();
    let json: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["runs"][0]["policy"], "rkv");
    assert_eq!(json["runs"][1]["policy"], "rkv, then snapkv");
    let policies = serde_json::json!(["rkv", "snapkv"]);
    assert_eq!(json["runs"][1]["policies"], policies);
    let mut svg = vec![];
    compared(&stores)
        .write_figure(Format::Svg, &ExportOptions::default(), &mut svg)
        .unwrap();
    let boxes = text_boxes(std::str::from_utf8(&svg).unwrap());
    let lines: Vec<&str> = boxes.iter().map(|(text, _)| text.as_str()).collect();
    let all = lines.join(" ");
    assert!(
        all.contains("B: R-KV, then SnapKV; at the start budget 128"),
        "{all}"
    );
    assert!(all.contains("settings changed at token 250"), "{all}");
}

#[test]
fn a_figure_is_no_table() {
    let stores = four();
    let refused =
        compared(&stores).write_figure(Format::Csv, &ExportOptions::default(), &mut vec![]);
    let message = refused.unwrap_err();
    assert!(matches!(message, ExportError::NoTable { .. }));
    assert!(message.to_string().contains("--json"));
}

#[test]
fn runs_that_differ_in_a_setting_do_not_look_alike() {
    let mut strong = made(1, "rkv", 96);
    strong.settings.lambda = 0.5;
    strong.settings.scope = Scope::Layer;
    let said = text(&[made(1, "rkv", 96).store(), strong.store()]);
    let row = said.lines().find(|line| line.starts_with("other settings"));
    let row = row.unwrap();
    for part in ["lambda 0.1", "scope head", "lambda 0.5", "scope layer"] {
        assert!(row.contains(part), "{row}");
    }
    assert!(!row.contains("window"), "{row}");
    let alike = made(1, "rkv", 96).store();
    assert!(!text(&[alike.clone(), alike]).contains("other settings"));
}

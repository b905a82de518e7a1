//! `analyze` and `compare`.

use super::*;

#[test]
fn analyze_says_where_the_evicted_lay() {
    let folder = tempfile::tempdir().unwrap();
    let (rkv, report) = record(folder.path(), "rkv.rkvt", &[]);
    let (again, _) = record(folder.path(), "again.rkvt", &["--lambda", "0.9"]);
    let (recent, _) = record(folder.path(), "recent.rkvt", &["--policy", "streamingllm"]);
    let findings = json(&ok(&["analyze", &rkv, &again, &recent, "--json"]));
    let traces = findings["traces"].as_array().unwrap();
    assert_eq!(traces.len(), 3);
    assert_eq!(traces[0]["file"], *rkv);
    assert_eq!(traces[0]["policy"], "rkv");
    assert_eq!(traces[0]["compressions"], report["summary"]["compressions"]);
    let group = |trace: &Value, name: &str| -> Value {
        let groups = trace["groups"].as_array().unwrap();
        groups
            .iter()
            .find(|row| row["group"] == name)
            .unwrap()
            .clone()
    };
    for trace in traces {
        let evicted = |name: &str| group(trace, name)["evicted"].as_u64().unwrap();
        let parts = ["prompt", "steps", "reflections", "answer"];
        let sum: u64 = parts.iter().map(|name| evicted(name)).sum();
        assert_eq!(sum, trace["evicted"].as_u64().unwrap());
        assert!(sum > 0);
        let steps = group(trace, "steps");
        assert!(steps["over_tokens"]["value"].as_f64().unwrap() > 0.0);
    }
    // Every head has dropped what it does not hold.
    let tokens: u64 = report["summary"]["prompt_tokens"].as_u64().unwrap()
        + report["summary"]["tokens"].as_u64().unwrap();
    assert_eq!(traces[0]["tokens"], tokens);
    assert!(
        group(&traces[0], "near duplicates")["evicted"]
            .as_u64()
            .unwrap()
            > 0
    );
    let policies = findings["policies"].as_array().unwrap();
    assert_eq!(policies.len(), 1);
    assert_eq!(
        (&policies[0]["policy"], &policies[0]["runs"]),
        (&"rkv".into(), &2.into())
    );

    let text = ok(&["analyze", &rkv, &again]);
    assert!(
        text.contains("reflections")
            && text.contains("all 2 traces of rkv, with different settings (lambda 0.1 or 0.9)"),
        "{text}"
    );
    assert!(!text.contains("recorded in"), "{text}");
    let (bare, _) = record(folder.path(), "bare.rkvt", &["--level", "summary"]);
    let text = ok(&["analyze", &rkv, &bare]);
    assert!(text.contains("all 2 traces of rkv: policy"), "{text}");
    assert!(text.contains("; recorded in 1 of the 2 traces"), "{text}");
    assert!(refused(&["analyze"]).contains("FILES"));
}

#[test]
fn analyze_goes_by_other_cues_and_names_a_bad_line() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = record(folder.path(), "run.rkvt", &[]);
    let cues = folder.path().join("cues.txt");
    let with_cues = |text: &str| {
        std::fs::write(&cues, text).unwrap();
        ["analyze", &path, "--json", "--cues", cues.to_str().unwrap()].map(str::to_owned)
    };
    let args = with_cues("# none that fits\ndoubt: xyzzy\n");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert_eq!(json(&ok(&args))["traces"][0]["reflections"], 0);
    let args = with_cues("doubt: a\nhmm: b\n");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let message = refused(&args);
    assert!(
        message.contains("line 2") && message.contains("cues.txt"),
        "{message}"
    );
}

#[test]
fn compare_prints_a_table_or_json_and_writes_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let (a, _) = record(folder.path(), "a.rkvt", &["--policy", "rkv"]);
    let (b, report) = record(folder.path(), "b.rkvt", &["--policy", "streamingllm"]);
    let table = ok(&["compare", &a, &b]);
    for word in ["a.rkvt", "b.rkvt", "R-KV", "StreamingLLM", "Jaccard"] {
        assert!(table.contains(word), "{word}: {table}");
    }
    let both = json(&ok(&["compare", &a, &b, "--json"]));
    assert_eq!(
        both["runs"][1]["summary"]["tokens"],
        report["summary"]["tokens"]
    );
    let mean = |name: &str| both["pairs"][0][name].as_f64().unwrap();
    let (together, whole) = (mean("jaccard_mean"), mean("jaccard_mean_whole"));
    assert!(
        0.0 < whole && whole <= together,
        "after the parting there is only loss: {together}, {whole}"
    );

    let figure = folder.path().join("both.png");
    let path = figure.to_str().unwrap();
    let quiet = ok(&["compare", &a, &b, "--format", "png", "--out", path]);
    assert_eq!(quiet, "");
    assert!(std::fs::read(&figure).unwrap().starts_with(b"\x89PNG"));
    assert!(ok(&["compare", &a, &b, "--format", "svg", "--out", "-"]).starts_with("<svg"));

    let nameless = folder.path().join("both");
    let message = refused(&["compare", &a, &b, "--out", nameless.to_str().unwrap()]);
    assert!(message.contains("--format"), "{message}");
    assert!(refused(&["compare", &a]).contains("2 values"));
}

#[test]
fn compare_refuses_runs_of_different_problems_and_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let (a, _) = record(folder.path(), "a.rkvt", &[]);
    let b = folder.path().join("b.rkvt");
    let b = b.to_str().unwrap();
    ok(&[
        "record",
        "--prompt",
        "What is 2 + 3?",
        "--max-tokens",
        "8",
        "--out",
        b,
    ]);
    let message = refused(&["compare", &a, b]);
    assert!(message.contains("b.rkvt cannot be compared"), "{message}");
    assert!(message.contains("What is 2 + 3?"), "{message}");
}

#[test]
fn damage_is_in_the_json_of_every_report() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, _) = record(folder.path(), "whole.rkvt", &[]);
    let bytes = std::fs::read(&whole).unwrap();
    let cut = folder.path().join("cut.rkvt");
    let cut = cut.to_str().unwrap();
    std::fs::write(cut, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let info = json(&ok(&["info", cut, "--json"]));
    assert!(info["damaged"].as_str().unwrap().contains("byte"), "{info}");
    let findings = json(&ok(&["analyze", &whole, cut, "--json"]));
    let both = json(&ok(&["compare", &whole, cut, "--json"]));
    for list in [&findings["traces"], &both["runs"]] {
        assert!(list[0]["damaged"].is_null());
        assert_eq!(list[1]["damaged"], info["damaged"]);
    }
}

#[test]
fn what_a_problem_says_does_not_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let path = path.to_str().unwrap();
    let problem = "\u{1b}[31mWhat is 2 + 3?";
    ok(&[
        "record",
        "--prompt",
        problem,
        "--max-tokens",
        "4",
        "--out",
        path,
    ]);
    let text = ok(&["info", path]);
    assert!(text.contains("\\u{1b}[31mWhat is 2 + 3?"), "{text}");
    assert!(!text.contains('\u{1b}'));
    assert_eq!(json(&ok(&["info", path, "--json"]))["problem"], problem);
}

/// The colours of the heatmap: what stays lies above the cut and what leaves below it, whoever decided by which score.
#[test]
fn the_heatmaps_cut_parts_what_stays_from_what_leaves() {
    use rkv_scope::analysis::HeadTable;
    let folder = tempfile::tempdir().unwrap();
    let runs: [&[&str]; 5] = [
        &["--policy", "rkv-global"],
        &["--policy", "tova"],
        &["--policy", "streamingllm"],
        &["--policy", "rkv", "--protect", "prompt"],
        &["--policy", "h2o"],
    ];
    for args in runs {
        let (path, _) = record(folder.path(), &args.join(""), args);
        let store = rkv_scope::trace::load(std::path::Path::new(&path))
            .unwrap()
            .store;
        let (view, mut left) = (store.latest(), 0);
        for record in store.events() {
            let event = rkv_scope::trace::EventIndex(record.event);
            let table = HeadTable::of(&view, event).unwrap();
            let settings = store.settings_of(record.revision);
            let protected = settings.protected(store.header().prompt_tokens);
            for row in 0..table.heads() {
                for token in table
                    .rows(row)
                    .iter()
                    .filter(|token| token.position.0 >= protected)
                {
                    let over = table.over_cut(row, token).unwrap();
                    let right = if token.evicted {
                        over <= 0.0
                    } else {
                        over >= 0.0
                    };
                    assert!(
                        right,
                        "{args:?}, head {row}: {token:?} lies {over} over the cut"
                    );
                    left += usize::from(token.evicted);
                }
            }
        }
        assert!(left > 0, "{args:?}");
    }
}

//! No command destroys or counts twice what it reads, and a file's name keeps its promise.

use super::*;

/// A made-up run under R-KV; with `then`, its policy is changed to that after 400 tokens.
fn trace(folder: &Path, name: &str, then: Option<&str>) -> String {
    use rkv_scope::trace::{TraceRecord, TraceStore, save, synthetic::Synthetic};
    let plan = Synthetic::default();
    let mut store = TraceStore::new(std::sync::Arc::new(plan.header()));
    for mut record in plan.records() {
        if let (TraceRecord::ParamsChanged { settings, .. }, Some(policy)) = (&mut record, then) {
            policy.clone_into(&mut settings.policy);
        }
        store.apply(record).unwrap();
    }
    let path = folder.join(name);
    save(&path, &store).unwrap();
    path.to_str().unwrap().to_owned()
}

fn export<'a>(path: &'a str, format: &'a str, out: &'a str) -> Vec<&'a str> {
    let what = ["--what", "heatmap", "--format", format, "--out", out];
    [&["export", path][..], &what].concat()
}

#[test]
fn a_trace_is_not_replaced_by_what_is_made_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let a = trace(folder.path(), "a.rkvt", None);
    let b = trace(folder.path(), "b.rkvt", None);
    let before = std::fs::read(&a).unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let around = inner.join("../a.rkvt");
    let around = around.to_str().unwrap();
    let plain = folder.path().join("plain");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&a, &plain).unwrap();
    #[cfg(not(unix))]
    std::fs::hard_link(&a, &plain).unwrap();
    let plain = plain.to_str().unwrap();
    for out in [&*a, around, plain] {
        let compare = ["compare", &*b, &*a, "--format", "png", "--out", out];
        for args in [&*export(&a, "png", out), &*export(&a, "csv", out), &compare] {
            let message = refused(args);
            assert!(
                message.contains(out) && message.contains("a.rkvt, which this command reads"),
                "{message}"
            );
            assert!(message.contains("--out another name"), "{message}");
            assert_eq!(std::fs::read(&a).unwrap(), before);
        }
    }
    let message = refused(&export(plain, "png", &a));
    assert!(message.contains("which this command reads"), "{message}");
    assert_eq!(std::fs::read(&a).unwrap(), before);
}

#[test]
fn other_inputs_are_not_replaced_either() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = trace(folder.path(), "run.rkvt", None);
    let (problems, cues, gguf) = (file("problems.jsonl"), file("cues.csv"), file("m.gguf"));
    std::fs::write(&problems, "").unwrap();
    std::fs::write(&cues, "doubt: hmm\n").unwrap();
    std::fs::write(&gguf, "GGUF").unwrap();
    let (plot, results) = (file("plot.png"), file("results.jsonl"));
    let record = ["record", "--prompt", "1", "--model", &gguf, "--out", &gguf];
    let calibrate = [
        "calibrate",
        "--prompt",
        "1",
        "--model",
        &gguf,
        "--out",
        &gguf,
    ];
    let segments = ["--what", "segments", "--format", "csv", "--cues", &cues];
    let export = [&["export", &run][..], &segments, &["--out", &cues]].concat();
    let cases: [(&[&str], &str); 6] = [
        (
            &["sweep", "--problems-file", &problems, "--out", &problems],
            "--out",
        ),
        (
            &["sweep", "--problems-file", &plot, "--plot", &plot],
            "--plot",
        ),
        (&["sweep", "--out", &results, "--plot", &results], "--plot"),
        (&record, "--out"),
        (&calibrate, "--out"),
        (&export, "--out"),
    ];
    for (args, option) in cases {
        let message = refused(args);
        let said = format!("which this command reads; give {option} another name");
        assert!(message.contains(&said), "{args:?}: {message}");
    }
    assert_eq!(std::fs::read(&problems).unwrap(), b"");
    assert_eq!(std::fs::read(&cues).unwrap(), b"doubt: hmm\n");
    assert_eq!(std::fs::read(&gguf).unwrap(), b"GGUF");
    assert!(!Path::new(&plot).exists() && !Path::new(&results).exists());
}

#[test]
fn a_name_says_what_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = trace(folder.path(), "run.rkvt", None);
    let other = trace(folder.path(), "other.rkvt", None);
    let before = std::fs::read(&other).unwrap();
    let (svg, trace, png) = (file("map.SVG"), file("new.rkvt"), file("run.png"));
    let compare = ["compare", &*run, &*other];
    let cases: [(&[&str], &[&str]); 7] = [
        (&export(&run, "png", &svg), &["map.png", "--format svg"]),
        (&export(&run, "csv", &trace), &["would hold csv", "new.csv"]),
        (&export(&run, "png", &other), &["other.png"]),
        (
            &[&compare[..], &["--out", &trace]].concat(),
            &["a picture", "new.png"],
        ),
        (
            &[&compare[..], &["--format", "png", "--out", &svg]].concat(),
            &["map.png"],
        ),
        (
            &["record", "--prompt", "1", "--out", &png],
            &["a trace", "run.rkvt"],
        ),
        (
            &["sweep", "--out", &trace],
            &["results of a sweep", "new.jsonl"],
        ),
    ];
    for (args, words) in cases {
        let message = refused(args);
        for word in words {
            assert!(message.contains(word), "{word}: {message}");
        }
    }
    for path in [&svg, &trace, &png] {
        assert!(!Path::new(path).exists(), "{path}");
    }
    assert_eq!(std::fs::read(&other).unwrap(), before);
    // A name that says nothing holds what is asked for.
    let plain = file("picture");
    ok(&export(&run, "png", &plain));
    assert!(std::fs::read(plain).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn a_trace_named_twice_is_not_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = trace(folder.path(), "run.rkvt", None);
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let again = inner.join("../run.rkvt");
    for again in [&*path, again.to_str().unwrap()] {
        let message = refused(&["analyze", &path, again]);
        assert!(
            message.contains(again) && message.contains("count twice"),
            "{message}"
        );
    }
}

#[test]
fn a_run_whose_policy_was_changed_is_neither_policys() {
    let folder = tempfile::tempdir().unwrap();
    let pure = trace(folder.path(), "pure.rkvt", None);
    let changed = trace(folder.path(), "changed.rkvt", Some("snapkv"));
    let findings = json(&ok(&["analyze", &pure, &changed, "--json"]));
    assert_eq!(findings["traces"][1]["policy"], "rkv, then snapkv");
    assert_eq!(findings["policies"].as_array().unwrap().len(), 0);
    let text = ok(&["analyze", &changed]);
    assert!(text.contains("policy rkv, then snapkv, "), "{text}");
    let info = json(&ok(&["info", &changed, "--json"]));
    assert_eq!(info["policies"], serde_json::json!(["rkv", "snapkv"]));
    assert!(ok(&["info", &changed]).contains("rkv, then snapkv"));
    assert!(!ok(&["info", &pure]).contains("policies"));
    let both = json(&ok(&["compare", &pure, &changed, "--json"]));
    assert_eq!(both["runs"][1]["policy"], "rkv, then snapkv");
    assert!(ok(&["compare", &pure, &changed]).contains("R-KV, then SnapKV"));
}

//! `record`, and what `info` and `export` read of it.

use std::io::Read as _;
use std::process::Stdio;

use super::*;

#[test]
fn record_writes_a_trace_that_info_and_export_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, report) = record(
        folder.path(),
        "run.rkvt",
        &["--policy", "rkv", "--lambda", "0.1"],
    );
    assert!(report["summary"]["compressions"].as_u64().unwrap() >= 2);
    assert!(report["summary"]["peak_slots"].as_u64().unwrap() <= 96);
    assert!(!folder.path().join("run.rkvt.part").exists());

    let info = json(&ok(&["info", &path, "--json"]));
    assert_eq!(info["settings"]["policy"], "rkv");
    assert_eq!(info["settings"]["trigger"], "full");
    // One run is told in one way, and recording knows its text beside.
    let mut told = report.clone();
    let text = told.as_object_mut().unwrap().remove("text").unwrap();
    assert!(!text.as_str().unwrap().is_empty());
    assert_eq!(told, info);
    assert!(ok(&["info", &path]).contains("slots per head   96 at the peak"));

    let out = |what: &str, format: &str| -> Vec<u8> {
        let to = folder.path().join(format!("{what}.{format}"));
        ok(&[
            "export",
            &path,
            "--what",
            what,
            "--format",
            format,
            "--out",
            to.to_str().unwrap(),
        ]);
        std::fs::read(to).unwrap()
    };
    for what in ["heatmap", "tokens", "raster"] {
        assert!(out(what, "png").starts_with(b"\x89PNG"), "{what}");
        assert!(
            String::from_utf8(out(what, "svg"))
                .unwrap()
                .contains("<svg"),
            "{what}"
        );
    }
    let tokens: Value = serde_json::from_slice(&out("tokens", "json")).unwrap();
    let tokens = tokens.as_array().unwrap();
    let all = report["summary"]["prompt_tokens"].as_u64().unwrap()
        + report["summary"]["tokens"].as_u64().unwrap();
    assert_eq!(tokens.len() as u64, all);
    for (i, token) in tokens.iter().enumerate() {
        assert_eq!(token["position"].as_u64().unwrap(), i as u64);
        for key in ["id", "text", "segment", "logprob", "evicted_share"] {
            assert!(token.get(key).is_some(), "token has no {key}: {token}");
        }
    }
    assert!(
        tokens
            .iter()
            .any(|t| t["evicted_share"].as_f64().unwrap() > 0.0)
    );

    let held = ["--what", "heatmap", "--measure", "held", "--format", "csv"];
    let held = ok(&[&["export", &path][..], &held, &["--out", "-"]].concat());
    assert!(held.lines().skip(1).all(|line| line.contains(",held,")));

    // One row per (event, layer, head, candidate): 6 layers, 4 heads, 96 - 8 candidates.
    let scores = String::from_utf8(out("scores", "csv")).unwrap();
    let events = report["summary"]["compressions"].as_u64().unwrap();
    assert_eq!(scores.lines().count() as u64, 1 + events * 24 * 88);
    let events_csv = String::from_utf8(out("events", "csv")).unwrap();
    assert_eq!(events_csv.lines().count() as u64, 1 + events);
    let refusal = refused(&[
        "export",
        &path,
        "--what",
        "scores",
        "--format",
        "png",
        "--out",
        folder.path().join("refused").to_str().unwrap(),
    ]);
    assert!(refusal.contains("csv"), "{refusal}");
}

#[test]
fn the_same_seed_writes_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    let text = |seed: &str, name: &str| {
        let args = ["--temperature", "0.8", "--top-p", "0.95", "--seed", seed];
        record(folder.path(), name, &args).1["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = text("11", "a.rkvt");
    assert_eq!(first, text("11", "b.rkvt"));
    assert_ne!(first, text("12", "c.rkvt"));
}

#[test]
fn every_policy_records() {
    let folder = tempfile::tempdir().unwrap();
    let listed = json(&ok(&["policies", "--json"]));
    for policy in listed.as_array().unwrap() {
        let id = policy["id"].as_str().unwrap();
        let (_, report) = record(folder.path(), &format!("{id}.rkvt"), &["--policy", id]);
        let compresses = policy["compresses"].as_bool().unwrap();
        assert_eq!(
            report["summary"]["compressions"].as_u64().unwrap() > 0,
            compresses,
            "{id}"
        );
        if compresses {
            assert!(
                report["summary"]["peak_slots"].as_u64().unwrap() <= 96,
                "{id}"
            );
        }
    }
}

#[test]
fn without_json_the_text_goes_to_stdout_and_progress_to_stderr() {
    let output = rkv_scope(&["record", "--prompt", PROBLEM, "--max-tokens", "24"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(
        !text.trim().is_empty() && !text.contains("tokens,"),
        "{text}"
    );
    assert!(
        stderr(&output).contains("24 tokens generated"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_problem_and_a_number_may_begin_with_a_minus() {
    let args = ["record", "--prompt", "-3 + 5 = ?", "--threshold", "-0.5"];
    let report = json(&ok(&[&args[..], &["--max-tokens", "4", "--json"]].concat()));
    assert_eq!(report["settings"]["threshold"], -0.5);
    assert_eq!(report["summary"]["tokens"], 4);
}

// Other systems refuse such a name.
#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_utf8_works() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder
        .path()
        .join(std::ffi::OsStr::from_bytes(b"run-\xff.rkvt"));
    let output = rkv_scope(&["record", "--prompt", PROBLEM, "--max-tokens", "8", "--out"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(path.exists());
    let info = rkv_scope(&["info"]).arg(&path).output().unwrap();
    assert!(info.status.success(), "{}", stderr(&info));
}

/// `record ... | head`: the text has lost its reader, the trace has not.
#[test]
fn a_recording_whose_reader_goes_away_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let mut child = rkv_scope(&[
        "record",
        "--prompt",
        PROBLEM,
        "--max-tokens",
        "120",
        "--out",
    ])
    .arg(&path)
    .stdout(Stdio::piped())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    let mut first = [0; 8];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert!(child.wait().unwrap().success());
    let info = json(&ok(&["info", "--json", path.to_str().unwrap()]));
    assert_ne!(info["finish"], "stopped", "{info}");
    assert!(info["finish"].is_string(), "{info}");
}

#[test]
fn a_calibration_from_a_full_run_serves_later_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reasoner.json");
    let file = file.to_str().unwrap();
    let args = [
        "calibrate",
        "--prompt",
        PROBLEM,
        "--max-tokens",
        "60",
        "--out",
        file,
    ];
    assert_eq!(ok(&args).trim(), file);
    let statistics = json(&std::fs::read_to_string(file).unwrap());
    assert!(statistics["queries"][0].as_u64().unwrap() > 60);

    // A prompt is read in several passes, and every token of it counts.
    let long = PROBLEM.repeat(8);
    let mut args = args.to_vec();
    args[2] = &long;
    ok(&args);
    let read = json(&std::fs::read_to_string(file).unwrap());
    let report = json(&ok(&[
        "record",
        "--prompt",
        &long,
        "--max-tokens",
        "1",
        "--json",
    ]));
    let prompt = report["summary"]["prompt_tokens"].as_u64().unwrap();
    let written = read["queries"][0].as_u64().unwrap() - prompt;
    assert!(
        prompt > 128 && (50..=60).contains(&written),
        "{prompt} and {written}"
    );

    let run = |name: &str, extra: &[&str]| {
        let mut args = vec!["--policy", "TriAttention", "--protect", "none"];
        args.extend(extra);
        record(folder.path(), name, &args)
    };
    run("own.rkvt", &[]);
    let (_, report) = run("given.rkvt", &["--calibration", file]);
    assert_eq!(report["settings"]["policy"], "triattention");
    let recorded = |name: &str| {
        let path = folder.path().join(name);
        json(&ok(&["info", "--json", path.to_str().unwrap()]))
    };
    assert!(recorded("own.rkvt")["calibration"].is_null());
    assert_eq!(
        recorded("given.rkvt")["calibration"]
            .as_str()
            .unwrap()
            .len(),
        8
    );

    let wrong = ["record", "--prompt", PROBLEM, "--calibration", file];
    assert!(refused(&wrong).contains("triattention"));
    let args = [
        "record",
        "--prompt",
        PROBLEM,
        "--policy",
        "triattention",
        "--calibration",
        file,
    ];
    let mut of_another = statistics;
    of_another["fingerprint"] = "0badf00d".into();
    std::fs::write(file, of_another.to_string()).unwrap();
    assert!(refused(&args).contains("0badf00d"));
    std::fs::write(file, "{}").unwrap();
    assert!(refused(&args).contains("rkv-scope calibrate"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_does_not_cost_the_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.rkvt");
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_rkv-scope"))
        .args([
            "record",
            "--prompt",
            "What is 2 + 3?",
            "--max-tokens",
            "40",
            "--out",
        ])
        .arg(&path)
        .env("RAYON_NUM_THREADS", "2")
        .stdout(full)
        .output()
        .unwrap();
    assert!(
        !ended.status.success(),
        "the text is not where it was asked for"
    );
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("the run goes on for its trace"), "{said}");
    let trace = rkv_scope::trace::load(&path).unwrap();
    assert!(trace.problem.is_none() && trace.store.end().is_some());
    assert!(trace.store.tokens().len() > 40);
}

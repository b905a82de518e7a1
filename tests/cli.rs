//! The commands as a person types them, on the embedded model.
#![cfg(feature = "infer")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PROBLEM: &str =
    "Ivy has 46 shells. Ivy finds 38 more. Ivy gives away 29. How many shells are left?";

fn rkv_scope(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rkv-scope"));
    command
        .args(args)
        .env("RAYON_NUM_THREADS", "2")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    command
}

fn ok(args: &[&str]) -> String {
    let output = rkv_scope(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(args: &[&str]) -> String {
    let output = rkv_scope(args).output().unwrap();
    assert!(!output.status.success(), "{args:?} should fail");
    let message = stderr(&output);
    assert!(!message.contains("panicked"), "{message}");
    message
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Records one run per call into `folder`.
fn record(folder: &Path, name: &str, extra: &[&str]) -> (String, Value) {
    let path = folder.join(name).to_str().unwrap().to_owned();
    let mut args = vec![
        "record", "--prompt", PROBLEM, "--budget", "64", "--buffer", "32",
    ];
    args.extend(["--max-tokens", "160", "--out", &path, "--json"]);
    args.extend(extra);
    let report = json(&ok(&args));
    (path, report)
}

#[test]
fn record_writes_a_trace_that_info_and_export_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, report) = record(
        folder.path(),
        "run.rkvt",
        &["--policy", "rkv", "--lambda", "0.1"],
    );
    for key in [
        "prompt_tokens",
        "tokens",
        "compressions",
        "peak_slots",
        "final_slots",
        "text",
        "answer",
        "finish",
        "seconds",
        "tokens_per_second",
        "params",
    ] {
        assert!(
            report.get(key).is_some(),
            "record --json has no {key}: {report}"
        );
    }
    assert!(report["compressions"].as_u64().unwrap() >= 2);
    assert!(report["peak_slots"].as_u64().unwrap() <= 96);
    assert!(!folder.path().join("run.rkvt.part").exists());

    let info = json(&ok(&["info", &path, "--json"]));
    assert!(info.to_string().contains("\"rkv\""), "{info}");
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
    let all = report["prompt_tokens"].as_u64().unwrap() + report["tokens"].as_u64().unwrap();
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

    // One row per (event, layer, head, candidate): 6 layers, 3 heads, 96 - 8 candidates.
    let scores = String::from_utf8(out("scores", "csv")).unwrap();
    let events = report["compressions"].as_u64().unwrap();
    assert_eq!(scores.lines().count() as u64, 1 + events * 18 * 88);
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
            report["compressions"].as_u64().unwrap() > 0,
            compresses,
            "{id}"
        );
        if compresses {
            assert!(report["peak_slots"].as_u64().unwrap() <= 96, "{id}");
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
    assert!(stderr(&output).contains("24 tokens"), "{}", stderr(&output));
}

#[test]
fn bad_settings_are_one_clear_message() {
    let cases: &[(&[&str], &str)] = &[
        (&["--kernel", "6"], "odd"),
        (&["--budget", "8"], "at least 9"),
        (&["--budget", "38", "--protect", "prompt"], "protect"),
        (&["--lambda", "1.5"], "from 0 to 1"),
        (&["--policy", "magic"], "there are: rkv"),
        (&["--scope", "house"], "head, layer, global"),
        (&["--temperature", "-1"], "temperature is -1"),
        (&["--budget", "-5"], "'-5' for '--budget <N>'"),
        (&["--max-tokens", "0"], "at least 1"),
        (&["--out", "-"], "name a file"),
        (
            &["--out", "/nonexistent/run.rkvt"],
            "create the folder first",
        ),
    ];
    for (extra, needle) in cases {
        let mut args = vec!["record", "--prompt", PROBLEM];
        args.extend(*extra);
        let message = refused(&args);
        assert!(message.contains(needle), "{extra:?}: {message}");
    }
}

#[test]
fn a_problem_and_a_number_may_begin_with_a_minus() {
    let args = ["record", "--prompt", "-3 + 5 = ?", "--threshold", "-0.5"];
    let report = json(&ok(&[&args[..], &["--max-tokens", "4", "--json"]].concat()));
    assert_eq!(report["params"]["threshold"], -0.5);
    assert_eq!(report["tokens"], 4);
}

#[test]
fn a_benchmark_that_cannot_run_says_so_once() {
    let message = refused(&["bench", "decode", "--contexts", "999999"]);
    assert!(message.contains("no context length fits"), "{message}");
    assert_eq!(message.matches("rkv-scope:").count(), 1, "{message}");
}

#[test]
fn bad_prompts_are_one_clear_message() {
    assert!(refused(&["record", "--prompt", "  "]).contains("empty"));
    let long = "seven ".repeat(4000);
    let message = refused(&["record", "--prompt", &long]);
    assert!(message.contains("context is 2048"), "{message}");
}

#[test]
fn bad_models_are_one_clear_message() {
    let folder = tempfile::tempdir().unwrap();
    let try_model = |path: &Path| {
        refused(&[
            "record",
            "--prompt",
            "1+1",
            "--model",
            path.to_str().unwrap(),
        ])
    };
    let truncated = folder.path().join("cut.gguf");
    std::fs::write(&truncated, b"GGUF\x03\x00\x00\x00\x10\x00\x00\x00").unwrap();
    assert!(try_model(&truncated).contains("cut.gguf"));
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "hello").unwrap();
    assert!(try_model(&text).contains("GGUF"));
    assert!(try_model(&folder.path().join("absent.gguf")).contains("absent.gguf"));
    assert!(try_model(folder.path()).contains("config.json"));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny/gemma3");
    let gemma = folder.path().join("gemma3");
    std::fs::create_dir(&gemma).unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(golden.join(file), gemma.join(file)).unwrap();
    }
    std::fs::write(
        gemma.join("tokenizer.json"),
        include_bytes!("../assets/reasoner/tokenizer.json"),
    )
    .unwrap();
    let message = try_model(&gemma);
    assert!(
        message.contains("gemma3") && message.contains("llama, qwen2, qwen3"),
        "{message}"
    );
}

#[test]
fn bad_traces_are_one_clear_message() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = record(folder.path(), "run.rkvt", &[]);
    let whole = std::fs::read(&path).unwrap();
    let cut = folder.path().join("cut.rkvt");
    std::fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    let output = rkv_scope(&["info", cut.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "a damaged tail leaves a readable prefix: {}",
        stderr(&output)
    );
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        stderr(&output)
    );
    assert!(said.contains("byte"), "{said}");
    let empty = folder.path().join("empty.rkvt");
    std::fs::write(&empty, b"").unwrap();
    assert!(refused(&["info", empty.to_str().unwrap()]).contains("empty.rkvt"));
    assert!(refused(&["info", "/nonexistent/f.rkvt"]).contains("/nonexistent/f.rkvt"));
    assert!(refused(&["info", folder.path().to_str().unwrap()]).contains("folder"));
}

#[cfg(unix)]
#[test]
fn a_full_disk_keeps_the_previous_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = record(folder.path(), "run.rkvt", &[]);
    let before = std::fs::read(&path).unwrap();
    let table = folder.path().join("scores.csv");
    std::fs::write(&table, "older").unwrap();
    // A limit on file size fails the write as a full disk does.
    let limited = |command: &str| {
        Command::new("bash")
            .args(["-c", &format!("trap '' XFSZ; ulimit -f 8; {command}")])
            .env("BIN", env!("CARGO_BIN_EXE_rkv-scope"))
            .env("TRACE", &path)
            .env("TABLE", &table)
            .env("PROBLEM", PROBLEM)
            .output()
            .unwrap()
    };
    let export = limited(r#""$BIN" export "$TRACE" --what scores --format csv --out "$TABLE""#);
    assert!(!export.status.success());
    assert!(
        stderr(&export).contains("scores.csv"),
        "{}",
        stderr(&export)
    );
    assert_eq!(std::fs::read_to_string(&table).unwrap(), "older");
    let record = limited(
        r#""$BIN" record --prompt "$PROBLEM" --budget 64 --buffer 32 --max-tokens 160 --out "$TRACE""#,
    );
    assert!(!record.status.success());
    assert!(stderr(&record).contains("run.rkvt"), "{}", stderr(&record));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_pipe_or_device_is_never_replaced_by_a_file() {
    use std::os::unix::fs::FileTypeExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (trace, _) = record(folder.path(), "run.rkvt", &[]);
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success(),
        "mkfifo is part of every Unix"
    );
    let pipe_name = pipe.to_str().unwrap();
    let exports: [&[&str]; 3] = [
        &[
            "sweep",
            "--problems",
            "1",
            "--budgets",
            "24",
            "--policies",
            "rkv",
            "--out",
            pipe_name,
        ],
        &["record", "--prompt", PROBLEM, "--out", pipe_name],
        &[
            "export", &trace, "--what", "tokens", "--format", "csv", "--out", pipe_name,
        ],
    ];
    for args in exports {
        let message = refused(args);
        assert!(message.contains("a device or a pipe"), "{message}");
        assert_eq!(
            message.matches("a device or a pipe").count(),
            1,
            "said once: {message}"
        );
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }
    let message = refused(&[
        "record",
        "--prompt",
        PROBLEM,
        "--out",
        folder.path().to_str().unwrap(),
    ]);
    assert!(message.contains("add a file name"), "{message}");
}

#[test]
fn what_an_interrupted_run_left_is_pointed_to() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = record(folder.path(), "run.rkvt", &[]);
    let part = format!("{path}.part");
    std::fs::rename(&path, &part).unwrap();
    let message = refused(&["info", &path]);
    assert!(message.contains(".part"), "{message}");
    ok(&["info", &part]);
}

#[test]
fn options_that_make_no_difference_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = record(folder.path(), "run.rkvt", &[]);
    let export = |what: &str, extra: &[&str]| {
        let out = folder.path().join("table.csv");
        let mut args = vec!["export", &path, "--what", what, "--format", "csv", "--out"];
        args.push(out.to_str().unwrap());
        args.extend(extra);
        let message = refused(&args);
        assert!(!out.exists(), "{what} {extra:?}");
        message
    };
    assert!(export("tokens", &["--layer", "1"]).contains("--layer"));
    assert!(export("raster", &["--event", "0"]).contains("--event"));
    assert!(export("tokens", &["--cursor", "999999"]).contains("999999"));
    let with = |extra: &[&str]| {
        let mut args = vec!["record", "--prompt", PROBLEM, "--max-tokens", "4"];
        args.extend(extra);
        let output = rkv_scope(&args).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    let told = with(&["--policy", "streamingllm", "--lambda", "0.5"]);
    assert!(told.contains("does not look at --lambda"), "{told}");
    let told = with(&["--lambda", "0.5", "--protect", "sinks", "--sinks", "2"]);
    assert!(!told.contains("does not look at"), "{told}");
    let window = with(&["--protect", "window"]);
    assert!(!window.contains("warning"), "{window}");
}

#[cfg(unix)]
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

#[cfg(feature = "gui")]
#[test]
fn without_a_display_the_window_names_the_headless_commands() {
    let message = refused(&["view"]);
    for command in ["record", "info", "export"] {
        assert!(message.contains(command), "{message}");
    }
}

#[test]
fn models_lists_the_known_ones_and_fetch_says_what_to_do_without_a_network() {
    let list = ok(&["models"]);
    assert!(
        list.contains("reasoner") && list.contains("built in") && list.contains("deepseek"),
        "{list}"
    );
    let output = rkv_scope(&["models", "fetch", "qwen3-0.6b"])
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env("HF_HOME", tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(stderr(&output).contains("--model"), "{}", stderr(&output));
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

    let run = |name: &str, extra: &[&str]| {
        let mut args = vec!["--policy", "TriAttention", "--protect", "none"];
        args.extend(extra);
        record(folder.path(), name, &args)
    };
    run("own.rkvt", &[]);
    let (_, report) = run("given.rkvt", &["--calibration", file]);
    assert_eq!(report["params"]["policy"], "triattention");

    let wrong = ["record", "--prompt", PROBLEM, "--calibration", file];
    assert!(refused(&wrong).contains("triattention"));
    std::fs::write(file, "{}").unwrap();
    let broken = [
        "record",
        "--prompt",
        PROBLEM,
        "--policy",
        "triattention",
        "--calibration",
        file,
    ];
    assert!(refused(&broken).contains("rkv-scope calibrate"));
}

#[test]
fn policies_answer_to_their_names() {
    let folder = tempfile::tempdir().unwrap();
    for (name, id) in [
        ("R-KV", "rkv"),
        ("Value-Aware Stochastic eviction", "vase-attnv"),
        ("Task-Aware compression", "task-aware"),
        ("ThinKV", "thinkv"),
        ("LongFlow", "longflow"),
    ] {
        let (_, report) = record(folder.path(), "a.rkvt", &["--policy", name]);
        assert_eq!(report["params"]["policy"], id, "{name}");
    }
    let listed = ok(&["policies"]);
    for word in [
        "ThinKV",
        "arXiv 2510.01290",
        "--protect prompt",
        "Beyond RAG",
    ] {
        assert!(listed.contains(word), "{word}");
    }
}

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
    assert_eq!(traces[0]["compressions"], report["compressions"]);
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
    let tokens: u64 =
        report["prompt_tokens"].as_u64().unwrap() + report["tokens"].as_u64().unwrap();
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
        text.contains("reflections") && text.contains("all 2 traces of rkv"),
        "{text}"
    );
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
    assert_eq!(both["runs"][1]["summary"]["tokens"], report["tokens"]);
    assert!(both["pairs"][0]["jaccard_mean"].as_f64().unwrap() > 0.0);

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

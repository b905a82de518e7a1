//! A sweep on the embedded model: the same table however it is run, cut off and gone on with.
#![cfg(feature = "infer")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may panic and print outside its test functions too"
)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rkv_scope::config::Sampling;
use rkv_scope::sweep::{
    ArmKey, Loader, ProblemSource, ReplayRequest, RunOutcome, StoredSweep, SweepEvent,
    SweepRequest, SweepTable, arms, execute, instruction_for, json, replay,
};
use rkv_scope::trace::last_boxed;

const PROBLEMS: &str = r#"{"kind":"sums","problem":"What is 46 + 12 * 3?","answer":"82"}
{"kind":"chain","problem":"Leo has 57 stamps. Leo buys 26 more. Leo loses 48 of them. How many stamps does Leo have in the end?","answer":35}
{"kind":"sums","problem":"Solve for x: 6x + 14 = 74.","answer":"10"}
"#;

fn request(folder: &Path, threads: usize, out: Option<&str>) -> SweepRequest {
    let path = folder.join("problems.jsonl");
    std::fs::write(&path, PROBLEMS).unwrap();
    let policies = ["rkv", "streamingllm"].map(str::to_owned);
    SweepRequest {
        model: "reasoner".to_owned(),
        problems: ProblemSource::File { path, count: None },
        instruction: None,
        arms: arms(&policies, &[24, 40, 400], |s| s.buffer = 16).unwrap(),
        sampling: Sampling {
            max_tokens: 90,
            ..Sampling::default()
        },
        threads,
        out: out.map(|name| folder.join(name)),
    }
}

fn run(request: &SweepRequest, stop_after: usize) -> (String, Vec<RunOutcome>) {
    let stop = AtomicBool::new(false);
    let mut new = vec![];
    let (plan, outcomes) = execute(request, &Loader::REAL, &stop, &mut |event| {
        if let SweepEvent::Ran(outcome) = event {
            new.push(outcome);
            if new.len() == stop_after {
                stop.store(true, Ordering::Release);
            }
        }
    })
    .unwrap();
    let table = SweepTable::of(&plan, &outcomes);
    (json(&plan, &table, &[]).to_string(), new)
}

#[test]
fn the_table_is_the_same_for_any_number_of_threads_and_wherever_it_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let (table, whole) = run(&request(folder.path(), 1, Some("one.jsonl")), 0);
    assert_eq!(whole.len(), 3 * 7);
    assert_eq!(
        run(&request(folder.path(), 3, None), 0).0,
        table,
        "three threads"
    );

    // What one would see in the table of this sweep.
    let compressed = |o: &RunOutcome| o.arm.budget.is_some_and(|b| b < 400);
    for outcome in &whole {
        if compressed(outcome) {
            assert!(outcome.compressions > 0, "{outcome:?}");
            assert!(
                outcome.peak_slots <= outcome.arm.budget.unwrap() + 16,
                "{outcome:?}"
            );
            assert!(outcome.time_averaged_ratio < 1.0, "{outcome:?}");
        } else {
            let full = whole
                .iter()
                .find(|o| o.arm.is_full() && o.problem == outcome.problem)
                .unwrap();
            assert_eq!(outcome.answer, full.answer);
            assert_eq!(
                (outcome.compressions, outcome.time_averaged_ratio),
                (0, 1.0)
            );
        }
    }

    // Cut between lines, within a line and within the first line; then gone on with.
    let bytes = std::fs::read(folder.path().join("one.jsonl")).unwrap();
    let ends: Vec<usize> = (1..=bytes.len())
        .filter(|&i| bytes[i - 1] == b'\n')
        .collect();
    for cut in [
        0,
        40,
        ends[0],
        ends[4],
        ends[9] + 30,
        ends[20],
        bytes.len() - 1,
    ] {
        std::fs::write(folder.path().join("cut.jsonl"), &bytes[..cut]).unwrap();
        let held = ends
            .iter()
            .filter(|&&end| end <= cut)
            .count()
            .saturating_sub(1);
        let (again, new) = run(&request(folder.path(), 2, Some("cut.jsonl")), 0);
        assert_eq!(again, table, "cut at {cut}");
        assert_eq!(new.len(), 21 - held, "cut at {cut}: no run is done twice");
    }
}

/// The first is one that the reasoner answers; the second is the same with a misprinted answer.
const ANSWERED: &str = r#"{"problem":"Leo has 57 stamps. Leo buys 26 more. How many stamps does Leo have now?","answer":"83"}
{"problem":"Leo has 57 stamps. Leo buys 26 more. How many stamps does Leo have now?","answer":"84"}
{"problem":"Leo has 57 stamps. Leo buys 26 more. Leo loses 48 of them. How many stamps does Leo have in the end?","answer":35}
"#;

/// 300 tokens are enough for the full cache's answer to the first two; no policy has to come to one.
fn answered(folder: &Path) -> SweepRequest {
    let path = folder.join("answered.jsonl");
    std::fs::write(&path, ANSWERED).unwrap();
    let policies = ["rkv", "random-prompt", "h2o"].map(str::to_owned);
    SweepRequest {
        problems: ProblemSource::File { path, count: None },
        arms: arms(&policies, &[44, 72], |s| s.buffer = 16).unwrap(),
        sampling: Sampling {
            max_tokens: 300,
            ..Sampling::default()
        },
        ..request(folder, 2, None)
    }
}

#[test]
fn right_answers_are_counted_and_each_run_can_be_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let (mut left_out, mut ran) = (vec![], vec![]);
    let (plan, outcomes) = execute(
        &answered(folder.path()),
        &Loader::REAL,
        &stop,
        &mut |event| match event {
            SweepEvent::Begun { left_out: arms, .. } => left_out = arms,
            SweepEvent::Ran(outcome) => ran.push(outcome),
            _ => {}
        },
    )
    .unwrap();
    assert_eq!(ran, outcomes);
    let of = |problem: u32| outcomes.iter().filter(move |o| o.problem == problem);

    for (problem, right) in [(0, true), (1, false)] {
        let full = of(problem).find(|o| o.arm.is_full()).unwrap();
        assert_eq!(full.answer.as_deref(), Some("83"));
        assert_eq!((full.finish.as_str(), full.right), ("end-of-text", right));
    }
    for outcome in &outcomes {
        let wanted = plan.problems[outcome.problem as usize].answer.as_str();
        let right = outcome.answer.as_deref() == Some(wanted);
        assert_eq!(outcome.right, right, "{outcome:?}");
        assert_eq!(outcome.capped(), outcome.tokens == 300, "{outcome:?}");
    }
    let table = SweepTable::of(&plan, &outcomes);
    for row in &table.rows {
        let own = outcomes.iter().filter(|o| o.arm == row.arm);
        let right = own.filter(|o| o.right).count();
        assert_eq!((row.stats.runs, row.stats.right as usize), (3, right));
    }

    // The shorter prompts would leave it room: rates over different problems do not compare.
    let without = ArmKey {
        policy: "random-prompt".to_owned(),
        budget: Some(44),
    };
    let settings = plan.settings(&without).unwrap();
    let prompt = |problem| of(problem).next().unwrap().prompt_tokens;
    settings.check_with_prompt(prompt(0)).unwrap();
    let why = settings.check_with_prompt(prompt(2)).unwrap_err();
    assert_eq!(left_out, [(without.clone(), why.to_string())]);
    assert!(outcomes.iter().all(|o| o.arm != without));
    assert_eq!(outcomes.len(), 3 * 6);

    for outcome in of(1) {
        let again = ReplayRequest::of(&plan, 1, &outcome.arm, "reasoner").unwrap();
        let store = replay(&again).unwrap();
        let written = store.header().prompt_tokens as usize..store.tokens().len();
        assert_eq!(written.len(), outcome.tokens as usize, "{outcome:?}");
        assert_eq!(last_boxed(store.tokens().text_of(written)), outcome.answer);
        assert_eq!(store.events().len(), outcome.compressions as usize);
    }
}

#[test]
fn a_stop_ends_it_soon_and_it_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (table, _) = run(&request(folder.path(), 2, None), 0);
    let (_, first) = run(&request(folder.path(), 2, Some("r.jsonl")), 4);
    assert!(first.len() >= 4 && first.len() < 21, "{}", first.len());
    let (again, rest) = run(&request(folder.path(), 2, Some("r.jsonl")), 0);
    assert_eq!(again, table);
    assert_eq!(first.len() + rest.len(), 21);
}

fn rkv_scope(folder: &Path, extra: &[&str]) -> Command {
    let problems = folder.join("problems.jsonl");
    std::fs::write(&problems, PROBLEMS).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rkv-scope"));
    command
        .arg("sweep")
        .args([
            "--problems-file",
            problems.to_str().unwrap(),
            "--buffer",
            "16",
        ])
        .args(["--max-tokens", "90", "--threads", "1", "--json"])
        .args(extra)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    command
}

fn ok(folder: &Path, extra: &[&str]) -> String {
    let output = rkv_scope(folder, extra).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn killed_in_the_middle_the_same_command_gives_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results.jsonl");
    let sweep = ["--policies", "rkv,snapkv", "--budgets", "24,40,56"];
    let table = ok(folder.path(), &sweep);
    let resumable = [&sweep[..], &["--out", out.to_str().unwrap()]].concat();
    let mut child = rkv_scope(folder.path(), &resumable)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_mins(2);
    let lines = || std::fs::read_to_string(&out).map_or(0, |text| text.lines().count());
    while lines() < 5 {
        assert!(Instant::now() < deadline, "no results came");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let held = StoredSweep::read(&out).unwrap().unwrap().outcomes.len();
    assert!(held >= 3, "{held}");
    assert_eq!(ok(folder.path(), &resumable), table);
    // And once more, with nothing left to do.
    assert_eq!(ok(folder.path(), &resumable), table);
}

#[test]
fn what_cannot_work_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results.jsonl");
    let out = out.to_str().unwrap();
    for (args, said) in [
        (&["--policies", "rkv,magic"][..], "magic"),
        (&["--budgets", "8", "--policies", "rkv"], "budget is 8"),
        (&["--budgets", "x"], "invalid value"),
        (&["--plot", "curve.gif"], "curve.gif"),
        (
            &["--plot", "/no/such/folder/curve.png"],
            "create the folder first",
        ),
        (&["--x", "time"], "budget, ratio"),
        (&["--max-tokens", "0"], "max-tokens"),
        (&["--problems", "9"], "holds 3 problems"),
        (&["--model", "/no/such/model.gguf"], "/no/such/model.gguf"),
        (&["--lambda", "-1"], "from 0 to 1"),
        (&["--x", "ratio"], "--plot"),
    ] {
        let output = rkv_scope(folder.path(), &[args, &["--out", out]].concat())
            .output()
            .unwrap();
        let message = stderr(&output);
        assert!(!output.status.success(), "{args:?} should fail");
        assert!(
            message.contains(said) && !message.contains("panicked"),
            "{args:?}: {message}"
        );
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    assert!(!Path::new(out).exists(), "nothing was begun");

    ok(
        folder.path(),
        &["--budgets", "40", "--policies", "rkv", "--out", out],
    );
    let output = rkv_scope(
        folder.path(),
        &["--budgets", "48", "--policies", "rkv", "--out", out],
    )
    .output()
    .unwrap();
    let message = stderr(&output);
    assert!(
        message.contains("another sweep") && message.contains("R-KV at budget 40"),
        "{message}"
    );
}

#[test]
fn a_problem_that_cannot_be_asked_is_named_before_the_first_run() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("long.jsonl");
    let problem = "What is 2 + 3? ".repeat(2000);
    let lines = format!(
        "{{\"problem\":\"2 + 3?\",\"answer\":5}}\n{{\"problem\":\"{problem}\",\"answer\":5}}\n"
    );
    std::fs::write(&long, lines).unwrap();
    let out = folder.path().join("results.jsonl");
    let mut sweep = request(folder.path(), 1, Some("results.jsonl"));
    sweep.problems = ProblemSource::File {
        path: long,
        count: None,
    };
    let stop = AtomicBool::new(false);
    let mut runs = 0;
    let error = execute(&sweep, &Loader::REAL, &stop, &mut |event| {
        runs += usize::from(matches!(event, SweepEvent::Ran(_)));
    })
    .unwrap_err();
    assert!(error.to_string().starts_with("problem 2"), "{error}");
    assert_eq!(runs, 0);
    // The file is free for the sweep without it.
    assert!(!out.exists() || StoredSweep::read(&out).unwrap().is_none());
}

#[test]
fn a_thread_that_dies_ends_the_sweep_with_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = request(folder.path(), 4, None);
    let broken = Loader {
        load: |name, progress| {
            let handle = (Loader::REAL.load)(name, progress)?;
            Ok(Box::new(move || {
                let thread = std::thread::current();
                let of_the_crew = thread.name().is_some_and(|name| name.starts_with("sweep "));
                assert!(!of_the_crew, "the weights are gone");
                handle()
            }))
        },
        ..Loader::REAL
    };
    let stop = AtomicBool::new(false);
    let error = execute(&sweep, &broken, &stop, &mut |_| {}).unwrap_err();
    let said = "a thread of the sweep died: the weights are gone";
    assert_eq!(error.to_string(), said);
}

#[test]
fn an_instruction_is_part_of_every_problem() {
    let folder = tempfile::tempdir().unwrap();
    let mut sweep = request(folder.path(), 1, None);
    sweep.instruction = Some("Box it.".to_owned());
    let stop = AtomicBool::new(true);
    let (plan, _) = execute(&sweep, &Loader::REAL, &stop, &mut |_| {}).unwrap();
    assert!(
        plan.problems
            .iter()
            .all(|p| p.text.ends_with("?\nBox it.") || p.text.ends_with(".\nBox it."))
    );
    assert!(instruction_for("reasoner").is_none());
    assert!(
        instruction_for("models/qwen.gguf")
            .unwrap()
            .contains("\\boxed{}")
    );
}

#[test]
fn the_curve_is_drawn_as_svg_and_png_over_either_axis() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results.jsonl");
    let base = [
        "--budgets",
        "24,40",
        "--out",
        out.to_str().unwrap(),
        "--plot",
    ];
    for (name, axis, said) in [
        ("a.svg", "budget", "log scale"),
        ("b.svg", "ratio", "read by decode steps"),
        ("c.png", "budget", ""),
    ] {
        let path = folder.path().join(name);
        ok(
            folder.path(),
            &[&base[..], &[path.to_str().unwrap(), "--x", axis]].concat(),
        );
        let bytes = std::fs::read(&path).unwrap();
        if name.ends_with("png") {
            assert!(bytes.starts_with(b"\x89PNG"));
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        for word in [
            said,
            "R-KV",
            "SnapKV",
            "StreamingLLM",
            "Full cache",
            "3 problems",
            "Wilson",
        ] {
            assert!(text.contains(word), "{name} has no {word:?}");
        }
    }
}

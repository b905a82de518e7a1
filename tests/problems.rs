//! The generator as its command shows it, and the trainer beside the weights.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic and print outside its test functions too"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn problems(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rkv-scope"))
        .arg("problems")
        .args(args)
        .output()
        .unwrap()
}

fn lines(args: &[&str]) -> Vec<Value> {
    let output = problems(args);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn problems_are_drawn_by_seed_and_number() {
    let all = lines(&["--count", "20", "--seed", "7", "--json"]);
    assert_eq!(all.len(), 20);
    for problem in &all {
        for key in ["kind", "level", "problem", "trace", "answer", "formula"] {
            assert!(problem.get(key).is_some(), "{key} is missing: {problem}");
        }
    }
    let later = ["--first", "12", "--count", "3", "--seed", "7", "--json"];
    assert_eq!(lines(&later), all[12..15]);
    assert_ne!(lines(&["--count", "20", "--seed", "8", "--json"]), all);
}

#[test]
fn kinds_and_levels_can_be_chosen() {
    let chosen = ["--kinds", "ages,gains", "--level", "hard", "--json"];
    let some = lines(&[&chosen[..], &["--count", "30"]].concat());
    let kinds: Vec<&str> = some.iter().map(|p| p["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"ages") && kinds.contains(&"gains"));
    assert!(kinds.iter().all(|kind| ["ages", "gains"].contains(kind)));
    assert!(some.iter().all(|problem| problem["level"] == "hard"));
    let refused = problems(&["--kinds", "poems"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("gains"));
    let list = String::from_utf8(problems(&["--list"]).stdout).unwrap();
    assert!(list.lines().count() >= 20 && list.contains("percentage"));
}

/// Says why a check is skipped, or fails if the environment demands it.
fn skip(why: &str) {
    assert!(
        std::env::var_os("REQUIRE_TORCH").is_none(),
        "REQUIRE_TORCH is set, but {why}"
    );
    eprintln!("SKIPPED: {why}");
}

/// Python is no part of the build, so where torch is missing the check says so and nothing is proved; `REQUIRE_TORCH=1` makes
/// that a failure.
#[test]
fn a_training_cut_off_and_resumed_equals_one_that_was_not() {
    let python = std::env::var("RKV_PYTHON").unwrap_or_else(|_unset| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/reasoner/check_training.py");
    // What some systems have under its name only says that there is none.
    let found = Command::new(&python).arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        return skip(&format!(
            "there is no {python}; RKV_PYTHON can name another"
        ));
    }
    let output = Command::new(&python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(script)
        .output()
        .expect("it has just been started");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    let last = said.lines().last().unwrap_or_default();
    if let Some(why) = last.strip_prefix("skipped: ") {
        skip(why);
    } else {
        assert!(last.contains("bit for bit"), "{said}");
    }
}

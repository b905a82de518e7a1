use super::*;
use crate::config::Sampling;
use crate::sweep::{ArmKey, ModelIdentity, Problem, arms};

fn plan() -> SweepPlan {
    SweepPlan {
        model: ModelIdentity {
            name: "reasoner".to_owned(),
            fingerprint: "0a1b2c3d".to_owned(),
        },
        sampling: Sampling::default(),
        arms: arms(&["rkv".to_owned()], &[32, 64], |_| {}).unwrap(),
        origin: "made up".to_owned(),
        problems: (1..=3)
            .map(|n| Problem {
                kind: "sums".to_owned(),
                text: format!("What is {n} + {n}?"),
                answer: format!("{}", 2 * n),
            })
            .collect(),
    }
}

fn outcome(problem: u32, budget: Option<u32>) -> RunOutcome {
    RunOutcome {
        problem,
        arm: ArmKey {
            policy: if budget.is_some() { "rkv" } else { "full" }.to_owned(),
            budget,
        },
        answer: Some("x²\n".to_owned()),
        right: false,
        finish: "end-of-text".to_owned(),
        looped: false,
        prompt_tokens: 20,
        tokens: 211,
        compressions: 4,
        peak_slots: 64,
        time_averaged_ratio: 0.312_345,
        slot_steps: 8123,
    }
}

fn written(path: &Path) -> Vec<RunOutcome> {
    let runs = vec![outcome(0, None), outcome(0, Some(32)), outcome(2, Some(64))];
    let (mut file, before) = ResultsFile::open(path, &plan()).unwrap();
    assert_eq!(before, []);
    for run in &runs {
        file.append(run).unwrap();
    }
    runs
}

#[test]
fn what_was_written_is_read_and_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let runs = written(folder.path());
    let path = folder.path().join("sweep.jsonl");
    let stored = StoredSweep::read(&path).unwrap().unwrap();
    assert_eq!((&stored.plan, &stored.outcomes), (&plan(), &runs));
    let (mut file, before) = ResultsFile::open(&path, &plan()).unwrap();
    assert_eq!(before, runs);
    file.append(&outcome(1, None)).unwrap();
    assert_eq!(StoredSweep::read(&path).unwrap().unwrap().outcomes.len(), 4);
}

#[test]
fn cut_off_anywhere_the_file_keeps_its_whole_lines_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let runs = written(folder.path());
    let path = folder.path().join("sweep.jsonl");
    let bytes = std::fs::read(&path).unwrap();
    let line_ends: Vec<usize> = (1..=bytes.len())
        .filter(|&i| bytes[i - 1] == b'\n')
        .collect();
    for cut in 0..bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let whole = line_ends.iter().filter(|&&end| end <= cut).count();
        let (mut file, before) = ResultsFile::open(&path, &plan()).unwrap();
        assert_eq!(before, runs[..whole.saturating_sub(1)], "cut at {cut}");
        for run in &runs[before.len()..] {
            file.append(run).unwrap();
        }
        drop(file);
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "cut at {cut}");
    }
}

#[test]
fn another_sweeps_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    let path = folder.path().join("sweep.jsonl");
    let before = std::fs::read(&path).unwrap();
    type Change = fn(&mut SweepPlan);
    let changes: [(&str, Change); 6] = [
        ("model is reasoner (0a1b2c3d)", |p| {
            p.model.fingerprint = "ffffffff".to_owned();
        }),
        ("3 problems, not 2", |p| p.problems.truncate(2)),
        ("problems are others", |p| {
            p.problems[0].answer = "9".to_owned();
        }),
        ("1024 tokens", |p| p.sampling.max_tokens = 99),
        ("R-KV at budget 64", |p| p.arms.truncate(2)),
        ("other settings", |p| p.arms[1].lambda = 0.5),
    ];
    for (said, change) in changes {
        let mut other = plan();
        change(&mut other);
        let error = ResultsFile::open(&path, &other).unwrap_err().to_string();
        assert!(
            error.contains(said) && error.contains("another sweep"),
            "{said}: {error}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_results_or_damaged_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    let path = folder.path().join("sweep.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let damaged = text.replacen("\"tokens\":211", "\"tokens\":911", 1);
    for (content, said) in [
        ("{\"kind\":\"sums\"}\n", "not a results file"),
        ("notes", "not a results file"),
        (damaged.as_str(), "line 2"),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = ResultsFile::open(&path, &plan()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn two_sweeps_do_not_write_into_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.jsonl");
    let first = ResultsFile::open(&path, &plan()).unwrap();
    let error = ResultsFile::open(&path, &plan()).unwrap_err().to_string();
    assert!(error.contains("another sweep is writing"), "{error}");
    drop(first);
    ResultsFile::open(&path, &plan()).unwrap();
}

#[test]
fn a_file_of_another_format_is_told_from_no_results_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.jsonl");
    let line = r#"{"sweep":{"format":9,"plan":{"of":"tomorrow"}}}"#;
    std::fs::write(&path, stamp(line)).unwrap();
    let error = StoredSweep::read(&path).unwrap_err();
    assert!(
        matches!(error, ResultsError::OtherFormat { found: 9, .. }),
        "{error}"
    );
    let line = format!(r#"{{"sweep":{{"format":{FORMAT},"plan":{{}}}}}}"#);
    std::fs::write(&path, stamp(&line)).unwrap();
    let error = StoredSweep::read(&path).unwrap_err();
    assert!(matches!(error, ResultsError::NotResults { .. }), "{error}");
}

#[test]
fn a_damaged_first_line_and_a_missing_folder_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.jsonl");
    let (mut file, _) = ResultsFile::open(&path, &plan()).unwrap();
    file.append(&outcome(0, None)).unwrap();
    drop(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("reasoner", "reasonar", 1)).unwrap();
    let error = StoredSweep::read(&path).unwrap_err().to_string();
    assert!(error.contains("first line"), "{error}");
    for missing in ["none/sweep.jsonl", "none/"] {
        let error = ResultsFile::open(&folder.path().join(missing), &plan())
            .unwrap_err()
            .to_string();
        assert!(error.contains("create the folder"), "{error}");
    }
}

#[test]
fn an_other_instruction_is_named_as_one() {
    let told = |instruction: &str| {
        let mut plan = plan();
        for problem in &mut plan.problems {
            problem.text.push_str(instruction);
        }
        plan
    };
    let difference = |a: &str, b: &str| told(a).difference(&told(b)).unwrap();
    for (a, b) in [
        ("", "\nBox it."),
        ("\nBox it.", ""),
        ("\nBox it.", "\nPlease."),
    ] {
        assert!(difference(a, b).contains("--instruction"), "{a} {b}");
    }
    assert_eq!(
        difference(" Quick!", "\nBox it."),
        "its problems are others"
    );
}

#[test]
fn a_sweep_without_a_run_leaves_the_file_free_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.jsonl");
    drop(ResultsFile::open(&path, &plan()).unwrap());
    let other = SweepPlan {
        problems: plan().problems[..1].to_vec(),
        ..plan()
    };
    let (mut file, _) = ResultsFile::open(&path, &other).unwrap();
    file.append(&outcome(0, None)).unwrap();
    assert_eq!(StoredSweep::read(&path).unwrap().unwrap().plan, other);
}

#[test]
fn a_line_that_stands_twice_is_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let runs = written(folder.path());
    let path = folder.path().join("sweep.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let last = text.lines().last().unwrap();
    std::fs::write(&path, format!("{text}{last}\n")).unwrap();
    assert_eq!(StoredSweep::read(&path).unwrap().unwrap().outcomes, runs);
}

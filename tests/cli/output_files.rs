//! Files that a command writes: what stood there before is replaced whole, or not at all.

use super::*;

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

#[cfg(target_os = "linux")]
#[test]
fn a_figure_is_drawn_though_nobody_takes_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let figure = folder.path().join("curve.png");
    let figure = figure.to_str().unwrap();
    let sweep = [
        "sweep",
        "--problems",
        "1",
        "--budgets",
        "48",
        "--policies",
        "rkv",
    ];
    let (a, _) = record(folder.path(), "a.rkvt", &[]);
    let compare = ["compare", &a, &a, "--json", "--out"];
    let ended = ["--max-tokens", "40", "--plot"];
    for args in [[&sweep[..], &ended].concat(), compare.to_vec()] {
        let gone = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = rkv_scope(&[&args[..], &[figure]].concat())
            .stdout(gone.unwrap())
            .output()
            .unwrap();
        assert!(!output.status.success());
        std::fs::remove_file(figure).expect("it was drawn");
    }
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

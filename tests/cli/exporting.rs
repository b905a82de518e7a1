//! `export`: what was asked for, and nothing else.

use super::*;

#[test]
fn an_export_is_of_the_layer_the_head_the_compression_and_the_moment_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (path, report) = record(folder.path(), "run.rkvt", &[]);
    let rows = |what: &str, chosen: &[(&str, u64)]| -> Vec<Value> {
        let mut args: Vec<String> = ["export", &path, "--what", what].map(str::to_owned).into();
        args.extend(["--format", "json", "--out", "-"].map(str::to_owned));
        for (option, number) in chosen {
            args.extend([format!("--{option}"), number.to_string()]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        json(&ok(&args)).as_array().unwrap().clone()
    };
    let all = rows("scores", &[]);
    let cases: [&[(&str, u64)]; 4] = [
        &[("layer", 1)],
        &[("head", 0)],
        &[("event", 1)],
        &[("layer", 2), ("head", 3), ("event", 0)],
    ];
    for chosen in cases {
        let mut want = all.clone();
        want.retain(|row| {
            chosen
                .iter()
                .all(|(option, number)| row[*option] == *number)
        });
        assert!(!want.is_empty() && want.len() < all.len(), "{chosen:?}");
        assert_eq!(rows("scores", chosen), want, "{chosen:?}");
    }

    let summary = |key: &str| report["summary"][key].as_u64().unwrap();
    let tokens = summary("prompt_tokens") + summary("tokens");
    assert_eq!(rows("tokens", &[]).len() as u64, tokens);
    let events = rows("events", &[]);
    assert_eq!(events.len() as u64, summary("compressions"));
    let before_the_second = events[1]["seen"].as_u64().unwrap() - 1;
    let moment = [("cursor", before_the_second)];
    assert_eq!(rows("tokens", &moment).len() as u64, before_the_second);
    assert_eq!(rows("events", &moment), events[..1]);
    let mut first = all;
    first.retain(|row| row["event"] == 0);
    assert_eq!(rows("scores", &moment), first);
}

//! `models` and `policies`.

use super::*;

#[test]
fn models_lists_the_known_ones_and_fetch_says_what_to_do_without_a_network() {
    let list = ok(&["models"]);
    assert!(
        list.contains("reasoner") && list.contains("built in") && list.contains("deepseek"),
        "{list}"
    );
    let listed = json(&ok(&["models", "--json"]));
    assert_eq!(
        (&listed[0]["name"], &listed[0]["built_in"]),
        (&"reasoner".into(), &true.into())
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
        assert_eq!(report["settings"]["policy"], id, "{name}");
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

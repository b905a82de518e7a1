//! Fetching over connections good and bad: whole, cut, silent, damaged, absent, refused; and what is here already.

use std::net::TcpListener;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::super::hub_verify::hex;
use super::super::source::ModelSource;
use super::test_server::{Manner, Served, Server, gguf, known, smollm2};
use super::*;

/// Where the contents of the served model's repository are kept.
fn blobs(cache: &Path) -> PathBuf {
    cache.join("models--bartowski--SmolLM2-135M-Instruct-GGUF/blobs")
}

fn gguf_blob(cache: &Path) -> PathBuf {
    blobs(cache).join(hex(&Sha256::digest(gguf())))
}

#[test]
fn a_model_is_fetched_found_and_not_fetched_again() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Whole)),
        tempfile::tempdir().unwrap(),
    );
    let hub = Hub::new(&server.endpoint, cache.path());
    let model = known("smollm2-135m");
    assert_eq!(hub.find(model), None);
    let (mut seen, mut verified) = (Vec::new(), false);
    let path = hub
        .fetch(model, &mut |event| match event {
            FetchEvent::Progress { done, size, .. } => seen.push((done, size)),
            FetchEvent::Verifying { .. } => verified = true,
            FetchEvent::Finished { .. } => {}
        })
        .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), gguf());
    assert!(
        seen.is_sorted() && seen.len() > 2 && seen.len() < 10,
        "{seen:?}"
    );
    assert_eq!(seen.last(), Some(&(600_004, 600_004)));
    assert!(verified);
    assert_eq!(
        ModelSource::resolve_in("SmolLM2-135M", &hub).unwrap(),
        ModelSource::Path(path.clone())
    );

    assert_eq!(hub.fetch(model, &mut |_| {}).unwrap(), path);
    assert_eq!(server.ranges(), ["bytes=0-"], "the body is asked for once");
}

#[test]
fn a_damaged_file_already_here_is_fetched_anew() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Whole)),
        tempfile::tempdir().unwrap(),
    );
    let hub = Hub::new(&server.endpoint, cache.path());
    let path = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
    let mut body = gguf();
    body[9] ^= 1;
    std::fs::write(&path, body).unwrap();
    hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), gguf());
}

#[test]
fn a_cut_transfer_goes_on_where_it_stopped() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Cut(2))),
        tempfile::tempdir().unwrap(),
    );
    let hub = Hub::new(&server.endpoint, cache.path());
    let path = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), gguf());
    assert_eq!(
        server.ranges(),
        ["bytes=0-", "bytes=300002-", "bytes=450003-"]
    );
}

#[test]
fn a_dead_transfer_is_an_error_and_a_later_fetch_goes_on() {
    let cache = tempfile::tempdir().unwrap();
    let part = gguf_blob(cache.path()).with_extension("part");
    {
        let server = Server::start(smollm2(Manner::Dead));
        let hub = Hub::new(&server.endpoint, cache.path());
        let error = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap_err();
        assert!(
            matches!(
                error,
                FetchError::Cut {
                    done: 0,
                    size: 600_004,
                    ..
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains("fetch again"), "{error}");
        assert_eq!(
            hub.find(known("smollm2-135m")),
            None,
            "an unfinished model is not found"
        );
        assert!(part.exists());
    }
    for (there, ranges) in [(1000, vec!["bytes=1000-"]), (600_004, vec![])] {
        let _ = std::fs::remove_file(gguf_blob(cache.path()));
        std::fs::write(&part, &gguf()[..there]).unwrap();
        let server = Server::start(smollm2(Manner::Whole));
        let path = Hub::new(&server.endpoint, cache.path())
            .fetch(known("smollm2-135m"), &mut |_| {})
            .unwrap();
        assert_eq!(std::fs::read(path).unwrap(), gguf());
        assert_eq!(server.ranges(), ranges);
    }
}

#[test]
fn a_transfer_that_goes_silent_is_ended_and_gone_on_with() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Silent(1))),
        tempfile::tempdir().unwrap(),
    );
    let mut hub = Hub::new(&server.endpoint, cache.path());
    hub.patience.silence = Duration::from_secs(2);
    let path = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), gguf());
    assert_eq!(server.ranges(), ["bytes=0-", "bytes=300002-"]);
}

#[test]
fn a_server_that_stays_silent_is_given_up() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Mute)),
        tempfile::tempdir().unwrap(),
    );
    let mut hub = Hub::new(&server.endpoint, cache.path());
    hub.patience.silence = Duration::from_secs(1);
    let error = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap_err();
    assert!(matches!(error, FetchError::Cut { done: 0, .. }), "{error}");
    assert!(
        error.to_string().contains("not a byte within 1 s"),
        "{error}"
    );
    assert_eq!(server.ranges(), ["bytes=0-"; 3]);
}

#[test]
fn a_part_of_something_else_is_thrown_away() {
    let cache = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(blobs(cache.path())).unwrap();
    let part = gguf_blob(cache.path()).with_extension("part");
    std::fs::write(part, [7_u8; 77]).unwrap();
    let server = Server::start(smollm2(Manner::Whole));
    let path = Hub::new(&server.endpoint, cache.path())
        .fetch(known("smollm2-135m"), &mut |_| {})
        .unwrap();
    assert_eq!(std::fs::read(path).unwrap(), gguf());
    assert_eq!(server.ranges(), ["bytes=77-", "bytes=0-"]);
}

#[test]
fn when_the_head_moved_only_contents_that_are_not_here_are_transferred() {
    let cache = tempfile::tempdir().unwrap();
    if cfg!(windows) {
        // Links, by which commits share contents, take a privilege there; without it each commit has a copy.
        return;
    }
    let fetch = |commit| {
        let server = Server::at(commit, smollm2(Manner::Whole));
        let hub = Hub::new(&server.endpoint, cache.path());
        let path = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), gguf());
        assert_eq!(hub.find(known("smollm2-135m")), Some(path.clone()));
        (path, server.ranges())
    };
    let (first, ranges) = fetch("aaaa");
    assert_eq!(ranges, ["bytes=0-"]);
    let (second, ranges) = fetch("bbbb");
    assert_ne!(first, second);
    assert!(ranges.is_empty(), "the contents are here: {ranges:?}");

    std::fs::write(gguf_blob(cache.path()), b"GGUF").unwrap();
    let (third, ranges) = fetch("cccc");
    assert_ne!(second, third);
    assert_eq!(ranges, ["bytes=0-"], "what was here is damaged");

    std::fs::remove_file(gguf_blob(cache.path())).unwrap();
    let (again, ranges) = fetch("cccc");
    assert_eq!((again, ranges), (third, vec!["bytes=0-".to_owned()]));
}

#[test]
fn two_programs_do_not_write_into_one_file() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Whole)),
        tempfile::tempdir().unwrap(),
    );
    std::fs::create_dir_all(blobs(cache.path())).unwrap();
    let lock = gguf_blob(cache.path()).with_extension("lock");
    let other = std::fs::File::create(&lock).unwrap();
    other.lock().unwrap();
    let hub = Hub::new(&server.endpoint, cache.path());
    let error = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap_err();
    assert!(
        error.to_string().contains(lock.to_str().unwrap()),
        "{error}"
    );
    assert!(error.to_string().contains("wait until"), "{error}");
    drop(other);
    hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
}

#[test]
fn a_model_is_looked_for_where_other_tools_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let home = at("home");
    let all = [
        ("HF_HUB_CACHE", at("hub-cache")),
        ("HF_HOME", at("hf")),
        ("XDG_CACHE_HOME", at("xdg")),
    ];
    let expected = [
        at("hub-cache"),
        at("hf/hub"),
        at("xdg/huggingface/hub"),
        at("home/.cache/huggingface/hub"),
    ];
    let model = known("smollm2-135m");
    for cache in &expected {
        let repo = cache.join("models--bartowski--SmolLM2-135M-Instruct-GGUF");
        std::fs::create_dir_all(repo.join("refs")).unwrap();
        std::fs::create_dir_all(repo.join("snapshots/abc")).unwrap();
        std::fs::write(repo.join("refs/main"), "abc").unwrap();
        std::fs::write(repo.join("snapshots/abc").join(model.files()[0]), b"GGUF").unwrap();
    }
    for (unset, cache) in expected.iter().enumerate() {
        let set = &all[unset..];
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, path)| path.clone().into_os_string())
        };
        let hub = Hub::from_variables(variable, Some(home.clone())).unwrap();
        let path = hub.find(model).unwrap();
        assert!(path.starts_with(cache), "{} in {set:?}", path.display());
    }
    let error = Hub::from_variables(|_| None, None).unwrap_err().to_string();
    assert!(error.contains("HF_HUB_CACHE"), "{error}");
}

#[test]
fn a_wrong_checksum_is_told_and_leaves_nothing_behind() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Damaged)),
        tempfile::tempdir().unwrap(),
    );
    let hub = Hub::new(&server.endpoint, cache.path());
    let error = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap_err();
    assert!(
        matches!(error, FetchError::Damaged { .. }) && error.to_string().contains("SHA-256"),
        "{error}"
    );
    assert_eq!(hub.find(known("smollm2-135m")), None);
    let bytes: u64 = std::fs::read_dir(blobs(cache.path()))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert_eq!(bytes, 0);
}

#[test]
fn a_sharded_model_brings_the_files_its_index_names() {
    let served = |name, body: &[u8]| Served {
        name,
        body: body.to_vec(),
        manner: Manner::Whole,
    };
    let index = br#"{"weight_map":{"a":"model-2.safetensors","b":"model-1.safetensors"}}"#;
    let mut files: Vec<Served> = known("qwen3-4b")
        .files()
        .into_iter()
        .map(|name| served(name, if name == INDEX { index } else { b"{}" }))
        .collect();
    files.push(served("model-1.safetensors", b"one"));
    let cache = tempfile::tempdir().unwrap();
    {
        let server = Server::start(files);
        let hub = Hub::new(&server.endpoint, cache.path());
        let error = hub.fetch(known("qwen3-4b"), &mut |_| {}).unwrap_err();
        assert!(
            matches!(&error, FetchError::NotFound { file, .. } if file == "model-2.safetensors"),
            "{error}"
        );
        assert_eq!(hub.find(known("qwen3-4b")), None);
        files = known("qwen3-4b")
            .files()
            .into_iter()
            .map(|name| served(name, if name == INDEX { index } else { b"{}" }))
            .collect();
    }
    files.extend([
        served("model-1.safetensors", b"one"),
        served("model-2.safetensors", b"two"),
    ]);
    let server = Server::start(files);
    let hub = Hub::new(&server.endpoint, cache.path());
    let folder = hub.fetch(known("qwen3-4b"), &mut |_| {}).unwrap();
    assert_eq!(
        std::fs::read(folder.join("model-2.safetensors")).unwrap(),
        b"two"
    );
    assert_eq!(
        ModelSource::resolve_in("qwen3-4b", &hub).unwrap(),
        ModelSource::Path(folder)
    );
    assert!(!server.ranges().is_empty());
}

#[test]
fn a_file_the_hub_lacks_is_named() {
    let (server, cache) = (Server::start(Vec::new()), tempfile::tempdir().unwrap());
    let error = Hub::new(&server.endpoint, cache.path())
        .fetch(known("qwen3-0.6b"), &mut |_| {})
        .unwrap_err();
    assert!(matches!(error, FetchError::NotFound { .. }), "{error}");
    assert!(
        error.to_string().contains("config.json in Qwen/Qwen3-0.6B"),
        "{error}"
    );
}

#[test]
fn no_network_names_the_host_the_files_and_the_way_out() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let cache = tempfile::tempdir().unwrap();
    for endpoint in [format!("http://{closed}"), "hub.example".to_owned()] {
        let error = Hub::new(&endpoint, cache.path())
            .fetch(known("qwen3-4b"), &mut |_| {})
            .unwrap_err();
        assert!(matches!(error, FetchError::Unreachable { .. }));
        let text = error.to_string();
        for part in [
            endpoint.as_str(),
            "Qwen/Qwen3-4B",
            "tokenizer.json",
            INDEX,
            "--model",
            "HF_ENDPOINT",
        ] {
            assert!(text.contains(part), "`{part}` is missing from: {text}");
        }
    }
}

#[test]
fn the_embedded_model_needs_no_fetch() {
    let cache = tempfile::tempdir().unwrap();
    let error = Hub::new("http://127.0.0.1:9", cache.path())
        .fetch(known("reasoner"), &mut |_| {})
        .unwrap_err();
    assert!(error.to_string().contains("nothing to fetch"), "{error}");
}

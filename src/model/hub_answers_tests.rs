//! What hubs and mirrors answer: without ranges or lengths, from elsewhere, to a token.

use super::test_server::{COMMIT, Manner, REFUSED, Served, Server, gguf, known, smollm2};
use super::*;

#[test]
fn a_mirror_without_ranges_gives_whole_models() {
    let model = known("qwen3-0.6b");
    let body = |name: &str| format!("{name} ").repeat(1000).into_bytes();
    for manner in [Manner::Mirror, Manner::Chunked] {
        let served = model.files().into_iter().map(|name| Served {
            name,
            body: body(name),
            manner: manner.clone(),
        });
        let (server, cache) = (
            Server::start(served.collect()),
            tempfile::tempdir().unwrap(),
        );
        let hub = Hub::new(&server.endpoint, cache.path());
        let folder = hub.fetch(model, &mut |_| {}).unwrap();
        for name in model.files() {
            assert_eq!(std::fs::read(folder.join(name)).unwrap(), body(name));
        }
        let requests = server.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.encoding == "identity"),
            "{requests:?}"
        );
    }
}

#[test]
fn a_mirror_without_ranges_sends_the_whole_in_place_of_a_part() {
    let cache = tempfile::tempdir().unwrap();
    {
        let server = Server::start(smollm2(Manner::Dead));
        let hub = Hub::new(&server.endpoint, cache.path());
        hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap_err();
    }
    let blobs = cache
        .path()
        .join("models--bartowski--SmolLM2-135M-Instruct-GGUF/blobs");
    let part = std::fs::read_dir(blobs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "part")
        })
        .unwrap();
    std::fs::write(part, &gguf()[..77]).unwrap();
    let server = Server::start(smollm2(Manner::Mirror));
    let path = Hub::new(&server.endpoint, cache.path())
        .fetch(known("smollm2-135m"), &mut |_| {})
        .unwrap();
    assert_eq!(std::fs::read(path).unwrap(), gguf());
    assert_eq!(server.ranges(), ["bytes=77-"]);
}

#[test]
fn the_token_follows_the_hub_and_goes_to_no_other_host() {
    let store = Server::start(smollm2(Manner::Whole));
    for manner in [Manner::Cached, Manner::Elsewhere(store.endpoint.clone())] {
        let (server, cache) = (Server::start(smollm2(manner)), tempfile::tempdir().unwrap());
        let mut hub = Hub::new(&server.endpoint, cache.path());
        hub.token = TokenSource::Variable("hf_secret".to_owned());
        let path = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), gguf());
        assert!(
            path.to_str().unwrap().contains(COMMIT),
            "{}",
            path.display()
        );
        let requests = server.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.authorization == "Bearer hf_secret"),
            "{requests:?}"
        );
        let cached = |path: &str| path.starts_with("/api/resolve-cache/");
        assert_eq!(
            requests.iter().any(|request| cached(&request.path)),
            store.requests().is_empty(),
            "the bytes come from one place: {requests:?}"
        );
    }
    let requests = store.requests();
    assert!(
        requests.iter().any(|request| request.range == "bytes=0-"),
        "{requests:?}"
    );
    assert!(
        requests
            .iter()
            .all(|request| request.authorization.is_empty()),
        "{requests:?}"
    );
}

#[test]
fn the_token_file_of_other_tools_is_used() {
    let (server, home) = (
        Server::start(smollm2(Manner::Whole)),
        tempfile::tempdir().unwrap(),
    );
    std::fs::write(home.path().join("token"), "hf_of_the_file\n").unwrap();
    let set = [
        ("HF_HOME", home.path().as_os_str().to_owned()),
        ("HF_ENDPOINT", server.endpoint.clone().into()),
    ];
    let variable = |name: &str| {
        let found = set.iter().find(|(set, _)| *set == name);
        found.map(|(_, value)| value.clone())
    };
    let hub = Hub::from_variables(variable, None).unwrap();
    let path = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
    assert!(
        path.starts_with(home.path().join("hub")),
        "{}",
        path.display()
    );
    let requests = server.requests();
    assert!(
        !requests.is_empty()
            && requests
                .iter()
                .all(|request| request.authorization == "Bearer hf_of_the_file"),
        "{requests:?}"
    );
}

#[test]
fn a_refused_token_is_told_by_its_place_and_not_shown() {
    let (server, cache) = (
        Server::start(smollm2(Manner::Whole)),
        tempfile::tempdir().unwrap(),
    );
    let mut hub = Hub::new(&server.endpoint, cache.path());
    hub.token = TokenSource::Variable(REFUSED.to_owned());
    let error = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap_err();
    assert!(matches!(error, FetchError::Token { .. }), "{error}");
    let text = error.to_string();
    for part in ["HF_TOKEN", "401", "remove it", server.endpoint.as_str()] {
        assert!(text.contains(part), "`{part}` is missing from: {text}");
    }
    assert!(!text.contains(REFUSED), "{text}");
}

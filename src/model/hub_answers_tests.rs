//! What hubs and mirrors answer: without ranges or lengths, from elsewhere.

use super::test_server::{COMMIT, Manner, Served, Server, gguf, known, smollm2};
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
fn redirects_lead_to_the_bytes_within_the_hub_and_elsewhere() {
    let store = Server::start(smollm2(Manner::Whole));
    for manner in [Manner::Cached, Manner::Elsewhere(store.endpoint.clone())] {
        let (server, cache) = (Server::start(smollm2(manner)), tempfile::tempdir().unwrap());
        let hub = Hub::new(&server.endpoint, cache.path());
        let path = hub.fetch(known("smollm2-135m"), &mut |_| {}).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), gguf());
        assert!(
            path.to_str().unwrap().contains(COMMIT),
            "{}",
            path.display()
        );
        let requests = server.requests();
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
}

//! Fetching against a small HTTP server on this machine: whole, cut, damaged, absent, refused.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use super::super::source::ModelSource;
use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// How the server gives a file's body.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Whole,
    /// The first so many body requests end after half of what remains.
    Cut(u32),
    /// Always ends before the first byte.
    Dead,
    /// The body differs from the checksum announced.
    Damaged,
    /// The body is always whole, whatever range was asked for.
    IgnoresRanges,
}

struct Served {
    name: &'static str,
    body: Vec<u8>,
    manner: Manner,
}

/// A server that stops when dropped, or after a minute.
struct Server {
    endpoint: String,
    ranges: Arc<Mutex<Vec<String>>>,
    stop: Arc<std::sync::atomic::AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(mut files: Vec<Served>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (seen, stopped) = (Arc::clone(&ranges), Arc::clone(&stop));
        let serve = move || {
            let deadline = Instant::now() + Duration::from_mins(1);
            while Instant::now() < deadline && !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => drop(answer(&stream, &mut files, &seen)),
                    Err(_) => std::thread::sleep(Duration::from_millis(2)),
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("test-hub".to_owned())
            .spawn(serve)
            .unwrap();
        Self {
            endpoint,
            ranges,
            stop,
            thread: Some(thread),
        }
    }

    /// The `Range` headers of body requests; `bytes=0-0` asks for metadata and is left out.
    fn ranges(&self) -> Vec<String> {
        self.ranges.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn answer(
    stream: &TcpStream,
    files: &mut [Served],
    ranges: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let (mut path, mut range) = (String::new(), String::new());
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if let Some(rest) = line.strip_prefix("GET ") {
            path = rest.split(' ').next().unwrap_or_default().to_owned();
        } else if let Some(("range", value)) = line.to_lowercase().split_once(": ") {
            range = value.to_owned();
        } else if line.is_empty() {
            break;
        }
    }
    let mut stream = stream;
    let Some(file) = files
        .iter_mut()
        .find(|file| path.ends_with(&format!("/{}", file.name)))
    else {
        return stream.write_all(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    };
    let etag = hex(&Sha256::digest(&file.body));
    let size = file.body.len();
    let mut body = file.body.clone();
    let mut kept = usize::MAX;
    let mut start = 0;
    if range == "bytes=0-0" {
        body.truncate(1);
    } else {
        ranges.lock().unwrap().push(range.clone());
        start = range
            .trim_start_matches("bytes=")
            .trim_end_matches('-')
            .parse()
            .unwrap_or(0);
        match &mut file.manner {
            Manner::Cut(left) if *left > 0 => {
                *left -= 1;
                kept = (size - start) / 2;
            }
            Manner::Dead => kept = 0,
            Manner::Damaged => body[0] ^= 1,
            Manner::IgnoresRanges => start = 0,
            Manner::Whole | Manner::Cut(_) => {}
        }
        body.drain(..start);
    }
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {start}-{}/{size}\r\nETag: \"{etag}\"\r\nX-Repo-Commit: {COMMIT}\r\nConnection: close\r\n\r\n",
        body.len(),
        start + body.len() - 1,
    )?;
    stream.write_all(&body[..kept.min(body.len())])
}

fn gguf() -> Vec<u8> {
    b"GGUF"
        .iter()
        .copied()
        .chain((0..600_000_u32).map(|index| (index * 31 % 251) as u8))
        .collect()
}

fn smollm2(manner: Manner) -> Vec<Served> {
    vec![Served {
        name: "SmolLM2-135M-Instruct-Q8_0.gguf",
        body: gguf(),
        manner,
    }]
}

fn known(name: &str) -> &'static KnownModel {
    KnownModel::by_name(name).unwrap()
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
    let part = {
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
        let blobs = cache
            .path()
            .join("models--bartowski--SmolLM2-135M-Instruct-GGUF/blobs");
        let mut parts = std::fs::read_dir(blobs)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        parts
            .find(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "part")
            })
            .unwrap()
    };
    for (there, range) in [(1000, "bytes=1000-"), (600_004, "bytes=600003-")] {
        std::fs::write(&part, &gguf()[..there]).unwrap();
        let _ = std::fs::remove_dir_all(
            cache
                .path()
                .join("models--bartowski--SmolLM2-135M-Instruct-GGUF/snapshots"),
        );
        let server = Server::start(smollm2(Manner::Whole));
        let path = Hub::new(&server.endpoint, cache.path())
            .fetch(known("smollm2-135m"), &mut |_| {})
            .unwrap();
        assert_eq!(std::fs::read(path).unwrap(), gguf());
        assert_eq!(server.ranges(), [range]);
    }
}

#[test]
fn a_server_without_ranges_is_asked_from_the_start_again() {
    let cache = tempfile::tempdir().unwrap();
    let blobs = cache
        .path()
        .join("models--bartowski--SmolLM2-135M-Instruct-GGUF/blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    let etag = hex(&Sha256::digest(gguf()));
    std::fs::write(blobs.join(etag).with_extension("part"), &gguf()[..77]).unwrap();
    let server = Server::start(smollm2(Manner::IgnoresRanges));
    let path = Hub::new(&server.endpoint, cache.path())
        .fetch(known("smollm2-135m"), &mut |_| {})
        .unwrap();
    assert_eq!(std::fs::read(path).unwrap(), gguf());
    assert_eq!(server.ranges(), ["bytes=77-", "bytes=0-"]);
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
    let blobs = cache
        .path()
        .join("models--bartowski--SmolLM2-135M-Instruct-GGUF/blobs");
    let bytes: u64 = std::fs::read_dir(blobs)
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

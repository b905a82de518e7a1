//! A small HTTP server on this machine, with the manners of the hub, of mirrors and of bad connections.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::model::KnownModel;
use crate::model::hub_verify::hex;

pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// How the server gives a file.
#[derive(Clone, PartialEq)]
pub(super) enum Manner {
    Whole,
    /// The first so many body requests end after half of what remains.
    Cut(u32),
    /// Always ends before the first byte.
    Dead,
    /// The first so many body requests bring half of what remains, then nothing, and stay open.
    Silent(u32),
    /// Never brings a byte, and stays open.
    Mute,
    /// The body differs from the checksum announced.
    Damaged,
    /// A mirror: always the whole file, whatever range was asked for, packed for who takes that.
    Mirror,
    /// A mirror that does not tell the length either.
    Chunked,
    /// Redirects to another path here.
    Cached,
    /// Redirects to this server.
    Elsewhere(String),
}

pub(super) struct Served {
    pub(super) name: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) manner: Manner,
}

/// What a client asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) range: String,
    pub(super) encoding: String,
}

impl Request {
    fn read(stream: &TcpStream) -> std::io::Result<Self> {
        let mut request = Self::default();
        for line in BufReader::new(stream).lines() {
            let line = line?;
            if let Some(rest) = line.strip_prefix("GET ") {
                request.path = rest.split(' ').next().unwrap_or_default().to_owned();
            } else if let Some((name, value)) = line.split_once(": ") {
                let kept = match name.to_lowercase().as_str() {
                    "range" => &mut request.range,
                    "accept-encoding" => &mut request.encoding,
                    _ => continue,
                };
                value.clone_into(kept);
            } else if line.is_empty() {
                break;
            }
        }
        Ok(request)
    }
}

/// A server that stops when dropped, or after a minute.
pub(super) struct Server {
    pub(super) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(files: Vec<Served>) -> Self {
        Self::at(COMMIT, files)
    }

    /// A server whose repositories are at a commit.
    pub(super) fn at(commit: &'static str, mut files: Vec<Served>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (seen, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let serve = move || {
            let deadline = Instant::now() + Duration::from_mins(1);
            let mut open = Vec::new();
            while Instant::now() < deadline && !stopped.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => drop(answer(stream, commit, &mut files, &seen, &mut open)),
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
            requests,
            stop,
            thread: Some(thread),
        }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The `Range` headers of body requests; `bytes=0-0` asks what the file is and is left out.
    pub(super) fn ranges(&self) -> Vec<String> {
        let ranges = self.requests().into_iter().map(|request| request.range);
        ranges.filter(|range| range != "bytes=0-0").collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn answer(
    stream: TcpStream,
    commit: &str,
    files: &mut [Served],
    requests: &Mutex<Vec<Request>>,
    open: &mut Vec<TcpStream>,
) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let request = Request::read(&stream)?;
    requests.lock().unwrap().push(request.clone());
    let mut out = &stream;
    let Some(file) = files
        .iter_mut()
        .find(|file| request.path.ends_with(&format!("/{}", file.name)))
    else {
        return out.write_all(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    };
    let etag = hex(&Sha256::digest(&file.body));
    let about = format!("X-Repo-Commit: {commit}\r\nConnection: close\r\n");
    let size = file.body.len();
    match &file.manner {
        Manner::Mirror | Manner::Chunked => {
            write!(out, "HTTP/1.1 200 OK\r\nETag: W/\"{etag}\"\r\n{about}")?;
            return if file.manner == Manner::Chunked {
                write!(out, "Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n")?;
                out.write_all(&file.body)?;
                out.write_all(b"\r\n0\r\n\r\n")
            } else if request.encoding.contains("gzip") {
                let packed = gzip(&file.body);
                let length = packed.len();
                write!(
                    out,
                    "Content-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n"
                )?;
                out.write_all(&packed)
            } else {
                write!(out, "Content-Length: {size}\r\n\r\n")?;
                out.write_all(&file.body)
            };
        }
        Manner::Cached if !request.path.starts_with("/api/resolve-cache/") => {
            let to = format!("/api/resolve-cache/{}", file.name);
            return write!(
                out,
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n{about}\r\n"
            );
        }
        Manner::Elsewhere(server) => {
            let to = format!("{server}/{}", file.name);
            return write!(
                out,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nX-Linked-Size: {size}\r\nX-Linked-ETag: \"{etag}\"\r\nETag: \"of-the-redirect\"\r\nContent-Length: 0\r\n{about}\r\n"
            );
        }
        _ => {}
    }
    let mut body = file.body.clone();
    let mut kept = usize::MAX;
    let mut start = 0;
    let mut held = false;
    if request.range == "bytes=0-0" {
        body.truncate(1);
    } else {
        let from = request.range.trim_start_matches("bytes=");
        start = from.trim_end_matches('-').parse().unwrap_or(0);
        match &mut file.manner {
            Manner::Cut(left) if *left > 0 => {
                *left -= 1;
                kept = (size - start) / 2;
            }
            Manner::Silent(left) if *left > 0 => {
                *left -= 1;
                kept = (size - start) / 2;
                held = true;
            }
            Manner::Dead => kept = 0,
            Manner::Mute => (kept, held) = (0, true),
            Manner::Damaged => body[0] ^= 1,
            _ => {}
        }
        body.drain(..start);
    }
    write!(
        out,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {start}-{}/{size}\r\nETag: \"{etag}\"\r\n{about}\r\n",
        body.len(),
        start + body.len() - 1,
    )?;
    out.write_all(&body[..kept.min(body.len())])?;
    if held {
        open.push(stream);
    }
    Ok(())
}

/// A gzip file that stores its bytes as they are.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        packed.push(u8::from(blocks.peek().is_none()));
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    packed.extend(crc32fast::hash(bytes).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed
}

pub(super) fn gguf() -> Vec<u8> {
    b"GGUF"
        .iter()
        .copied()
        .chain((0..600_000_u32).map(|index| (index * 31 % 251) as u8))
        .collect()
}

pub(super) fn smollm2(manner: Manner) -> Vec<Served> {
    vec![Served {
        name: "SmolLM2-135M-Instruct-Q8_0.gguf",
        body: gguf(),
        manner,
    }]
}

pub(super) fn known(name: &str) -> &'static KnownModel {
    KnownModel::by_name(name).unwrap()
}

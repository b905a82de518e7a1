//! Asks a hub about files and for their bytes.
//!
//! Every request wants the file as it is: a compressed answer tells another length and no range of the file.

use std::io::Read as _;
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, BodyReader, Timeout};

/// Redirects from a file's address to where its bytes are.
const MAX_REDIRECTS: usize = 10;
/// The largest file whose size is learnt by reading all of it.
const COUNTED_AT_MOST: u64 = 64 << 20;

/// How long the steps of a request may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Until a connection stands, with a proxy's and the encryption's part in it.
    pub(super) connect: Duration,
    /// Until the head of the answer is here.
    pub(super) answer: Duration,
    /// Until the next byte of a transfer.
    pub(super) silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            answer: Duration::from_secs(30),
            silence: Duration::from_secs(30),
        }
    }
}

/// Why a request brought nothing.
#[derive(Debug)]
pub(super) enum RequestFailure {
    /// No answer came; what the attempt ended in.
    Unanswered(String),
    /// The answer is an HTTP error.
    Status(u16),
    /// The answer is of no use; why.
    Unusable(String),
}

/// What a hub says of a file.
#[derive(Debug)]
pub(super) struct Described {
    /// The commit its revision stands for, if the hub tells.
    pub(super) commit: Option<String>,
    /// What names its contents: the SHA-256 of a large file, the git hash of another.
    pub(super) etag: String,
    /// Its bytes.
    pub(super) size: u64,
}

/// The bytes of a file from a place on.
pub(super) struct Opened {
    /// Where they begin, which is before the place asked for if the hub knows no ranges.
    pub(super) start: u64,
    /// The bytes.
    pub(super) body: BodyReader<'static>,
}

/// Sends the requests of one fetch.
pub(super) struct HubClient {
    agent: Agent,
    endpoint: String,
    patience: Patience,
}

impl HubClient {
    /// A client of the hub at `endpoint`, an address without a slash at its end.
    pub(super) fn new(endpoint: &str, patience: Patience) -> Self {
        let config = Agent::config_builder()
            .accept_encoding("identity")
            .user_agent(concat!("rkv-scope/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            // The redirects themselves say what the file is.
            .max_redirects(0)
            .timeout_connect(Some(patience.connect))
            .timeout_send_request(Some(patience.answer))
            .timeout_recv_response(Some(patience.answer))
            .timeout_per_read(Some(patience.silence))
            .build();
        Self {
            agent: config.new_agent(),
            endpoint: endpoint.to_owned(),
            patience,
        }
    }

    /// The address of a repository's file at a commit or branch.
    pub(super) fn url(&self, repo: &str, revision: &str, file: &str) -> String {
        format!("{}/{repo}/resolve/{revision}/{file}", self.endpoint)
    }

    /// What the hub says of the file at `url`.
    pub(super) fn describe(&self, url: &str) -> Result<Described, RequestFailure> {
        let mut told = Told::default();
        let response = self.follow(url, "bytes=0-0", |headers| {
            told.add(headers);
            told.all()
        })?;
        told.add(response.headers());
        let size = self.size(url, response, told.size)?;
        let etag = told.etag.ok_or_else(|| {
            RequestFailure::Unusable("its answer has no ETag to know the file by".to_owned())
        })?;
        Ok(Described {
            commit: told.commit,
            etag,
            size,
        })
    }

    /// The bytes of the file at `url` from `from` on.
    pub(super) fn open(&self, url: &str, from: u64) -> Result<Opened, RequestFailure> {
        let response = self.follow(url, &format!("bytes={from}-"), |_| false)?;
        let start = match content_range(response.headers()) {
            _ if response.status() == 200 => 0,
            Some((start, _)) => start,
            None => from,
        };
        if start > from {
            return Err(RequestFailure::Unusable(format!(
                "it was asked for the bytes from {from} on and gave those from {start} on"
            )));
        }
        Ok(Opened {
            start,
            body: response.into_body().into_reader(),
        })
    }

    /// What is wrong with a body whose reading failed.
    pub(super) fn cut(&self, error: std::io::Error) -> String {
        self.words(&ureq::Error::from(error))
    }

    /// Asks for `range` of `url` and goes along with redirects, up to one that leaves the host if its headers are
    /// `enough`, else to the file.
    fn follow(
        &self,
        url: &str,
        range: &str,
        mut enough: impl FnMut(&HeaderMap) -> bool,
    ) -> Result<Response<Body>, RequestFailure> {
        let mut url = url.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.agent.get(url.as_str()).header("range", range);
            let response = request
                .call()
                .map_err(|error| self.unanswered(&url, &error))?;
            let code = response.status().as_u16();
            if !matches!(code, 301 | 302 | 303 | 307 | 308) {
                return accept(response);
            }
            let next = header(response.headers(), "location")
                .and_then(|location| absolute(&url, location))
                .ok_or_else(|| {
                    RequestFailure::Unusable(format!("it redirects to no address (HTTP {code})"))
                })?;
            if origin(&next) != origin(&url) && enough(response.headers()) {
                return Ok(response);
            }
            url = next;
        }
        Err(RequestFailure::Unusable(format!(
            "it redirects more than {MAX_REDIRECTS} times"
        )))
    }

    fn size(
        &self,
        url: &str,
        response: Response<Body>,
        linked: Option<u64>,
    ) -> Result<u64, RequestFailure> {
        let ranged = content_range(response.headers()).and_then(|(_, size)| size);
        if let Some(size) = ranged.or(linked) {
            return Ok(size);
        }
        // Otherwise the length is that of a part.
        if response.status() != 200 {
            return Err(RequestFailure::Unusable(
                "its answer does not tell the file's size".to_owned(),
            ));
        }
        if let Some(size) = number(response.headers(), "content-length") {
            return Ok(size);
        }
        // Some mirrors send small files in chunks, whose number nobody knows beforehand.
        let mut body = response.into_body().into_reader().take(COUNTED_AT_MOST + 1);
        let size = std::io::copy(&mut body, &mut std::io::sink())
            .map_err(|error| self.unanswered(url, &ureq::Error::from(error)))?;
        if size > COUNTED_AT_MOST {
            return Err(RequestFailure::Unusable(
                "its answer does not tell the file's size".to_owned(),
            ));
        }
        Ok(size)
    }

    fn unanswered(&self, url: &str, error: &ureq::Error) -> RequestFailure {
        let (host, words) = (origin(url), self.words(error));
        let words = if host == origin(&self.endpoint) {
            words
        } else {
            format!("{host}: {words}")
        };
        match error {
            ureq::Error::Http(_)
            | ureq::Error::BadUri(_)
            | ureq::Error::Protocol(_)
            | ureq::Error::LargeResponseHeader(..) => RequestFailure::Unusable(words),
            _ => RequestFailure::Unanswered(words),
        }
    }

    fn words(&self, error: &ureq::Error) -> String {
        let within = |what: &str, limit: Duration| format!("{what} within {} s", limit.as_secs());
        match error {
            ureq::Error::Timeout(Timeout::Connect) => {
                within("no connection", self.patience.connect)
            }
            ureq::Error::Timeout(Timeout::RecvResponse) => {
                within("no answer", self.patience.answer)
            }
            ureq::Error::Timeout(Timeout::PerRead) => within("not a byte", self.patience.silence),
            ureq::Error::Io(cause) => cause.to_string(),
            _ => error.to_string(),
        }
    }
}

/// What the answers on the way to a file tell of it; the first word counts, for the last hosts know only bytes.
#[derive(Default)]
struct Told {
    commit: Option<String>,
    etag: Option<String>,
    size: Option<u64>,
}

impl Told {
    fn add(&mut self, headers: &HeaderMap) {
        if self.commit.is_none() {
            self.commit = header(headers, "x-repo-commit").map(str::to_owned);
        }
        if self.etag.is_none() {
            self.etag = header(headers, "x-linked-etag")
                .or_else(|| header(headers, "etag"))
                .map(|etag| etag.trim_start_matches("W/").replace('"', ""));
        }
        if self.size.is_none() {
            self.size = number(headers, "x-linked-size");
        }
    }

    fn all(&self) -> bool {
        self.commit.is_some() && self.etag.is_some() && self.size.is_some()
    }
}

fn accept(response: Response<Body>) -> Result<Response<Body>, RequestFailure> {
    let code = response.status().as_u16();
    if !matches!(code, 200 | 206) {
        return Err(RequestFailure::Status(code));
    }
    match header(response.headers(), "content-encoding") {
        None | Some("identity") => Ok(response),
        Some(encoding) => Err(RequestFailure::Unusable(format!(
            "it compresses the file ({encoding}) though asked not to"
        ))),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    header(headers, name)?.parse().ok()
}

/// Where a range begins, and the whole file's size where that is told.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let (range, size) = header(headers, "content-range")?
        .strip_prefix("bytes ")?
        .split_once('/')?;
    let start = range.split('-').next()?.parse().ok()?;
    Some((start, size.parse().ok()))
}

/// The scheme, host and port of an address.
fn origin(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| host + at);
    url[..end].to_ascii_lowercase()
}

/// The address that a redirect from `base` means.
fn absolute(base: &str, location: &str) -> Option<String> {
    if location.starts_with("http://") || location.starts_with("https://") {
        return Some(location.to_owned());
    }
    if let Some(elsewhere) = location.strip_prefix("//") {
        let (scheme, _) = base.split_once("://")?;
        return Some(format!("{scheme}://{elsewhere}"));
    }
    location
        .starts_with('/')
        .then(|| format!("{}{location}", origin(base)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_where_a_browser_would_go() {
        let base = "https://hub.example:8443/owner/name?x=/y";
        for (location, expected) in [
            (
                "/api/cache?etag=%22a%22",
                "https://hub.example:8443/api/cache?etag=%22a%22",
            ),
            ("//files.example/a", "https://files.example/a"),
            ("http://files.example/a", "http://files.example/a"),
        ] {
            assert_eq!(absolute(base, location).as_deref(), Some(expected));
        }
        assert_eq!(absolute(base, "ftp://files.example/a"), None);
    }

    #[test]
    fn no_other_host_passes_for_the_hub() {
        let hub = origin("https://hub.example");
        assert_eq!(origin("https://HUB.example/a/b"), hub);
        for other in [
            "http://hub.example/a",
            "https://hub.example.evil/a",
            "https://hub.example@evil/a",
            "https://evil/https://hub.example",
            "https://evil?https://hub.example/",
        ] {
            assert_ne!(origin(other), hub, "{other}");
        }
    }
}

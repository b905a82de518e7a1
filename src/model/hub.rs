//! Downloads known models from a Hugging Face hub, once, and finds them again.
//!
//! Files go to the hub's own cache, where other tools find them too. All files of a model come from one commit, the
//! reference to which is written last: a model that can be found by name was downloaded whole and verified.

use std::io::Read as _;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo, Metadata};
use hf_hub::{Cache, CacheRepo, Repo, RepoType};
use sha2::{Digest as _, Sha256};

use super::fetch::{FetchError, FetchEvent};
use super::registry::{INDEX, KnownModel, KnownWeights};
use super::source::{self, SourceError};

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
/// How long the hub may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Transfers of one file that are cut without bringing a byte before the fetch gives up.
const FRUITLESS_ATTEMPTS: u32 = 3;
/// Bytes between two reports of progress.
const REPORT_EVERY: u64 = 1 << 18;

/// A hub and the cache its files are kept in.
#[derive(Clone, Debug)]
pub struct Hub {
    endpoint: String,
    cache: Cache,
}

impl Hub {
    /// The hub at `endpoint`, an `http` or `https` address, with its cache in `cache_dir`.
    pub fn new(endpoint: &str, cache_dir: &Path) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            cache: Cache::new(cache_dir.to_path_buf()),
        }
    }

    /// The hub of `HF_ENDPOINT` with the cache in `HF_HOME`, else the public one with the cache in the home folder.
    pub fn from_env() -> Result<Self, FetchError> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = set("HF_HOME").map(PathBuf::from);
        let home = home
            .or_else(|| std::env::home_dir().map(|home| home.join(".cache").join("huggingface")));
        let endpoint = set("HF_ENDPOINT").map(|value| value.to_string_lossy().into_owned());
        let endpoint = endpoint.as_deref().unwrap_or(DEFAULT_ENDPOINT);
        Ok(Self::new(
            endpoint,
            &home.ok_or(FetchError::NoHome)?.join("hub"),
        ))
    }

    /// The path to load a model from if all of its files are here: the GGUF file or the folder.
    pub fn find(&self, model: &KnownModel) -> Option<PathBuf> {
        let repo = self.cache.repo(Repo::model(model.repo.to_owned()));
        let files: Vec<PathBuf> = model
            .files()
            .into_iter()
            .map(|file| repo.get(file))
            .collect::<Option<_>>()?;
        let first = files.first()?;
        if let KnownWeights::Gguf(_) = model.weights {
            return Some(first.clone());
        }
        let folder = first.parent()?;
        if model.weights == KnownWeights::ShardedSafetensors {
            let shards = source::shards(&folder.join(INDEX)).ok()?;
            shards
                .iter()
                .all(|shard| folder.join(shard).is_file())
                .then_some(())?;
        }
        Some(folder.to_path_buf())
    }

    /// Downloads what is missing of a model, goes on with what was cut, verifies everything, and returns the path to
    /// load it from. Blocks for as long as that takes; call it off the threads that draw or compute.
    ///
    /// No access token is sent: every known model is public.
    pub fn fetch(
        &self,
        model: &'static KnownModel,
        report: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<PathBuf, FetchError> {
        let Some(first) = model.files().first().copied() else {
            return Err(FetchError::Index(format!(
                "{} is part of the program; there is nothing to fetch",
                model.name
            )));
        };
        self.check_reachable(model)?;
        let api = ApiBuilder::from_cache(self.cache.clone())
            .with_endpoint(self.endpoint.clone())
            .with_token(None)
            .with_progress(false)
            .build()
            .map_err(|error| self.failure(model, first, &error))?;
        let main = Repo::model(model.repo.to_owned());
        let head = api
            .metadata(&api.repo(main.clone()).url(first))
            .map_err(|error| self.failure(model, first, &error))?;
        let commit = self
            .plain(model, first, "commit", head.commit_hash())?
            .to_owned();
        let pinned = Repo::with_revision(model.repo.to_owned(), RepoType::Model, commit.clone());
        let fetch = FileFetch {
            hub: self,
            model,
            api: &api,
            remote: api.repo(pinned.clone()),
            local: self.cache.repo(pinned),
        };
        for file in model.files() {
            let path = fetch.file(file, report)?;
            if file == INDEX {
                let shards = source::shards(&path)
                    .map_err(|error: SourceError| FetchError::Index(error.to_string()))?;
                for shard in &shards {
                    fetch.file(shard, report)?;
                }
            }
        }
        let local = self.cache.repo(main);
        local
            .create_ref(&commit)
            .map_err(|source| FetchError::Disk {
                path: self.cache.path().join(model.repo),
                source,
            })?;
        self.find(model)
            .ok_or_else(|| self.hub_error(model, first, "its files are not where they were put"))
    }

    /// Tries the hub's port, so that a dead network is told at once and not after the system's long timeout. Behind
    /// a proxy the attempt would prove nothing and is left out.
    fn check_reachable(&self, model: &KnownModel) -> Result<(), FetchError> {
        let proxied = [
            "HTTPS_PROXY",
            "https_proxy",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
        ]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        let local = ["http://127.0.0.1", "http://localhost"]
            .iter()
            .any(|local| self.endpoint.starts_with(local));
        if proxied && !local {
            return Ok(());
        }
        let unreachable = |detail: String| FetchError::Unreachable {
            endpoint: self.endpoint.clone(),
            detail,
            repo: KnownModel::by_name(model.name).map_or("", |known| known.repo),
            files: model.files_in_words(),
        };
        let (port, rest) = match self.endpoint.split_once("://") {
            Some(("https", rest)) => (443, rest),
            Some(("http", rest)) => (80, rest),
            _ => {
                return Err(unreachable(
                    "the address must begin with http:// or https://".to_owned(),
                ));
            }
        };
        let host = rest.split('/').next().unwrap_or(rest);
        let with_port = if host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
        {
            host.to_owned()
        } else {
            format!("{host}:{port}")
        };
        let mut failure = "its name has no address".to_owned();
        for address in with_port
            .to_socket_addrs()
            .map_err(|error| unreachable(error.to_string()))?
        {
            match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(_) => return Ok(()),
                Err(error) => failure = error.to_string(),
            }
        }
        Err(unreachable(failure))
    }

    fn failure(&self, model: &'static KnownModel, file: &str, error: &ApiError) -> FetchError {
        let detail = error.to_string();
        if detail.ends_with("http status: 404") {
            return FetchError::NotFound {
                endpoint: self.endpoint.clone(),
                repo: model.repo,
                file: file.to_owned(),
            };
        }
        self.hub_error(model, file, &detail)
    }

    fn hub_error(&self, model: &'static KnownModel, file: &str, detail: &str) -> FetchError {
        FetchError::Hub {
            endpoint: self.endpoint.clone(),
            repo: model.repo,
            file: file.to_owned(),
            detail: detail.to_owned(),
        }
    }

    /// A name from the hub that becomes part of a path here.
    fn plain<'a>(
        &self,
        model: &'static KnownModel,
        file: &str,
        what: &str,
        name: &'a str,
    ) -> Result<&'a str, FetchError> {
        let plain = !name.is_empty()
            && name
                .chars()
                .all(|char| char.is_ascii_alphanumeric() || char == '-');
        if plain {
            Ok(name)
        } else {
            Err(self.hub_error(
                model,
                file,
                &format!("its {what} `{name}` is not a plain name"),
            ))
        }
    }
}

/// The download of one model's files.
struct FileFetch<'a> {
    hub: &'a Hub,
    model: &'static KnownModel,
    api: &'a Api,
    remote: ApiRepo,
    local: CacheRepo,
}

impl FileFetch<'_> {
    fn file(
        &self,
        file: &str,
        report: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<PathBuf, FetchError> {
        let failure = |error: &ApiError| self.hub.failure(self.model, file, error);
        let metadata = self
            .api
            .metadata(&self.remote.url(file))
            .map_err(|error| failure(&error))?;
        let etag = self.hub.plain(self.model, file, "etag", metadata.etag())?;
        let commit = self
            .hub
            .plain(self.model, file, "commit", metadata.commit_hash())?;
        let blob = self.local.blob_path(etag);
        let part = blob.with_extension("part");
        let pointer = self.local.pointer_path(commit).join(file);
        let size = metadata.size() as u64;

        if pointer.exists() && verify(file, &pointer, &metadata, report).is_err() {
            remove(&pointer)?;
            remove(&blob)?;
        }
        let mut fruitless = 0;
        let mut started_over = false;
        while !pointer.exists() {
            let before = resumable(&part, size)?;
            match self.remote.download_with_progress(
                file,
                Reporter {
                    file,
                    size,
                    done: 0,
                    reported: 0,
                    report: &mut *report,
                },
            ) {
                Ok(path) => {
                    if let Err(damage) = verify(file, &path, &metadata, report) {
                        remove(&pointer)?;
                        remove(&blob)?;
                        // The damage may be in the older part, or the server may not honour ranges: once from the start.
                        if before == 0 || started_over {
                            return Err(damage);
                        }
                        started_over = true;
                    }
                }
                Err(error) => {
                    let done = length(&part);
                    fruitless = if done > before { 0 } else { fruitless + 1 };
                    let transfer =
                        matches!(error, ApiError::IoError(_) | ApiError::RequestError(_));
                    if !transfer || error.to_string().contains("http status:") {
                        return Err(failure(&error));
                    }
                    if fruitless >= FRUITLESS_ATTEMPTS {
                        return Err(FetchError::Cut {
                            file: file.to_owned(),
                            done,
                            size,
                            detail: error.to_string(),
                        });
                    }
                }
            }
        }
        report(FetchEvent::Finished { file });
        Ok(pointer)
    }
}

/// Compares a file with what the hub says of it: its size, and its SHA-256 where the hub gives one, which it does
/// for every large file (the others carry the hash of a git object).
fn verify(
    file: &str,
    path: &Path,
    metadata: &Metadata,
    report: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), FetchError> {
    let disk = |source| FetchError::Disk {
        path: path.to_path_buf(),
        source,
    };
    let damaged = |expected: String, actual: String| FetchError::Damaged {
        file: file.to_owned(),
        expected,
        actual,
    };
    let size = std::fs::metadata(path).map_err(disk)?.len();
    if size != metadata.size() as u64 {
        return Err(damaged(
            format!("{} bytes", metadata.size()),
            format!("{size} bytes"),
        ));
    }
    let etag = metadata.etag();
    if etag.len() != 64 || !etag.chars().all(|char| char.is_ascii_hexdigit()) {
        return Ok(());
    }
    report(FetchEvent::Verifying { file });
    let actual = sha256(path).map_err(disk)?;
    if actual.eq_ignore_ascii_case(etag) {
        Ok(())
    } else {
        Err(damaged(
            format!("SHA-256 {etag}"),
            format!("SHA-256 {actual}"),
        ))
    }
}

/// Bytes of an earlier transfer that the next one goes on from. A part that is already whole loses its last byte,
/// because servers refuse the empty range that would remain; one that is too long is of no use.
fn resumable(part: &Path, size: u64) -> Result<u64, FetchError> {
    let disk = |source| FetchError::Disk {
        path: part.to_path_buf(),
        source,
    };
    let length = length(part);
    if length > size {
        remove(part)?;
        return Ok(0);
    }
    if length == size && length > 0 {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(part)
            .map_err(disk)?;
        file.set_len(length - 1).map_err(disk)?;
        return Ok(length - 1);
    }
    Ok(length)
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn remove(path: &Path) -> Result<(), FetchError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(FetchError::Disk {
            path: path.to_path_buf(),
            source,
        }),
        _ => Ok(()),
    }
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// Turns the hub library's progress into [`FetchEvent`]s, at most one per [`REPORT_EVERY`] bytes.
struct Reporter<'a> {
    file: &'a str,
    size: u64,
    done: u64,
    reported: u64,
    report: &'a mut dyn FnMut(FetchEvent<'_>),
}

impl Reporter<'_> {
    fn tell(&mut self) {
        self.reported = self.done;
        (self.report)(FetchEvent::Progress {
            file: self.file,
            done: self.done,
            size: self.size,
        });
    }
}

impl hf_hub::api::Progress for Reporter<'_> {
    fn init(&mut self, _size: usize, _filename: &str) {
        self.done = 0;
        self.reported = 0;
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        if self.done >= self.reported + REPORT_EVERY {
            self.tell();
        }
    }

    fn finish(&mut self) {
        self.tell();
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;

//! Downloads known models from a Hugging Face hub, once, and finds them again.
//!
//! Files go to the hub's own cache, where other tools find them too. All files of a model come from one commit, the
//! reference to which is written last: a model that can be found by name was downloaded whole and verified.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::fetch::{FetchError, FetchEvent};
use super::hub_cache::RepoCache;
use super::hub_client::{HubClient, Patience, RequestFailure};
use super::hub_file::FileFetch;
use super::registry::{INDEX, KnownModel, KnownWeights};
use super::source::{self, SourceError};

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// A hub and the cache its files are kept in.
#[derive(Clone, Debug)]
pub struct Hub {
    endpoint: String,
    cache: PathBuf,
    patience: Patience,
}

impl Hub {
    /// The hub at `endpoint`, an `http` or `https` address, with its cache in `cache_dir`. No access token is sent: every known
    /// model is public.
    pub fn new(endpoint: &str, cache_dir: &Path) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            cache: cache_dir.to_path_buf(),
            patience: Patience::default(),
        }
    }

    /// The hub of `HF_ENDPOINT`, else the public one, with the cache where Hugging Face's own tools have theirs: by
    /// `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, else in the home folder.
    pub fn from_env() -> Result<Self, FetchError> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::from_variables(set, std::env::home_dir())
    }

    fn from_variables(
        variable: impl Fn(&str) -> Option<OsString>,
        home: Option<PathBuf>,
    ) -> Result<Self, FetchError> {
        let shared = variable("HF_HOME")
            .map(PathBuf::from)
            .or_else(|| {
                variable("XDG_CACHE_HOME").map(|caches| Path::new(&caches).join("huggingface"))
            })
            .or_else(|| home.map(|home| home.join(".cache").join("huggingface")));
        let cache = variable("HF_HUB_CACHE")
            .map(PathBuf::from)
            .or_else(|| shared.map(|shared| shared.join("hub")))
            .ok_or(FetchError::NoHome)?;
        let endpoint = variable("HF_ENDPOINT").map(|value| value.to_string_lossy().into_owned());
        let endpoint = endpoint.as_deref().unwrap_or(DEFAULT_ENDPOINT);
        Ok(Self::new(endpoint, &cache))
    }

    /// The path to load a model from if all of its files are here: the GGUF file or the folder.
    pub fn find(&self, model: &KnownModel) -> Option<PathBuf> {
        let folder = RepoCache::new(&self.cache, model.repo).snapshot_in_use()?;
        let files = model.files();
        let first = files.first()?;
        files
            .iter()
            .all(|file| folder.join(file).exists())
            .then_some(())?;
        if let KnownWeights::Gguf(_) = model.weights {
            return Some(folder.join(first));
        }
        if model.weights == KnownWeights::ShardedSafetensors {
            let shards = source::shards(&folder.join(INDEX)).ok()?;
            shards
                .iter()
                .all(|shard| folder.join(shard).is_file())
                .then_some(())?;
        }
        Some(folder)
    }

    /// Downloads what is missing of a model, goes on with what was cut, verifies everything, and returns the path to
    /// load it from. Blocks for as long as that takes; call it off the threads that draw or compute.
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
        let has_scheme = ["http://", "https://"]
            .iter()
            .any(|scheme| self.endpoint.starts_with(scheme));
        if !has_scheme {
            let detail = "the address must begin with http:// or https://";
            return Err(self.out_of_reach(model, detail.to_owned()));
        }
        let client = HubClient::new(&self.endpoint, self.patience);
        let head = client
            .describe(&client.url(model.repo, "main", first))
            .map_err(|failure| self.failure(model, first, failure))?;
        let commit = head
            .commit
            .ok_or_else(|| self.hub_error(model, first, "its answer names no commit"))?;
        let commit = self.plain(model, first, "commit", &commit)?;
        let local = RepoCache::new(&self.cache, model.repo);
        let fetch = FileFetch {
            hub: self,
            client: &client,
            model,
            local: &local,
            commit,
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
        local.put_in_use(commit)?;
        self.find(model)
            .ok_or_else(|| self.hub_error(model, first, "its files are not where they were put"))
    }

    /// What a request's failure means to a person who wanted `file`.
    pub(super) fn failure(
        &self,
        model: &'static KnownModel,
        file: &str,
        failure: RequestFailure,
    ) -> FetchError {
        let detail = match failure {
            RequestFailure::Unanswered(detail) => return self.out_of_reach(model, detail),
            RequestFailure::Status(404) => {
                return FetchError::NotFound {
                    endpoint: self.endpoint.clone(),
                    repo: model.repo,
                    file: file.to_owned(),
                };
            }
            RequestFailure::Status(code @ (401 | 403)) => {
                format!("it wants an access token (HTTP {code}), and none is sent")
            }
            RequestFailure::Status(429) => "too many requests (HTTP 429)".to_owned(),
            RequestFailure::Status(code) => format!("HTTP {code}"),
            RequestFailure::Unusable(detail) => detail,
        };
        self.hub_error(model, file, &detail)
    }

    /// A name from the hub that becomes part of a path here.
    pub(super) fn plain<'a>(
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

    fn out_of_reach(&self, model: &'static KnownModel, detail: String) -> FetchError {
        FetchError::Unreachable {
            endpoint: self.endpoint.clone(),
            detail,
            repo: model.repo,
            files: model.files_in_words(),
        }
    }

    fn hub_error(&self, model: &'static KnownModel, file: &str, detail: &str) -> FetchError {
        FetchError::Hub {
            endpoint: self.endpoint.clone(),
            repo: model.repo,
            file: file.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

#[cfg(test)]
#[path = "hub_test_server.rs"]
mod test_server;

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hub_answers_tests.rs"]
mod answers_tests;

//! Brings one file of a model here: uses what is here, transfers what is not, verifies both.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::fetch::{FetchError, FetchEvent};
use super::hub::Hub;
use super::hub_cache::{RepoCache, remove};
use super::hub_client::{Described, HubClient, RequestFailure};
use super::hub_part::Part;
use super::hub_verify::verify;
use super::registry::KnownModel;

/// Transfers of one file that are cut without bringing a byte before the fetch gives up.
const FRUITLESS_ATTEMPTS: u32 = 3;
/// Bytes between two reports of progress.
const REPORT_EVERY: u64 = 1 << 18;

/// Brings the files of one model's commit.
pub(super) struct FileFetch<'a> {
    /// The hub.
    pub(super) hub: &'a Hub,
    /// Sends the requests.
    pub(super) client: &'a HubClient,
    /// The model.
    pub(super) model: &'static KnownModel,
    /// Where its files go.
    pub(super) local: &'a RepoCache,
    /// The commit.
    pub(super) commit: &'a str,
}

/// Why a transfer stopped before its end.
enum Stopped {
    /// The connection did; what it ended in.
    Cut(String),
    /// Another attempt would not help.
    Failed(FetchError),
}

impl From<FetchError> for Stopped {
    fn from(error: FetchError) -> Self {
        Self::Failed(error)
    }
}

impl FileFetch<'_> {
    /// Brings a file; returns where it is.
    pub(super) fn file(
        &self,
        file: &str,
        report: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<PathBuf, FetchError> {
        let url = self.client.url(self.model.repo, self.commit, file);
        let described = self
            .client
            .describe(&url)
            .map_err(|failure| self.hub.failure(self.model, file, failure))?;
        let etag = self.hub.plain(self.model, file, "etag", &described.etag)?;
        let _lock = self.local.lock(etag, file)?;
        let pointer = self.local.pointer(self.commit, file);
        if !here(file, &pointer, &described, report)? {
            let blob = self.local.blob(etag);
            // An earlier commit, or another tool, may have brought the same contents.
            let fresh = !here(file, &blob, &described, report)?;
            if fresh {
                self.transfer(file, &url, &blob, &described, report)?;
            }
            self.local.link(etag, self.commit, file, fresh)?;
        }
        report(FetchEvent::Finished { file });
        Ok(pointer)
    }

    fn transfer(
        &self,
        file: &str,
        url: &str,
        blob: &Path,
        described: &Described,
        report: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<(), FetchError> {
        let (path, size) = (blob.with_extension("part"), described.size);
        let mut fruitless = 0;
        let mut started_over = false;
        loop {
            let mut part = Part::open(&path, size)?;
            let before = part.length();
            if before < size
                && let Err(stopped) = self.attempt(file, url, size, &mut part, report)
            {
                let detail = match stopped {
                    Stopped::Cut(detail) => detail,
                    Stopped::Failed(error) => return Err(error),
                };
                let done = part.length();
                fruitless = if done > before { 0 } else { fruitless + 1 };
                if fruitless >= FRUITLESS_ATTEMPTS {
                    return Err(FetchError::Cut {
                        file: file.to_owned(),
                        done,
                        size,
                        detail,
                    });
                }
                continue;
            }
            drop(part);
            match verify(file, &path, described, report) {
                Ok(()) => {
                    return std::fs::rename(&path, blob).map_err(|source| FetchError::Disk {
                        path: blob.to_path_buf(),
                        source,
                    });
                }
                Err(damage @ FetchError::Damaged { .. }) => {
                    remove(&path)?;
                    // The damage may be in the older part: once from the start.
                    if before == 0 || started_over {
                        return Err(damage);
                    }
                    started_over = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes on with a part until it is whole or the connection ends.
    fn attempt(
        &self,
        file: &str,
        url: &str,
        size: u64,
        part: &mut Part,
        report: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<(), Stopped> {
        let opened = self
            .client
            .open(url, part.length())
            .map_err(|failure| match failure {
                RequestFailure::Unanswered(detail) => Stopped::Cut(detail),
                failure => self.hub.failure(self.model, file, failure).into(),
            })?;
        part.keep(opened.start)?;
        let mut reported = opened.start;
        let mut tell = |done| report(FetchEvent::Progress { file, done, size });
        tell(reported);
        // One byte too many shows that the size is wrong; more would only fill the disk.
        let mut body = opened.body.take((size - opened.start).saturating_add(1));
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Stopped::Cut(self.client.cut(error))),
            };
            if count == 0 {
                break;
            }
            part.write(&buffer[..count])?;
            if part.length() >= reported + REPORT_EVERY {
                reported = part.length();
                tell(reported);
            }
        }
        if part.length() < size {
            return Err(Stopped::Cut("the connection ended early".to_owned()));
        }
        tell(size);
        Ok(())
    }
}

/// Whether a path has the file, whole; a damaged one is deleted.
fn here(
    file: &str,
    path: &Path,
    described: &Described,
    report: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<bool, FetchError> {
    if !path.exists() {
        return Ok(false);
    }
    match verify(file, path, described, report) {
        Ok(()) => Ok(true),
        Err(FetchError::Damaged { .. }) => {
            remove(path)?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

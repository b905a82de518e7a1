//! Where a repository's files lie on this machine: the layout that Hugging Face's own tools share.
//!
//! `blobs` holds contents by their etags, a folder of `snapshots` links to those of one commit by file name, and
//! `refs/main` names the commit that is in use.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::fetch::FetchError;

/// The folder of one repository. Names of files are plain: none has a folder in it.
pub(super) struct RepoCache {
    folder: PathBuf,
}

impl RepoCache {
    /// The folder of the model repository `repo`, `owner/name`, in the cache at `cache`.
    pub(super) fn new(cache: &Path, repo: &str) -> Self {
        Self {
            folder: cache.join(format!("models--{}", repo.replace('/', "--"))),
        }
    }

    /// The folder of the commit in use, if there is one.
    pub(super) fn snapshot_in_use(&self) -> Option<PathBuf> {
        let commit = std::fs::read_to_string(self.head()).ok()?;
        Some(self.folder.join("snapshots").join(commit.trim()))
    }

    /// Puts a commit in use.
    pub(super) fn put_in_use(&self, commit: &str) -> Result<(), FetchError> {
        let head = self.head();
        make_folder_of(&head)?;
        std::fs::write(&head, commit).map_err(|source| FetchError::Disk { path: head, source })
    }

    /// Where a commit has a file.
    pub(super) fn pointer(&self, commit: &str, file: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit).join(file)
    }

    /// Where the contents of an etag are.
    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// Keeps others off the contents of an etag until the lock is dropped.
    pub(super) fn lock(&self, etag: &str, file: &str) -> Result<File, FetchError> {
        let path = self.blob(etag).with_extension("lock");
        make_folder_of(&path)?;
        let lock = File::create(&path).map_err(|source| FetchError::Disk {
            path: path.clone(),
            source,
        })?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(FetchError::Busy {
                file: file.to_owned(),
                lock: path,
            }),
            Err(TryLockError::Error(source)) => Err(FetchError::Disk { path, source }),
        }
    }

    /// Gives a commit the contents of an etag under a file's name: as a link, and where links cannot be made, as the
    /// contents themselves, a copy of them unless they are `fresh`, so that nothing else needs them.
    pub(super) fn link(
        &self,
        etag: &str,
        commit: &str,
        file: &str,
        fresh: bool,
    ) -> Result<(), FetchError> {
        let (blob, pointer) = (self.blob(etag), self.pointer(commit, file));
        make_folder_of(&pointer)?;
        // A link whose blob was deleted is still in the way.
        remove(&pointer)?;
        let target: PathBuf = ["..", "..", "blobs", etag].iter().collect();
        if symlink(&target, &pointer).is_ok() {
            return Ok(());
        }
        // Windows wants a privilege for links and some file systems have none; what else is wrong shows here again.
        let moved = if fresh {
            std::fs::rename(&blob, &pointer)
        } else {
            std::fs::copy(&blob, &pointer).map(|_| ())
        };
        moved.map_err(|source| FetchError::Disk {
            path: pointer,
            source,
        })
    }

    fn head(&self) -> PathBuf {
        self.folder.join("refs").join("main")
    }
}

/// Deletes a file, which need not exist.
pub(super) fn remove(path: &Path) -> Result<(), FetchError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(FetchError::Disk {
            path: path.to_path_buf(),
            source,
        }),
        _ => Ok(()),
    }
}

fn make_folder_of(path: &Path) -> Result<(), FetchError> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|source| FetchError::Disk {
        path: folder.to_path_buf(),
        source,
    })
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[cfg(not(windows))]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

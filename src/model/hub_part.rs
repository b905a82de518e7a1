//! The file that a transfer fills. It outlives a cut: the next attempt goes on from its end.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::fetch::FetchError;

/// A file that is open for its next bytes.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Part {
    /// What is at `path` of a file of `size` bytes; more than that is of no use and is dropped.
    pub(super) fn open(path: &Path, size: u64) -> Result<Self, FetchError> {
        let disk = |source| FetchError::Disk {
            path: path.to_path_buf(),
            source,
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(disk)?;
        let length = file.metadata().map_err(disk)?.len();
        let mut part = Self {
            path: path.to_path_buf(),
            file,
            length,
        };
        part.keep(if length > size { 0 } else { length })?;
        Ok(part)
    }

    /// Its bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Keeps the first `length` bytes; the next are written after them.
    pub(super) fn keep(&mut self, length: u64) -> Result<(), FetchError> {
        self.file
            .set_len(length)
            .and_then(|()| self.file.seek(SeekFrom::Start(length)))
            .map_err(|source| self.disk(source))?;
        self.length = length;
        Ok(())
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file
            .write_all(bytes)
            .map_err(|source| self.disk(source))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn disk(&self, source: std::io::Error) -> FetchError {
        FetchError::Disk {
            path: self.path.clone(),
            source,
        }
    }
}

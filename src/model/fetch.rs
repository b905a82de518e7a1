//! What fetching a model says: its progress, and why it failed and what a person can do then.

use std::path::PathBuf;

/// What a fetch reports while it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchEvent<'a> {
    /// Bytes of a file that are on disk, those of an earlier, cut transfer included.
    Progress {
        /// The file.
        file: &'a str,
        /// Bytes on disk.
        done: u64,
        /// Bytes in all.
        size: u64,
    },
    /// The file is complete and its checksum is being computed.
    Verifying {
        /// The file.
        file: &'a str,
    },
    /// The file is complete and verified.
    Finished {
        /// The file.
        file: &'a str,
    },
}

/// Why a model could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection to the hub.
    #[error(
        "cannot reach the model hub at {endpoint} ({detail}); to use {repo} without it, download {files} elsewhere, put them in one folder and use --model FOLDER (or --model FILE.gguf), or set HF_ENDPOINT to a mirror that can be reached"
    )]
    Unreachable {
        /// The hub's address.
        endpoint: String,
        /// What the connection attempt ended in.
        detail: String,
        /// The repository wanted.
        repo: &'static str,
        /// The files wanted.
        files: String,
    },
    /// The hub answered and does not have the file.
    #[error(
        "{endpoint} has no {file} in {repo} (HTTP 404); if HF_ENDPOINT names a mirror, it may lack the model"
    )]
    NotFound {
        /// The hub's address.
        endpoint: String,
        /// The repository.
        repo: &'static str,
        /// The file.
        file: String,
    },
    /// The connection broke off too often.
    #[error(
        "the download of {file} was cut at {done} of {size} bytes ({detail}); what arrived is kept, so fetch again to go on from there"
    )]
    Cut {
        /// The file.
        file: String,
        /// Bytes on disk.
        done: u64,
        /// Bytes in all.
        size: u64,
        /// What the connection ended in.
        detail: String,
    },
    /// The file is not what the hub says it is.
    #[error(
        "{file} arrived damaged: {expected} was expected and {actual} came; it was deleted, so fetch again, and try another network if this repeats"
    )]
    Damaged {
        /// The file.
        file: String,
        /// The size or checksum the hub gives.
        expected: String,
        /// The size or checksum of what arrived.
        actual: String,
    },
    /// The hub's answer makes no sense or is an error.
    #[error(
        "{endpoint} failed to give {file} of {repo}: {detail}; fetch again later, or set HF_ENDPOINT to another hub"
    )]
    Hub {
        /// The hub's address.
        endpoint: String,
        /// The repository.
        repo: &'static str,
        /// The file.
        file: String,
        /// The answer.
        detail: String,
    },
    /// Another program fetches the same file.
    #[error(
        "another program is fetching {file} (it holds {lock}); wait until it is done, then fetch again",
        lock = lock.display()
    )]
    Busy {
        /// The file.
        file: String,
        /// What the other program holds.
        lock: PathBuf,
    },
    /// A file on this machine could not be read or written.
    #[error("cannot use {path}: {source}", path = path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The downloaded index is unusable.
    #[error("{0}")]
    Index(String),
    /// No variable names a folder for models, and there is no home directory.
    #[error("there is no home directory to keep models in; set HF_HUB_CACHE to a folder")]
    NoHome,
}

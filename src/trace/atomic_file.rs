//! A file that appears whole or not at all: a full disk must never cost the previous version.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file could not be created, written or put in place.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; {way_out}", path.display())]
pub struct FileError {
    /// The destination.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
    way_out: &'static str,
}

impl FileError {
    /// Writing to `path` failed with `source`.
    pub fn writing(path: &Path, source: io::Error) -> Self {
        let way_out = match source.kind() {
            io::ErrorKind::NotFound => "create the folder first, or choose another",
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                if cfg!(windows) {
                    "close the program that has it open, or choose a folder that you may write to"
                } else {
                    "choose a folder that you may write to"
                }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "free some space or choose another disk; a file of that name is as it was"
            }
            io::ErrorKind::IsADirectory => "add a file name to the folder's",
            io::ErrorKind::InvalidInput => "choose the name of a new or an ordinary file",
            _ => "choose another place; a file of that name is as it was",
        };
        Self {
            path: path.to_owned(),
            source,
            way_out,
        }
    }

    /// Nothing can be written to `path`, since its folder is not there.
    pub fn without_folder(path: &Path) -> Self {
        Self::writing(path, missing_folder())
    }
}

fn missing_folder() -> io::Error {
    // "Entity", the system's own word, is nobody's for a folder.
    io::Error::new(io::ErrorKind::NotFound, "its folder is not there")
}

/// Where a file that is to appear at `path` goes: the target, if that is a symbolic link.
///
/// # Errors
/// [`FileError`] if it is a folder, or a device or pipe, which a finished file must not replace.
pub fn destination(path: &Path) -> Result<PathBuf, FileError> {
    let failed = |source| FileError::writing(path, source);
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound && names_folder(path) => {
            return Err(FileError::without_folder(path));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(failed(error)),
    };
    if target.is_dir() || target.file_name().is_none() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if target.exists() && !target.is_file() {
        let what = "it is a device or a pipe, no file";
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, what)));
    }
    Ok(target)
}

/// Whether a path speaks of a folder: it ends as only a folder's does.
pub fn names_folder(path: &Path) -> bool {
    let last = path.as_os_str().as_encoded_bytes().last();
    last.is_some_and(|byte| std::path::is_separator(char::from(*byte)))
}

/// Where a run that is being recorded to `path` lies until it has ended.
pub fn unfinished(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    PathBuf::from(part)
}

/// Whether a run can be recorded to `path` without taking the place of another, whole or unfinished.
pub fn is_free(path: &Path) -> bool {
    !path.exists() && !unfinished(path).exists()
}

/// Names beside a path's: `NAME-2`, `NAME-3` and so on, of the same kind.
pub fn numbered(path: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    (2..1000).map(move |n: u32| {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-{n}"));
        if let Some(kind) = path.extension() {
            name.push(".");
            name.push(kind);
        }
        path.with_file_name(name)
    })
}

/// The folder of a file; `.` for a bare name, whose parent is no folder that could be opened.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Brings the name that a finished file has taken to the disk as well, where a system can: one that cannot has at least
/// the file.
pub fn sync_folder(path: &Path) {
    if cfg!(unix) {
        let _ = std::fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    }
}

/// Collects what is written in a temporary file beside the destination; [`AtomicFile::commit`] puts it
/// in place. Dropped without, it leaves nothing behind.
#[derive(Debug)]
pub struct AtomicFile {
    /// As it was named.
    path: PathBuf,
    /// Where it goes.
    target: PathBuf,
    out: BufWriter<NamedTempFile>,
}

impl AtomicFile {
    /// Begins a file that is to appear at `path`. A symbolic link keeps pointing to its target, which is replaced.
    ///
    /// # Errors
    /// [`FileError`] if `path` is a folder, device or pipe, or its folder is missing or not writable.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::writing(path, source);
        let target = destination(path)?;
        let folder = folder_of(&target);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".rkv-scope-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any other new file: the umask takes away what it must.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder).map_err(|e| failed(plain(e)))?;
        Ok(Self {
            path: path.to_owned(),
            target,
            out: BufWriter::with_capacity(1 << 16, file),
        })
    }

    /// Puts `bytes` in place at `path`.
    ///
    /// # Errors
    /// As [`AtomicFile::create`] and [`AtomicFile::commit`].
    pub fn put(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let mut file = Self::create(path)?;
        file.write_all(bytes)
            .map_err(|source| FileError::writing(path, source))?;
        file.commit()
    }

    /// Tells before long work, not after it, that its result could not be kept. Leaves nothing behind.
    ///
    /// # Errors
    /// As [`AtomicFile::create`].
    pub fn can_be_created(path: &Path) -> Result<(), FileError> {
        Self::create(path).map(drop)
    }

    /// Puts the file in place, once it is on the disk.
    ///
    /// # Errors
    /// [`FileError`]; the previous file is then as it was.
    pub fn commit(self) -> Result<(), FileError> {
        let Self { path, target, out } = self;
        let failed = |source| FileError::writing(&path, source);
        let file = out
            .into_inner()
            .map_err(|error| failed(plain(error.into_error())))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&target).map_err(|error| failed(error.error))?;
        sync_folder(&target);
        Ok(())
    }
}

/// The system's own words: `tempfile` adds the temporary name, which means nothing to a person.
fn plain(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => match error.kind() {
            io::ErrorKind::Other => error,
            // Only a temporary file's folder can be missing.
            io::ErrorKind::NotFound => missing_folder(),
            kind => kind.into(),
        },
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(plain)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(plain)
    }
}

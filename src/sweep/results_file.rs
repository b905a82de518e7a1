//! The results file: the plan, then one line per run, each written as soon as the run has ended.
//!
//! JSON lines, so that any tool reads them. A crash tears the last line at most; it is cut off when the
//! sweep goes on. The file of another sweep is never written to.

use std::collections::BTreeSet;
#[cfg(not(windows))]
use std::fs::TryLockError;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::stamped_line::{begins_as_stamped, payload, stamp};
use super::{ArmKey, RunOutcome, SweepPlan};
use crate::trace::{FileError, folder_of, names_folder};

/// Grows with every change of what is written or of what a number means. 2: ratios are of slots read, answers graded anew.
/// 3: costs are of decoding alone, units graded anew. 4: a box ends on its line; policies without a window have none.
const FORMAT: u32 = 4;

/// A results file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// Opening, reading or writing failed.
    #[error("cannot {doing} the results in {path}: {source}", path = path.display())]
    Io {
        /// `open`, `read`, `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another file altogether.
    #[error("{path} is not a results file of a sweep; choose another name", path = path.display())]
    NotResults {
        /// The file.
        path: PathBuf,
    },
    /// An earlier or later format.
    #[error(
        "{path} was written by another version of rkv-scope (format {found}, this one has {FORMAT}), whose numbers mean \
         something else; choose another file",
        path = path.display()
    )]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// A line in the middle that does not agree with its checksum.
    #[error(
        "line {line} of {path} is damaged; delete that line to have its run done again, or choose another file",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
    },
    /// The first line does not agree with its checksum.
    #[error(
        "the first line of {path}, which says what was swept, is damaged; choose another file, or delete it to start over",
        path = path.display()
    )]
    DamagedPlan {
        /// The file.
        path: PathBuf,
    },
    /// Results of other settings.
    #[error(
        "{path} holds another sweep: {difference}; choose another file, or delete it to start over",
        path = path.display()
    )]
    OtherSweep {
        /// The file.
        path: PathBuf,
        /// In what it differs.
        difference: String,
    },
    /// Its folder is missing.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process writes it.
    #[error("another sweep is writing to {path}; wait for it, or choose another file", path = path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record<P, R> {
    Sweep { format: u32, plan: P },
    Run(R),
}

/// A sweep as far as a file holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSweep {
    /// What is swept.
    pub plan: SweepPlan,
    /// Runs that have ended, in the order they did; of two lines of one run the first.
    pub outcomes: Vec<RunOutcome>,
    /// Bytes up to the end of the last whole line.
    whole: u64,
}

impl StoredSweep {
    /// Reads a results file; an empty one is `None`.
    ///
    /// # Errors
    /// [`ResultsError`] if it is no results file, or a line but the last is damaged.
    pub fn read(path: &Path) -> Result<Option<Self>, ResultsError> {
        let mut file = File::open(path).map_err(io("open", path))?;
        Self::read_from(&mut file, path)
    }

    fn read_from(file: &mut File, path: &Path) -> Result<Option<Self>, ResultsError> {
        let mut bytes = vec![];
        file.read_to_end(&mut bytes).map_err(io("read", path))?;
        // A character that was torn apart belongs to the torn line.
        let text = String::from_utf8_lossy(&bytes);
        let mut stored: Option<Self> = None;
        let mut seen: BTreeSet<(u32, ArmKey)> = BTreeSet::new();
        let mut at = 0u64;
        let mut lines = text.split_inclusive('\n').enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let last = lines.peek().is_none();
            let whole = line.strip_suffix('\n').and_then(payload);
            // Before anything else of the line is read: another format may hold what this program does not know.
            if stored.is_none()
                && let Some(found) = whole.and_then(format_of)
                && found != FORMAT
            {
                return Err(ResultsError::OtherFormat {
                    path: path.to_owned(),
                    found,
                });
            }
            let record = whole
                .and_then(|text| serde_json::from_str::<Record<SweepPlan, RunOutcome>>(text).ok());
            at += line.len() as u64;
            match (record, &mut stored) {
                (Some(Record::Sweep { plan, .. }), None) => {
                    stored = Some(Self {
                        plan,
                        outcomes: vec![],
                        whole: at,
                    });
                }
                (Some(Record::Run(outcome)), Some(stored)) => {
                    if seen.insert((outcome.problem, outcome.arm.clone())) {
                        stored.outcomes.push(outcome);
                    }
                    stored.whole = at;
                }
                // Cut off while the very first line was written: as good as empty.
                (None, None) if last && whole.is_none() && begins_as_stamped(line) => {}
                (None, Some(_)) if last && whole.is_none() => {}
                (None, None) if whole.is_none() && begins_as_stamped(line) => {
                    return Err(ResultsError::DamagedPlan {
                        path: path.to_owned(),
                    });
                }
                (_, None) => {
                    return Err(ResultsError::NotResults {
                        path: path.to_owned(),
                    });
                }
                (_, Some(_)) => {
                    return Err(ResultsError::Damaged {
                        path: path.to_owned(),
                        line: index + 1,
                    });
                }
            }
        }
        Ok(stored)
    }
}

/// The format that a first line names, whatever else is in it.
fn format_of(line: &str) -> Option<u32> {
    #[derive(Deserialize)]
    struct First {
        sweep: Named,
    }
    #[derive(Deserialize)]
    struct Named {
        format: u32,
    }
    let first: First = serde_json::from_str(line).ok()?;
    Some(first.sweep.format)
}

/// A results file being appended to. No other process can open it as long.
#[derive(Debug)]
pub struct ResultsFile {
    file: File,
    path: PathBuf,
    /// The plan, as long as the file is empty: a sweep that fails before its first run leaves nothing that another
    /// one would be refused for.
    unwritten: Option<SweepPlan>,
}

impl ResultsFile {
    /// The file that `path` stands for: in a folder it is `sweep.jsonl`.
    pub fn at(path: &Path) -> PathBuf {
        if path.is_dir() {
            path.join("sweep.jsonl")
        } else {
            path.to_owned()
        }
    }

    /// Opens or begins the results of `plan`; gives the runs that are already there.
    ///
    /// A folder stands for a file in it ([`Self::at`]).
    ///
    /// # Errors
    /// [`ResultsError`]; a file of another sweep is left as it is.
    pub fn open(path: &Path, plan: &SweepPlan) -> Result<(Self, Vec<RunOutcome>), ResultsError> {
        let path = Self::at(path);
        if names_folder(&path) || !folder_of(&path).is_dir() {
            return Err(FileError::without_folder(&path).into());
        }
        let mut file = open_alone(&path)?;
        let stored = StoredSweep::read_from(&mut file, &path)?;
        let (whole, outcomes) = match stored {
            None => (0, vec![]),
            Some(stored) => {
                if let Some(difference) = stored.plan.difference(plan) {
                    return Err(ResultsError::OtherSweep { path, difference });
                }
                (stored.whole, stored.outcomes)
            }
        };
        file.set_len(whole).map_err(io("write", &path))?;
        file.seek(SeekFrom::End(0)).map_err(io("write", &path))?;
        let unwritten = (whole == 0).then(|| plan.clone());
        let results = Self {
            file,
            path,
            unwritten,
        };
        Ok((results, outcomes))
    }

    /// Appends a run, before the first one the plan. It is in the system's hands when this returns: only the machine's own
    /// crash can lose it.
    ///
    /// # Errors
    /// [`ResultsError::Io`]: the disk is full or gone; the runs before stay readable.
    pub fn append(&mut self, outcome: &RunOutcome) -> Result<(), ResultsError> {
        if let Some(plan) = self.unwritten.take() {
            let format = FORMAT;
            self.write(&Record::<_, &RunOutcome>::Sweep { format, plan })?;
        }
        self.write(&Record::<&SweepPlan, _>::Run(outcome))
    }

    fn write<P: Serialize, R: Serialize>(
        &mut self,
        record: &Record<P, R>,
    ) -> Result<(), ResultsError> {
        let line = serde_json::to_string(record).map_err(std::io::Error::from);
        line.and_then(|payload| self.file.write_all(stamp(&payload).as_bytes()))
            .map_err(io("write", &self.path))
    }
}

/// Opens a results file that nobody else may write to meanwhile, and anybody may read.
#[cfg(not(windows))]
fn open_alone(path: &Path) -> Result<File, ResultsError> {
    let file = to_be_written().open(path).map_err(io("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ResultsError::Busy {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(io("open", path)(source)),
    }
}

/// The same where a lock would keep readers out, too: the file is opened so that only readers can open it as well.
#[cfg(windows)]
fn open_alone(path: &Path) -> Result<File, ResultsError> {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_SHARE_READ: u32 = 1;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    let opened = to_be_written().share_mode(FILE_SHARE_READ).open(path);
    opened.map_err(|error| match error.raw_os_error() {
        Some(ERROR_SHARING_VIOLATION) => ResultsError::Busy {
            path: path.to_owned(),
        },
        _ => io("open", path)(error),
    })
}

fn to_be_written() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options
}

fn io(doing: &'static str, path: &Path) -> impl Fn(std::io::Error) -> ResultsError + use<> {
    let path = path.to_owned();
    move |source| ResultsError::Io {
        doing,
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests;

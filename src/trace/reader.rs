//! Reading a trace: a damaged tail keeps the prefix, a hostile file costs neither memory nor a panic.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::codec::{
    self, FORMAT_VERSION, FRAME_HEAD_LEN, FrameHead, FrameLimit, MAGIC, PREAMBLE_LEN,
};
use super::{ApplyError, TraceHeader, TraceRecord, TraceStore, unfinished, version_1, version_2};
use crate::counted::counted;

/// Cells (heads by tokens) of the largest run that is loaded: 1 GiB of eviction table.
const MAX_CELLS: u64 = 1 << 28;

/// Scores of a token at a compression, averaged over heads, that are loaded: 3 GiB.
const MAX_MEANS: usize = 1 << 27;

/// Why a trace cannot be read, or no further. Offsets are bytes from the start of the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not one byte.
    #[error("the file is empty; a recording that has begun has at least a header")]
    Empty,
    /// Something else.
    #[error(
        "this is not an rkv-scope trace; traces are made by `rkv-scope record` or saved from the window"
    )]
    NotATrace,
    /// From a later program.
    #[error(
        "the trace has format version {found}, but this program reads only up to {newest}: \
         open it with a newer rkv-scope"
    )]
    NewerVersion {
        /// Version of the file.
        found: u32,
        /// Newest version known here.
        newest: u32,
    },
    /// A version that never was.
    #[error("the trace says it has format version {0}, which does not exist: the file is damaged")]
    UnknownVersion(u32),
    /// The file ends within a frame: the recording was cut off, or the file was not copied whole.
    #[error("the file ends within the frame at byte {offset}")]
    Truncated {
        /// Where the frame begins.
        offset: u64,
    },
    /// The bytes are not those that were written.
    #[error("the frame at byte {offset} is damaged: {what}")]
    Damaged {
        /// Where the frame begins.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// A header that no run has.
    #[error("the trace's header makes no sense: {0}")]
    Header(&'static str),
    /// The system failed to read.
    #[error("reading failed at byte {offset}: {source}")]
    Io {
        /// How far reading came.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// More than is worth loading; damage or malice.
    #[error("at byte {offset} the trace grows beyond what can be loaded: {what}")]
    TooLarge {
        /// Where the frame begins.
        offset: u64,
        /// Which bound was met.
        what: &'static str,
    },
}

/// Reads a trace, record by record.
#[derive(Debug)]
pub struct TraceReader<R> {
    input: R,
    offset: u64,
    seed: u32,
    limit: FrameLimit,
    over: bool,
}

impl<R: Read> TraceReader<R> {
    /// Reads magic, version and header. Give it a buffered input.
    ///
    /// # Errors
    /// Any [`ReadError`]; nothing of the trace can then be shown.
    pub fn open(mut input: R) -> Result<(Self, TraceHeader), ReadError> {
        let mut preamble = [0; PREAMBLE_LEN];
        let got = fill(&mut input, &mut preamble)
            .map_err(|source| ReadError::Io { offset: 0, source })?;
        let shared = got.min(MAGIC.len());
        if got == 0 {
            return Err(ReadError::Empty);
        } else if preamble[..shared] != MAGIC[..shared] {
            return Err(ReadError::NotATrace);
        } else if got < PREAMBLE_LEN {
            return Err(ReadError::Truncated { offset: 0 });
        }
        let version = u32::from_le_bytes([preamble[8], preamble[9], preamble[10], preamble[11]]);
        if version > FORMAT_VERSION {
            return Err(ReadError::NewerVersion {
                found: version,
                newest: FORMAT_VERSION,
            });
        } else if version == 0 {
            return Err(ReadError::UnknownVersion(version));
        }
        let mut reader = Self {
            input,
            offset: PREAMBLE_LEN as u64,
            seed: codec::first_seed(&preamble),
            limit: FrameLimit::default(),
            over: false,
        };
        let header = match version {
            1 => reader.frame::<version_1::Header>()?.map(TraceHeader::from),
            2 => reader.frame::<version_2::Header>()?.map(TraceHeader::from),
            _ => reader.frame()?,
        };
        let header = header.ok_or(ReadError::Truncated {
            offset: PREAMBLE_LEN as u64,
        })?;
        if let Some(what) = codec::implausible(&header.model) {
            return Err(ReadError::Header(what));
        }
        reader.limit = FrameLimit::of(&header.model);
        Ok((reader, header))
    }

    /// The next record; `None` at the end of the file, and for good after an error.
    ///
    /// A file that was cut exactly between two frames ends without an error and without
    /// [`TraceRecord::End`].
    ///
    /// # Errors
    /// Any [`ReadError`]; the records before it are as they were written.
    pub fn next_record(&mut self) -> Result<Option<TraceRecord>, ReadError> {
        if self.over {
            return Ok(None);
        }
        let record: Result<Option<TraceRecord>, ReadError> = self.frame();
        match &record {
            Ok(Some(record)) => self.limit.note(record),
            Ok(None) | Err(_) => self.over = true,
        }
        record
    }

    /// Where the next frame begins, in bytes from the start.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn frame<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ReadError> {
        let offset = self.offset;
        let io = |source| ReadError::Io { offset, source };
        let damaged = |what: &str| ReadError::Damaged {
            offset,
            what: what.to_owned(),
        };
        let mut head = [0; FRAME_HEAD_LEN];
        match fill(&mut self.input, &mut head).map_err(io)? {
            0 => return Ok(None),
            FRAME_HEAD_LEN => {}
            _ => return Err(ReadError::Truncated { offset }),
        }
        let head = FrameHead::from_bytes(head);
        if !head.is_plausible(self.limit) {
            return Err(damaged("its length is impossible"));
        }
        // Memory grows with the bytes that are really there, not with what the frame claims.
        let mut packed = Vec::new();
        (&mut self.input)
            .take(u64::from(head.packed))
            .read_to_end(&mut packed)
            .map_err(io)?;
        if packed.len() < head.packed as usize {
            return Err(ReadError::Truncated { offset });
        }
        if !head.matches(&packed, self.seed) {
            return Err(damaged("its checksum does not match"));
        }
        if !self.limit.admit(u64::from(head.raw)) {
            return Err(ReadError::TooLarge {
                offset,
                what: "its records take more than 4 GiB",
            });
        }
        let value = codec::decode_frame(head, &packed).map_err(|what| damaged(&what))?;
        self.seed = head.checksum;
        self.offset = offset + (FRAME_HEAD_LEN + packed.len()) as u64;
        Ok(Some(value))
    }
}

/// Reads until the buffer is full or the input ends; how much was read.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match input.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// A run from a file, and what was wrong with the file's tail.
#[derive(Debug)]
pub struct LoadedTrace {
    /// Everything up to the damage.
    pub store: TraceStore,
    /// Why there is no more, if the file did not end well.
    pub problem: Option<Damage>,
}

/// Where and why reading a file stopped early. What came before it is sound.
#[derive(Debug, thiserror::Error)]
#[error(
    "the trace can be read only up to byte {offset} ({}, {}): {cause}",
    counted(*tokens as u64, "token"), counted(*events as u64, "compression")
)]
pub struct Damage {
    /// First byte that could not be used.
    pub offset: u64,
    /// Tokens before it.
    pub tokens: usize,
    /// Compressions before it.
    pub events: usize,
    /// What is wrong.
    #[source]
    pub cause: DamageCause,
}

/// What is wrong with a file's tail.
#[derive(Debug, thiserror::Error)]
pub enum DamageCause {
    /// The bytes.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record that does not fit those before it.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

/// A file that cannot be shown at all; the message names it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system refused to open it.
    #[error("cannot open {}: {source}; {way_out}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// What to do.
        way_out: &'static str,
    },
    /// A folder.
    #[error("{} is a folder; name a trace file in it", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// It opened, but is no readable trace.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ReadError,
    },
}

/// Loads a trace file.
///
/// # Errors
/// [`LoadError`] if nothing of it can be shown. Damage further on is in [`LoadedTrace::problem`].
pub fn load(path: &Path) -> Result<LoadedTrace, LoadError> {
    let failed = |source: io::Error| LoadError::Open {
        path: path.to_owned(),
        way_out: match source.kind() {
            io::ErrorKind::NotFound if unfinished(path).exists() => {
                "a run that was cut short left its trace under this name with .part after it; open that"
            }
            io::ErrorKind::NotFound => "check the name",
            io::ErrorKind::PermissionDenied => "ask its owner for the right to read it",
            _ => "check that the disk is there and sound",
        },
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Err(LoadError::Folder {
            path: path.to_owned(),
        });
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    load_from(BufReader::with_capacity(1 << 16, file)).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Loads a trace from any input; see [`load`].
///
/// # Errors
/// [`ReadError`] if not even the header can be read.
pub fn load_from(input: impl Read) -> Result<LoadedTrace, ReadError> {
    let (mut reader, header) = TraceReader::open(input)?;
    let mut store = TraceStore::new(Arc::new(header));
    let mut means = 0;
    let problem = loop {
        let offset = reader.offset();
        let cause = match reader.next_record() {
            Ok(None) => break None,
            Ok(Some(_)) if reader.cells() > MAX_CELLS => {
                let what = "it has more than 268435456 cells (heads times tokens)";
                ReadError::TooLarge { offset, what }.into()
            }
            Ok(Some(_)) if means > MAX_MEANS => {
                let what = "it has more than 134217728 scores of tokens";
                ReadError::TooLarge { offset, what }.into()
            }
            Ok(Some(record)) => match store.apply(record) {
                Ok(delta) => {
                    let added = store.means().iter().rev().take(delta.events);
                    means += added.map(|means| means.scores().len()).sum::<usize>();
                    continue;
                }
                Err(error) => error.into(),
            },
            Err(error) => error.into(),
        };
        let (tokens, events) = (store.tokens().len(), store.events().len());
        break Some(Damage {
            offset,
            tokens,
            events,
            cause,
        });
    };
    Ok(LoadedTrace { store, problem })
}

impl<R> TraceReader<R> {
    fn cells(&self) -> u64 {
        self.limit
            .heads()
            .max(1)
            .saturating_mul(self.limit.tokens())
    }
}

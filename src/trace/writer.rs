//! Writing a trace as it happens, or a whole one at once.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::codec::{EncodeError, FrameLimit, TOKENS_PER_FRAME};
use super::{AtomicFile, FileError, TraceHeader, TraceRecord, TraceStore, codec};

/// Why a trace could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk, pipe or buffer refused.
    #[error("writing the trace failed: {0}")]
    Io(#[from] io::Error),
    /// A record that no reader would accept.
    #[error("a record cannot be written to the trace: {0}")]
    Record(String),
    /// A header that no reader would accept.
    #[error("the model {name:?} cannot be recorded: {what}")]
    Header {
        /// Name of the model.
        name: String,
        /// What is off.
        what: &'static str,
    },
    /// An earlier write failed half-way; what came before it can be read.
    #[error("the trace file is incomplete since an earlier write failed; start another file")]
    Broken,
    /// What an earlier run left is the only copy of it.
    #[error(
        "{part} is there: what an earlier run to this file had recorded when it was interrupted, or one that is still being \
         recorded. `rkv-scope info` and `view` read it; rename or delete it, or choose another name for this run",
        part = part.display()
    )]
    Unfinished {
        /// Where it lies.
        part: PathBuf,
    },
    /// The file could not be created or replaced.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Writes a trace, frame by frame. What was flushed can be read, whatever happens later.
#[derive(Debug)]
pub struct TraceWriter<W: Write> {
    out: W,
    seed: u32,
    limit: FrameLimit,
    broken: bool,
}

impl<W: Write> TraceWriter<W> {
    /// Begins a trace.
    ///
    /// # Errors
    /// [`WriteError::Header`] for a model of impossible shape, [`WriteError::Io`] from `out`.
    pub fn create(mut out: W, header: &TraceHeader) -> Result<Self, WriteError> {
        if let Some(what) = codec::implausible(&header.model) {
            return Err(WriteError::Header {
                name: header.model.name.clone(),
                what,
            });
        }
        let preamble = codec::preamble();
        out.write_all(&preamble)?;
        let mut writer = Self {
            out,
            seed: codec::first_seed(&preamble),
            limit: FrameLimit::default(),
            broken: false,
        };
        writer.frame(header)?;
        writer.limit = FrameLimit::of(&header.model);
        Ok(writer)
    }

    /// Appends a record. A long batch of tokens becomes several records of tokens.
    ///
    /// # Errors
    /// [`WriteError::Io`] from the output, after which only [`WriteError::Broken`] comes;
    /// [`WriteError::Record`] for a record that is too large, which leaves the trace as it was.
    pub fn write(&mut self, record: &TraceRecord) -> Result<(), WriteError> {
        match record {
            TraceRecord::Tokens(batch) if batch.len() > TOKENS_PER_FRAME => {
                for part in batch.chunks(TOKENS_PER_FRAME) {
                    self.write(&TraceRecord::Tokens(part.to_vec()))?;
                }
            }
            record => {
                self.frame(record)?;
                self.limit.note(record);
            }
        }
        Ok(())
    }

    fn frame<T: serde::Serialize>(&mut self, value: &T) -> Result<(), WriteError> {
        if self.broken {
            return Err(WriteError::Broken);
        }
        let (frame, checksum) = codec::encode_frame(value, self.seed, &mut self.limit)?;
        self.broken = true;
        self.out.write_all(&frame)?;
        self.broken = false;
        self.seed = checksum;
        Ok(())
    }

    /// The output.
    pub fn out(&self) -> &W {
        &self.out
    }

    /// Hands what was written to the output's own destination.
    ///
    /// # Errors
    /// [`WriteError::Io`] from the output.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.out.flush()?)
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// [`WriteError::Io`] from the output, [`WriteError::Broken`] after a failed write.
    pub fn finish(mut self) -> Result<W, WriteError> {
        if self.broken {
            return Err(WriteError::Broken);
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

impl From<EncodeError> for WriteError {
    fn from(error: EncodeError) -> Self {
        Self::Record(error.to_string())
    }
}

/// Writes a whole run to `path`. A file that is already there is replaced only once the new one is
/// complete and on the disk.
///
/// # Errors
/// [`WriteError::File`] names the path and the way out; the previous file is then as it was.
pub fn save(path: &Path, store: &TraceStore) -> Result<(), WriteError> {
    let mut file = AtomicFile::create(path)?;
    match write_store(&mut file, store) {
        Ok(()) => Ok(file.commit()?),
        Err(WriteError::Io(source)) => Err(FileError::writing(path, source).into()),
        Err(other) => Err(other),
    }
}

fn write_store(file: &mut AtomicFile, store: &TraceStore) -> Result<(), WriteError> {
    let mut writer = TraceWriter::create(file, store.header())?;
    for record in store.records() {
        writer.write(&record)?;
    }
    writer.finish().map(|_| ())
}

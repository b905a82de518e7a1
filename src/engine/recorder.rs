//! Writes the trace as it grows, from the engine's side, so that a hidden or frozen window loses nothing.
//!
//! The growing file is `NAME.part`; it takes the name when the run has ended. A crash leaves the part,
//! which opens like any trace, and so does a run that is cut short where there is an older file of that name.

use std::fs::File;
use std::io::{BufWriter, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::trace::{
    FinishReason, TraceHeader, TraceRecord, TraceWriter, WriteError, destination, sync_folder,
    unfinished,
};

/// How stale the file may be.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

/// A trace file being written.
pub struct Recorder {
    writer: TraceWriter<BufWriter<File>>,
    part: PathBuf,
    path: PathBuf,
    flushed: Instant,
}

/// The trace file is not where it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It could not be written; the run goes on without it.
    #[error("the trace could not be written to {}; the run goes on and can be saved elsewhere", path.display())]
    Write {
        /// What was asked for.
        path: PathBuf,
        /// Why.
        source: WriteError,
    },
    /// The run was cut short, and an older file has the name.
    #[error(
        "the run did not come to its end, so {path} is as it was; what was recorded is in {part}",
        path = path.display(),
        part = part.display()
    )]
    CutShort {
        /// What was asked for.
        path: PathBuf,
        /// Where the run lies.
        part: PathBuf,
    },
}

impl Recorder {
    /// Creates the file and writes the header.
    ///
    /// # Errors
    /// The file cannot be created or written, what is there is no file, or an earlier run's part is still there.
    pub fn create(path: &Path, header: &TraceHeader) -> Result<Self, RecordError> {
        let fail = |source: WriteError| RecordError::Write {
            path: path.to_owned(),
            source,
        };
        let target = destination(path).map_err(|error| fail(error.into()))?;
        let part = unfinished(&target);
        let file = File::create_new(&part).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => fail(WriteError::Unfinished { part: part.clone() }),
            _ => fail(error.into()),
        })?;
        let begun = TraceWriter::create(BufWriter::new(file), header).and_then(|mut writer| {
            writer.flush()?;
            Ok(writer)
        });
        let writer = begun.map_err(|error| {
            // An empty part would stand in the way of the next try. If it cannot even be removed, that one says so.
            let _ = std::fs::remove_file(&part);
            fail(error)
        })?;
        Ok(Self {
            writer,
            part,
            path: target,
            flushed: Instant::now(),
        })
    }

    /// Appends records; they reach the file with those of a quarter of a second later, or when it is [flushed](Self::flush).
    ///
    /// # Errors
    /// The disk is full or gone; what was written before stays readable. Or the run was cut short, and an older file keeps
    /// the name.
    pub fn write(&mut self, records: &[TraceRecord]) -> Result<(), RecordError> {
        let ended = self.append(records).map_err(|source| self.failed(source))?;
        let Some(reason) = ended else {
            return Ok(());
        };
        let whole = !matches!(reason, FinishReason::Stopped | FinishReason::Failed(_));
        if !whole && self.path.exists() {
            return Err(RecordError::CutShort {
                path: self.path.clone(),
                part: self.part.clone(),
            });
        }
        let file = self.writer.out().get_ref();
        file.sync_all()
            .and_then(|()| std::fs::rename(&self.part, &self.path))
            .map_err(|error| self.failed(error.into()))?;
        sync_folder(&self.path);
        Ok(())
    }

    /// Brings all that was appended to the file: for when no record comes soon.
    ///
    /// # Errors
    /// The disk is full or gone; what was written before stays readable.
    pub fn flush(&mut self) -> Result<(), RecordError> {
        self.flushed = Instant::now();
        self.writer.flush().map_err(|source| self.failed(source))
    }

    /// Returns how the run ended, if it did.
    fn append<'r>(
        &mut self,
        records: &'r [TraceRecord],
    ) -> Result<Option<&'r FinishReason>, WriteError> {
        let mut ended = None;
        for record in records {
            self.writer.write(record)?;
            if let TraceRecord::End { reason, .. } = record {
                ended = Some(reason);
            }
        }
        if ended.is_some() || self.flushed.elapsed() >= FLUSH_EVERY {
            self.writer.flush()?;
            self.flushed = Instant::now();
        }
        Ok(ended)
    }

    fn failed(&self, source: WriteError) -> RecordError {
        RecordError::Write {
            path: self.path.clone(),
            source,
        }
    }
}

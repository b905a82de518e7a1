//! Writes the trace as it grows, from the engine's side, so that a hidden or frozen window loses nothing.
//!
//! The growing file is `NAME.part`; it takes the name when the run has ended. A crash leaves the part,
//! which opens like any trace, and an older file of that name is never harmed by a run that fails.

use std::fs::File;
use std::io::{BufWriter, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::trace::{TraceHeader, TraceRecord, TraceWriter, WriteError, destination, unfinished};

/// How stale the file may be.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

/// A trace file being written.
pub struct Recorder {
    writer: TraceWriter<BufWriter<File>>,
    part: PathBuf,
    path: PathBuf,
    flushed: Instant,
}

/// The trace file could not be written; the run goes on without it.
#[derive(Debug, thiserror::Error)]
#[error("the trace could not be written to {}; the run goes on and can be saved elsewhere", path.display())]
pub struct RecordError {
    path: PathBuf,
    #[source]
    source: WriteError,
}

impl Recorder {
    /// Creates the file and writes the header.
    ///
    /// # Errors
    /// The file cannot be created or written, what is there is no file, or an earlier run's part is still there.
    pub fn create(path: &Path, header: &TraceHeader) -> Result<Self, RecordError> {
        let fail = |source: WriteError| RecordError {
            path: path.to_owned(),
            source,
        };
        let target = destination(path).map_err(|error| fail(error.into()))?;
        let part = unfinished(&target);
        let file = File::create_new(&part).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => fail(WriteError::Unfinished { part: part.clone() }),
            _ => fail(error.into()),
        })?;
        let writer = TraceWriter::create(BufWriter::new(file), header).map_err(fail)?;
        Ok(Self {
            writer,
            part,
            path: target,
            flushed: Instant::now(),
        })
    }

    /// Appends records; they reach the file within a quarter of a second.
    ///
    /// # Errors
    /// The disk is full or gone; what was written before stays readable.
    pub fn write(&mut self, records: &[TraceRecord]) -> Result<(), RecordError> {
        let mut write = || -> Result<(), WriteError> {
            for record in records {
                self.writer.write(record)?;
            }
            let ended = records
                .iter()
                .any(|record| matches!(record, TraceRecord::End { .. }));
            if ended || self.flushed.elapsed() >= FLUSH_EVERY {
                self.writer.flush()?;
                self.flushed = Instant::now();
            }
            if ended {
                std::fs::rename(&self.part, &self.path)?;
            }
            Ok(())
        };
        write().map_err(|source| RecordError {
            path: self.path.clone(),
            source,
        })
    }
}

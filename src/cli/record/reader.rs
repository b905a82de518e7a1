//! Who reads the text of a run that is being recorded.

use std::io::{ErrorKind, Write};

use crate::cli::progress;

/// Who reads the text. If they go away (`| head`) or it cannot be written, a run that is being recorded goes on to its end:
/// a trace cut short must not take the place of a whole one.
pub(super) struct Reader<'a> {
    out: &'a mut dyn Write,
    recording: bool,
    gone: bool,
    /// Why it could not be written, if nobody went away.
    pub(super) failed: Option<std::io::Error>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(out: &'a mut dyn Write, recording: bool) -> Self {
        Self {
            out,
            recording,
            gone: false,
            failed: None,
        }
    }

    pub(super) fn tell(&mut self, text: &str) -> std::io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let written = write!(self.out, "{text}").and_then(|()| self.out.flush());
        match written {
            Err(error) if self.recording => {
                self.gone = true;
                if error.kind() == ErrorKind::BrokenPipe {
                    progress(format_args!(
                        "nobody reads the text any more; the run goes on for its trace"
                    ));
                } else {
                    progress(format_args!(
                        "warning: the text cannot be written ({error}); the run goes on for its trace"
                    ));
                    self.failed = Some(error);
                }
                Ok(())
            }
            written => written,
        }
    }
}
